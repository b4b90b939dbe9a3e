"""Long texts, drawn line by line: a file that grows, or the events of a run."""

from __future__ import annotations

import threading
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from assettui.model.text import clean
from assettui.render.table import Cell
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.binding import BindingType


MAX_LINE_BYTES = 8_000
"""What is read of one line: a line of 10 MB costs no more than this to show."""
_CHUNK_BYTES = 1 << 20


class Lines(Protocol):
    """Something with lines, which may become more."""

    def __len__(self) -> int: ...

    def line(self, index: int) -> Cell: ...


class FileLines:
    """The lines of a file, of which only the offsets are kept: 8 bytes a line.

    One thread may read on while another one shows what was read so far.

    Args:
        path: A file, which may not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts = array("Q", [0])
        self._size = 0
        self._reading = threading.Lock()

    def read_on(self) -> bool:
        """Find the lines that have come since; whether there are any. Costs 0.1 s for a million lines."""
        try:
            with self._reading, self._path.open("rb") as file:
                file.seek(self._size)
                before = self._size
                while chunk := file.read(_CHUNK_BYTES):
                    *ended, _ = chunk.split(b"\n")
                    ends = accumulate(map(len, ended), lambda end, length: end + length + 1, initial=self._size)
                    next(ends)
                    self._starts.extend(ends)
                    self._size += len(chunk)
        except OSError:
            return False
        return self._size > before

    def __len__(self) -> int:
        """How many lines there are, the last one counted also before it is ended."""
        ends_with_newline = self._starts[-1] == self._size
        return len(self._starts) - 1 if ends_with_newline else len(self._starts)

    def line(self, index: int) -> Cell:
        """A line, or its beginning where it is very long."""
        start = self._starts[index]
        end = self._starts[index + 1] if index + 1 < len(self._starts) else self._size
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                read = file.read(max(0, min(end - start, MAX_LINE_BYTES)))
        except OSError:
            return Cell("")
        text = read.decode("utf-8", "replace").rstrip("\r\n").expandtabs(8)
        return Cell(text + (f" … {end - start:,} bytes" if end - start > MAX_LINE_BYTES else ""))


class TextLines:
    """Lines that are at hand."""

    def __init__(self, lines: Sequence[Cell] = ()) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, index: int) -> Cell:
        return self._lines[index]


class LogView(ScrollView, can_focus=True):
    """Shows lines, and stays at the last one while they become more, unless the user has scrolled away from it."""

    DEFAULT_CSS = "LogView { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("log")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Lines = TextLines()
        self._pan = 0
        self.is_following = True
        """Whether it stays at the last line."""
        self.empty_text = ""

    def show(self, lines: Lines) -> None:
        """Show these lines, or the same ones again, grown."""
        if lines is not self._lines:
            self._lines = lines
            self._pan = 0
        self.virtual_size = Size(0, len(lines))
        if self.is_following:
            self.scroll_end(animate=False, immediate=True, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        if index >= len(self._lines):
            text, color = (self.empty_text if index == 0 else ""), "dim"
        else:
            cell = self._lines.line(index)
            text, color = cell.text, cell.color
        style = self.rich_style
        shown = set_cell_size(clean(text)[self._pan :], width)
        return Strip([Segment(shown, style + style.parse(color) if color else style)], width)

    def on_resize(self) -> None:
        """A window of another size."""
        self.show(self._lines)

    def action_scroll(self, by: int) -> None:
        """Scroll by so many lines; at the last one, stay there from now on."""
        self.scroll_relative(y=by, animate=False, immediate=True, force=True)
        self.is_following = self.scroll_offset.y >= self.max_scroll_y

    def action_scroll_page(self, direction: int) -> None:
        """Scroll by as many lines as are shown."""
        self.action_scroll(direction * max(1, self.size.height - 1))

    def action_pan(self, by: int) -> None:
        """Show what lies to the left or right."""
        self._pan = max(0, self._pan + by)
        self.refresh()

    def action_top(self) -> None:
        """Show the first line."""
        self.action_scroll(-len(self._lines))

    def action_bottom(self) -> None:
        """Show the last line, and stay there."""
        self.action_scroll(len(self._lines))
