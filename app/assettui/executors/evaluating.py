"""Having a schedule or sensor evaluated: what a worker must be told, and, where no engine is at work, a worker to tell it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.executors.base import Ended, Heard
from assettui.executors.processes import Processes
from assettui.model.instigator import Watching
from assettui.model.run import StepError
from assettui.model.step import Broken, Evaluated, Loaded
from assettui.model.tick import ATTEMPTS, Evaluation, InstigatorState
from assettui.store import ticks
from assettui.worker.orders import EvaluationRequest, number_of, positions

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.instigator import InstigatorSnapshot
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder


def evaluation_request(
    connection: sqlite3.Connection,
    folder: StoreFolder,
    snapshot: InstigatorSnapshot,
    scheduled_us: int,
    *,
    is_manual: bool = False,
) -> tuple[EvaluationRequest, bool]:
    """What a worker must be told to evaluate a schedule or sensor now, and whether there is anything to look at.

    Args:
        connection: The store.
        folder: Where it is.
        snapshot: The schedule or sensor.
        scheduled_us: The time that it is evaluated for; microseconds since the epoch, UTC.
        is_manual: Whether somebody asked for it: what was set aside is tried again then, too.
    """
    state = ticks.instigator_state(connection, snapshot.name) or InstigatorState(snapshot.name)
    last_ended_us = ticks.last_ended(connection, snapshot.name)
    request = EvaluationRequest(
        name=snapshot.name,
        scheduled_us=scheduled_us,
        store=str(folder.database),
        cursor=state.cursor,
        last_ended_us=last_ended_us,
        last_run_key=ticks.last_run_key(connection, snapshot.name),
        since_us=state.since_us,
        is_first=last_ended_us is None or last_ended_us < state.since_us,
        again={each.item: each.attempts for each in state.items if is_manual or each.attempts < ATTEMPTS},
    )
    match snapshot.watching:
        case Watching.TIME:
            return request, True
        case Watching.ASSETS:
            asset_events = ticks.asset_events_after(connection, positions(snapshot, state.cursor))
            return replace(request, asset_events=tuple(asset_events)), bool(asset_events)
        case Watching.RUNS:
            run_events = ticks.run_events_after(
                connection,
                snapshot.run_statuses,
                after=number_of(state.cursor) or state.turned,
                jobs=snapshot.watched_jobs,
                but_of=snapshot.name,
                again=map(number_of, request.again),
            )
            return replace(request, run_events=tuple(run_events)), bool(run_events)


def evaluate_in_worker(
    project: Project, folder: StoreFolder, request: EvaluationRequest, timeout_s: float
) -> Evaluation:
    """Import the project in a worker of its own, and evaluate a schedule or sensor there; nothing is recorded.

    Raises:
        StoreError: The folder for the worker's log cannot be made.
    """
    folder.create()
    found: list[Evaluation] = []
    deadline: float | None = None

    def hear(worker: int, heard: Heard) -> None:
        nonlocal deadline
        match heard:
            case Loaded():
                deadline = time.monotonic() + timeout_s
                processes.evaluate(worker, request)
            case Broken():
                found.append(Evaluation(error=heard.error))
            case Evaluated():
                found.append(heard.evaluation)
            case Ended():
                found.append(Evaluation(error=heard.cause))
            case _:
                pass

    processes = Processes(project, folder, hear)
    try:
        processes.start_worker(describe=False)
        while not found and (deadline is None or time.monotonic() < deadline):
            processes.receive(None if deadline is None else max(0.0, deadline - time.monotonic()))
        late = StepError(f"its function did not return within {timeout_s:g} s", "timeout")
        return found[0] if found else Evaluation(error=late)
    finally:
        processes.close()
