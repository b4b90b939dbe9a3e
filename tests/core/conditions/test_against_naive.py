"""Thousands of random graphs, conditions and histories: the evaluator gives what the definitions say, however it gets there."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assettui import AutomationCondition as C
from assettui import DailyPartitionsDefinition
from assettui.core.conditions.evaluation import Conditions
from assettui.core.conditions.place import Tick
from assettui.core.conditions.world import Facts, World
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot
from tests.core.conditions.naive import Naive

HOUR_US = 3_600_000_000
START_US = 1_704_067_200_000_000  # 2024-01-01T00:00Z
DAYS = 3
CRONS = ("0 * * * *", "0 */3 * * *")
DAILY = DailyPartitionsDefinition("2023-12-29", end_date="2024-01-01")

LEAVES = [
    C.missing(),
    C.run_in_progress(),
    C.execution_failed(),
    C.newly_updated(),
    C.newly_requested(),
    C.will_be_requested(),
    C.initial_evaluation(),
    C.in_latest_time_window(),
    *(C.cron_tick_passed(cron) for cron in CRONS),
]
WHOLE = [C.eager(), C.on_cron(CRONS[0]), C.on_missing(), C.any_deps_updated().since_last_handled()]


def grown(inner):
    return st.one_of(
        st.builds(operator.and_, inner, inner),
        st.builds(operator.or_, inner, inner),
        st.builds(operator.invert, inner),
        st.builds(C.since, inner, inner),
        st.builds(C.newly_true, inner),
        st.builds(C.any_deps_match, inner),
        st.builds(C.all_deps_match, inner),
    )


conditions = st.one_of(st.sampled_from(WHOLE), st.recursive(st.sampled_from(LEAVES), grown, max_leaves=8))


@st.composite
def worlds(draw):
    keys = [AssetKey(f"a{number}") for number in range(draw(st.integers(1, 5)))]
    upstream = {
        key: tuple(draw(st.sets(st.sampled_from(keys[:index]))) if index else ()) for index, key in enumerate(keys)
    }
    partitioned = {key: draw(st.booleans()) for key in keys}
    chosen = {key: draw(conditions) for key in keys if draw(st.integers(0, 3))}
    history = draw(
        st.lists(
            st.lists(
                st.tuples(
                    st.sampled_from(["made", "failed", "running", "ended"]),
                    st.sampled_from(keys),
                    st.integers(0, DAYS - 1),
                ),
                max_size=4,
            ),
            min_size=1,
            max_size=8,
        )
    )
    return upstream, partitioned, chosen, history


@settings(max_examples=250, deadline=None)
@given(worlds(), st.booleans())
def test_the_evaluator_gives_what_the_definitions_say(world, is_lazy):
    check(world, is_lazy)


@pytest.mark.slow
@settings(max_examples=3_000, deadline=None)
@given(worlds(), st.booleans())
def test_it_does_so_thousands_of_times(world, is_lazy):
    check(world, is_lazy)


def check(world, is_lazy):
    """Play a history in both; lazily, only what can have changed is evaluated."""
    upstream, is_partitioned, chosen, history = world
    graph = AssetGraph(
        AssetSnapshot(key, step=str(key), upstream=above, partitions=DAILY if is_partitioned[key] else None)
        for key, above in upstream.items()
    )
    upstream = {key: upstream[key] for key in graph.order}
    partitioned = PartitionedGraph(graph, AsOf(START_US))
    naive = Naive(upstream, {key: DAYS if is_partitioned[key] else None for key in upstream}, chosen)
    facts = World(graph)
    facts.see(partitioned)
    known = Conditions(graph, chosen)
    memories, lively, previous = {}, frozenset(), None
    changed = set(known.by_entity)
    for number, happened in enumerate([[], *history]):
        now = START_US + number * HOUR_US
        touched = [happen(naive, facts, is_partitioned, *each) for each in happened]
        changed |= known.looking_at(touched) | known.turned_by_time(previous, now)
        tick = Tick(graph, partitioned, Facts(facts), now, previous)
        asked = changed if is_lazy else set(known.by_entity)
        outcome = known.evaluate(tick, memories, asked, lively if is_lazy else ())
        passed = {cron for cron in CRONS if previous is not None and (cron == CRONS[0] or (number % 3 == 0))}
        expected = naive.tick(passed)
        got = {key: {i for i in range(DAYS) if bits >> i & 1} for key, bits in outcome.requested.items()}
        assert got == expected, (number, chosen)
        memories.update(outcome.memories)
        lively, previous, changed = outcome.lively, now, set()
        facts.settle()


def happen(naive, world, is_partitioned, what, key, index):
    """One thing happens to an asset, in both worlds."""
    index = index if is_partitioned[key] else 0
    facts, bit = world[key], 1 << index
    match what:
        case "made":
            naive.made[key].add(index)
            naive.updated[key].add(index)
            naive.failed[key].discard(index)
            facts.made |= bit
            facts.updated |= bit
            facts.failed &= ~bit
            world.unsettle(key)
        case "failed":
            naive.failed[key].add(index)
            facts.failed |= bit
        case "running":
            naive.running[key].add(index)
            facts.running |= bit
        case "ended":
            naive.running[key].discard(index)
            facts.running &= ~bit
        case _:
            raise AssertionError(what)
    return key
