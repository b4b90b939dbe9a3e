"""The list of assets, below the lines of their groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from assettui.model.text import clean
from assettui.model.timing import clock_us
from assettui.render.assets import catalog_columns, catalog_row, group_cells, unused_columns
from assettui.render.table import Cell, Row, Table
from assettui.service.asset_tree import CatalogLine, GroupLine
from assettui.service.catalog import AssetRow
from assettui.service.last_day import Activity
from assettui.tui.actions import bindings
from assettui.tui.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.render.lines import Line
    from assettui.render.table import Column

_STRIP_FROM = 60
"""A narrower list has no room for what happened in the last day."""


def _identity(line: CatalogLine) -> object:
    return line.key if isinstance(line, AssetRow) else line.name


class AssetList(Listing[CatalogLine]):
    """Assets, with those that are selected."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("asset_list")
    TABLE = Table(catalog_columns(is_tree=False), lambda line, now_us: Row(()), _identity)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.selected: set[AssetKey] = set()
        self.activity = Activity()
        self._is_tree = False
        self.hide((), ())

    @property
    def is_tree(self) -> bool:
        """Whether there are lines of groups."""
        return self._is_tree

    @property
    def columns(self) -> Sequence[Column]:
        """Those of the table, as wide as they are now."""
        return self.table.columns

    def hide(self, rows: Sequence[AssetRow], unwanted: Iterable[str]) -> Sequence[int]:
        """Hide the columns that have nothing to show for these assets, and those that nobody wants; which they are."""
        self.hidden = self.table.hidden([*unused_columns(rows), *unwanted])
        return self.hidden

    def show(self, lines: Sequence[CatalogLine], activity: Activity) -> None:
        """Show these lines, and what is going on."""
        self.activity = activity
        self._is_tree = any(isinstance(line, GroupLine) for line in lines)
        self.table = Table(catalog_columns(is_tree=self._is_tree), self.TABLE.row, _identity)
        is_first = not self.rows
        self.rows = lines
        if is_first and self._is_tree and len(lines) > 1 and not isinstance(lines[1], GroupLine):
            self.cursor = 1
            self.call_after_refresh(self.scroll_to, 0, 0, animate=False)

    @property
    def current_asset(self) -> AssetRow | None:
        """The asset under the cursor; None where that is a group, or nothing is listed."""
        return self.current if isinstance(self.current, AssetRow) else None

    def row(self, row: CatalogLine) -> Row:
        if isinstance(row, AssetRow):
            return catalog_row(row, clock_us(), self.activity.began_us.get(row.key), is_tree=self._is_tree)
        left, right = group_cells(row, self.activity)
        return Row((*left, Cell(""), *right))

    def draw(self, row: CatalogLine, width: int, style: Style) -> Strip:
        if isinstance(row, AssetRow):
            return super().draw(row, width, style)
        left, right = (_segments(cells, style) for cells in group_cells(row, self.activity))
        taken = sum(segment.cell_length for segment in left)
        room = width - taken - sum(segment.cell_length for segment in right) - 1
        if width < _STRIP_FROM or room < 1:
            return Strip(left).adjust_cell_length(width, style)
        return Strip([*left, Segment(" " * room, style), *right, Segment(" ", style)]).adjust_cell_length(width, style)

    def is_marked(self, row: CatalogLine) -> bool:
        if isinstance(row, AssetRow):
            return row.key in self.selected
        return bool(row.keys) and self.selected.issuperset(each.key for each in row.rows if not each.asset.is_external)


def _segments(line: Line, style: Style) -> list[Segment]:
    return [Segment(clean(cell.text), style + Style.parse(cell.color) if cell.color else style) for cell in line]
