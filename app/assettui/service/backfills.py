"""Backfills: previewing them, asking for them, following them, and what became of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.backfill_progress import BackfillProgress
from assettui.core.backfill_target import BackfillTarget, resolve_target
from assettui.core.config_check import checked_config
from assettui.core.launching import job_named, selected_by
from assettui.core.masking import masked
from assettui.core.partitions.json_forms import set_to_json
from assettui.core.partitions.space import partitions_text
from assettui.core.planning import plan_run
from assettui.core.staleness import AssetStatus
from assettui.model import backfill as model
from assettui.model import codec
from assettui.model.errors import LaunchError
from assettui.model.events import BackfillQueued
from assettui.model.intents import CommandBackfill
from assettui.model.run import RunFilter, StepError
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.service.plans import PlanChanged
from assettui.store import backfills, intents, queries
from assettui.store.queueing import keep_secrets
from assettui.store.recording import record
from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from assettui.model.keys import AssetKey
    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunRecord
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

LOOK_EVERY_S = 1.0
OVERHEAD_US = 3_000
"""What a run costs besides the user's own code: measured, see tests/benchmarks."""


def preview(session: Session, request: model.BackfillRequest, selection: Sequence[str] = ()) -> model.BackfillPlan:
    """What a backfill would do; `start` takes it.

    Args:
        session: The store.
        request: What is asked for.
        selection: What is to be made, where the request names no assets.

    Raises:
        LaunchError: Nothing is left to be materialized.
        SelectionError: The selection cannot be understood, or names nothing.
        UnknownPartition: No asset has a partition of such a key.
        BadRange: A range is reversed, or over keys that have no order.
        WrongConfig: The configuration does not fit.
    """
    with session.reading() as connection:
        state = session.state(connection)
        if selection:
            request = replace(request, keys=tuple(state.select_terms(selection)))
        elif request.job is not None:
            request = replace(request, keys=tuple(selected_by(job_named(state.snapshot, request.job), state)[0]))
        return _planned(connection, session, state, request)


def start(session: Session, plan: model.BackfillPlan) -> str:
    """Ask for a backfill that was planned; the leader carries it out.

    Returns:
        Its id.

    Raises:
        PlanChanged: What was planned is not what would be planned now.
        LaunchError: Nothing is left to be materialized, or the leader runs another project's code.
        StoreError: The store cannot be written.
    """
    session.refuse_other_project()
    backfill_id = os.urandom(8).hex()
    with session.writing() as connection:
        state = session.state(connection)
        now = _planned(connection, session, state, plan.request) if plan.request is not None else plan
        if now.targets != plan.targets:
            raise PlanChanged(f"it would be {plural(now.count, 'partition')} now, not {plan.count:,}", now)
        shown = masked(plan.config, state.snapshot.config_schemas)
        kept = plan.recorded(shown, queries.last_event(connection), has_secrets=shown != plan.config)
        record(connection, [BackfillQueued(clock_us(), backfill=backfill_id, plan=kept, requested=plan.count)])
        if kept.has_secrets:
            keep_secrets(connection, backfill_id, plan.config)
    return backfill_id


def command(session: Session, wanted: model.BackfillCommand, backfill_id: str) -> model.BackfillRecord:
    """Ask for a backfill to `pause`, `resume`, `cancel` or `retry` what of it has failed.

    Returns:
        The backfill as it was before.

    Raises:
        NotFound: No backfill is called so.
        LaunchError: It is over, or there is nothing of the kind to be done.
    """
    with session.reading() as connection:
        found = backfills.backfill(connection, backfill_id)
    name, status = found.backfill_id[:8], found.status
    if wanted is model.BackfillCommand.RETRY:
        if status is model.BackfillStatus.SUCCESS:
            raise LaunchError(f"nothing of backfill {name} has failed", hint="see `assettui backfill show`")
        if status.is_over and found.plan.has_secrets:
            raise LaunchError(
                f"backfill {name} was configured with secrets, which are not kept",
                hint="start it anew for what has failed: --failed, with --config",
            )
    elif status.is_over:
        raise LaunchError(f"backfill {name} is over: {status.value}", hint="see `assettui backfill ls`")
    elif wanted is model.BackfillCommand.RESUME and status is not model.BackfillStatus.PAUSED:
        raise LaunchError(f"backfill {name} is not paused: {status.value}", hint="see `assettui backfill ls`")
    with session.writing() as connection:
        intents.request(connection, CommandBackfill(found.backfill_id, wanted), clock_us())
    return found


class FailureGroup(Struct, frozen=True):
    """What of a backfill has failed in one way."""

    error: str
    """In one line."""
    count: int
    examples: tuple[tuple[str, str, str], ...]
    """Some of it: the step, its partitions in a line, and the run."""
    traceback: str | None


class BackfillDetail(Struct, frozen=True):
    """One backfill with what became of it."""

    backfill: model.BackfillRecord
    assets: tuple[tuple[AssetKey, int, int], ...]
    """Of each asset, upstream before downstream: how many partitions are to be made, and how many are."""
    failures: tuple[FailureGroup, ...]
    """The most frequent first."""
    runs: tuple[RunRecord, ...]
    """The last runs, the newest first."""


class BackfillPage(Struct, frozen=True):
    """Some of the backfills."""

    backfills: tuple[model.BackfillRecord, ...]
    """The newest first."""
    total: int


def page(session: Session, *, limit: int, offset: int = 0) -> BackfillPage:
    """Backfills, the newest first."""
    with session.reading() as connection:
        found = backfills.backfills(connection, limit=limit, offset=offset)
        return BackfillPage(tuple(found), backfills.count(connection))


