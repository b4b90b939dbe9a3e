"""Which partitions a backfill is about: by where they stand, by ranges, with what lies upstream; and what cannot be."""

from __future__ import annotations

import pytest

from assettui.core.backfill_target import BackfillTarget, NothingToDo, resolve_target
from assettui.core.graph import AssetGraph
from assettui.core.partition_status import PartitionStatuses
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition
from assettui.model.backfill import BackfillRequest, Which
from assettui.model.errors import LaunchError
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot, InputSnapshot

DAYS = DailyPartitionsDefinition(start_date="2024-01-01", end_date="2024-01-11")
RAW, CLEAN, TOTAL, OUTSIDE = (AssetKey(name) for name in ("raw", "clean", "total", "outside"))
GRAPH = AssetGraph(
    [
        AssetSnapshot(OUTSIDE),
        AssetSnapshot(RAW, step="raw", partitions=DAYS),
        AssetSnapshot(CLEAN, step="clean", upstream=(RAW,), inputs=(InputSnapshot("raw", RAW),), partitions=DAYS),
        AssetSnapshot(TOTAL, step="total", upstream=(CLEAN,)),
    ]
)
PARTITIONED = PartitionedGraph(GRAPH, AsOf(1_800_000_000_000_000))
ALL = PARTITIONED.space(RAW).all


def days(*numbers: int) -> PartitionSet:
    """The partitions of these days of January."""
    return PartitionSet(sum(1 << (number - 1) for number in numbers))


def resolved(
    request: BackfillRequest, *, raw: PartitionSet = ALL, total: Which | None = None, **clean: PartitionSet
) -> BackfillTarget:
    """What a request is about, where these partitions of `raw` are there, and those of `clean` stand so."""
    statuses = {
        RAW: PartitionStatuses(all=ALL, materialized=raw),
        CLEAN: PartitionStatuses(all=ALL, **clean),
    }
    return resolve_target(PARTITIONED, request, statuses, {TOTAL: total})


@pytest.mark.parametrize(
    ("which", "expected"),
    [(Which.ALL, ALL), (Which.MISSING, ALL - days(1, 2, 3)), (Which.FAILED, days(2)), (Which.STALE, days(3))],
)
def test_partitions_are_taken_by_where_they_stand(which: Which, expected: PartitionSet) -> None:
    found = resolved(BackfillRequest((CLEAN,), which), materialized=days(1, 2, 3), failed=days(2), stale=days(3))
    assert found.targets == {CLEAN: expected}


def test_what_is_on_its_way_is_not_missing() -> None:
    found = resolved(BackfillRequest((CLEAN,), Which.MISSING), running=days(4), queued=days(5))
    assert found.targets == {CLEAN: ALL - days(4, 5)}


def test_ranges_and_partitions_that_were_selected_bound_it_both() -> None:
    request = BackfillRequest((CLEAN,), ranges=(("2024-01-02", "2024-01-04"),), partitions={CLEAN: days(3, 4, 5)})
    assert resolved(request).targets == {CLEAN: days(3, 4)}
    assert resolved(request).count == 2


def test_a_span_of_time_takes_the_windows_that_begin_in_it() -> None:
    third_us = 1_704_240_000_000_000  # 2024-01-03, UTC
    assert resolved(BackfillRequest((CLEAN,), since_us=third_us)).targets == {CLEAN: ALL - days(1, 2)}
    assert resolved(BackfillRequest((CLEAN,), since_us=third_us + 1)).targets == {CLEAN: ALL - days(1, 2, 3)}


def test_what_would_read_what_is_not_there_is_left_out_and_told() -> None:
    found = resolved(BackfillRequest((CLEAN,), Which.MISSING), raw=days(1, 2))
    assert found.targets == {CLEAN: days(1, 2)}
    ((skipped),) = found.skipped
    assert (skipped.key, skipped.partitions) == (CLEAN, ALL - days(1, 2))
    assert "never materialized" in skipped.why
    assert "--with-upstream" in skipped.hint


def test_with_what_lies_upstream_it_is_taken_in_and_comes_first() -> None:
    found = resolved(BackfillRequest((CLEAN,), Which.MISSING, with_upstream=True), raw=days(1, 2))
    assert list(found.targets) == [RAW, CLEAN]
    assert found.targets == {RAW: ALL - days(1, 2), CLEAN: ALL}


def test_an_asset_without_partitions_is_one_of_its_own() -> None:
    found = resolved(BackfillRequest((TOTAL,), Which.MISSING), total=Which.MISSING, materialized=ALL)
    assert found.targets == {TOTAL: PartitionSet(1)}


def test_where_all_is_as_it_should_be_there_is_nothing_to_do() -> None:
    with pytest.raises(NothingToDo):
        resolved(BackfillRequest((CLEAN,), Which.MISSING), materialized=ALL)
    with pytest.raises(NothingToDo):
        resolved(BackfillRequest((TOTAL,), Which.STALE), materialized=ALL)


def test_what_others_make_is_refused() -> None:
    with pytest.raises(LaunchError, match="external"):
        resolved(BackfillRequest((OUTSIDE,)))
