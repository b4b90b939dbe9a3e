"""Where what belongs to the user, and to no project, is kept; see the XDG Base Directory Specification."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """For what is remembered: `$XDG_STATE_HOME/assettui`."""
    return _folder("XDG_STATE_HOME", ".local/state")


def settings_folder() -> Path:
    """For what the user has written: `$XDG_CONFIG_HOME/assettui`."""
    return _folder("XDG_CONFIG_HOME", ".config")


def cache_folder() -> Path:
    """For what can be made again: `$ASSETTUI_CACHE`, or `$XDG_CACHE_HOME/assettui`."""
    told = os.environ.get("ASSETTUI_CACHE")
    return Path(told) if told else _folder("XDG_CACHE_HOME", ".cache")


def _folder(variable: str, usual: str) -> Path:
    told = os.environ.get(variable)
    base = Path(told) if told else Path(os.environ.get("HOME") or "/nonexistent") / usual
    return base / "assettui"
