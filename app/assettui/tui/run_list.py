"""The list of runs, and the list of the steps of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.run import RunRecord, StepRecord
from assettui.render.run_timeline import timeline_table
from assettui.render.runs import RUNS
from assettui.tui.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.geometry import Size

    from assettui.core.run_timeline import StepSpan
    from assettui.render.table import Column


class RunList(Listing[RunRecord]):
    """Runs, the newest first; some of them may be marked."""

    TABLE = RUNS

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.marked: list[str] = []
        """The ids of those that are, in the order in which they were."""

    def toggle_mark(self, run: RunRecord) -> None:
        """Mark a run, or no longer."""
        if run.run_id in self.marked:
            self.marked.remove(run.run_id)
        else:
            self.marked.append(run.run_id)
        self.redraw()

    def is_marked(self, row: RunRecord) -> bool:
        return row.run_id in self.marked


class StepList(Listing[StepRecord]):
    """The steps of one run, each with a bar for when it waited and ran. It is as high as they are, where it may be."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """In lines."""
        return max(1, len(self.rows))

    TABLE = timeline_table({}, 0, 1, 80)

    def show_span(self, spans: Mapping[str, StepSpan], began_us: int, ended_us: int) -> Sequence[Column]:
        """Draw the bars from when the run began to when it ended, or else now; the columns that there are then."""
        width = self.scrollable_content_region.width or self.size.width or 80
        self.table = timeline_table(spans, began_us, ended_us, width)
        return self.table.columns
