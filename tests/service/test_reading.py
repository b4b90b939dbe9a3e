"""What else is read of a store: the catalog, jobs, the queue and its limits, how things are, configuration from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from assettui.core.config_check import WrongConfig
from assettui.core.queue import BadLimit
from assettui.core.staleness import AssetStatus
from assettui.model.errors import NotFound
from assettui.model.keys import AssetKey
from assettui.model.run import RunRequest
from assettui.service import jobs, queue, runs
from assettui.service.catalog import asset_detail, catalog, history
from assettui.service.run_config import read_config
from assettui.service.session import Session
from assettui.service.status import counts_by_status, status
from tests.worlds.shop import RUNNING, session


def test_the_catalog_says_how_each_asset_stands_and_why(shop: Session) -> None:
    found = catalog(shop)
    reasons = {str(row.key): (row.status, row.reasons()) for row in found.rows}
    assert reasons["raw/orders"] == (AssetStatus.FRESH, ())
    assert reasons["marts/revenue"] == (AssetStatus.STALE, ("raw/orders has new data",))
    assert reasons["marts/churn"] == (AssetStatus.FAILED, ("ZeroDivisionError: division by zero",))
    assert reasons["models/letters"] == (AssetStatus.NEVER, ("never materialized",))
    assert reasons["web/clicks"] == (AssetStatus.NEVER, ("made by something else",))
    assert counts_by_status(found)[AssetStatus.RUNNING] == 1
    assert not found.are_observable([AssetKey("raw/orders")])
    assert found.config_schema(AssetKey("raw/orders")) == {}


def test_one_asset_with_its_past(shop: Session) -> None:
    detail = asset_detail(shop, catalog(shop), AssetKey("raw/orders"))
    assert [made.rows for made in detail.history][:2] == [48_012, 47_700]
    assert detail.history == history(shop, AssetKey("raw/orders"))
    assert detail.observations == ()
    with pytest.raises(NotFound, match="did you mean 'raw/orders'"):
        asset_detail(shop, catalog(shop), AssetKey("raw/order"))


def test_assets_with_partitions_say_how_many_of_them(of_partitions: Session) -> None:
    reasons = {str(row.key): row.reasons() for row in catalog(of_partitions).rows}
    assert "of 75 partitions were never materialized" in reasons["raw/sales"][-1]


def test_nothing_can_be_read_where_there_is_no_store(tmp_path: Path) -> None:
    empty = session(tmp_path)
    assert empty.is_new()
    assert catalog(empty).rows == ()


def test_jobs_and_what_they_run(automated: Session) -> None:
    (row,) = jobs.jobs(automated)
    assert (row.job.name, row.steps, len(row.runs)) == ("report", ("send",), 1)
    assert jobs.job(automated, "report") == row
    with pytest.raises(NotFound, match="did you mean 'report'"):
        jobs.job(automated, "reprt")


def test_what_waits_and_for_what(shop: Session) -> None:
    queue.set_limit(shop, "runs", "", 1)
    run_id = runs.launch(shop, [AssetKey("raw/orders")], RunRequest(tags={"team": "ops"}))
    view = queue.queue_view(shop)
    assert [each.run.run_id for each in view.waiting] == [run_id]
    assert (view.total, view.running) == (1, 1)
    assert "1/1" in view.waiting[0].waits_for
    assert runs.run_detail(shop, run_id).waits_for == view.waiting[0].waits_for
    assert runs.run_detail(shop, RUNNING).waits_for is None


def test_limits_are_set_by_hand_and_taken_back(shop: Session) -> None:
    queue.set_limit(shop, "tag", "team=*", 2)
    queue.set_limit(shop, "pool", "warehouse", 3)
    rows = {(each.kind, each.name): each for each in queue.queue_view(shop).limits}
    assert (rows["tag", "team=*"].slots, rows["pool", "warehouse"].slots) == (2, 3)
    assert rows["pool", "warehouse"].is_set
    queue.set_limit(shop, "pool", "warehouse", None, is_default=True)
    rows = {(each.kind, each.name): each for each in queue.queue_view(shop).limits}
    assert not rows["pool", "warehouse"].is_set if ("pool", "warehouse") in rows else True
    with pytest.raises(BadLimit):
        queue.set_limit(shop, "pool", "warehouse", -1)


def test_how_things_are_with_a_leader(shop: Session) -> None:
    found = status(shop)
    assert (found.running, found.orphaned, found.queued, len(found.failed_runs)) == (1, 0, 0, 1)
    assert found.leader is not None


def test_how_things_are_without_one(abandoned: Session) -> None:
    found = status(abandoned)
    assert (found.leader, found.running, found.orphaned) == (None, 0, 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "ops: {x: {config: {n: 3}}}"),
        ("a.json", '{"ops": {"x": {"config": {"n": 3}}}}'),
        ("a.toml", "[ops.x.config]\nn = 3"),
    ],
)
def test_configuration_is_read_from_a_file_of_any_kind(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_config(tmp_path / name) == {"ops": {"x": {"config": {"n": 3}}}}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "ops: [", "line 1"),
        ("a.json", "{", "not what its name says"),
        ("a.yaml", "- 1", "holds a list"),
        ("a.txt", "x", "neither .yaml"),
    ],
)
def test_a_file_that_is_no_configuration_says_what_is_wrong(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(WrongConfig, match=told):
        read_config(tmp_path / name)


def test_a_file_that_is_empty_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    assert read_config(tmp_path / "a.yaml") == {}
    with pytest.raises(WrongConfig, match="cannot be read"):
        read_config(tmp_path / "none.yaml")
