"""A table of any size: what a frame costs depends on the window. Rows that are not there yet are asked for, in blocks."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from assettui.render.preview import MAX_WIDTH, NULL, fitted, kind_of, widths_of
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events
    from textual.binding import BindingType

    from assettui.model.preview import Page, PreviewColumn

BLOCK_ROWS, BLOCK_COLUMNS = 200, 30
"""What is read at once."""
BLOCKS_KEPT = 60
GAP = 2


class Block(Struct, frozen=True):
    """Which rows and columns."""

    row: int
    """Counted in blocks, as the columns are."""
    column: int


class PreviewTable(ScrollView, can_focus=True):
    """Cells below the names and types of their columns; the cursor stands on one of them.

    There is no scroll bar: it would be a third of what a page costs on the line, and the screen says which row this is.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "preview--cursor",
        "preview--row",
        "preview--null",
    }
    DEFAULT_CSS = """
    PreviewTable { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 0; background: $background; }
    PreviewTable > .preview--row { background: $panel; }
    PreviewTable > .preview--cursor { background: $primary-muted; }
    PreviewTable:ansi > .preview--cursor { background: ansi_blue; color: ansi_bright_white; }
    PreviewTable:nocolor > .preview--cursor { text-style: reverse; }
    PreviewTable > .preview--null { color: $text-disabled; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("cells")

    class Wanted(Message):
        """Cells are in sight, or about to be, that are not there."""

        def __init__(self, block: Block) -> None:
            super().__init__()
            self.block = block

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, type(self))

    class Filled(Message):
        """There are cells where there were none."""

    class Panned(Message):
        """Other columns are in sight."""

    class Moved(Message):
        """The cursor stands on another cell."""

    class Chosen(Message):
        """The cell under the cursor is to be shown whole."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns: Sequence[PreviewColumn] = ()
        self.total = 0
        """Rows, as far as is known."""
        self.cursor = (0, 0)
        """Row and column."""
        self._left = 0
        """The first column that is shown."""
        self._widths: dict[int, int] = {}
        self._blocks: OrderedDict[Block, tuple[tuple[str | None, ...], ...]] = OrderedDict()
        self._asked: Block | None = None

    # For screens.

    def clear(self) -> None:
        """Forget every cell: the rows are others. The cursor goes to the first of them."""
        self._blocks.clear()
        self._asked = None
        self.cursor = (0, self.cursor[1])
        self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def forget(self) -> None:
        """There is no table."""
        self.clear()
        self.columns, self.total, self.cursor, self._left = (), 0, (0, 0), 0
        self._widths.clear()
        self.virtual_size = Size(0, 0)
        self.refresh()
        self.post_message(self.Panned())

    def ask_again(self) -> None:
        """What was asked for will not come: ask for it again when it is drawn."""
        self._asked = None

    def show(self, block: Block, page: Page) -> None:
        """Take the cells of a block."""
        if tuple(self.columns) != page.columns:
            self.columns = page.columns
            self._widths.clear()
            self._left = 0
        self._blocks[block] = page.cells
        while len(self._blocks) > BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        self.total = page.total if page.total is not None else max(self.total, page.first + len(page.cells))
        self._note_widths(block, page)
        if self._asked == block:
            self._asked = None
        self.virtual_size = Size(0, self.total)
        row, column = self.cursor
        self.cursor = (min(row, max(0, self.total - 1)), min(column, max(0, len(self.columns) - 1)))
        self.refresh()
        self.post_message(self.Filled())

    def cell(self, row: int, column: int) -> tuple[bool, str | None]:
        """Whether a cell is there, and its text; None where it holds no value."""
        block = self._blocks.get(Block(row // BLOCK_ROWS, column // BLOCK_COLUMNS))
        index = row % BLOCK_ROWS
        if block is None or index >= len(block):
            return False, None
        return True, block[index][column % BLOCK_COLUMNS]

    def in_sight(self) -> tuple[range, list[int]]:
        """The rows and columns that are in sight."""
        top = self.scroll_offset.y
        height = max(0, self.size.height)
        return range(top, min(self.total, top + height)), [column for column, _ in self._placed()]

    def _note_widths(self, block: Block, page: Page) -> None:
        start = block.column * BLOCK_COLUMNS
        columns = self.columns[start : start + BLOCK_COLUMNS]
        for index, width in enumerate(widths_of(columns, page.cells)):
            least = min(MAX_WIDTH, len(kind_of(columns[index])))
            self._widths[start + index] = max(self._widths.get(start + index, 0), width, least)

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        style = self.rich_style
        placed = self._placed()
        row = y + self.scroll_offset.y
        if row >= self.total:
            return Strip.blank(width, style)
        cursor_row, cursor_column = self.cursor
        if row == cursor_row:
            style += self.get_component_rich_style("preview--row", partial=True)
        null = style + self.get_component_rich_style("preview--null", partial=True)
        cells: list[tuple[str, Style]] = []
        for column, _ in placed:
            is_there, text = self.cell(row, column)
            if not is_there:
                self._want(row, column)
            look = style if text is not None else null
            if row == cursor_row and column == cursor_column:
                look += self.get_component_rich_style("preview--cursor", partial=True)
            cells.append(((text if text is not None else NULL) if is_there else "…", look))
        return self._line(placed, cells, style, width)

    def header_line(self, y: int, name: Style, kind: Style) -> Strip:
        """What stands above the columns: their names, then their types."""
        placed = self._placed()
        texts = [self.columns[column].name if y == 0 else kind_of(self.columns[column]) for column, _ in placed]
        look = name if y == 0 else kind
        return self._line(placed, [(text, look) for text in texts], look, self.size.width)

    def _line(self, placed: list[tuple[int, int]], cells: list[tuple[str, Style]], style: Style, width: int) -> Strip:
        segments = [Segment(" ", style)]
        for (column, room), (text, look) in zip(placed, cells, strict=True):
            segments.append(Segment(fitted(text, room, is_right=self.columns[column].is_number), look))
            segments.append(Segment(" " * GAP, style))
        return Strip(segments).adjust_cell_length(width, style).simplify()  # one of a look, over a slow line

    def _placed(self) -> list[tuple[int, int]]:
        """The columns that are in sight, each with its width; the last one may be cut."""
        room = self.scrollable_content_region.width - 1
        found: list[tuple[int, int]] = []
        for column in range(self._left, len(self.columns)):
            if room <= 0:
                break
            width = self._width(column)
            found.append((column, min(width, room)))
            room -= width + GAP
        return found

    def _width(self, column: int) -> int:
        known = self._widths.get(column)
        return known if known is not None else min(MAX_WIDTH, max(4, len(self.columns[column].name)))

    def _want(self, row: int, column: int) -> None:
        block = Block(row // BLOCK_ROWS, column // BLOCK_COLUMNS)
        if self._asked is None or (self._asked != block and not self._is_in_sight(self._asked)):
            self._asked = block
            self.post_message(self.Wanted(block))

    def _is_in_sight(self, block: Block) -> bool:
        rows, columns = self.in_sight()
        return any(
            row // BLOCK_ROWS == block.row for row in (rows.start, max(rows.start, rows.stop - 1))
        ) and block.column in {column // BLOCK_COLUMNS for column in columns}

    def on_resize(self) -> None:
        """A window of another size."""
        self.virtual_size = Size(0, self.total)
        self.refresh()

    # Keys.

    def move_to(self, row: int, column: int) -> None:
        """Put the cursor on a cell, and show it."""
        row, column = max(0, min(self.total - 1, row)), max(0, min(len(self.columns) - 1, column))
        before, left = self.cursor, self._left
        self.cursor = (row, column)
        if column < self._left:
            self._left = column
        while self._left < column and not self._is_whole(column):
            self._left += 1
        top, height = self.scroll_offset.y, max(1, self.size.height)
        wanted = min(row, max(top, row - height + 1))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)
        if self._left != left:
            self.refresh()
            self.post_message(self.Panned())
        elif wanted == top:  # else it is drawn by being scrolled
            for each in {before[0], row}:
                self.refresh_line(each)
        self.post_message(self.Moved())

    def _is_whole(self, column: int) -> bool:
        placed = dict(self._placed())
        return placed.get(column, -1) >= self._width(column)

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by so many cells."""
        self.move_to(self.cursor[0] + rows, self.cursor[1] + columns)

    def action_page(self, direction: int) -> None:
        """Move it by as many rows as are in sight."""
        self.action_move(direction * max(1, self.size.height - 1), 0)

    def action_row(self, index: int) -> None:
        """Move it to the first row, or the last."""
        self.move_to(0 if index >= 0 else self.total - 1, self.cursor[1])

    def action_column(self, index: int) -> None:
        """Move it to the first column, or the last."""
        self.move_to(self.cursor[0], 0 if index >= 0 else len(self.columns) - 1)

    def action_choose(self) -> None:
        """Show the cell whole."""
        self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the cell that was clicked."""
        at = 1
        for column, width in self._placed():
            if event.x < at + width + GAP:
                self.move_to(event.y + self.scroll_offset.y, column)
                return
            at += width + GAP


class PreviewHeader(Widget):
    """The names and types above a table's columns: a widget of its own, which is not drawn again with every page.

    Args:
        table: The table.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"preview--name", "preview--kind"}
    DEFAULT_CSS = """
    PreviewHeader { height: 2; background: $panel; }
    PreviewHeader > .preview--name { text-style: bold; }
    PreviewHeader > .preview--kind { color: $text-disabled; }
    """

    def __init__(self, table: PreviewTable) -> None:
        super().__init__()
        self._table = table

    def render_line(self, y: int) -> Strip:
        looks = (
            self.rich_style + self.get_component_rich_style(name, partial=True)
            for name in ("preview--name", "preview--kind")
        )
        return self._table.header_line(y, *looks)
