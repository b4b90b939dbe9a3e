"""The list of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.render.assets import ASSETS, unused_columns
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
        self.hide(())

    def hide(self, rows: Sequence[AssetRow]) -> Sequence[int]:
        """Hide the columns that have nothing to show for these assets; which they are."""
        self.hidden = ASSETS.hidden(unused_columns(rows))
        return self.hidden

    def is_marked(self, row: AssetRow) -> bool:
        return row.key in self.selected
