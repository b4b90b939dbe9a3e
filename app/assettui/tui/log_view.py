"""Long texts, drawn line by line: a file that grows, or the events of a run.

A position is a line and, where lines are wrapped, a row of it: how many rows a million lines have is never counted.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import deque
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.ansi import AnsiDecoder
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from assettui.model.printed import plain, spans_of
from assettui.render.table import Cell
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from textual.binding import BindingType


MAX_LINE_BYTES = 8_000
"""What is read of one line: a line of 10 MB costs no more than this to show."""
_CHUNK_BYTES = 1 << 20
_BLOCK_LINES = 1_000
_MATCH, _MATCH_HERE = Style(underline=True, bold=True), Style(reverse=True)


class Lines(Protocol):
    """Something with lines, which may become more."""

    def __len__(self) -> int: ...

    def line(self, index: int) -> Cell: ...

    def texts(self, first: int, end: int) -> Sequence[str]:
        """What stands in these lines, not yet cleaned."""
        ...


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
        """A line; of a very long one what it begins with, or what a progress bar has come to in it."""
        start, end = self._place(index), self._place(index + 1)
        read = self._read(start, min(end, start + MAX_LINE_BYTES))
        if end - start <= MAX_LINE_BYTES:
            return Cell(_text(read))
        last = self._read(end - MAX_LINE_BYTES, end)
        _, overwritten, shown = last.rstrip(b"\r\n").partition(b"\r")
        return Cell(_text(shown) if overwritten else f"{_text(read)} … {end - start:,} bytes")

    def texts(self, first: int, end: int) -> Sequence[str]:
        size = self._place(end) - self._place(first)
        if size > (end - first) * MAX_LINE_BYTES:
            return [self.line(index).text for index in range(first, end)]
        read = self._read(self._place(first), self._place(end))
        return read.decode("utf-8", "replace").split("\n")[: end - first]

    def line_from(self, place: int) -> int | None:
        """The first line that begins at a byte or behind it; None where none does."""
        index = bisect_left(self._starts, place)
        return index if index < len(self) else None

    def _place(self, index: int) -> int:
        return self._starts[index] if index < len(self._starts) else self._size

    def _read(self, start: int, end: int) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.read(max(0, end - start))
        except OSError:
            return b""


def _text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode("utf-8", "replace")


class TextLines:
    """Lines that are at hand."""

    def __init__(self, lines: Sequence[Cell] = ()) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, index: int) -> Cell:
        return self._lines[index]

    def texts(self, first: int, end: int) -> Sequence[str]:
        return [cell.text for cell in self._lines[first:end]]


class MatchingLines:
    """Those of some lines in which a pattern is found: 8 bytes a line.

    Args:
        lines: All of them.
        pattern: Found in a line as it is shown.
    """

    def __init__(self, lines: Lines, pattern: re.Pattern[str]) -> None:
        self._lines = lines
        self._pattern = pattern
        self._found = array("Q")
        self._seen = 0
        self._looking = threading.Lock()

    def look_on(self) -> bool:
        """Look at the lines that have come since; whether there were any."""
        with self._looking:
            first, count = self._seen, len(self._lines)
            for start in range(first, count, _BLOCK_LINES):
                texts = self._lines.texts(start, min(start + _BLOCK_LINES, count))
                self._found.extend(
                    start + place for place, text in enumerate(texts) if self._pattern.search(plain(text))
                )
            self._seen = count
        return count > first

    def __len__(self) -> int:
        return len(self._found)

    def place_of(self, index: int) -> int | None:
        """Of a line of all of them, the place of the first here that is it or comes later; None where none does."""
        place = bisect_left(self._found, index)
        return place if place < len(self._found) else None

    def line(self, index: int) -> Cell:
        return self._lines.line(self._found[index])

    def texts(self, first: int, end: int) -> Sequence[str]:
        return [self._lines.texts(at, at + 1)[0] for at in self._found[first:end]]


def find(lines: Lines, pattern: re.Pattern[str], after: int, step: int, is_wanted: Callable[[], bool]) -> int | None:
    """The next line in which a pattern is found, or the one before; beyond the last one, from the first one on.

    Args:
        lines: Where to look.
        pattern: Found in a line as it is shown.
        after: The line behind which the search begins; it is looked at last.
        step: 1 to go forwards, -1 to go back.
        is_wanted: Asked now and then; the search ends where it says no.
    """
    count = len(lines)
    for first, end in _blocks(count, after, step):
        if not is_wanted():
            return None
        texts = lines.texts(first, end)
        places = range(len(texts)) if step > 0 else range(len(texts) - 1, -1, -1)
        for place in places:
            if pattern.search(plain(texts[place])):
                return first + place
    return None


def _blocks(count: int, after: int, step: int) -> Iterator[tuple[int, int]]:
    """Every line once in runs of some, as first and end, in the order in which they are searched."""
    border = max(0, min(count, after + (1 if step > 0 else 0)))
    halves = [(border, count), (0, border)] if step > 0 else [(0, border), (border, count)]
    for low, high in halves:
        if step > 0:
            yield from ((at, min(at + _BLOCK_LINES, high)) for at in range(low, high, _BLOCK_LINES))
        else:
            yield from ((max(low, at - _BLOCK_LINES), at) for at in range(high, low, -_BLOCK_LINES))


class LogView(ScrollView, can_focus=True):
    """Shows lines, and stays at the last one while they become more, unless the user has scrolled away from it."""

    DEFAULT_CSS = "LogView { height: 1fr; overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("log")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Lines = TextLines()
        self._pan = 0
        self._row = 0
        """Of the line at the top, the first row that is shown."""
        self._is_placing = False
        self._is_wrapped = False
        self._pattern: re.Pattern[str] | None = None
        self.found: int | None = None
        """The line that was searched for."""
        self.is_following = True
        """Whether it stays at the last line."""
        self.empty_text = ""

    @property
    def lines(self) -> Lines:
        return self._lines

    def show(self, lines: Lines) -> None:
        """Show these lines, or the same ones again, grown."""
        if lines is not self._lines:
            self._lines = lines
            self._pan, self.found = 0, None
        self._place(self._end() if self.is_following else self._position())

    def in_sight(self) -> list[str]:
        """The lines that are shown, as plain text."""
        top = self.scroll_offset.y
        shown = {self._line_at(y)[0] for y in range(self.size.height)}
        return [plain(self._lines.line(index).text) for index in sorted(shown) if top <= index < len(self._lines)]

    def mark(self, pattern: re.Pattern[str] | None) -> None:
        """Mark from now on where a pattern is found."""
        self._pattern, self.found = pattern, None
        self.refresh()

    def show_found(self, index: int) -> None:
        """Show a line that was found, in the middle where it is not shown already."""
        self.found = index
        top, height = self.scroll_offset.y, self.size.height
        if not top <= index < top + height or self._is_wrapped:
            self._place(min((max(0, index - height // 2 if not self._is_wrapped else index), 0), self._end()))
            self.is_following = False
        self.refresh()

    # Where it stands.

    def _position(self) -> tuple[int, int]:
        return self.scroll_offset.y, self._row

    def _place(self, position: tuple[int, int]) -> None:
        """Show a position at the top, or the last one that fills the window."""
        end = self._end()
        top, self._row = min(position, end)
        self._is_placing = True
        try:
            self.virtual_size = Size(0, end[0] + self.size.height if end > (0, 0) else len(self._lines))
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        finally:
            self._is_placing = False
        self.refresh()

    def _end(self) -> tuple[int, int]:
        """The position from which on the last lines fill the window."""
        height, count = self.size.height, len(self._lines)
        if not self._is_wrapped:
            return max(0, count - height), 0
        line, missing = count, height
        while missing > 0 and line > 0:
            line -= 1
            missing -= self._rows_of(line)
        return line, max(0, -missing)

    def _rows_of(self, index: int) -> int:
        width = self.scrollable_content_region.width
        return max(1, -(-self._strip(index).cell_length // max(1, width))) if self._is_wrapped else 1

    def _moved(self, by: int) -> tuple[int, int]:
        """The position so many rows further down, or up."""
        line, row = self._position()
        if not self._is_wrapped:
            return max(0, line + by), 0
        while by > 0 and line < len(self._lines):
            rows = min(by, self._rows_of(line) - row)
            by, row = by - rows, row + rows
            if row == self._rows_of(line):
                line, row = line + 1, 0
        while by < 0 and (line, row) > (0, 0):
            if row == 0:
                line -= 1
                row = self._rows_of(line)
            rows = min(-by, row)
            by, row = by + rows, row - rows
        return line, row

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The wheel or the scroll bar may have moved it."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value):
            self._row = 0
            self.is_following = self.scroll_offset.y >= self.max_scroll_y

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index, row = self._line_at(y)
        if index >= len(self._lines):
            text = self.empty_text if index == 0 else ""
            strip = Strip([Segment(text, self.rich_style + Style(dim=True))])
        else:
            strip = self._strip(index)
        left = row * width if self._is_wrapped else self._pan
        return strip.crop(left, left + width).adjust_cell_length(width, self.rich_style)

    def _line_at(self, y: int) -> tuple[int, int]:
        """The line that is shown so far down, and which of its rows."""
        line, row = self._position()
        if not self._is_wrapped:
            return line + y, 0
        row += y
        while line < len(self._lines) and row >= (rows := self._rows_of(line)):
            line, row = line + 1, row - rows
        return line, row

    def _strip(self, index: int) -> Strip:
        """A whole line, in its colors."""
        cell = self._lines.line(index)
        style = self.rich_style
        if cell.color:
            style += Style.parse(cell.color)
        spans = spans_of(cell.text)
        segments = [Segment(text, style + _style_of(sgr) if sgr else style) for text, sgr in spans]
        if self._pattern is None:
            return Strip(segments)
        return Strip(_marked(segments, self._pattern, _MATCH_HERE if index == self.found else _MATCH))

    def on_resize(self) -> None:
        """A window of another size."""
        self.show(self._lines)

    # Keys.

    def action_scroll(self, by: int) -> None:
        """Scroll by so many lines; at the last one, stay there from now on."""
        self._go_to(self._moved(by))

    def action_scroll_page(self, direction: int) -> None:
        """Scroll by as many lines as are shown."""
        self.action_scroll(direction * max(1, self.size.height - 1))

    def action_pan(self, by: int) -> None:
        """Show what lies to the left or right."""
        self._pan = max(0, self._pan + by)
        self.refresh()

    def action_top(self) -> None:
        """Show the first line."""
        self._go_to((0, 0))

    def action_bottom(self) -> None:
        """Show the last line, and stay there."""
        self._go_to(self._end())

    def action_wrap(self) -> None:
        """Show long lines whole, in several rows, or in one again."""
        self._is_wrapped = not self._is_wrapped
        self._pan = self._row = 0
        self.show(self._lines)

    def _go_to(self, position: tuple[int, int]) -> None:
        self._place(position)
        self.is_following = self._position() >= self._end()


@lru_cache(maxsize=512)
def _style_of(sgr: str) -> Style:
    (text,) = AnsiDecoder().decode(f"\x1b[{sgr}mx")
    return Style.combine(span.style for span in text.spans if isinstance(span.style, Style))


def _marked(segments: Sequence[Segment], pattern: re.Pattern[str], mark: Style) -> Iterator[Segment]:
    """The segments, with those parts marked in which a pattern is found."""
    text = "".join(segment.text for segment in segments)
    found = deque(match.span() for match in pattern.finditer(text) if match[0])
    at = 0
    for segment in segments:
        end, style = at + len(segment.text), segment.style or Style()
        while found and found[0][0] < end:
            first, last = max(found[0][0], at), min(found[0][1], end)
            yield Segment(text[at:first], style)
            yield Segment(text[first:last], style + mark)
            at = last
            if found[0][1] > end:
                break
            found.popleft()
        yield Segment(text[at:end], style)
        at = end
