"""Files of JSON in which the program remembers things, for the user that it runs for."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TypeVar

from msgspec import ValidationError, convert, to_builtins

from assettui.project.user_folders import state_folder

T = TypeVar("T")


def read_state(name: str, kind: type[T]) -> T | None:
    """What a file holds; None where there is none, or it cannot be read."""
    try:
        return convert(json.loads((state_folder() / name).read_text(encoding="utf-8")), kind)
    except (OSError, ValueError, ValidationError):
        return None


def write_state(name: str, value: object) -> None:
    """Write a file whole, or not at all: where it cannot be written, nothing is remembered. Nobody else may read it."""
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder) as made:  # nothing stays behind where the disk is full
            written = Path(made) / name
            written.touch(mode=0o600)
            written.write_text(json.dumps(to_builtins(value), indent=2), encoding="utf-8")
            written.replace(folder / name)
    except OSError:
        return
