"""The list of runs, and the list of the steps of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.run import RunRecord, StepRecord
from assettui.render.run_timeline import timeline_table
from assettui.render.runs import RUNS
from assettui.tui.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.run_timeline import StepSpan
    from assettui.render.table import Column


class RunList(Listing[RunRecord]):
    """Runs, the newest first."""

    TABLE = RUNS


class StepList(Listing[StepRecord]):
    """The steps of one run, each with a bar for when it waited and ran. It is as high as they are, where it may be."""

    TABLE = timeline_table({}, 0, 1, 80)

    def show_span(self, spans: Mapping[str, StepSpan], began_us: int, ended_us: int) -> Sequence[Column]:
        """Draw the bars from when the run began to when it ended, or else now; the columns that there are then."""
        width = self.scrollable_content_region.width or self.size.width or 80
        self.table = timeline_table(spans, began_us, ended_us, width)
        return self.table.columns
