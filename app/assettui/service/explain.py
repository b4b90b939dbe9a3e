"""Why the automation condition of an asset or check has it made, or not: as a tree, and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.conditions.evaluation import Conditions, Memory, traced
from assettui.core.conditions.place import NOTHING_REMEMBERED, Tick
from assettui.core.conditions.trees import tree_of
from assettui.core.conditions.world import Facts
from assettui.model.check import AssetCheckKey
from assettui.model.errors import LaunchError, NotFound
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind
from assettui.model.keys import AssetKey, closest
from assettui.model.timing import clock_us
from assettui.store import automation as store
from assettui.store import queries, ticks
from assettui.store.automation_world import apply_news, conditions_of, load_world

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.conditions.place import Entity, Traced
    from assettui.core.conditions.world import World
    from assettui.model.automation import KeptEvaluation, TreeNode
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

EVALUATIONS_SHOWN = 10


class Explanation(Struct, frozen=True):
    """Why something is made by itself, or not."""

    entity: str
    """The asset or check."""
    condition: str
    """As it is shown in a word."""
    sensor: str
    """What evaluates it."""
    is_on: bool
    tree: TreeNode
    """What each part of it comes to: now, or at the time that was asked for."""
    time_us: int
    sentence: str
    """The same in a sentence."""
    partition: str | None = None
    is_kept: bool = False
    """Whether it is of an evaluation that was kept, rather than of one made just now."""
    history: tuple[KeptEvaluation, ...] = ()
    """The last evaluations at which something has changed, the newest first."""


class WouldRequest(Struct, frozen=True):
    """What a tick would ask for."""

    entity: str
    partitions: str | None
    """Of one that has some: which, in a line."""
    count: int


def explain(session: Session, name: str, partition: str | None = None, at_us: int | None = None) -> Explanation:
    """Why the condition of an asset or check is true, or not.

    Args:
        session: The store.
        name: The asset, or a check, written `ASSET:CHECK`.
        partition: Of this partition alone.
        at_us: As it was then, by the last evaluation until then; by default as it is now.

    Raises:
        NotFound: There is no such asset or check, it has no condition, or nothing was kept from so long ago.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        state = session.state(connection)
        entity, sensor, is_on = _found(connection, state, name)
        index = None
        own = entity.asset_key if isinstance(entity, AssetCheckKey) else entity
        if partition is not None:
            if not state.partitioned.is_partitioned(own):
                raise LaunchError(f"{own} has no partitions, and {partition} was named", hint="leave the partition out")
            index = state.partitioned.space(own).index(partition)
        history = store.evaluations(connection, str(entity), until_us=at_us, limit=EVALUATIONS_SHOWN)
        if at_us is not None:
            if not history:
                raise NotFound(
                    f"nothing was kept of {entity} from before that", hint="leave --at out to see how it is now"
                )
            tree, time_us = history[0].tree, history[0].time_us
        else:
            tree, time_us = _evaluated(connection, state, entity, index), clock_us()
        condition = conditions_of(state.graph)[entity]
        return Explanation(
            str(entity),
            condition.shown,
            sensor,
            is_on,
            tree,
            time_us,
            sentence_of(tree, is_on=is_on, sensor=sensor),
            partition,
            at_us is not None,
            tuple(history),
        )


def dry_run(session: Session, sensor: str | None = None) -> list[WouldRequest]:
    """What a tick would ask for now, whether it is on or off. Nothing is recorded.

    Raises:
        NotFound: There is no such automation.
    """
    with session.reading() as connection:
        state = session.state(connection)
        wanted = {
            key
            for each in state.snapshot.instigators
            if each.kind is InstigatorKind.AUTOMATION and sensor in (None, each.name)
            for key in each.assets
        }
        conditions = conditions_of(state.graph, wanted)
        kept = store.load_state(connection)
        world = _world(connection, state, kept.last_event)
        found = Conditions(state.graph, conditions)
        tick = _tick(state, world, kept.time_us)
        outcome = found.evaluate(tick, kept.memories, found.by_entity, (), held=world.on_their_way)
        asked: list[WouldRequest] = []
        for entity, bits in outcome.requested.items():
            node = tree_of(_leaf(found, tick, entity, kept.memories.get(entity)), state.partitioned)
            asked.append(WouldRequest(str(entity), ", ".join(node.first) or None, bits.bit_count()))
        return asked


