"""How a backfill goes: a bar on a terminal, a line now and then in a pipe, nothing where JSON is wanted."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from assettui.cli.output import tell
from assettui.model.timing import clock_us, duration
from assettui.render.backfills import pace

if TYPE_CHECKING:
    from types import TracebackType

    from assettui.model.backfill import BackfillRecord

LINE_EVERY_S = 5.0


class BackfillProgress:
    """Shows how a backfill comes on, between enter and exit."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_quiet = quiet
        self._bar: Any = None
        self._task: Any = None
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console  # deferred: 30 ms
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(None), console=Console(stderr=True), transient=True
            )
            self._bar.__enter__()
            self._task = self._bar.add_task("backfill", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def show(self, backfill: BackfillRecord) -> None:
        """Show how far it has come."""
        counts = backfill.counts
        settled = counts.materialized + counts.failed + counts.skipped
        rate, left = pace(backfill, clock_us())
        text = f"{counts.materialized:,} of {counts.requested:,}"
        if counts.failed:
            text += f", {counts.failed:,} failed"
        if rate is not None:
            text += f", {rate:.0f} a second"
        if left is not None:
            text += f", {duration(left)} left"
        if self._bar is not None:
            self._bar.update(self._task, total=counts.requested, completed=settled, description=text)
        elif not self._is_quiet and time.monotonic() - self._said >= LINE_EVERY_S:
            self._said = time.monotonic()
            tell(text)


def progress_for(*, quiet: bool) -> BackfillProgress:
    """The kind of progress that fits where the output goes."""
    return BackfillProgress(quiet=quiet)
