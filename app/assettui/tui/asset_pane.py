"""What is known of the asset under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from assettui.model.timing import clock_us
from assettui.render.asset_pane import Shown, pane_lines
from assettui.tui.drawing import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.render.lines import Line


class AssetPane(Static):
    """Why it stands as it does, what is one step up- and downstream, checks, the last results, the first rows, metadata."""

    _lines: Sequence[Line] = ()
    _shown: Shown | None = None

    def show(self, shown: Shown | None) -> None:
        """Show an asset."""
        self._shown = shown
        self._draw()

    def on_resize(self) -> None:
        """A pane of another width."""
        self._draw()

    def _draw(self) -> None:
        width = max(20, self.content_size.width)
        lines = pane_lines(self._shown, clock_us(), width) if self._shown is not None else []
        if lines != self._lines:
            self._lines = lines
            self.update(text_of(lines))