def _leaf(found: Conditions, tick: Tick, entity: Entity, memory: Memory | None) -> Traced:
    condition = found.by_entity[entity]
    before = memory.slots if memory is not None else NOTHING_REMEMBERED
    return traced(tick, entity, condition, before, found.numbers[id(condition)])


def _found(connection: sqlite3.Connection, state: ProjectState, name: str) -> tuple[Entity, str, bool]:
    """An asset or check that has a condition, what evaluates it, and whether that is on."""
    known = conditions_of(state.graph)
    entity = next((each for each in known if str(each) == name), None)
    if entity is None:
        all_names = [*map(str, state.graph.assets), *map(str, state.graph.checks)]
        if name in all_names:
            raise NotFound(
                f"{name} has no automation condition",
                hint="give it one: automation_condition=AutomationCondition.eager()",
            )
        near = closest(name, all_names)
        hint = f"did you mean {near!r}?" if near else "see `assettui asset ls`"
        raise NotFound(f"no asset is called {name!r}", hint=hint)
    own = entity.asset_key if isinstance(entity, AssetCheckKey) else entity
    states = ticks.instigator_states(connection)
    for each in state.snapshot.instigators:
        if each.kind is InstigatorKind.AUTOMATION and own in each.assets:
            recorded = states.get(each.name)
            return entity, each.name, recorded.is_on_by(each) if recorded is not None else each.is_on_by_default
    return entity, DEFAULT_AUTOMATION, False


def _world(connection: sqlite3.Connection, state: ProjectState, after: int | None) -> World:
    news = store.changes_after(connection, after) if after is not None else []
    world = load_world(connection, state.graph, state.partitioned, news)
    apply_news(world, news)
    for key, found in state.freshness.items():
        world[key].freshness = found.status
    return world


def _tick(state: ProjectState, world: World, previous_us: int | None) -> Tick:
    tick = Tick(state.graph, state.partitioned, Facts(world), clock_us(), previous_us)
    tick.data_times, tick.is_outdated, tick.missed = world, world.is_outdated, world.missed
    tick.conditions = conditions_of(state.graph)
    return tick


def _evaluated(connection: sqlite3.Connection, state: ProjectState, entity: Entity, index: int | None) -> TreeNode:
    """What each part of a condition comes to now; of one partition alone, where one is given."""
    kept = store.load_state(connection)
    world = _world(connection, state, kept.last_event)
    conditions = Conditions(state.graph, {entity: conditions_of(state.graph)[entity]})
    condition = conditions.by_entity[entity]
    memory = kept.memories.get(entity)
    fingerprint = conditions.fingerprints[id(condition)]
    before = memory.slots if memory is not None and memory.fingerprint == fingerprint else NOTHING_REMEMBERED
    tick = _tick(state, world, kept.time_us)
    tick.requested_before = {each: known.requested for each, known in kept.memories.items() if known.requested}
    found = tree_of(
        traced(tick, entity, condition, before, conditions.numbers[id(condition)]),
        state.partitioned,
        str(entity),
        index,
    )
    return _with_times(connection, found)


def _with_times(connection: sqlite3.Connection, node: TreeNode) -> TreeNode:
    """The tree, with when what is in progress has begun."""
    since_us = None
    if node.name == "run_in_progress" and node.true and ":" not in node.entity:
        runs = [run for run in queries.runs_not_over(connection) if AssetKey(node.entity) in run.assets]
        since_us = min((run.started_us or run.created_us for run in runs), default=None)
    inner = tuple(_with_times(connection, each) for each in node.inner)
    return replace(node, inner=inner, since_us=since_us)


# In a sentence.


_WAITS = "waiting for "


