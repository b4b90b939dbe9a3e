"""The colors: three palettes of our own, and how the colors of states look in each theme.

What is drawn of a noun names five colors (`render.appearance`): good, old, bad, going on, quiet. Here is what they look like. They
are mapped where all lines leave the app, so that a list, a drawing and a picture of either agree in every theme; and they
are told apart by their lightness too, and by people who see no red or no green (after Okabe and Ito, 2008).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter
from textual.theme import Theme

from assettui.render.appearance import BLUE, GREEN, GREY, RED, YELLOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.color import Color

DARK: Final = Theme(
    "assettui-dark",
    primary="#7aa2f7",
    secondary="#4a5a86",
    accent="#b294d6",
    warning="#e6c34a",
    error="#c4543a",
    success="#3fcf9b",
    foreground="#d8dbe2",
    background="#14161b",
    surface="#1a1d24",
    panel="#20242d",
    dark=True,
    variables={"footer-key-foreground": "#7aa2f7", "primary-muted": "#263352", "accent-muted": "#3a3050"},
)
LIGHT: Final = Theme(
    "assettui-light",
    primary="#2a5bd7",
    secondary="#93a8dd",
    accent="#7a3fb5",
    warning="#8f6400",
    error="#e8b4a4",
    success="#00795a",
    foreground="#1c2027",
    background="#fbfbfa",
    surface="#f1f1ef",
    panel="#e7e8ea",
    dark=False,
    variables={"footer-key-foreground": "#2a5bd7", "primary-muted": "#cfdcfb", "accent-muted": "#e6d7f5"},
)
CONTRAST: Final = Theme(
    "assettui-contrast",
    primary="#ffffff",
    secondary="#b0b0b0",
    accent="#ffe95c",
    warning="#ffe95c",
    error="#a02c10",
    success="#5dffb6",
    foreground="#ffffff",
    background="#000000",
    surface="#0a0a0a",
    panel="#1c1c1c",
    dark=True,
    variables={"footer-key-foreground": "#ffffff", "primary-muted": "#2f4f9f", "accent-muted": "#5f4b00"},
)
OWN: Final = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST}
ANSI: Final = "ansi-dark"
"""Textual's, for terminals of sixteen colors: it uses those of the terminal itself."""

_LOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("#00795a", "#8f6400", "#b83a10", "#0a66a8", "#667085"),
    "contrast": ("#5dffb6", "#ffe95c", "#ff9478", "#7fd4ff", "#c8c8c8"),
    "ansi": ("green", "yellow", "red", "cyan", "bright_black"),
}
"""How good, old, bad, going on and quiet look; as they are named in the dark ones."""


def palette_of(theme: Theme) -> str:
    """Which of the palettes states are drawn with in a theme."""
    if theme.ansi:
        return "ansi"
    if theme.name == CONTRAST.name:
        return "contrast"
    return "dark" if theme.dark else "light"


class StateColors(LineFilter):
    """Draws the five colors of states as they look in a theme.

    Args:
        theme: The one that is shown.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        looks = _LOOKS.get(palette_of(theme))
        self._mapped = (
            {
                RichColor.parse(named).triplet: RichColor.parse(look)
                for named, look in zip((GREEN, YELLOW, RED, BLUE, GREY), looks, strict=True)
            }
            if looks is not None
            else {}
        )
        self._styled = lru_cache(2048)(self._look)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, those in a color of a state in what it looks like."""
        if not self._mapped:
            return segments
        return [
            Segment(text, self._styled(style), control) if style is not None and style.color is not None else segment
            for segment in segments
            for text, style, control in (segment,)
        ]

    def _look(self, style: Style) -> Style:
        mapped = self._mapped.get(style.color.triplet) if style.color is not None else None
        return style + Style(color=mapped) if mapped is not None else style
