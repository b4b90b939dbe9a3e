"""What was said: the newest lies over the last line of the screen for a while, and the last ones can be read again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from msgspec import Struct
from rich.text import Text
from textual.widgets import Static

from assettui.model.text import clean, clean_lines
from assettui.model.timing import local
from assettui.render.appearance import BLUE, GREY, RED, YELLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.timer import Timer

MOST: Final = 200
_LOOKS: Final = {"information": ("·", BLUE), "warning": ("!", YELLOW), "error": ("✗", RED)}


class Said(Struct, frozen=True):
    """A message."""

    time_us: int
    text: str
    """Of any number of lines, as it came."""
    severity: Literal["information", "warning", "error"] = "information"

    def first_line(self) -> Text:
        """It in one line, with its glyph; further lines joined to it."""
        glyph, color = _LOOKS[self.severity]
        lines = [part.strip() for part in clean_lines(self.text).split("\n") if part.strip()]
        return Text.assemble((f"{glyph} ", f"bold {color}"), " · ".join(lines), end="", no_wrap=True)


class Messages:
    """The last two hundred messages."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=MOST)

    def add(self, said: Said) -> None:
        self._said.append(said)

    def all(self) -> Sequence[Said]:
        """The newest last."""
        return tuple(self._said)

    def as_text(self) -> Text:
        """To be read: the newest first, each with when it was said."""
        if not self._said:
            return Text("nothing was said yet")
        text = Text()
        for said in reversed(self._said):
            glyph, color = _LOOKS[said.severity]
            first, *rest = clean_lines(said.text).split("\n")
            text.append(f"{local(said.time_us)[11:19]} ", GREY).append(f"{glyph} ", color).append(f"{clean(first)}\n")
            for line in rest:
                text.append(f"{'':11}{clean(line)}\n")
        return text


class MessageLine(Static):
    """Lies over the line above the keys; what is below it stays where it is."""

    DEFAULT_CSS = """
    MessageLine {
        layer: messages; dock: bottom; margin: 0 0 1 0; height: auto; max-height: 4; padding: 0 1; display: none;
        background: $panel; color: $text;
    }
    MessageLine.shown { display: block; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    _fading: Timer | None = None

    def say(self, said: Said, fades_in_s: float) -> None:
        """Show a message for so long."""
        if self._fading is not None:
            self._fading.stop()
        self.update(said.first_line() if "\n" not in said.text else _lines(said))
        self.add_class("shown")
        self._fading = self.set_timer(fades_in_s, self.fade)

    def fade(self) -> None:
        """Show nothing any more."""
        self.remove_class("shown")


def _lines(said: Said) -> Text:
    """All of its lines, with its glyph before the first."""
    glyph, color = _LOOKS[said.severity]
    text = Text.assemble((f"{glyph} ", f"bold {color}"))
    return text.append("\n  ".join(clean_lines(said.text).split("\n")))
