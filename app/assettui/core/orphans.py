"""What becomes of a run whose leader has died: told so at once by whoever looks, and recorded so by the next leader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.model.run import RunRecord, RunStatus, StepError, StepRecord, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable


UNDER_WAY = (RunStatus.QUEUED, RunStatus.STARTING, RunStatus.STARTED, RunStatus.CANCELING)
"""What a run may be that nobody carries out."""


def is_orphaned(run: RunRecord) -> bool:
    """Whether nobody carries out a run, given that nobody leads.

    One that is queued waits for a leader, unless it is part of a backfill, which plans its runs anew.
    """
    return not run.status.is_over and (run.status is not RunStatus.QUEUED or run.backfill is not None)


def end_of(run: RunRecord) -> RunStatus:
    """How an orphaned run has ended."""
    is_canceling = run.status is RunStatus.CANCELING or (run.backfill is not None and run.started_us is None)
    return RunStatus.CANCELED if is_canceling else RunStatus.FAILURE


def ended_steps(run: RunRecord, steps: Iterable[StepRecord], reason: str) -> list[StepRecord]:
    """The steps of an orphaned run that had not ended, as they have.

    A step that was running has failed, since nothing of it was recorded; what had succeeded stays so.

    Args:
        run: The run, as the store has it.
        steps: Its steps, as the store has them.
        reason: Why nobody carries it out, in one line.
    """
    running = StepStatus.CANCELED if end_of(run) is RunStatus.CANCELED else StepStatus.FAILURE
    ends = {
        StepStatus.RUNNING: (running, StepError(reason, "lost")),
        StepStatus.PENDING: (StepStatus.SKIPPED, StepError(reason, "skipped")),
    }
    return [replace(step, status=end[0], error=end[1]) for step in steps if (end := ends.get(step.status)) is not None]


def as_ended(run: RunRecord, reason: str) -> RunRecord:
    """An orphaned run as the next leader will record it."""
    return replace(run, status=end_of(run), error=reason)


def reason_of(leader: str | None) -> str:
    """Why nobody carries out a run.

    Args:
        leader: Who did, in words, where that is known.
    """
    return f"the process that carried it out{f' ({leader})' if leader else ''} is gone"
