"""Backfills: planned on what there is, started as planned, followed, commanded."""

from __future__ import annotations

import pytest

from assettui.core.backfill_target import NothingToDo
from assettui.model.backfill import BackfillCommand, BackfillRequest, BackfillStatus, Which
from assettui.model.errors import LaunchError, NotFound, SelectionError
from assettui.model.events import BackfillChanged
from assettui.model.intents import CommandBackfill
from assettui.model.keys import AssetKey
from assettui.service import backfills
from assettui.service.plans import PlanChanged
from assettui.service.session import Session
from assettui.store import dynamic_partitions, intents
from assettui.store.recording import record
from tests.worlds.shop import NOW_US

DAILY, CUSTOMERS = AssetKey("marts/daily"), AssetKey("raw/customers")
CHRISTMAS = "bf00000000000000"


def test_what_is_missing_is_planned_with_what_is_left_out_and_why(of_partitions: Session) -> None:
    plan = backfills.preview(of_partitions, BackfillRequest((DAILY,), Which.MISSING))
    (asset,) = plan.assets
    assert (asset.key, asset.count, plan.count) == (DAILY, 3, 3)
    assert asset.duration_us is not None
    assert plan.estimate_us is not None
    (skipped,) = plan.skipped
    assert skipped.count == 5
    assert "which was never materialized" in skipped.why


def test_with_what_lies_upstream_nothing_is_left_out(of_partitions: Session) -> None:
    plan = backfills.preview(of_partitions, BackfillRequest((DAILY,), Which.MISSING, with_upstream=True))
    assert {each.key for each in plan.assets} == {AssetKey("raw/sales"), DAILY}
    assert plan.skipped == ()


def test_a_selection_says_what_is_to_be_made(of_partitions: Session) -> None:
    plan = backfills.preview(of_partitions, BackfillRequest((), Which.FAILED), ["marts/*"])
    assert [each.key for each in plan.assets] == [DAILY]
    with pytest.raises(SelectionError):
        backfills.preview(of_partitions, BackfillRequest(()), ["nothing/*"])
    with pytest.raises(NothingToDo):
        backfills.preview(of_partitions, BackfillRequest((AssetKey("raw/sales"),), Which.FAILED))


def test_what_was_planned_is_started(of_partitions: Session) -> None:
    plan = backfills.preview(of_partitions, BackfillRequest((DAILY,), Which.FAILED, title="again", priority=3))
    found = backfills.detail(of_partitions, backfills.start(of_partitions, plan))
    assert (found.backfill.status, found.backfill.counts.requested) == (BackfillStatus.QUEUED, 2)
    assert (found.backfill.plan.title, found.backfill.plan.priority) == ("again", 3)
    assert found.assets == ((DAILY, 2, 0),)


def test_a_plan_that_would_be_another_one_by_now_is_refused_and_the_new_one_offered(of_partitions: Session) -> None:
    plan = backfills.preview(of_partitions, BackfillRequest((CUSTOMERS,), Which.ALL))
    assert plan.count == 2
    with of_partitions.writing() as connection:
        dynamic_partitions.add(connection, "customers", ["corp"], NOW_US)
    with pytest.raises(PlanChanged, match=r"3 partitions now, not 2") as refused:
        backfills.start(of_partitions, plan)
    backfills.start(of_partitions, refused.value.plan)
    assert backfills.page(of_partitions, limit=1).backfills[0].counts.requested == 3


def test_failures_are_grouped_by_their_error(of_partitions: Session) -> None:
    found = backfills.detail(of_partitions, CHRISTMAS[:4])
    (group,) = found.failures
    assert (group.error, group.count) == ("ValueError: no rate for the 20th", 2)
    assert [partitions for _, partitions, _ in group.examples] == ["2025-12-20", "2025-12-21"]
    assert group.traceback is not None
    assert len(found.runs) == 2


def test_what_can_be_asked_of_a_backfill_depends_on_where_it_is(of_partitions: Session) -> None:
    with pytest.raises(LaunchError, match="is over: failure"):
        backfills.command(of_partitions, BackfillCommand.PAUSE, CHRISTMAS)
    backfills.command(of_partitions, BackfillCommand.RETRY, CHRISTMAS)
    begun = backfills.start(of_partitions, backfills.preview(of_partitions, BackfillRequest((CUSTOMERS,))))
    backfills.command(of_partitions, BackfillCommand.CANCEL, begun)
    with of_partitions.reading() as connection:
        asked = [
            (each.command, each.backfill_id)
            for each in intents.pending(connection)
            if isinstance(each, CommandBackfill)
        ]
    assert asked == [(BackfillCommand.RETRY, CHRISTMAS), (BackfillCommand.CANCEL, begun)]
    with pytest.raises(NotFound):
        backfills.command(of_partitions, BackfillCommand.PAUSE, "none")


def test_a_backfill_is_followed_to_its_end(of_partitions: Session) -> None:
    begun = backfills.start(of_partitions, backfills.preview(of_partitions, BackfillRequest((CUSTOMERS,))))
    seen: list[BackfillStatus] = []
    for each in backfills.follow(of_partitions, begun):
        seen.append(each.status)
        if each.status is BackfillStatus.QUEUED:
            with of_partitions.writing() as connection:
                ended = BackfillChanged(NOW_US, backfill=begun, status=BackfillStatus.CANCELED, counts=each.counts)
                record(connection, [ended])
    assert seen == [BackfillStatus.QUEUED, BackfillStatus.CANCELED]
