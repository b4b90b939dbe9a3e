"""The list of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from assettui.model.timing import ago, clock_us, duration
from assettui.service.catalog import AssetRow
from assettui.tui.appearance import ASSET_STYLES, EXTERNAL_STYLE, GREY
from assettui.tui.columns import Column
from assettui.tui.listing import Cell, Listing

BAR_CELLS = 8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.keys import AssetKey


class AssetList(Listing[AssetRow]):
    """Assets, with those that are selected."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("  asset", 24),
        Column("group", 12, rank=2),
        Column("kinds", 14, rank=3),
        Column("built", 9, is_right=True),
        Column("took", 7, is_right=True, rank=1),
        Column("rows", 11, is_right=True, rank=1),
        Column("  why", 20, rank=4),
    )

    PARTITIONS = Column("partitions", 15, rank=1)
    """Shown behind the asset, where any has partitions."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._has_partitions = False
        self.selected: set[AssetKey] = set()

    def show_partitions(self, has_partitions: bool) -> Sequence[Column]:
        """Show how much is there of each asset with partitions, where there are any; the columns that are shown."""
        self._has_partitions = has_partitions
        first, *others = self.COLUMNS
        self.columns = [first, self.PARTITIONS, *others] if has_partitions else self.COLUMNS
        return self.columns

    def identity(self, row: AssetRow) -> object:
        """The key."""
        return row.key

    def is_marked(self, row: AssetRow) -> bool:
        """Whether it is selected."""
        return row.key in self.selected

    def cells(self, row: AssetRow) -> Sequence[Cell]:
        """What a line shows."""
        glyph, color = EXTERNAL_STYLE if row.asset.is_external else ASSET_STYLES[row.status]
        last, seen = row.state.last, row.state.observed
        unmade = ago(seen.time_us, clock_us()) if seen else "external" if row.asset.is_external else "never"
        reasons = row.reasons() if last is not None or row.state.failed_us is not None else ()
        return (
            (f"{glyph} {row.key}", color),
            *([(partitions_bar(row), color)] if self._has_partitions else []),
            (row.asset.group, GREY),
            (",".join(row.asset.kinds), GREY),
            (ago(last.time_us, clock_us()) if last else unmade, ""),
            (duration(last.duration_us if last else None), ""),
            (f"{last.rows:,}" if last and last.rows is not None else "–", ""),
            (f"  {reasons[0]}" if reasons else "", color),
        )


def partitions_bar(row: AssetRow) -> str:
    """How much of an asset is there, in eight cells in the order of its partitions, and how many of them."""
    statuses = row.statuses
    if statuses is None:
        return ""
    size = statuses.all.bits.bit_length()
    if not size:
        return f"{'·' * BAR_CELLS} 0"
    cells: list[str] = []
    for cell in range(BAR_CELLS):
        low, high = cell * size // BAR_CELLS, max(cell * size // BAR_CELLS + 1, (cell + 1) * size // BAR_CELLS)
        total = statuses.all.count_within(low, high)
        made = statuses.materialized.count_within(low, high)
        cells.append("█" if total and made >= total else "▒" if made else "·")
    return f"{''.join(cells)} {len(statuses.materialized & statuses.all):,}"
