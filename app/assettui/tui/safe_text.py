"""The one choke point between text and terminal.

Every line that any widget draws passes through the app's line filters; this one takes out whatever could move the
cursor, set the clipboard or reorder the line. Texts are cleaned at their source too, where a stand-in can be shown;
what is left here becomes as many spaces as it had room for, so no line changes its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

from assettui.model.text import UNSAFE
from assettui.render.ascii import to_ascii

if TYPE_CHECKING:
    import re

    from rich.style import Style
    from textual.color import Color


class SafeText(LineFilter):
    """Removes control characters, and links, whose addresses are written to the terminal as they are."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments; those that need it without what is unsafe."""
        if not any(UNSAFE.search(text) or (style is not None and style.link) for text, style, _ in segments):
            return segments
        return [
            Segment(UNSAFE.sub(_room, text), _without_link(style), None)
            for text, style, control in segments
            if not control
        ]


class AsciiOnly(LineFilter):
    """Draws nothing but ASCII; see `is_ascii_wanted`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, each character that is not ASCII replaced by one that is."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


def _room(found: re.Match[str]) -> str:
    return " " * cell_len(found[0])


def _without_link(style: Style | None) -> Style | None:
    return style.update_link(None) if style is not None and style.link else style
