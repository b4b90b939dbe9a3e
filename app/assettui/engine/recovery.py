"""Closing what a leader that died has orphaned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.orphans import end_of, ended_steps, is_orphaned
from assettui.model.events import Event, RunChanged, StepEnded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assettui.model.run import RunRecord, StepRecord


def closing_events(run: RunRecord, steps: Iterable[StepRecord], reason: str, now_us: int) -> Iterator[Event]:
    """The events that close a run which nobody carries out any more; none for one that is queued or over.

    Args:
        run: The run, as the store has it.
        steps: Its steps, as the store has them.
        reason: Why nobody carries it out, in one line.
        now_us: The time.
    """
    if not is_orphaned(run):
        return
    for step in ended_steps(run, steps, reason):
        yield StepEnded(now_us, run.run_id, step.step_key, status=step.status, error=step.error)
    yield RunChanged(now_us, run.run_id, status=end_of(run), error=reason)