def detail(session: Session, backfill_id: str, *, runs: int = 20) -> BackfillDetail:
    """One backfill with what became of it.

    Raises:
        NotFound: No backfill is called so, or several are.
    """
    with session.reading() as connection:
        found = backfills.backfill(connection, backfill_id)
        progress = [
            (
                key,
                _size(said),
                len(
                    backfills.materialized_since(
                        connection,
                        key,
                        found.plan.after,
                        whole="whole" in said,  # as it was then, whatever the project defines now
                    )
                ),
            )
            for key, said in ((each.asset_key, each.partitions) for each in found.plan.targets)
        ]
        return BackfillDetail(
            found,
            tuple((key, count, min(count, made)) for key, count, made in progress),
            _failures(connection, found.backfill_id),
            session.as_they_are(queries.runs(connection, RunFilter(backfill=found.backfill_id), limit=runs)),
        )


def follow(
    session: Session, backfill_id: str, *, on_alone: Callable[[], None] = lambda: None
) -> Iterator[model.BackfillRecord]:
    """A backfill as it comes on, until it is over.

    Args:
        session: The store.
        backfill_id: The whole id.
        on_alone: Called whenever nobody leads the store, so that nothing will happen by itself.
    """
    wake_client = WakeClient(session.folder.socket)
    try:
        while True:
            with session.reading() as connection:
                found = backfills.backfill(connection, backfill_id)
            yield found
            if found.status.is_over:
                return
            if session.leader() is None:
                on_alone()
            wake_client.wait(LOOK_EVERY_S)
    finally:
        wake_client.close()


def _planned(
    connection: sqlite3.Connection, session: Session, state: ProjectState, request: model.BackfillRequest
) -> model.BackfillPlan:
    partitioned, graph = state.partitioned, state.graph
    job = job_named(state.snapshot, request.job) if request.job is not None else None
    target = _target(state, request)
    config: JsonObject = {}
    if request.config or job is not None:
        of_job = job.config if job is not None else {}
        config = checked_config(request.config, of_job, plan_run(graph, target.targets), request.job, state.snapshot)
    durations = backfills.mean_durations(connection, list(target.targets))
    runs = BackfillProgress.begun(partitioned, target.targets).count_of_runs()
    assets = tuple(
        model.PlannedAsset(
            key,
            len(partitions),
            partitioned.space(key).shown(partitions) if partitioned.is_partitioned(key) else "",
            runs.get(key, 0),
            durations.get(key),
        )
        for key, partitions in target.targets.items()
    )
    workers = min(session.project.settings.max_workers or os.cpu_count() or 1, request.max_concurrent or 1_000)
    return model.BackfillPlan(
        tuple(
            model.Target(key, set_to_json(partitions, partitioned.space(key), graph.assets[key].partitions))
            for key, partitions in target.targets.items()
        ),
        request.max_concurrent,
        request.priority,
        config,
        {**(job.tags if job is not None else {}), **request.tags},
        request.title,
        job=request.job,
        count=target.count,
        assets=assets,
        skipped=tuple(
            model.SkippedPartitions(
                each.key, partitioned.space(each.key).shown(each.partitions), len(each.partitions), each.why
            )
            for each in target.skipped
        ),
        runs=sum(runs.values()),
        estimate_us=_estimate(assets, sum(runs.values()), workers),
        request=request,
    )


def _target(state: ProjectState, request: model.BackfillRequest) -> BackfillTarget:
    standings = state.standings_of(request.keys)
    statuses = {key: each.statuses for key, each in standings.items() if each.statuses is not None}
    whole = {key: _which(each.status) for key, each in standings.items()}
    return resolve_target(state.partitioned, request, statuses, whole)


def _which(status: AssetStatus) -> model.Which | None:
    match status:
        case AssetStatus.NEVER:
            return model.Which.MISSING
        case AssetStatus.FAILED:
            return model.Which.FAILED
        case AssetStatus.STALE:
            return model.Which.STALE
        case _:
            return None


def _estimate(planned: Sequence[model.PlannedAsset], runs: int, workers: int) -> int | None:
    """About how long it takes: what it took on the average, in parallel; what was never made is taken for the mean."""
    known = [each.duration_us for each in planned if each.duration_us is not None]
    if not known:
        return None
    mean = sum(known) / len(known)
    work = sum((each.duration_us if each.duration_us is not None else mean) * each.count for each in planned)
    return round(work / workers + runs * OVERHEAD_US)


def _size(said: Mapping[str, Any]) -> int:
    """How many partitions a set has, as `set_to_json` wrote it, without knowing what there is now."""
    if "whole" in said:
        return int(said["whole"])
    if "keys" in said:
        return len(said["keys"])
    return int(said.get("count", 0))


def _failures(connection: sqlite3.Connection, backfill_id: str) -> tuple[FailureGroup, ...]:
    groups: dict[str, list[tuple[str, str, str]]] = {}
    tracebacks: dict[str, str | None] = {}
    for run_id, step, partitions, error in backfills.failures(connection, backfill_id):
        told = codec.decode(error, StepError) if error else StepError("failed")
        ranges = [(ends[0], ends[-1]) for ends in codec.decode(partitions, list[tuple[str, ...]])] if partitions else []
        groups.setdefault(told.message, []).append((step, partitions_text(ranges), run_id))
        tracebacks.setdefault(told.message, told.traceback)
    found = [
        FailureGroup(message, len(examples), tuple(examples[:20]), tracebacks[message])
        for message, examples in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: -group.count))
