"""What is known of the asset under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from assettui.render.assets import asset_lines
from assettui.tui.drawing import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.events import Materialization
    from assettui.render.lines import Line
    from assettui.service.catalog import AssetRow, Catalog


class AssetPane(Static):
    """Description, lineage one step each way, metadata, and what happened to it in the past."""

    _lines: Sequence[Line] = ()
    _asset: tuple[AssetRow, Catalog, Sequence[Materialization], int] | None = None

    def show(self, row: AssetRow | None, catalog: Catalog, history: Sequence[Materialization], now_us: int) -> None:
        """Show an asset, with its past materializations, the newest first."""
        self._asset = (row, catalog, history, now_us) if row is not None else None
        self._draw()

    def on_resize(self) -> None:
        """A pane of another width."""
        self._draw()

    def _draw(self) -> None:
        lines = asset_lines(*self._asset, max(20, self.content_size.width)) if self._asset is not None else []
        if lines != self._lines:
            self._lines = lines
            self.update(text_of(lines))
