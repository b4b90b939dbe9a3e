"""The list of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.render.assets import ASSETS, PARTITIONS
from assettui.service.catalog import AssetRow
from assettui.tui.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.keys import AssetKey


class AssetList(Listing[AssetRow]):
    """Assets, with those that are selected."""

    TABLE = ASSETS

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.selected: set[AssetKey] = set()
        self.show_partitions(False)

    def show_partitions(self, has_partitions: bool) -> Sequence[int]:
        """Show how much is there of each asset with partitions, where there are any; the columns that are hidden."""
        self.hidden = () if has_partitions else ASSETS.hidden([PARTITIONS])
        return self.hidden

    def is_marked(self, row: AssetRow) -> bool:
        return row.key in self.selected
