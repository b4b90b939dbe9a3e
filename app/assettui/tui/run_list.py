"""The list of runs, and the list of the steps of one run."""

from __future__ import annotations

from assettui.model.run import RunRecord, StepRecord
from assettui.render.runs import RUNS, steps_table
from assettui.tui.listing import Listing


class RunList(Listing[RunRecord]):
    """Runs, the newest first."""

    TABLE = RUNS


class StepList(Listing[StepRecord]):
    """The steps of one run, each with a bar for when it ran."""

    TABLE = steps_table((0, 1))

    def show_span(self, began_us: int, ended_us: int) -> None:
        """Draw the bars from when the run began to when it ended, or else now."""
        self.table = steps_table((began_us, ended_us))