def sentence_of(tree: TreeNode, *, is_on: bool, sensor: str) -> str:
    """Why it is requested or not, in a sentence."""
    if tree.true:
        what = (
            "it would be requested"
            if tree.total == 1
            else f"{tree.true:,} of {tree.total:,} partitions would be requested"
        )
        return f"{what}, once {sensor} is on" if not is_on else what
    reasons = list(dict.fromkeys(_reasons(tree)))
    reasons = [
        each for each in reasons if each.startswith(_WAITS)
    ] or reasons  # what comes of that may change the others
    off = f"; besides, {sensor} is off" if not is_on else ""
    return f"not run: {'; '.join(reasons) or f'{tree.label or tree.name} is not true'}{off}"


def _reasons(node: TreeNode) -> list[str]:
    """Why a condition is not true, each in a few words."""
    if node.name == "and":
        return [reason for each in node.inner if not each.true for reason in _reasons(each)]
    if node.name == "not":
        return _reasons_for(node.inner[0]) if node.inner else []
    if node.name == "since":
        return [_not_since(node)]
    if node.name.startswith("all_deps_match"):
        return [_waits_for(node)]
    if node.name == "in_latest_time_window" or node.name.startswith("in_latest_time_window("):
        return ["there is no partition yet" if not node.total else "it is not in the latest time window"]
    if node.name == "or":
        names = ", ".join(each.label or each.name for each in node.inner)
        return [f"none of this is so: {names}"]
    if node.name == "required_for_freshness":
        return ["no freshness policy needs it now"]
    return [f"{node.label or node.name} is not true"]


def _reasons_for(node: TreeNode) -> list[str]:
    """Why something that must not be true is, in a few words."""
    culprits = [each for each in node.inner if each.true]
    names = ", ".join(dict.fromkeys(f"{each.entity}{_since(each)}" for each in culprits))
    match node.label or node.name:
        case "any_deps_missing":
            return [f"{_WAITS}{names}, which {'is' if len(culprits) == 1 else 'are'} missing"]
        case "any_deps_in_progress":
            return [f"{_WAITS}{names}"]
        case "in_progress" | "run_in_progress" | "backfill_in_progress":
            return [f"it is being made already{_since(node)}"]
        case "or":
            return [reason for each in culprits for reason in _reasons_for(each)]
        case "skip_on_parent_missing":
            return [f"{_WAITS}{names or 'something that it depends on'}, which is missing"]
        case "skip_on_parent_outdated":
            return [f"{_WAITS}{names or 'something that it depends on'}, which is outdated"]
        case label:
            return [f"{label} is true"]


def _since(node: TreeNode) -> str:
    from assettui.model.timing import local  # deferred: shown seldom

    pending = [node]
    while pending:
        each = pending.pop()
        if each.since_us is not None:
            return f" (in progress since {local(each.since_us)[11:16]})"
        pending.extend(each.inner)
    return ""


def _not_since(node: TreeNode) -> str:
    trigger = node.inner[0] if node.inner else node
    if trigger.true and any(each.true and each.name == "initial_evaluation" for each in _walk(node)):
        return f"{trigger.label or trigger.name} was so already when its condition was first evaluated"
    if trigger.name.startswith("cron_tick_passed("):
        return f"no time of {trigger.name.removeprefix('cron_tick_passed(').removesuffix(')')} has passed since it was last handled"
    if trigger.name == "or" and trigger.label is None:
        names = " nor ".join(each.label or each.name for each in trigger.inner)
        return f"neither {names} since it was last handled"
    return f"{trigger.label or trigger.name} has not been true since it was last handled"


def _walk(node: TreeNode) -> list[TreeNode]:
    return [node, *(each for inner in node.inner for each in _walk(inner))]


def _waits_for(node: TreeNode) -> str:
    lacking = ", ".join(each.entity for each in node.inner if not each.true)
    label = node.label or node.name
    if label.startswith("all_deps_updated_since_cron("):
        times = label.removeprefix("all_deps_updated_since_cron(").removesuffix(")")
        return f"{_WAITS}{lacking} to be updated since the last of {times}"
    if label == "all_deps_blocking_checks_passed":
        return f"{_WAITS}the blocking checks of {lacking} to pass"
    return f"{label} is not true of {lacking}"
