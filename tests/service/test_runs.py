"""Runs: the plan that is shown is the one that is started; what is asked of runs; how they are followed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from assettui.model.errors import LaunchError, NotFound
from assettui.model.events import RunChanged
from assettui.model.intents import CancelRun
from assettui.model.keys import AssetKey
from assettui.model.project import ProjectSnapshot
from assettui.model.run import RunFilter, RunRequest, RunStatus
from assettui.service import runs
from assettui.service.plans import PlanChanged
from assettui.service.session import Session
from assettui.store import intents, projects, queries
from assettui.store.recording import record
from tests.worlds.shop import ASSETS, NOW_US, RUNNING

REVENUE, ORDERS = AssetKey("marts/revenue"), AssetKey("raw/orders")
FAILED = "fa11000000000000"


def edit(session: Session, **changes: object) -> None:
    """Load the project anew, one of its assets changed."""
    assets = [replace(each, **changes) if each.key == REVENUE else each for each in ASSETS]
    with session.writing() as connection:
        snapshot = ProjectSnapshot("shop", tuple(assets))
        projects.save_loaded(connection, session.project.id, snapshot.encode(), {}, NOW_US)


def statuses(session: Session, run_id: str) -> RunStatus:
    return runs.run_detail(session, run_id).run.status


def test_what_was_planned_is_queued(shop: Session) -> None:
    planned = runs.preview(shop, RunRequest(assets=(REVENUE, ORDERS), tags={"why": "test"}))
    assert [step.key for step in planned.plan.steps] == ["raw/orders", "marts/revenue"]
    run_id = runs.start(shop, planned)
    detail = runs.run_detail(shop, run_id)
    assert detail.run.status is RunStatus.QUEUED
    assert (detail.run.assets, detail.run.tags) == ((ORDERS, REVENUE), {"why": "test"})
    assert [step.step_key for step in detail.steps] == ["raw/orders", "marts/revenue"]


def test_a_plan_that_would_be_another_one_by_now_is_refused_and_the_new_one_offered(shop: Session) -> None:
    planned = runs.preview(shop, RunRequest(assets=(REVENUE,)))
    edit(shop, code_version="4")
    with pytest.raises(PlanChanged) as refused:
        runs.start(shop, planned)
    (step,) = refused.value.plan.plan.steps
    assert step.code_versions == {REVENUE: "4"}
    assert statuses(shop, runs.start(shop, refused.value.plan)) is RunStatus.QUEUED


def test_a_plan_stays_good_while_what_happens_does_not_concern_it(shop: Session) -> None:
    planned = runs.preview(shop, RunRequest(assets=(ORDERS,)))
    with shop.writing() as connection:
        record(connection, [RunChanged(NOW_US, RUNNING, status=RunStatus.CANCELING)])
    assert statuses(shop, runs.start(shop, planned)) is RunStatus.QUEUED


def test_nothing_is_planned_that_could_not_be_run(shop: Session) -> None:
    with pytest.raises(LaunchError, match="external"):
        runs.preview(shop, RunRequest(assets=(AssetKey("web/clicks"),)))
    with pytest.raises(NotFound, match="no job"):
        runs.preview(shop, RunRequest(job="nightly"))


def test_a_leader_with_other_code_is_asked_nothing(shop: Session) -> None:
    other = Session(replace(shop.project, file=None, module="other"), shop.folder)
    with pytest.raises(LaunchError, match="another project's code"):
        runs.launch(other, [ORDERS])


def test_a_run_that_failed_is_tried_again_whole_or_from_its_failure(shop: Session) -> None:
    whole = runs.run_detail(shop, runs.retry(shop, FAILED, from_failure=False))
    assert [step.step_key for step in whole.steps] == ["raw/orders", "marts/churn"]
    rest = runs.run_detail(shop, runs.retry(shop, FAILED[:5], from_failure=True))
    assert [step.step_key for step in rest.steps] == ["marts/churn"]
    assert rest.run.tags["dagster/parent_run_id"] == FAILED
    with pytest.raises(LaunchError, match="is started"):
        runs.retry(shop, RUNNING, from_failure=True)
    assert runs.retried_by_itself(shop, whole.run) is None


def test_a_run_on_its_way_is_asked_to_stop_and_one_that_is_over_is_not(shop: Session) -> None:
    assert runs.cancel(shop, RUNNING[:6]).run_id == RUNNING
    with shop.reading() as connection:
        assert [type(each) for each in intents.pending(connection)] == [CancelRun]
    with pytest.raises(LaunchError, match="is over: failure"):
        runs.cancel(shop, FAILED)


def test_runs_are_listed_by_page_and_status(shop: Session) -> None:
    page = runs.run_page(shop, limit=3)
    assert (len(page.runs), page.total) == (3, 10)
    assert page.runs[0].run_id == RUNNING
    assert [run.run_id for run in runs.run_page(shop, wanted=RunFilter((RunStatus.FAILURE,)), limit=5).runs] == [FAILED]


def test_a_run_whose_leader_died_has_failed_though_nobody_has_written_so(abandoned: Session) -> None:
    page = runs.run_page(abandoned, limit=20)
    assert page.orphaned == 1
    assert RUNNING in [run.run_id for run in runs.run_page(abandoned, RunFilter((RunStatus.FAILURE,)), limit=20).runs]
    assert runs.run_page(abandoned, RunFilter((RunStatus.STARTED,)), limit=20).runs == ()
    (run,) = (each for each in page.runs if each.run_id == RUNNING)
    assert (run.status, run.error) == (RunStatus.FAILURE, "the process that carried it out is gone")
    detail = runs.run_detail(abandoned, RUNNING)
    assert detail.is_orphaned
    assert all(step.status.is_over for step in detail.steps)


def test_the_runs_of_a_leader_at_work_are_not(shop: Session) -> None:
    assert runs.run_page(shop, limit=20).orphaned == 0
    assert runs.run_detail(shop, RUNNING).run.status is RunStatus.STARTED


def test_a_run_is_followed_to_its_end(abandoned: Session) -> None:
    seen: list[str] = []
    for events in runs.follow(abandoned, FAILED):
        seen += [event.kind.value for event in events]
    assert seen[0] == "run_queued"
    assert seen[-1] == "run_failure"
    alone: list[bool] = []

    def end() -> None:
        alone.append(True)
        with abandoned.writing() as connection:
            record(connection, [RunChanged(NOW_US, RUNNING, status=RunStatus.CANCELED)])

    last = [event for events in runs.follow(abandoned, RUNNING, on_alone=end) for event in events][-1]
    assert (last.kind.value, alone) == ("run_canceled", [True])
    assert runs.events_of(abandoned, RUNNING, limit=1)[0].kind.value == "run_queued"


def test_what_a_step_wrote_is_beside_the_store(shop: Session) -> None:
    assert runs.log_file(shop, RUNNING, "models/forecast", "out").read_text().startswith("epoch 1:")


def test_events_are_known_to_have_come_since(shop: Session) -> None:
    with shop.reading() as connection:
        assert queries.last_event(connection) > 0
