"""What is known of the asset under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from assettui.model.timing import clock_us
from assettui.render.asset_pane import Shown, group_lines, pane_lines
from assettui.service.asset_tree import GroupLine
from assettui.tui.drawing import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.render.lines import Line


class AssetPane(Static):
    """Why it stands as it does, what is one step up- and downstream, checks, the last results, the first rows, metadata."""

    _lines: Sequence[Line] = ()
    _shown: Shown | GroupLine | None = None

    def show(self, shown: Shown | GroupLine | None) -> None:
        """Show an asset, or a group of some."""
        self._shown = shown
        self._draw()

    def on_resize(self) -> None:
        """A pane of another width."""
        self._draw()

    def _draw(self) -> None:
        width = max(20, self.content_size.width)
        lines: Sequence[Line] = ()
        if isinstance(self._shown, GroupLine):
            lines = group_lines(self._shown)
        elif self._shown is not None:
            lines = pane_lines(self._shown, clock_us(), width)
        if lines != self._lines:
            self._lines = lines
            self.update(text_of(lines))
