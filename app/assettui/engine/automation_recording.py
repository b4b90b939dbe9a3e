"""Recording what automation has decided: as few runs as it takes, what it remembers, and why; all of it, or none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.conditions.place import asset_of
from assettui.core.conditions.trees import tree_of
from assettui.core.launching import plan_launch
from assettui.core.partitions.json_forms import set_to_json
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.model.automation import KeptEvaluation
from assettui.model.backfill import BackfillPlan, Target
from assettui.model.check import AssetCheckKey
from assettui.model.errors import AssettuiError
from assettui.model.events import BackfillQueued, LogLine, Tick, TickOutcome, TickRun
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind
from assettui.model.keys import AssetKey
from assettui.model.run import RunRequest
from assettui.model.text import plural
from assettui.model.tick import NAME_TAG
from assettui.store import automation, queries
from assettui.store.queueing import queue_run
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from assettui.core.conditions.place import Entity
    from assettui.kernel.automation import Decided
    from assettui.model.instigator import InstigatorSnapshot
    from assettui.model.run import RunPlan
    from assettui.store.project_state import ProjectState

AUTOMATION_TAG = "dagster/from_automation_condition"
"""Of the runs that automation has asked for, by the name that Dagster documents."""
MAX_RUNS = 20
"""Of more partitions than that, a backfill is begun instead of a run for each."""


class RecordedAutomation(Struct, frozen=True):
    """What a decision of automation has come to."""

    runs: tuple[tuple[str, RunPlan], ...] = ()
    """The runs that are queued now."""
    refused: tuple[Entity, ...] = ()
    """What was requested and cannot be run."""


class _Group(Struct):
    """What goes into one run."""

    sensor: str
    partition: int | None
    is_observation: bool
    entities: list[Entity] = []


def record_decided(
    connection: sqlite3.Connection,
    decided: Decided,
    sensors: Mapping[str, InstigatorSnapshot],
    sensor_of: Mapping[Entity, str],
    state: ProjectState,
    intent: int | None = None,
) -> RecordedAutomation:
    """Record a decision, inside the transaction that is open.

    Args:
        connection: The store.
        decided: What was decided.
        sensors: What evaluates conditions, by name.
        sensor_of: Which of them evaluates the condition of each asset and check.
        state: The project, as it is now.
        intent: The intent of whoever asked for the tick; None where it came by itself.
    """
    record(connection, decided.freshness)
    runs: list[tuple[str, RunPlan]] = []
    run_of: dict[Entity, str] = {}
    notes: dict[Entity, str] = dict(decided.errors)
    by_sensor: dict[str, list[str]] = {}
    backfills: dict[str, dict[AssetKey, PartitionSet]] = {}
    for group in _groups(decided, sensor_of, state, backfills):
        tags = {**sensors[group.sensor].tags} if group.sensor in sensors else {}
        tags |= {AUTOMATION_TAG: "true", NAME_TAG[InstigatorKind.AUTOMATION]: group.sensor}
        for entities, plan in _planned(group, tags, state, notes):
            run_id = os.urandom(8).hex()
            runs.append((run_id, plan))
            run_of.update((entity, run_id) for entity in entities)
            by_sensor.setdefault(group.sensor, []).append(run_id)
    told = {*by_sensor, *backfills, *(sensor_of.get(entity, DEFAULT_AUTOMATION) for entity in notes)}
    if intent is not None and not told:
        told = {next(iter(sensors), DEFAULT_AUTOMATION)}
    tick_of: dict[str, int] = {}
    for name in sorted(told):
        log = tuple(LogLine("WARNING", f"{entity}: {note}") for entity, note in notes.items())
        tick_of[name] = _write_tick(
            connection, decided, name, by_sensor.get(name, ()), backfills.get(name), log, intent
        )
    for run_id, plan in runs:
        name = plan.tags[NAME_TAG[InstigatorKind.AUTOMATION]]
        queue_run(connection, run_id, plan, state.snapshot.config_schemas, decided.time_us, tick=tick_of.get(name))
    for name, targets in backfills.items():
        _queue_backfill(connection, decided.time_us, name, targets, state)
    if decided.last_event is not None:
        automation.save_state(connection, decided.last_event, decided.time_us, decided.memories)
    automation.keep_evaluations(connection, _evaluations(decided, state, run_of, notes))
    return RecordedAutomation(tuple(runs), tuple(entity for entity in notes if entity not in decided.errors))


def _groups(
    decided: Decided,
    sensor_of: Mapping[Entity, str],
    state: ProjectState,
    backfills: dict[str, dict[AssetKey, PartitionSet]],
) -> list[_Group]:
    """What was requested, by what can go into one run; what is of too many partitions for that is added to the backfills."""
    found: dict[tuple[str, str, int | None, bool], _Group] = {}
    graph, partitioned = state.graph, state.partitioned
    counts: dict[tuple[str, str], int] = {}
    for entity, bits in decided.requested.items():
        key = asset_of(entity)
        identity = partitioned.space(key).identity
        name = sensor_of.get(entity, DEFAULT_AUTOMATION)
        counts[name, identity] = counts.get((name, identity), 0) | bits
    for entity, bits in decided.requested.items():
        key = asset_of(entity)
        space, name = partitioned.space(key), sensor_of.get(entity, DEFAULT_AUTOMATION)
        is_observation = isinstance(entity, AssetKey) and graph.assets[key].is_observable
        if space is NO_PARTITIONS:
            indices: Iterable[int | None] = (None,)
        elif (
            counts[name, space.identity].bit_count() > MAX_RUNS and isinstance(entity, AssetKey) and not is_observation
        ):
            targets = backfills.setdefault(name, {})
            targets[key] = PartitionSet(bits)
            continue
        else:
            indices = PartitionSet(bits)
        for index in indices:
            place = (name, space.identity, index, is_observation)
            group = found.setdefault(place, _Group(name, index, is_observation, []))
            group.entities.append(entity)
    return list(found.values())


def _planned(
    group: _Group, tags: Mapping[str, str], state: ProjectState, notes: dict[Entity, str]
) -> list[tuple[list[Entity], RunPlan]]:
    """The run of a group. Where something of it cannot be run, the rest is; why is noted."""
    try:
        return [(group.entities, _plan(group, group.entities, tags, state))]
    except AssettuiError as error:
        if len(group.entities) == 1:
            notes[group.entities[0]] = str(error)
            return []
    fitting: list[Entity] = []
    plan: RunPlan | None = None
    for entity in group.entities:
        try:
            plan = _plan(group, [*fitting, entity], tags, state)
            fitting.append(entity)
        except AssettuiError as error:
            notes[entity] = str(error)
    return [(fitting, plan)] if plan is not None else []


def _plan(group: _Group, entities: list[Entity], tags: Mapping[str, str], state: ProjectState) -> RunPlan:
    assets = tuple(entity for entity in entities if isinstance(entity, AssetKey))
    checks = tuple(
        entity for entity in entities if isinstance(entity, AssetCheckKey) and entity.asset_key not in assets
    )
    partitions: tuple[tuple[str, str], ...] = ()
    if group.partition is not None:
        key = state.partitioned.space(asset_of(entities[0])).key(group.partition)
        partitions = ((key, key),)
    usual = {check.key for key in assets for check in state.graph.checks_of.get(key, ())}
    request = RunRequest(
        assets=assets,
        tags=tags,
        is_observation=group.is_observation,
        partitions=partitions,
        checks=(*sorted(usual, key=str), *checks) if checks else None,
    )
    return plan_launch(request, state)


def _write_tick(
    connection: sqlite3.Connection,
    decided: Decided,
    name: str,
    run_ids: Iterable[str],
    backfill: Mapping[AssetKey, PartitionSet] | None,
    log: tuple[LogLine, ...],
    intent: int | None,
) -> int:
    """Append the event that records the tick; its id."""
    runs = tuple(TickRun(run_id) for run_id in run_ids)
    if backfill:
        count = sum(len(partitions) for partitions in backfill.values())
        log = (LogLine("INFO", f"a backfill of {plural(count, 'partition')}"), *log)
    tick = Tick(
        decided.time_us,
        instigator=name,
        instigator_kind=InstigatorKind.AUTOMATION,
        outcome=TickOutcome.SUCCESS if runs or backfill else TickOutcome.SKIPPED,
        scheduled_us=decided.time_us,
        started_us=decided.time_us,
        runs=runs,
        skip_reason=None if runs or backfill else "nothing was to be requested",
        log=log,
        intent=intent,
    )
    record(connection, [tick])
    return queries.last_event(connection)


def _queue_backfill(
    connection: sqlite3.Connection,
    now_us: int,
    name: str,
    targets: Mapping[AssetKey, PartitionSet],
    state: ProjectState,
) -> None:
    partitioned, graph = state.partitioned, state.graph
    ordered = {key: targets[key] for key in graph.sort(targets)}
    count = sum(len(partitions) for partitions in ordered.values())
    plan = BackfillPlan(
        tuple(
            Target(key, set_to_json(partitions, partitioned.space(key), graph.assets[key].partitions))
            for key, partitions in ordered.items()
        ),
        tags={AUTOMATION_TAG: "true", NAME_TAG[InstigatorKind.AUTOMATION]: name},
        title=f"by {name}",
        count=count,
    )
    kept = plan.recorded(plan.config, queries.last_event(connection), has_secrets=False)
    record(connection, [BackfillQueued(now_us, backfill=os.urandom(8).hex(), plan=kept, requested=count)])


def _evaluations(
    decided: Decided, state: ProjectState, run_of: Mapping[Entity, str], notes: Mapping[Entity, str]
) -> Iterable[KeptEvaluation]:
    for entity, trace in decided.traces.items():
        yield KeptEvaluation(
            0,
            str(entity),
            decided.time_us,
            decided.requested.get(entity, 0).bit_count(),
            tree_of(trace, state.partitioned),
            run_of.get(entity),
            notes.get(entity),
        )
