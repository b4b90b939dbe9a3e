"""Which colors the terminal has: how many, and whether its background is dark, which it is asked for (OSC 11 of xterm).

Textual knows no such answer and would take it for keys: as long as one is awaited, keys pass here first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events

QUESTION: Final = "\x1b]11;?\x07"
ANSWERED_WITHIN_S: Final = 5.0
"""An answer that comes later is none: over any line it has come by then."""
_ANSWER: Final = re.compile(r"\^?\]11;rgb:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(\x07|\^?\\)", re.IGNORECASE)
"""As Textual tells it in keys: an escape is a circumflex, or left out."""
_HEAD: Final = "]11;rgb:"
_REST: Final = re.compile(r"[0-9a-f/]{0,14}\^?", re.IGNORECASE)


class BackgroundAnswer:
    """Takes the answer out of the keys.

    Whatever turns out to be none of it is given back, to be obeyed as the key it was.
    """

    def __init__(self) -> None:
        self._held: list[events.Key] = []
        self._text = ""
        self.is_awaited = False
        self.is_dark: bool | None = None
        """What it said; None before it came."""

    def take(self, event: events.Key) -> list[events.Key]:
        """The keys that are to be obeyed now: none while they may be part of the answer."""
        if not self.is_awaited:
            return [event]
        self._held.append(event)
        self._text += event.character or "\x00"
        found = _ANSWER.fullmatch(self._text)
        if found is not None:
            self.is_dark = _is_dark(*found.groups()[:3])
            self.is_awaited = False
            self._held, self._text = [], ""
            return []
        text = self._text.removeprefix("^")
        if _HEAD.startswith(text) or (text.startswith(_HEAD) and _REST.fullmatch(text, len(_HEAD))):
            return []
        return self.give_back()

    def give_back(self) -> list[events.Key]:
        """The keys that are held, to be obeyed."""
        held, self._held, self._text = self._held, [], ""
        return held


def _is_dark(red: str, green: str, blue: str) -> bool:
    """Whether a color is nearer to black: by its luma, of ITU-R BT.601."""
    parts = [int(part, 16) / (16 ** len(part) - 1) for part in (red, green, blue)]
    return 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 0.5


def told_background(environment: Mapping[str, str]) -> bool | None:
    """Whether the background is dark, by `COLORFGBG` of rxvt, Konsole and others; None where it says nothing."""
    last = environment.get("COLORFGBG", "").rpartition(";")[2]
    return None if not last.isdigit() else int(last) in (0, 1, 2, 3, 4, 5, 6, 8)
