"""The queue of runs: who is next, and what the others wait for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.core.queue import (
    BadLimit,
    Limits,
    QueuedRun,
    RunQueue,
    Usage,
    checked_limit,
    first_pools,
    priority_of,
    waits_for,
)
from assettui.model.run import StepPlan


def run(name: str, created: int = 0, priority: int = 0, pools: tuple[str, ...] = (), **tags: str) -> QueuedRun:
    return QueuedRun(name, created, priority, tags, pools)


def taken(queue: RunQueue, usage: Usage, limits: Limits) -> list[str]:
    """What is taken, one after the other, until nothing more may begin."""
    found: list[str] = []
    while (each := queue.first(usage, limits)) is not None:
        found.append(each.run_id)
        queue, usage = queue.without(each.run_id), usage.with_run(limits.keys_of(each.tags))
    return found


def test_the_highest_priority_comes_first_then_the_oldest() -> None:
    queue = RunQueue().with_runs([run("c", 3), run("b", 2), run("urgent", 9, 5), run("a", 1), run("late", 0, -1)])
    assert taken(queue, Usage(), Limits()) == ["urgent", "a", "b", "c", "late"]
    assert taken(queue, Usage(), Limits(runs=2)) == ["urgent", "a"]
    assert taken(queue, Usage(runs=2), Limits(runs=2)) == []
    assert queue.with_run(run("a", 99)) is queue


def test_limits_by_tag_by_value_and_for_each_value() -> None:
    queue = RunQueue().with_runs(
        run(f"{team}{number}", number, team=team) for number, team in enumerate(["ops", "ops", "web", "web", "ml"])
    )
    assert taken(queue, Usage(), Limits(tags={"team": 3})) == ["ops0", "ops1", "web2"]
    assert taken(queue, Usage(), Limits(tags={"team=ops": 1})) == ["ops0", "web2", "web3", "ml4"]
    assert taken(queue, Usage(), Limits(tags={"team=*": 1})) == ["ops0", "web2", "ml4"]
    assert taken(queue, Usage(), Limits(tags={"team=*": 1, "team=ops": 2})) == ["ops0", "ops1", "web2", "ml4"]
    assert taken(queue, Usage(), Limits(tags={"team": 2, "team=*": 1})) == ["ops0", "web2"]
    assert taken(queue, Usage(), Limits(tags={"other": 0})) == ["ops0", "ops1", "web2", "web3", "ml4"]


def test_a_run_waits_for_a_pool_only_where_it_could_do_nothing_else() -> None:
    queue = RunQueue().with_runs([run("load", 1, pools=("warehouse",)), run("either", 2, pools=("warehouse", "api"))])
    full = Usage(counts={("pool", "warehouse"): 2})
    limits = Limits(pools={"warehouse": 2})
    assert taken(queue, full, limits) == ["either"]
    assert taken(queue, full, Limits(pools={"warehouse": 3})) == ["load", "either"]
    assert taken(queue, full, Limits(default_pool=2)) == ["either"]
    assert first_pools([StepPlan("a", pool="p"), StepPlan("b", pool="q"), StepPlan("c", after=("a",))]) == ("p", "q")
    assert first_pools([StepPlan("a", pool="p"), StepPlan("b")]) == ()


def test_what_each_waits_for() -> None:
    limits = Limits(runs=5, tags={"team=*": 1}, pools={"warehouse": 2})
    usage = Usage(3, {("pool", "warehouse"): 2, ("tag", "team=ops"): 1})
    held = {("pool", "warehouse"): ("1a2b load", "3c4d load"), ("tag", "team=ops"): ("5e6f",)}
    assert waits_for(run("a", pools=("warehouse",)), usage, limits, held) == (
        "pool warehouse 2/2 held by 1a2b load, 3c4d load"
    )
    assert waits_for(run("a", team="ops"), usage, limits, held) == "tag team=ops 1/1 held by 5e6f"
    assert waits_for(run("a", team="web"), usage, limits, held) == "a worker"
    assert waits_for(run("a"), Usage(5), limits, held) == "runs 5/5"


def test_priorities_that_are_none() -> None:
    assert priority_of({"dagster/priority": "7"}) == 7
    assert priority_of({"dagster/priority": "-2"}) == -2
    assert priority_of({"dagster/priority": "high"}) == 0
    assert priority_of({}) == 0


@pytest.mark.parametrize(
    ("kind", "name", "slots"), [("cores", "x", 1), ("pool", "", 1), ("tag", "x", -1), ("runs", "", 1.5)]
)
def test_limits_that_cannot_be(kind: str, name: str, slots: Any) -> None:
    with pytest.raises(BadLimit):
        checked_limit(kind, name, slots)


RUNS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(-1, 1), st.sampled_from([{}, {"team": "ops"}, {"team": "web"}])),
    max_size=30,
)


@given(RUNS, st.integers(0, 6), st.integers(0, 3), st.integers(0, 3))
def test_limits_are_never_exceeded_and_nothing_waits_that_need_not(
    drawn: list[tuple[int, int, dict[str, str]]], most: int, teams: int, each: int
) -> None:
    runs = {
        f"r{number:02}": QueuedRun(f"r{number:02}", created, priority, tags)
        for number, (created, priority, tags) in enumerate(drawn)
    }
    limits = Limits(runs=most, tags={"team": teams, "team=*": each})
    begun = taken(RunQueue().with_runs(runs.values()), Usage(), limits)
    assert len(begun) == len(set(begun)) <= most
    with_team = [runs[name].tags["team"] for name in begun if runs[name].tags]
    assert len(with_team) <= teams
    assert all(with_team.count(team) <= each for team in set(with_team))
    if len(begun) < most:
        for name, queued in runs.items():
            if name not in begun:
                assert queued.tags
                assert len(with_team) == teams or with_team.count(queued.tags["team"]) == each
