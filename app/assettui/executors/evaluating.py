"""Having a schedule or sensor evaluated: what a worker must be told, and, where no engine is at work, a worker to tell it."""

from __future__ import annotations

import select
import signal
import threading
import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.executors.workers import WorkerPool
from assettui.model.instigator import Watching
from assettui.model.run import StepError
from assettui.model.step import Broken, Evaluated, Loaded
from assettui.model.tick import Evaluation, InstigatorState
from assettui.store import ticks
from assettui.worker.orders import Evaluate, EvaluationRequest, number_of, positions

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.instigator import InstigatorSnapshot
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder


def evaluation_request(
    connection: sqlite3.Connection, folder: StoreFolder, snapshot: InstigatorSnapshot, scheduled_us: int
) -> tuple[EvaluationRequest, bool]:
    """What a worker must be told to evaluate a schedule or sensor now, and whether there is anything to look at.

    Args:
        connection: The store.
        folder: Where it is.
        snapshot: The schedule or sensor.
        scheduled_us: The time that it is evaluated for; microseconds since the epoch, UTC.
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
    has_died = threading.Event()
    pool = WorkerPool(project, folder, lambda _: has_died.set())
    try:
        worker = pool.start(describe=False)
        deadline: float | None = None
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([worker.connection], [], [], left)[0]:
                worker.signal(signal.SIGKILL)
                return Evaluation(error=StepError(f"its function did not return within {timeout_s:g} s", "timeout"))
            messages = worker.messages()
            if messages is None:
                break
            for message in messages:
                match message:
                    case Loaded():
                        deadline = time.monotonic() + timeout_s
                        worker.send(Evaluate(request))
                    case Broken():
                        return Evaluation(error=message.error)
                    case Evaluated():
                        return message.evaluation
                    case _:
                        continue
        has_died.wait()
        return Evaluation(error=pool.on_lost(worker))
    finally:
        pool.close()
