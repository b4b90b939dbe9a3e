"""What makes a terminal ring, and show a notification."""

from __future__ import annotations

from assettui.model.text import clean


def ring(text: str) -> str:
    """BEL, and before it OSC 9, by which iTerm2, WezTerm, kitty, Ghostty, Windows Terminal and others show a notification."""
    return f"\x1b]9;{clean(text)}\x07\x07"
