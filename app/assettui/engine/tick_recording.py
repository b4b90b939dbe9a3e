"""Recording a tick with the runs that it asks for: all of them, or, where one cannot be, none and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.launching import plan_launch
from assettui.core.partitions.keyed import key_problem
from assettui.core.partitions.space import BadPartitions
from assettui.core.queue import queued_run
from assettui.kernel.inputs import AssetsReported, RunsQueued, TickRefused
from assettui.model.errors import AssettuiError, LaunchError
from assettui.model.events import Materialization, Tick, TickOutcome, TickRun
from assettui.model.instigator import InstigatorKind
from assettui.model.run import RunRequest, StepError
from assettui.model.text import plural
from assettui.model.tick import NAME_TAG, RUN_KEY_TAG, Evaluation
from assettui.store import dynamic_partitions, ticks
from assettui.store.queueing import queue_run
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from assettui.core.launching import PlanningContext
    from assettui.kernel.inputs import Input
    from assettui.kernel.instigators import TickDecided
    from assettui.model.asset import ValueRef
    from assettui.model.instigator import InstigatorSnapshot
    from assettui.model.keys import AssetKey
    from assettui.model.run import RunPlan


class Recorded(Struct, frozen=True):
    """What a tick has come to."""

    runs: tuple[tuple[str, RunPlan], ...] = ()
    """The runs that are queued now."""
    is_refused: bool = False
    """Whether it asked for what cannot be, so that the tick has failed."""
    assets: tuple[AssetKey, ...] = ()
    """The assets of which it has reported that they were materialized."""
    superseded: tuple[ValueRef, ...] = ()
    """The values that are no longer kept: to be removed once the transaction is committed."""


def record_tick(
    connection: sqlite3.Connection,
    decided: TickDecided,
    snapshot: InstigatorSnapshot | None,
    context: Callable[[], PlanningContext],
) -> Recorded:
    """Record a tick, inside the transaction that is open.

    Args:
        connection: The store.
        decided: The tick.
        snapshot: The schedule or sensor; None where the project no longer defines it.
        context: What runs are planned on, as it is now.
    """
    if decided.due_us is not None and ticks.is_recorded(connection, decided.name, decided.due_us):
        return Recorded()
    cursor = ticks.cursor_of(connection, decided.name) if decided.kind is InstigatorKind.SENSOR else None
    connection.execute("SAVEPOINT tick")
    try:
        found = _recorded(connection, decided, snapshot, context, cursor)
    except (AssettuiError, ValueError, TypeError, OverflowError) as error:
        connection.execute("ROLLBACK TO tick")
        told = str(error) if isinstance(error, AssettuiError) else f"{type(error).__name__}: {error}"
        refused = StepError(told, "refused")
        _write(connection, decided, replace(Evaluation(log=decided.evaluation.log), error=refused), (), (), cursor)
        found = Recorded(is_refused=True)
    except BaseException:
        connection.execute("ROLLBACK TO tick")
        raise
    finally:
        connection.execute("RELEASE tick")
    return found


def following(decided: TickDecided, recorded: Recorded) -> Iterator[Input]:
    if recorded.runs:
        yield RunsQueued(tuple(queued_run(run_id, decided.ended_us, plan) for run_id, plan in recorded.runs))
    if recorded.is_refused:
        yield TickRefused(decided.name)
    if recorded.assets:
        yield AssetsReported(recorded.assets)


def _recorded(
    connection: sqlite3.Connection,
    decided: TickDecided,
    snapshot: InstigatorSnapshot | None,
    context: Callable[[], PlanningContext],
    cursor: str | None,
) -> Recorded:
    evaluation = decided.evaluation
    if evaluation.error is not None:
        _write(connection, decided, evaluation, (), (), cursor)
        return Recorded()
    _change_keys(connection, decided)
    known: list[str] = []
    planned: list[tuple[str, RunRequest, RunPlan]] = []
    keys = [each.run_key for each in evaluation.runs if each.run_key is not None]
    seen = set(ticks.known_run_keys(connection, decided.kind, decided.name, keys))
    for request in evaluation.runs:
        if request.run_key is not None:
            if request.run_key in seen:
                known.append(request.run_key)
                continue
            seen.add(request.run_key)
        planned.append((os.urandom(8).hex(), request, _plan(decided, request, snapshot, context())))
    runs = tuple(TickRun(run_id, request.run_key) for run_id, request, _ in planned)
    tick_id = _write(connection, decided, evaluation, runs, tuple(known), cursor)
    for run_id, _, plan in planned:
        queue_run(connection, run_id, plan, context().snapshot.config_schemas, decided.ended_us, tick=tick_id)
    superseded = _report(connection, decided, context) if evaluation.reports else []
    return Recorded(
        tuple((run_id, plan) for run_id, _, plan in planned),
        assets=tuple(each.asset_key for each in evaluation.reports if isinstance(each, Materialization)),
        superseded=tuple(superseded),
    )


def _plan(
    decided: TickDecided, request: RunRequest, snapshot: InstigatorSnapshot | None, context: PlanningContext
) -> RunPlan:
    tags = {NAME_TAG[decided.kind]: decided.name, **request.tags}
    if request.run_key is not None:
        tags[RUN_KEY_TAG] = request.run_key
    assets = request.assets
    is_of_selection = assets is None and request.checks is None and request.job is None
    if is_of_selection and snapshot is not None and snapshot.selection is not None:
        assets = tuple(context.select(snapshot.selection))
    if assets is not None:
        missing = next((key for key in assets if key not in context.graph.assets), None)
        if missing is not None:
            raise LaunchError(f"it asks for the asset {missing}, which nothing defines", hint="see `assettui asset ls`")
    return plan_launch(replace(request, assets=assets, tags=tags), context)


def _change_keys(connection: sqlite3.Connection, decided: TickDecided) -> None:
    for request in decided.evaluation.keys:
        for key in request.keys:
            problem = key_problem(key)
            if problem is not None:
                raise BadPartitions(problem, hint="give the partition a plain name")
        change = dynamic_partitions.add if request.are_added else dynamic_partitions.remove
        change(connection, request.name, request.keys, decided.ended_us)


def _report(
    connection: sqlite3.Connection, decided: TickDecided, context: Callable[[], PlanningContext]
) -> list[ValueRef]:
    """Record what a sensor reports of assets, as it was made or seen elsewhere."""
    events = [replace(each, time_us=decided.ended_us) for each in decided.evaluation.reports]
    return record(connection, events, context().partitioned)


def _write(
    connection: sqlite3.Connection,
    decided: TickDecided,
    evaluation: Evaluation,
    runs: tuple[TickRun, ...],
    known: tuple[str, ...],
    cursor: str | None,
) -> int:
    """Append the event that records the tick; its id."""
    outcome = evaluation.outcome
    reason = evaluation.skip_reason
    if outcome is TickOutcome.SUCCESS and not (runs or evaluation.keys or evaluation.reports):
        outcome = TickOutcome.SKIPPED
        reason = f"{plural(len(known), 'run')} asked for before, by the same run key"
    after = evaluation.cursor if evaluation.error is None else None
    error = evaluation.error
    if error is None and evaluation.failed:
        first = evaluation.failed[0]
        error = replace(first.error, message=f"{first.label}: {first.error.message}")
    tick = Tick(
        decided.ended_us,
        instigator=decided.name,
        instigator_kind=decided.kind,
        outcome=outcome,
        scheduled_us=decided.scheduled_us,
        started_us=decided.started_us,
        due_us=decided.due_us,
        runs=runs,
        known_run_keys=known,
        skip_reason=reason if outcome is TickOutcome.SKIPPED else None,
        cursor_before=cursor,
        cursor_after=after if after is not None and after != (cursor or "") else None,
        keys=evaluation.keys,
        log=evaluation.log,
        error=error,
        failed=evaluation.failed if evaluation.error is None else (),
        tried=evaluation.tried if evaluation.error is None else (),
        missed=decided.missed,
        intent=decided.intent,
    )
    record(connection, [tick])
    return connection.execute("SELECT max(id) FROM events").fetchone()[0]
