"""Closing what a leader that died has orphaned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.records import Event, EventKind, RunRecord, RunStatus, StepError, StepRecord, StepStatus

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
                kind = EventKind.STEP_CANCELED if is_canceling else EventKind.STEP_FAILURE
                yield Event(kind, now_us, run.run_id, step.step_key, payload={"error": lost.to_json()})
            case StepStatus.PENDING:
                skipped = StepError(reason, "skipped")
                yield Event(
                    EventKind.STEP_SKIPPED, now_us, run.run_id, step.step_key, payload={"error": skipped.to_json()}
                )
            case _:
                continue
    if is_canceling:
        yield Event(EventKind.RUN_CANCELED, now_us, run.run_id, payload={"error": reason})
    else:
        yield Event(EventKind.RUN_FAILURE, now_us, run.run_id, payload={"error": reason})
