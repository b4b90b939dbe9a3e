"""A list of any length, drawn line by line: what a frame costs depends on the window, not on the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from assettui.model.text import clean
from assettui.tui.columns import GAP, Column, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

R = TypeVar("R")
Cell = tuple[str, str]
"""A text, and the color (or any rich style) that it is drawn in; empty for the default."""


class Listing(ScrollView, Generic[R], can_focus=True):
    """Rows with a cursor. A subclass says what the columns are, and what a row holds."""

    COLUMNS: ClassVar[Sequence[Column]] = ()
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--cursor", "listing--marked"}
    DEFAULT_CSS = """
    Listing { height: 1fr; overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1; background: $background; }
    Listing > .listing--cursor { background: $surface-lighten-2; }
    Listing:focus > .listing--cursor { background: $primary-muted; }
    Listing > .listing--marked { background: $accent-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "move_to(0)", "First", show=False),
        Binding("end,G", "move_to(-1)", "Last", show=False),
        Binding("enter", "choose", "Open"),
    ]

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another row, or on another state of the same row."""

        def __init__(self, listing: Listing[R]) -> None:  # pyright: ignore[reportInvalidTypeVarUse, reportGeneralTypeIssues]
            super().__init__()
            self.listing = listing

        @property
        def control(self) -> Widget:
            """The list."""
            return self.listing

    class Chosen(Moved):
        """The row under the cursor is to be opened."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[R] = ()
        self._shown: tuple[int, Sequence[tuple[Sequence[Cell], bool]]] = (0, ())
        """The first line of the window and what its lines held when they were last compared."""
        self.columns = self.COLUMNS
        """Those that are shown."""
        self.empty_text = ""
        """What is said where there are no rows."""

    # For subclasses.

    def identity(self, row: R) -> object:
        """What tells a row from others, and stays the same when it changes."""
        raise NotImplementedError

    def cells(self, row: R) -> Sequence[Cell]:
        """What the row shows, one cell for each column."""
        raise NotImplementedError

    def is_marked(self, row: R) -> bool:
        """Whether the row is selected."""
        return False

    # For screens.

    @property
    def rows(self) -> Sequence[R]:
        """What is listed."""
        return self._rows

    @rows.setter
    def rows(self, rows: Sequence[R]) -> None:
        here = self.current
        self._rows = rows
        self.virtual_size = Size(0, len(rows))
        if here is not None:
            wanted = self.identity(here)
            found = next((index for index, row in enumerate(rows) if self.identity(row) == wanted), None)
            self.cursor = found if found is not None else min(self.cursor, max(0, len(rows) - 1))
        self.redraw()
        self.post_message(self.Moved(self))

    @property
    def current(self) -> R | None:
        """The row under the cursor; None where there are no rows."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def redraw(self) -> None:
        """Draw the lines again that show something else by now, and only those: the link may be slow."""
        top = self.scroll_offset.y
        lines = [(self.cells(row), self.is_marked(row)) for row in self._rows[top : top + self.size.height]]
        (top_before, before), self._shown = self._shown, (top, lines)
        if not lines or top != top_before or len(lines) != len(before):
            self.refresh()
            return
        for y, line in enumerate(lines):
            if line != before[y]:
                self.refresh_line(top + y)

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            text = f" {self.empty_text}" if index == 0 and not self._rows else ""
            return Strip([Segment(set_cell_size(clean(text), width), self.rich_style)], width)
        row = self._rows[index]
        style = self.rich_style
        if self.is_marked(row):
            style += self.get_component_rich_style("listing--marked", partial=True)
        if index == self.cursor:
            style += self.get_component_rich_style("listing--cursor", partial=True)
        return draw_row(self.cells(row), self.columns, width, style)

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

    def render_line(self, y: int) -> Strip:
        """The one line."""
        cells = [(column.title, "") for column in self.columns]
        return draw_row(cells, self.columns, self.size.width, self.rich_style)


def draw_row(cells: Sequence[Cell], columns: Sequence[Column], width: int, style: Style) -> Strip:
    """A row of cells, each cut or padded to the width of its column."""
    segments: list[Segment] = []
    gap = Segment(" " * GAP, style)
    for index, column_width in fit(columns, width):
        if segments:
            segments.append(gap)
        text, color = cells[index]
        text = clean(text)
        size = cell_len(text)
        if size > column_width:
            text = set_cell_size(text, max(0, column_width - 1)) + "…"
        elif columns[index].is_right:
            text = " " * (column_width - size) + text
        else:
            text += " " * (column_width - size)
        segments.append(Segment(text, style + Style.parse(color) if color else style))
    return Strip(segments).adjust_cell_length(width, style)
