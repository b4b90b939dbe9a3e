"""Why an automation condition has something made, or not: in a sentence, as a tree, and as it was before."""

from __future__ import annotations

import pytest

from assettui.core.planning import plan_run
from assettui.model.errors import LaunchError, NotFound
from assettui.model.events import RunChanged, RunQueued, StepStarted
from assettui.model.keys import AssetKey
from assettui.model.run import RunStatus
from assettui.service.catalog import catalog
from assettui.service.conditions import condition_rows
from assettui.service.explain import dry_run, explain
from assettui.service.health import AilmentKind, health
from assettui.service.session import Session
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.worlds.ailing import GRAPH, HOUR_US
from tests.worlds.shop import NOW_US


def test_what_it_waits_for_is_told_with_since_when(ailing: Session) -> None:
    plan = plan_run(GRAPH, [AssetKey("raw/orders")], checks=())
    since_us = NOW_US - HOUR_US // 2
    db = open_for_writing(ailing.folder)
    with writing(db):
        record(
            db,
            [
                RunQueued(since_us, "77" * 8, plan=plan),
                RunChanged(since_us, "77" * 8, status=RunStatus.STARTED),
                StepStarted(since_us, "77" * 8, "raw/orders", worker=1),
            ],
        )
    db.close()
    found = explain(ailing, "marts/revenue")
    assert found.sentence == "not run: waiting for raw/orders (in progress since 11:30)"


def test_where_nothing_has_changed_it_says_what_it_waits_for(ailing: Session) -> None:
    found = explain(ailing, "marts/revenue")
    assert found.sentence.startswith("not run: ")
    assert (found.is_on, found.is_kept, bool(found.tree.true)) == (True, False, False)
    (kept,) = found.history
    assert (kept.requested, kept.run_id) == (1, "05" * 8)


def test_as_it_was_then(ailing: Session) -> None:
    then = explain(ailing, "marts/revenue", at_us=NOW_US - HOUR_US // 2)
    assert (then.is_kept, then.time_us) == (True, NOW_US - HOUR_US)
    assert [each.name for each in then.tree.inner] == ["any_deps_updated"]
    with pytest.raises(NotFound, match="nothing was kept"):
        explain(ailing, "marts/revenue", at_us=NOW_US - 5 * HOUR_US)


def test_what_has_no_condition_and_what_is_not_there(ailing: Session) -> None:
    with pytest.raises(NotFound, match="did you mean"):
        explain(ailing, "marts/revenu")
    with pytest.raises(NotFound, match="has no automation condition"):
        explain(ailing, "report")
    with pytest.raises(LaunchError, match="has no partitions"):
        explain(ailing, "marts/revenue", "2024-01-01")


def test_conditions_are_listed_and_a_dry_run_asks_for_nothing(ailing: Session) -> None:
    (row,) = condition_rows(ailing)
    assert (row.entity, row.condition) == ("marts/revenue", "eager")
    assert condition_rows(ailing, "another") == []
    assert dry_run(ailing) == []


def test_health_lists_each_thing_once_with_what_mends_it(ailing: Session) -> None:
    found = health(catalog(ailing))
    assert not found.is_well
    assert [(each.kind, each.subject, each.command) for each in found.ailments] == [
        (AilmentKind.FAILED, "marts/churn", "assettui materialize marts/churn"),
        (AilmentKind.OVERDUE, "marts/revenue", "assettui materialize raw/orders marts/revenue"),
        (AilmentKind.CHECK, "marts/revenue:filled", "assettui check run marts/revenue:filled"),
        (AilmentKind.WARNED, "marts/revenue:positive", "assettui check run marts/revenue:positive"),
        (AilmentKind.STALE, "report", "assettui materialize report"),
    ]
