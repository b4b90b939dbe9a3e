"""Runs: asking for them, canceling them, looking at them, following them to their end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.launching import plan_launch
from assettui.core.orphans import UNDER_WAY, as_ended, ended_steps, is_orphaned
from assettui.core.retrying import expanded, retry_of
from assettui.model.backfill import BACKFILL_TAG
from assettui.model.errors import LaunchError
from assettui.model.intents import CancelRun
from assettui.model.run import ANY_RUN, RunFilter, RunPlan, RunRecord, RunRequest, StepRecord
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.service.plans import PlanChanged
from assettui.service.queue import waits_of
from assettui.store import intents, queries
from assettui.store.queueing import queue_run
from assettui.store.retries import queue_retry
from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from assettui.model.events import Event
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import JsonObject
    from assettui.service.session import Session

LOOK_EVERY_S = 1.0


class RunDetail(Struct, frozen=True):
    """One run with its steps."""

    run: RunRecord
    steps: tuple[StepRecord, ...]
    """Upstream before downstream."""
    config: JsonObject = {}
    """What it was configured with, its secrets masked."""
    waits_for: str | None = None
    """Of one that is queued: what it waits for, in words."""
    is_orphaned: bool = False
    """Whether its leader has died, and the next one has yet to record that it has ended."""
    after: Mapping[str, tuple[str, ...]] = {}
    """Which steps each of them waits for."""


class RunPage(Struct, frozen=True):
    """Some of the runs."""

    runs: tuple[RunRecord, ...]
    """The newest first."""
    total: int
    """How many there are in all."""
    orphaned: int = 0
    """How many of these had not ended when their leader died: the next one records that they have."""


class PlannedRun(Struct, frozen=True):
    """A run that is planned: what is shown, and what `start` takes."""

    plan: RunPlan
    request: RunRequest


def preview(session: Session, request: RunRequest) -> PlannedRun:
    """What a run would do.

    Raises:
        LaunchError: It could not be run: nothing can be materialized, or something that it would read is not there.
        UnknownPartition: There is no partition of such a key.
        NotFound: The project has no such job.
        WrongConfig: The configuration does not fit.
    """
    with session.reading() as connection:
        return PlannedRun(plan_launch(request, session.state(connection)), request)


def start(session: Session, planned: PlannedRun) -> str:
    """Ask for a run that was planned; it is queued, and the leader carries it out.

    Returns:
        The id of the run.

    Raises:
        PlanChanged: What was planned is not what would be planned now.
        LaunchError: It could not be run now, or the leader runs another project's code.
        StoreError: The store cannot be written.
    """
    return _queued(session, planned.request, planned.plan)


def launch(session: Session, keys: Iterable[AssetKey] | None, request: RunRequest | None = None) -> str:
    """Plan a run of these assets, or of a job, and ask for it at once.

    Args:
        session: The store.
        keys: The assets; None for all that the job selects, or its ops.
        request: What else is asked for.

    Returns:
        The id of the run.

    Raises:
        LaunchError: It could not be run, or the leader runs another project's code. See `preview` for others.
        StoreError: The store cannot be written.
    """
    request = request or RunRequest()
    return _queued(session, replace(request, assets=tuple(keys)) if keys is not None else request, None)


def _queued(session: Session, request: RunRequest, seen: RunPlan | None) -> str:
    session.refuse_other_project()
    run_id = os.urandom(8).hex()
    with session.writing() as connection:
        state = session.state(connection)
        plan = plan_launch(request, state)
        if seen is not None and plan != seen:
            raise PlanChanged(f"it would be {plural(len(plan.steps), 'step')} now", PlannedRun(plan, request))
        queue_run(connection, run_id, plan, state.snapshot.config_schemas, clock_us())
    return run_id


def retry(session: Session, run_id: str, *, from_failure: bool) -> str:
    """Ask for a run to be tried again, as it was asked for then.

    Args:
        session: The store.
        run_id: Its id, or enough of the beginning.
        from_failure: Whether only what did not succeed is run; it uses what the rest has stored and passed on.

    Returns:
        The id of the new run.

    Raises:
        NotFound: No run is called so, or several are.
        LaunchError: It is not over, nothing of it has failed, or its configuration had secrets, which are not kept.
        StoreError: The store cannot be written.
    """
    with session.reading() as connection:
        run, steps = _as_it_is(session, connection, run_id)
        if not run.status.is_over:
            raise LaunchError(f"run {run.run_id} is {run.status.value}", hint="wait until it is over, or cancel it")
        asked = queries.run_plan(connection, run.run_id)
        plan = expanded(asked, queries.expansions(connection, run.run_id)) if from_failure else asked
        statuses = {step.step_key: step.status for step in steps}
        snapshot = session.state(connection).snapshot
    if plan.has_secrets:
        raise LaunchError(
            f"run {run.run_id[:8]} was configured with secrets, which are not kept",
            hint="launch it anew, with --config",
        )
    again = retry_of(run.run_id, plan, statuses, from_failure=from_failure)
    again = replace(again, tags={name: value for name, value in again.tags.items() if name != BACKFILL_TAG})
    new_id = os.urandom(8).hex()
    with session.writing() as connection:
        queue_retry(connection, new_id, again, run.run_id, snapshot.config_schemas, clock_us())
    return new_id


def retried_by_itself(session: Session, run: RunRecord) -> str | None:
    """The run that tries a failed one again since its tags or the settings say so; None where there is none."""
    with session.reading() as connection:
        return queries.automatic_retry(connection, run.run_id, run.created_us)


def cancel(session: Session, run_id: str) -> RunRecord:
    """Ask for a run to be canceled: by the leader at once, or by the next one where nobody leads now.

    Returns:
        The run as it was before.

    Raises:
        NotFound: No run is called so.
        LaunchError: It is over.
    """
    with session.reading() as connection:
        run = queries.run(connection, run_id)
    if run.status.is_over:
        raise LaunchError(f"run {run.run_id} is over: {run.status.value}", hint="see `assettui run ls`")
    with session.writing() as connection:
        intents.request(connection, CancelRun(run.run_id), clock_us())
    return run


def run_page(session: Session, wanted: RunFilter = ANY_RUN, *, limit: int, offset: int = 0) -> RunPage:
    """Runs, the newest first.

    Where nobody leads, those that were under way have ended, whatever the store says: they count as what they are.
    """
    statuses = wanted.statuses
    has_lead = session.leader() is not None
    if statuses and not has_lead:
        wanted = replace(wanted, statuses=(*statuses, *UNDER_WAY))
    with session.reading() as connection:
        found = queries.runs(connection, wanted, limit=limit, offset=offset)
        runs = session.as_they_are(found)
        orphaned = sum(one is not other for one, other in zip(runs, found, strict=True))
        if statuses:
            runs = tuple(run for run in runs if run.status in statuses)
        return RunPage(runs, queries.count_runs(connection, wanted), orphaned)


def run_detail(session: Session, run_id: str) -> RunDetail:
    """One run with its steps.

    Args:
        session: The store.
        run_id: Its id, or enough of the beginning.

    Raises:
        NotFound: No run is called so, or several are.
    """
    with session.reading() as connection:
        recorded = queries.run(connection, run_id)
        run, steps = _as_it_is(session, connection, run_id)
        plan = queries.run_plan(connection, run.run_id)
        planned = [*plan.steps, *(step for each in queries.expansions(connection, run.run_id) for step in each.steps)]
    return RunDetail(
        run,
        steps,
        plan.config,
        waits_of(session, run),
        is_orphaned=run.status is not recorded.status,
        after={step.key: step.after for step in planned},
    )


def _as_it_is(
    session: Session, connection: sqlite3.Connection, run_id: str
) -> tuple[RunRecord, tuple[StepRecord, ...]]:
    """A run and its steps; one whose leader has died has ended, though nobody has recorded it yet."""
    run = queries.run(connection, run_id)
    steps = tuple(queries.steps(connection, run.run_id))
    reason = session.orphaned_for()
    if reason is None or not is_orphaned(run):
        return run, steps
    ended = {step.step_key: step for step in ended_steps(run, steps, reason)}
    return as_ended(run, reason), tuple(ended.get(step.step_key, step) for step in steps)


def events_of(session: Session, run_id: str, *, after: int = 0, limit: int = 1_000) -> list[Event]:
    with session.reading() as connection:
        return queries.events(connection, run_id=run_id, after=after, limit=limit)


def log_file(session: Session, run_id: str, step_key: str, stream: str) -> Path:
    """The file that holds what a step wrote to `out` or `err`; it is missing where the step never ran."""
    return session.folder.step_log(run_id, step_key, stream)


def follow(
    session: Session, run_id: str, *, after: int = 0, on_alone: Callable[[], None] = lambda: None
) -> Iterator[list[Event]]:
    """The events of a run as they come, until it is over.

    Args:
        session: The store.
        run_id: The whole id.
        after: The id of the last event that is known already.
        on_alone: Called whenever nobody leads the store, so that nothing will happen to the run by itself.

    Yields:
        New events, in order; an empty list where something else was committed.
    """
    wake_client = WakeClient(session.folder.socket)
    try:
        while True:
            with session.reading() as connection:
                new = queries.events(connection, run_id=run_id, after=after)
                is_over = queries.run(connection, run_id).status.is_over
            yield new
            if new:
                after = new[-1].id
                continue
            if is_over:
                return
            if session.leader() is None:
                on_alone()
            wake_client.wait(LOOK_EVERY_S)
    finally:
        wake_client.close()
