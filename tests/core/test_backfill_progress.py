"""How a backfill is carried out: in dependency order, once, as far as it can be, whatever fails and whenever it is interrupted."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assettui.core.backfill_progress import BackfillProgress, Unit
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf, PartitionsDefinition
from assettui.core.partitions.keyed import StaticPartitionsDefinition
from assettui.core.partitions.mapping import AllPartitionMapping, PartitionMapping
from assettui.core.partitions.multi import MultiPartitionsDefinition
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition, WeeklyPartitionsDefinition
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot, StepSnapshot

MOMENT = AsOf(int(datetime(2013, 2, 12, tzinfo=UTC).timestamp()) * 1_000_000)
DAYS = DailyPartitionsDefinition("2013-01-20")
WEEKS = WeeklyPartitionsDefinition("2013-01-20")
LETTERS = StaticPartitionsDefinition(["a", "b", "c"])
PAIRS = MultiPartitionsDefinition({"date": DAYS, "letter": LETTERS})
YESTERDAY = TimeWindowPartitionMapping(-1, -1)
Sets = dict[AssetKey, PartitionSet]


def asset(
    name: str,
    *upstream: str,
    partitions: PartitionsDefinition | None = DAYS,
    mappings: dict[str, PartitionMapping] | None = None,
    per_run: int | None = 1,
    step: str | None = None,
) -> AssetSnapshot:
    """One asset."""
    return AssetSnapshot(
        AssetKey(name),
        step=step or name,
        upstream=tuple(map(AssetKey, upstream)),
        partitions=partitions,
        mappings={AssetKey(key): mapping for key, mapping in (mappings or {}).items()},
        partitions_per_run=per_run,
    )


def project(*assets: AssetSnapshot, steps: tuple[StepSnapshot, ...] = ()) -> PartitionedGraph:
    """The partitions of a project."""
    return PartitionedGraph(AssetGraph(assets, steps), MOMENT)


def everything(partitioned: PartitionedGraph) -> Sets:
    """All partitions of all assets."""
    return {key: partitioned.space(key).all for key in partitioned.graph.order}


def names(partitioned: PartitionedGraph, unit: Unit) -> tuple[str, list[str]]:
    """The assets and the partitions of a run, as people read them."""
    return "+".join(map(str, unit.assets)), partitioned.space(unit.assets[0]).keys(unit.partitions)


def launched_first(partitioned: PartitionedGraph, targets: Sets | None = None) -> list[tuple[str, list[str]]]:
    """What is launched at once."""
    progress = BackfillProgress.begun(partitioned, targets or everything(partitioned))
    found: list[tuple[str, list[str]]] = []
    while (unit := progress.next_unit()) is not None:
        found.append(names(partitioned, unit))
        progress = progress.with_launched(unit)
    return found


def test_partitions_that_need_each_other_one_by_one_go_into_one_run() -> None:
    partitioned = project(asset("raw"), asset("clean", "raw"), asset("weekly", "clean", partitions=WEEKS))
    runs = launched_first(partitioned)
    assert runs[0] == ("raw+clean", ["2013-01-20"])
    assert len(runs) == 23
    assert all(assets == "raw+clean" for assets, _ in runs), "a week waits for its days"


def test_a_chain_of_days_is_launched_one_after_the_other() -> None:
    partitioned = project(asset("raw"), asset("balance", "raw", mappings={"balance": YESTERDAY}))
    runs = launched_first(partitioned)
    assert runs[0] == ("raw+balance", ["2013-01-20"])
    assert runs[1] == ("raw", ["2013-01-21"])
    assert sum("balance" in assets for assets, _ in runs) == 1


def test_a_policy_says_how_many_go_into_one_run() -> None:
    all_at_once = project(asset("raw", per_run=None), asset("clean", "raw", per_run=None))
    assert launched_first(all_at_once) == [("raw+clean", DAYS.at(MOMENT).keys(DAYS.at(MOMENT).all))]
    tens = project(asset("raw", per_run=10))
    assert [len(keys) for _, keys in launched_first(tens)] == [10, 10, 3]
    waits = project(asset("raw"), asset("whole", "raw", per_run=None))
    assert all(assets == "raw" for assets, _ in launched_first(waits)), "it waits for all of them"


def test_a_range_has_no_hole_that_is_not_to_be_made() -> None:
    partitioned = project(asset("raw", per_run=None))
    space = partitioned.space(AssetKey("raw"))
    chosen = space.range("2013-01-20", "2013-01-22") | space.range("2013-01-25", "2013-01-26")
    assert [len(keys) for _, keys in launched_first(partitioned, {AssetKey("raw"): chosen})] == [3, 2]


def test_a_chain_may_go_into_one_run_where_its_function_takes_several() -> None:
    partitioned = project(asset("balance", per_run=5, mappings={"balance": YESTERDAY}))
    assert launched_first(partitioned) == [
        ("balance", ["2013-01-20", "2013-01-21", "2013-01-22", "2013-01-23", "2013-01-24"])
    ]


def test_assets_of_one_step_go_together() -> None:
    partitioned = project(asset("x", step="both"), asset("y", "other", step="both"), asset("other"))
    (assets, keys) = launched_first(partitioned)[0]
    assert set(assets.split("+")) == {"other", "x", "y"}
    assert keys == ["2013-01-20"]


def test_what_has_an_own_way_round_is_not_launched_too_early() -> None:
    # `late` needs the very day of `raw`, but the week as well, which needs every day of `raw`.
    partitioned = project(asset("raw"), asset("week", "raw", partitions=WEEKS), asset("late", "raw", "week"))
    runs = launched_first(partitioned)
    assert {assets for assets, (key,) in runs if key < "2013-02-10"} == {"raw"}, "the last week has not ended"


def test_a_failure_blocks_only_what_depends_on_it() -> None:
    partitioned = project(
        asset("raw"),
        asset("clean", "raw"),
        asset("weekly", "clean", partitions=WEEKS),
        asset("balance", "raw", mappings={"balance": YESTERDAY}),
        asset("total", "weekly", partitions=None),
    )
    key = partitioned.space(AssetKey("raw")).index
    ended = carried_out(
        partitioned,
        everything(partitioned),
        lambda asset_key, index: (str(asset_key), index) == ("raw", key("2013-02-05")),
    )
    assert ended.counts().failed == 1
    blocked = {
        str(asset_key): partitioned.space(asset_key).keys(partitions)
        for asset_key, partitions in ended.blocked.items()
        if partitions
    }
    assert blocked["clean"] == ["2013-02-05"]
    assert blocked["weekly"] == ["2013-02-03"]
    assert blocked["balance"] == [f"2013-02-{day:02}" for day in range(5, 12)]
    assert "total" in blocked
    again = carried_out(partitioned, everything(partitioned), lambda _key, _index: False, ended.with_retry())
    assert again.counts().materialized == again.counts().requested


# What holds for any of them.

SHAPES: dict[str, PartitionedGraph] = {
    "chain": project(asset("a"), asset("b", "a"), asset("c", "b")),
    "diamond": project(asset("a"), asset("b", "a"), asset("c", "a"), asset("d", "b", "c")),
    "roll-ups": project(
        asset("a"), asset("w", "a", partitions=WEEKS), asset("t", "w", partitions=None), asset("back", "a", "w")
    ),
    "self": project(asset("a"), asset("s", "a", mappings={"s": YESTERDAY}), asset("w", "s", partitions=WEEKS)),
    "rolling": project(asset("a"), asset("r", "a", mappings={"a": TimeWindowPartitionMapping(-6, 0)})),
    "pairs": project(
        asset("a"), asset("l", partitions=LETTERS), asset("p", "a", "l", partitions=PAIRS), asset("q", "p")
    ),
    "all": project(asset("l", partitions=LETTERS), asset("a", "l", mappings={"l": AllPartitionMapping()})),
    "whole first": project(asset("t", partitions=None), asset("a", "t"), asset("b", "a")),
    "tens": project(
        asset("a", per_run=10), asset("b", "a", per_run=10), asset("s", "b", per_run=4, mappings={"s": YESTERDAY})
    ),
    "single": project(
        asset("a"), asset("b", "a", per_run=None), asset("c", "b", per_run=None), asset("w", "c", partitions=WEEKS)
    ),
    "two of one step": project(
        asset("a"), asset("x", "a", step="both"), asset("y", "a", step="both"), asset("z", "y"), asset("v", "x", "z")
    ),
}


def carried_out(
    partitioned: PartitionedGraph,
    targets: Sets,
    fails: Callable[[AssetKey, int], bool],
    progress: BackfillProgress | None = None,
    *,
    chance: random.Random | None = None,
) -> BackfillProgress:
    """Carry a backfill out, several runs at a time, checking on the way what must always hold."""
    chance = chance or random.Random(0)
    progress = progress or BackfillProgress.begun(partitioned, targets)
    running: list[Unit] = []
    tried: Sets = {}
    for _ in range(100_000):
        while len(running) < 4 and (unit := progress.next_unit()) is not None:
            check_launch(partitioned, progress, unit, tried)
            progress = progress.with_launched(unit)
            running.append(unit)
        if not running:
            break
        unit = running.pop(chance.randrange(len(running)))
        failed: Sets = {}
        skipped = EMPTY
        for key in unit.assets:  # a run makes its assets one after the other, as far as what they need was made
            above_failed = EMPTY
            for above in partitioned.graph.upstream[key]:
                if above in unit.assets:
                    above_failed = above_failed | failed.get(above, EMPTY)
            if above_failed or skipped:
                skipped = skipped | unit.partitions
                continue
            if any(fails(key, index) for index in unit.partitions):
                failed[key] = unit.partitions
            else:
                progress = progress.with_materialized(key, unit.partitions)
        progress = progress.with_ended(unit, failed, is_lost=False)
    assert progress.is_over, "nothing is left over"
    counts = progress.counts()
    assert counts.waiting == counts.running == 0
    return progress


def check_launch(partitioned: PartitionedGraph, progress: BackfillProgress, unit: Unit, tried: Sets) -> None:
    """A run is launched only with what it needs made, or made before in the same run; and nothing is launched twice."""
    assert unit.partitions
    for key in unit.assets:
        assert unit.partitions <= progress.targets[key]
        assert tried.get(key, EMPTY).isdisjoint(unit.partitions), "launched twice"
        tried[key] = tried.get(key, EMPTY) | unit.partitions
        limit = partitioned.graph.assets[key].partitions_per_run
        assert limit is None or len(unit.partitions) <= limit
        for above in partitioned.sources(key):
            needed = partitioned.above(key, above, unit.partitions).partitions & progress.targets.get(above, EMPTY)
            needed = needed - progress.done.get(above, EMPTY)
            if above in unit.assets:
                needed = needed - unit.partitions
            assert not needed, f"{key} needs {above} of {needed}"


@settings(max_examples=200, deadline=None)
@given(shape=st.sampled_from(sorted(SHAPES)), seed=st.integers(0, 10_000), rate=st.sampled_from([0.0, 0.02, 0.2]))
def test_every_partition_is_made_once_or_has_failed_or_needs_one_that_has(shape: str, seed: int, rate: float) -> None:
    partitioned, chance = SHAPES[shape], random.Random(seed)
    targets = {
        key: PartitionSet.of(index for index in partitioned.space(key).all if chance.random() < 0.8)
        for key in partitioned.graph.order
    }
    targets = {key: partitions for key, partitions in targets.items() if partitions}
    for key in list(targets):  # one step makes all of its assets
        for other in partitioned.graph.steps[partitioned.graph.assets[key].step or ""]:
            targets[other] = targets[key]
    targets = {key: targets[key] for key in partitioned.graph.order if key in targets}
    bad = {(key, index) for key in targets for index in targets[key] if chance.random() < rate}

    ended = carried_out(partitioned, targets, lambda key, index: (key, index) in bad, chance=chance)

    counts = ended.counts()
    assert counts.materialized + counts.failed + counts.skipped == counts.requested
    if not rate:
        assert counts.materialized == counts.requested
    for key, partitions in targets.items():
        assert ended.done.get(key, EMPTY).isdisjoint(ended.failed.get(key, EMPTY) | ended.blocked.get(key, EMPTY))
        for index in ended.blocked.get(key, EMPTY):
            reached = any(
                partitioned.above(sibling, above, PartitionSet(1 << index)).partitions
                & (ended.failed.get(above, EMPTY) | ended.blocked.get(above, EMPTY))
                for sibling in partitioned.graph.steps[partitioned.graph.assets[key].step or ""]
                for above in partitioned.sources(sibling)
            )
            in_a_run = any(ended.failed.get(other) for other in targets)
            assert reached or in_a_run
        assert partitions <= ended.done.get(key, EMPTY) | ended.failed.get(key, EMPTY) | ended.blocked.get(key, EMPTY)


@settings(max_examples=100, deadline=None)
@given(shape=st.sampled_from(sorted(SHAPES)), seed=st.integers(0, 10_000))
def test_interrupted_at_any_moment_it_goes_on_with_what_is_missing(shape: str, seed: int) -> None:
    partitioned, chance = SHAPES[shape], random.Random(seed)
    targets = everything(partitioned)
    progress = BackfillProgress.begun(partitioned, targets)
    for _ in range(chance.randrange(60)):
        unit = progress.next_unit()
        if unit is None:
            break
        progress = progress.with_launched(unit)
        made = unit.assets[: chance.randrange(len(unit.assets) + 1)]
        for key in made:
            progress = progress.with_materialized(key, unit.partitions)
        progress = progress.with_ended(unit, {}, is_lost=True)
    # What is recorded is all that the next leader knows.
    after = BackfillProgress.begun(partitioned, targets, progress.done, progress.failed)
    ended = carried_out(partitioned, targets, lambda _key, _index: False, after, chance=chance)
    assert ended.counts().materialized == ended.counts().requested


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_what_becomes_ready_one_by_one_is_what_is_ready_seen_at_once(shape: str) -> None:
    partitioned, chance = SHAPES[shape], random.Random(7)
    progress = BackfillProgress.begun(partitioned, everything(partitioned))
    while (unit := progress.next_unit()) is not None:
        progress = progress.with_launched(unit)
        for key in unit.assets:
            progress = progress.with_materialized(key, unit.partitions)
        progress = progress.with_ended(unit, {}, is_lost=False)
        if chance.random() < 0.2:
            anew = BackfillProgress.begun(partitioned, progress.targets, progress.done)
            assert {key: part for key, part in anew.ready.items() if part} == {
                key: part for key, part in progress.ready.items() if part
            }
