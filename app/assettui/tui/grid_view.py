"""The grid itself: lines of cells below a time axis, drawn line by line, with a cursor and a selection."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.model.text import clean
from assettui.render.appearance import GREY
from assettui.render.grid_cells import Bounds, GridRow, StatusStyle, bounds_of, styles_of
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual import events
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.render.grid_axis import Axis

_Kind = tuple[str, bool, bool, bool]
"""What the style of a cell depends on: its color, whether it is in the cursor's line or column, selected, under the cursor."""
HEAD_LINES = 2
MIN_TITLE, MAX_TITLE = 12, 40
MOST_WIDE = 6
"""No cell is wider than so many columns."""


class GridView(Widget, can_focus=True):
    """Lines of cells. What a frame costs depends on the window alone."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--cursor", "grid--here", "grid--selected"}
    DEFAULT_CSS = """
    GridView { height: 1fr; background: $background; }
    GridView > .grid--cursor { background: $primary; color: $text; text-style: bold; }
    GridView > .grid--here { background: $panel; }
    GridView > .grid--selected { background: $accent-muted; }
    GridView:ansi > .grid--cursor { background: ansi_blue; color: ansi_bright_white; }
    GridView:nocolor > .grid--cursor { text-style: reverse; }
    GridView:ansi > .grid--here { text-style: bold; }
    GridView:ansi > .grid--selected { text-style: underline; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("grid")

    class Moved(Message):
        """The cursor stands elsewhere, or the selection has changed."""

    class Chosen(Message):
        """What lies under the cursor is to be opened."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[GridRow] = ()
        self.axis: Axis | None = None
        self.row = 0
        self.column = 0
        self.corner: tuple[int, int] | None = None
        """Where a rectangle was begun, in visual mode."""
        self.selected: dict[AssetKey, PartitionSet] = {}
        self.empty_text = ""
        self._top = 0
        self._left = 0
        self._cells_of_row: dict[int, tuple[GridRow, int, int, Bounds, list[StatusStyle]]] = {}
        self._bounds: dict[tuple[object, ...], Bounds] = {}
        self._styles: dict[_Kind, Style] = {}

    # For screens.

    def show(self, rows: Sequence[GridRow], axis: Axis | None) -> None:
        """Show lines; the cursor stays where it is, as far as that is still somewhere."""
        is_other = axis is not self.axis
        self.rows, self.axis = rows, axis
        if is_other:
            self._bounds.clear()
        self._cells_of_row.clear()
        self.move_to(self.row, self.column)
        self.refresh()

    @property
    def current(self) -> GridRow | None:
        """The line under the cursor."""
        return self.rows[self.row] if 0 <= self.row < len(self.rows) else None

    def partitions_at(self, row: int, first: int, last: int) -> PartitionSet:
        """The partitions of a line in some columns, both ends included."""
        if self.axis is None or not 0 <= row < len(self.rows):
            return EMPTY
        line = self.rows[row]
        bounds = bounds_of(line, self.axis, first, last - first + 1)
        found = EMPTY
        if not bounds:
            return found
        if line.minor is None:
            return PartitionSet.of_ranges(bounds) & line.space.all
        for low, high in bounds:
            found = found | line.partitions_between(low, high)
        return found

    def here(self) -> PartitionSet:
        """The partitions under the cursor."""
        return self.partitions_at(self.row, self.column, self.column)

    def rectangle(self) -> dict[AssetKey, PartitionSet]:
        """The partitions between the corner where a rectangle was begun and the cursor; none where none was."""
        if self.corner is None:
            return {}
        top, bottom = sorted((self.corner[0], self.row))
        left, right = sorted((self.corner[1], self.column))
        found: dict[AssetKey, PartitionSet] = {}
        for row in range(top, bottom + 1):
            key = self.rows[row].key
            found[key] = found.get(key, EMPTY) | self.partitions_at(row, left, right)
        return found

    def chosen(self) -> dict[AssetKey, PartitionSet]:
        """All that is selected, the rectangle that is being drawn included."""
        found = dict(self.selected)
        for key, partitions in self.rectangle().items():
            found[key] = found.get(key, EMPTY) | partitions
        return {key: partitions for key, partitions in found.items() if partitions}

    def move_to(self, row: int, column: int) -> None:
        """Put the cursor somewhere, and show it."""
        columns = self.axis.count if self.axis is not None else 1
        self.row = max(0, min(len(self.rows) - 1, row))
        self.column = max(0, min(columns - 1, column))
        before = (self._top, self._span)
        self._top = max(0, min(self._top, self.row), self.row - self._height + 1)
        self._show_column()
        if before != (self._top, self._span):
            self._cells_of_row.clear()
        self.refresh()
        self.post_message(self.Moved())

    def _show_column(self) -> None:
        """Have the column of the cursor in sight."""
        columns, width = self.axis.count if self.axis is not None else 1, self._width
        left = max(0, min(self._left, self.column), self.column - width + 1)
        self._left = min(left, max(0, columns - width))

    # Size.

    @property
    def _span(self) -> tuple[int, int]:
        """The first column in sight, and how many are."""
        return self._left, self._width

    @property
    def _title_width(self) -> int:
        longest = max((len(row.title) for row in self.rows), default=MIN_TITLE)
        return max(MIN_TITLE, min(longest, MAX_TITLE, self.size.width // 3))

    @property
    def _room(self) -> int:
        """How many columns of the window the cells may take."""
        return max(1, self.size.width - self._title_width - 2)

    @property
    def _cell(self) -> int:
        """How wide a cell is: where there are few, they fill the window."""
        return max(1, min(MOST_WIDE, self._room // self.axis.count)) if self.axis is not None and self.axis.count else 1

    @property
    def _width(self) -> int:
        """How many cells there is room for."""
        return max(1, self._room // self._cell)

    @property
    def _height(self) -> int:
        return max(1, self.size.height - HEAD_LINES)

    def on_resize(self) -> None:
        """A window of another size."""
        self._cells_of_row.clear()
        if self.axis is not None:
            self.move_to(self.row, self.column)

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width, title_width = self.size.width, self._title_width
        style = self.rich_style
        if self.axis is None or not self.rows:
            said = wrap(self.empty_text, max(1, width - 2))
            text = f" {said[y - HEAD_LINES]}" if 0 <= y - HEAD_LINES < len(said) else ""
            return Strip([Segment(set_cell_size(clean(text), width), style)], width)
        if y < HEAD_LINES:
            head = style + Style.parse(GREY)
            label = _spread(self.axis.labels(self._left, self._width)[y], self._cell)
            return Strip([Segment(set_cell_size(" " * (title_width + 2) + clean(label), width), head)], width)
        index = self._top + y - HEAD_LINES
        if index >= len(self.rows):
            return Strip([Segment(" " * width, style)], width)
        row = self.rows[index]
        title_style = style
        if index == self.row:
            title_style += self.get_component_rich_style("grid--here", partial=True)
        title = clean(row.title)
        if len(title) > title_width:
            title = f"…{title[-(title_width - 1) :]}"
        segments = [Segment(set_cell_size(f" {title}", title_width + 1) + " ", title_style)]
        columns = range(self._left, min(self.axis.count, self._left + self._width))
        segments.extend(self._drawn_cells(index, row, style, columns, self._cell))
        return Strip(segments).adjust_cell_length(width, style)

    def _is_near(self, index: int, column: int) -> bool:
        """Whether a cell lies in the line or the column of the cursor."""
        return index == self.row or column == self.column

    def _text_of(self, glyph: str, wide: int) -> str:
        return glyph * wide

    def _drawn_cells(
        self, index: int, row: GridRow, style: Style, columns: Iterable[int | None], wide: int
    ) -> list[Segment]:
        """Cells of a line, those of the columns that are in sight; blank for None."""
        bounds, styles = self._styles_of(index, row)
        first, _ = self._span
        chosen = self.selected.get(row.key)
        top, bottom, left, right = self._drawn()
        is_in_rows = top <= index <= bottom
        segments: list[Segment] = []
        text: list[str] = []
        last: _Kind = ("", False, False, False)
        for column in columns:
            if column is None or not 0 <= column - first < len(styles):
                glyph, kind = " ", ("", False, False, False)
            else:
                glyph, color = styles[column - first]
                is_marked = (is_in_rows and left <= column <= right) or (
                    chosen is not None and self._is_selected(row, chosen, bounds[column - first])
                )
                is_cursor = (index, column) == (self.row, self.column)
                kind = (color, self._is_near(index, column), is_marked, is_cursor)
            if kind != last:
                if text:
                    segments.append(Segment("".join(text), self._style_of(last, style)))
                text, last = [], kind
            text.append(self._text_of(glyph, wide))
        if text:
            segments.append(Segment("".join(text), self._style_of(last, style)))
        return segments

    def _style_of(self, kind: _Kind, style: Style) -> Style:
        found = self._styles.get(kind)
        if found is None:
            color, is_here, is_marked, is_cursor = kind
            found = style + Style.parse(color) if color else style
            for wanted, name in ((is_here, "here"), (is_marked, "selected"), (is_cursor, "cursor")):
                if wanted:
                    found += self.get_component_rich_style(f"grid--{name}", partial=True)
            self._styles[kind] = found
        return found

    def notify_style_update(self) -> None:
        """Another theme, say."""
        self._styles.clear()
        super().notify_style_update()

    def _is_selected(self, row: GridRow, chosen: PartitionSet, bounds: tuple[int, int]) -> bool:
        low, high = bounds
        if row.minor is None:
            return bool(chosen.count_within(low, high))
        return any(index in chosen for index in row.partitions_between(low, high))

    def _drawn(self) -> tuple[int, int, int, int]:
        """The corners of the rectangle that is being drawn; none where there is none."""
        if self.corner is None:
            return (1, 0, 1, 0)
        top, bottom = sorted((self.corner[0], self.row))
        left, right = sorted((self.corner[1], self.column))
        return top, bottom, left, right

    def _styles_of(self, index: int, row: GridRow) -> tuple[Bounds, list[StatusStyle]]:
        """The cells of a line, kept until it, or the window, is another."""
        known, (first, count) = self._cells_of_row.get(index), self._span
        if known is not None and known[0] is row and known[1:3] == (first, count):
            return known[3], known[4]
        assert self.axis is not None
        kind = (row.definition, row.stride) if row.definition is not None else (row.space,)
        view = (id(kind[0]), *kind[1:], first, count)
        bounds = self._bounds.get(view)
        if bounds is None:
            if len(self._bounds) > 64:
                self._bounds.clear()
            bounds = self._bounds[view] = bounds_of(row, self.axis, first, count)
        styles = styles_of(row.statuses, bounds)
        self._cells_of_row[index] = (row, first, count, bounds, styles)
        return bounds, styles

    # Keys and mouse.

    def action_move(self, rows: int, columns: int) -> None:
        self.move_to(self.row + rows, self.column + columns)

    def action_page(self, rows: int, columns: int) -> None:
        """Move the cursor by as much as is shown."""
        self.move_to(self.row + rows * max(1, self._height - 1), self.column + columns * max(1, self._width - 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last column."""
        self.move_to(self.row, 0 if direction < 0 else (self.axis.count if self.axis else 1) - 1)

    def action_choose(self) -> None:
        """Open what lies under the cursor."""
        if self.current is not None:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the cell that was clicked; open it where it was clicked twice."""
        place = self._place_at(event.x, event.y)
        if place is None:
            return
        self.move_to(*place)
        if event.chain == 2:
            self.action_choose()

    def _place_at(self, x: int, y: int) -> tuple[int, int] | None:
        """The line and the column of the cell that is drawn there."""
        if y < HEAD_LINES or x < self._title_width + 2:
            return None
        return self._top + y - HEAD_LINES, self._left + (x - self._title_width - 2) // self._cell

    def select(self, selected: Mapping[AssetKey, PartitionSet]) -> None:
        """Have just this selected; the rectangle that was being drawn is part of it."""
        self.selected = {key: partitions for key, partitions in selected.items() if partitions}
        self.corner = None
        self.refresh()
        self.post_message(self.Moved())


def _spread(labels: str, by: int) -> str:
    """Labels above cells that are so many columns wide: each begins where its cell does."""
    if by == 1:
        return labels
    found = ""
    for match in re.finditer(r"\S+", labels):
        at = match.start() * by
        if len(found) <= at:
            found = found.ljust(at) + match[0]
    return found
