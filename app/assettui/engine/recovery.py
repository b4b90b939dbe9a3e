"""Closing what a leader that died has orphaned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.events import Event, RunChanged, StepEnded
from assettui.model.run import RunRecord, RunStatus, StepError, StepRecord, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def closing_events(run: RunRecord, steps: Iterable[StepRecord], reason: str, now_us: int) -> Iterator[Event]:
    """The events that close a run which nobody carries out any more; none for one that is queued or over.

    A step that was running has failed, since nothing of it was recorded; what had succeeded stays so.

    Args:
        run: The run, as the store has it.
        steps: Its steps, as the store has them.
        reason: Why nobody carries it out, in one line.
        now_us: The time.
    """
    # A queued run waits for a leader, unless it is part of a backfill, which plans its runs anew.
    if (run.status is RunStatus.QUEUED and run.backfill is None) or run.status.is_over:
        return
    lost = StepError(reason, "lost")
    is_canceling = run.status is RunStatus.CANCELING or (run.backfill is not None and run.started_us is None)
    for step in steps:
        match step.status:
            case StepStatus.RUNNING:
                status = StepStatus.CANCELED if is_canceling else StepStatus.FAILURE
                yield StepEnded(now_us, run.run_id, step.step_key, status=status, error=lost)
            case StepStatus.PENDING:
                skipped = StepError(reason, "skipped")
                yield StepEnded(now_us, run.run_id, step.step_key, status=StepStatus.SKIPPED, error=skipped)
            case _:
                continue
    yield RunChanged(now_us, run.run_id, status=RunStatus.CANCELED if is_canceling else RunStatus.FAILURE, error=reason)
