"""A list of any length, drawn line by line: what a frame costs depends on the window, not on the list."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from assettui.model.text import clean
from assettui.model.timing import clock_us
from assettui.render.table import GAP, Cell, Column, Row, Table, fit
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

R = TypeVar("R")
NO_MATCH = "nothing matches the filter: esc undoes it"


class Listing(ScrollView, Generic[R], can_focus=True):
    """Rows with a cursor. A subclass says how they look."""

    TABLE: Table[R]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--cursor", "listing--marked"}
    DEFAULT_CSS = """
    Listing { height: 1fr; overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1; background: $background; }
    Listing > .listing--cursor { background: $panel; }
    Listing:focus > .listing--cursor { background: $primary-muted; }
    Listing > .listing--marked { background: $accent-muted; }
    Listing:ansi > .listing--cursor { background: ansi_blue; color: ansi_bright_white; }
    Listing:nocolor > .listing--cursor { text-style: reverse; }
    Listing:ansi > .listing--marked { text-style: underline; }
    Listing:nocolor > .listing--marked { text-style: underline; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another row, or on another state of the same row."""

        def __init__(self, listing: Listing[R]) -> None:  # pyright: ignore[reportInvalidTypeVarUse, reportGeneralTypeIssues]
            super().__init__()
            self.listing = listing

        @property
        def control(self) -> Widget:
            return self.listing

    class Chosen(Moved):
        """The row under the cursor is to be opened."""

    def __init__(self, *, id: str | None = None, table: Table[R] | None = None) -> None:
        super().__init__(id=id)
        self._all: Sequence[R] = ()
        self._rows: Sequence[R] = ()
        """Those that are shown: of all of them the ones that have the words."""
        self._words: list[str] = []
        self._shown: tuple[int, Sequence[tuple[Row, bool]]] = (0, ())
        """The first line of the window and what its lines held when they were last compared."""
        self.table: Table[R] = table if table is not None else self.TABLE
        self.hidden: Sequence[int] = ()
        """The columns that have nothing to show, by their place."""
        self.empty_text = ""
        """What is said where there are no rows."""
        self.marked: list[object] = []
        """The identities of rows that are marked, in the order in which they were."""

    def row(self, row: R) -> Row:
        return self.table.row(row, clock_us())

    def is_marked(self, row: R) -> bool:
        return self.table.identity(row) in self.marked

    # For screens.

    @property
    def rows(self) -> Sequence[R]:
        return self._rows

    @rows.setter
    def rows(self, rows: Sequence[R]) -> None:
        self._all = rows
        self._show(self._matching())

    @property
    def total(self) -> int:
        """How many rows there are, those included that are not shown since they have not the words."""
        return len(self._all)

    def narrow(self, text: str) -> None:
        """Show only the rows that have all of these words, in any of their columns and whatever their case."""
        words = text.casefold().split()
        if words != self._words:
            self._words = words
            self._show(self._matching())

    def _matching(self) -> Sequence[R]:
        if not self._words:
            return self._all
        now_us = clock_us()
        texts = (
            (row, " ".join(cell.text for cell in self.table.row(row, now_us).cells).casefold()) for row in self._all
        )
        return [row for row, text in texts if all(word in text for word in self._words)]

    def _show(self, rows: Sequence[R]) -> None:
        here, count = self.current, len(self._rows)
        self._rows = rows
        if len(rows) != count and self.styles.is_auto_height:
            self.refresh(layout=True)
        self.virtual_size = Size(0, len(rows))
        if here is not None:
            identity = self.table.identity
            wanted = identity(here)
            found = next((index for index, row in enumerate(rows) if identity(row) == wanted), None)
            self.cursor = found if found is not None else min(self.cursor, max(0, len(rows) - 1))
        self.redraw()
        self.post_message(self.Moved(self))

    @property
    def current(self) -> R | None:
        """The row under the cursor; None where there are no rows."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or no longer, and go on to the next."""
        if self.current is None:
            return
        identity = self.table.identity(self.current)
        if identity in self.marked:
            self.marked.remove(identity)
        else:
            self.marked.append(identity)
        self.redraw()
        self.action_move(1)

    def unmark(self) -> None:
        """Mark no row any more."""
        self.marked.clear()
        self.redraw()

    def chosen(self) -> Sequence[object]:
        """The identities of the rows that are marked, or else of the one under the cursor."""
        if self.marked:
            return tuple(self.marked)
        return (self.table.identity(self.current),) if self.current is not None else ()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are rows, where it may be so high; a line where nothing is listed."""
        return max(1, len(self._rows))

    def redraw(self) -> None:
        """Draw the lines again that show something else by now, and only those: the link may be slow."""
        top = self.scroll_offset.y
        lines = [(self.row(row), self.is_marked(row)) for row in self._rows[top : top + self.size.height]]
        (top_before, before), self._shown = self._shown, (top, lines)
        if not lines or top != top_before or len(lines) != len(before):
            self.refresh()
            return
        for y, line in enumerate(lines):
            if line != before[y]:
                self.refresh_line(top + y)

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            said = (
                ()
                if self._rows
                else wrap(NO_MATCH if self._words and self._all else self.empty_text, max(1, width - 2))
            )
            text = f" {said[index]}" if index < len(said) else ""
            return Strip([Segment(set_cell_size(clean(text), width), self.rich_style)], width)
        row = self._rows[index]
        style = self.rich_style
        if self.is_marked(row):
            style += self.get_component_rich_style("listing--marked", partial=True)
        if index == self.cursor:
            style += self.get_component_rich_style("listing--cursor", partial=True)
        return self.draw(row, width, style)

    def draw(self, row: R, width: int, style: Style) -> Strip:
        """How a row looks."""
        return draw_row(self.row(row), self.table.columns, width, style, self.hidden)

    def on_resize(self) -> None:
        """A window of another width or height."""
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()

    def watch_cursor(self, before: int, after: int) -> None:
        """Show the row that the cursor has moved to."""
        self.scroll_to_region(Region(0, after, 1, 1), animate=False, force=True)
        self.refresh_line(before)
        self.refresh_line(after)
        self.post_message(self.Moved(self))

    # Keys.

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor = max(0, min(len(self._rows) - 1, self.cursor + by))

    def action_page(self, direction: int) -> None:
        """Move the cursor by as many rows as are shown."""
        self.action_move(direction * max(1, self.size.height - 1))

    def action_move_to(self, index: int) -> None:
        """Move the cursor to a row; -1 is the last."""
        self.cursor = max(0, len(self._rows) - 1 if index < 0 else index)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row that was clicked; open it where it was clicked twice."""
        index = event.y + self.scroll_offset.y
        if index < len(self._rows):
            self.cursor = index
            if event.chain == 2:
                self.action_choose()


class ListingHeader(Widget):
    """The titles above a list's columns."""

    DEFAULT_CSS = "ListingHeader { height: 1; color: $text-muted; padding: 0 1 0 0; }"

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = columns
        self.hidden: Sequence[int] = ()

    def render_line(self, y: int) -> Strip:
        titles = Row([Cell(column.title) for column in self.columns])
        return draw_row(titles, self.columns, self.size.width, self.rich_style, self.hidden)


def draw_row(row: Row, columns: Sequence[Column], width: int, style: Style, hidden: Sequence[int] = ()) -> Strip:
    """A row of cells, each cut or padded to the width of its column."""
    segments: list[Segment] = []
    gap = Segment(" " * GAP, style)
    for index, column_width in fit(columns, width, hidden):
        column, cell = columns[index], row.cells[index]
        indent = row.glyph.ljust(column.indent) if not segments else " " * column.indent
        if segments:
            segments.append(gap)
        elif row.glyph_color is not None and len(indent) < column_width:
            segments.append(Segment(indent, style + Style.parse(row.glyph_color) if row.glyph_color else style))
            column_width -= cell_len(indent)
            indent = ""
        text = indent + clean(cell.text)
        size = cell_len(text)
        if size > column_width:
            text = set_cell_size(text, max(0, column_width - 1)) + "…"
        elif column.is_right:
            text = " " * (column_width - size) + text
        else:
            text += " " * (column_width - size)
        segments.append(Segment(text, style + Style.parse(cell.color) if cell.color else style))
    return Strip(segments).adjust_cell_length(width, style)
