"""Schedules and sensors as they stand; turning them, their cursors, their ticks, what is due."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from assettui import AssetKey
from assettui.model.errors import LaunchError, NotFound
from assettui.model.events import TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.intents import EvaluateInstigator
from assettui.model.timing import SECOND_US
from assettui.service import automation
from assettui.service.session import Session
from assettui.service.timeline import timeline
from assettui.store import intents
from tests.conftest import made_folder
from tests.worlds.shop import NOW_US

HOUR_US = 3_600 * SECOND_US


def test_each_with_its_last_ticks_and_when_it_is_due(automated: Session) -> None:
    nightly, inbox, on_sales = automation.instigators(automated)
    assert (nightly.name, nightly.is_on, on_sales.is_on) == ("nightly", True, False)
    assert nightly.next_us == NOW_US + 13 * HOUR_US  # 02:00 in Paris
    assert inbox.next_us == NOW_US + 10 * SECOND_US + 20_000  # since its last tick has ended
    assert inbox.last is not None
    assert inbox.last.outcome is TickOutcome.FAILURE
    assert on_sales.next_us is None
    assert [row.name for row in automation.instigators(automated, InstigatorKind.SCHEDULE)] == ["nightly"]


def test_a_name_that_is_not_there_is_helped_with(automated: Session) -> None:
    with pytest.raises(NotFound, match="did you mean 'inbox'"):
        automation.instigator(automated, "inbx")
    with pytest.raises(NotFound, match="'inbox' is a sensor, not a schedule"):
        automation.instigator(automated, "inbox", InstigatorKind.SCHEDULE)
    with pytest.raises(NotFound, match="there are: nightly"):
        automation.instigator(automated, "zzz", InstigatorKind.SCHEDULE)


def test_what_somebody_has_turned_stays_so(automated: Session) -> None:
    (off,) = automation.turn(automated, ["inbox"], None, is_on=False)
    assert (off.is_on, off.state.is_manual, off.next_us) == (False, True, None)
    (on,) = automation.turn(automated, ["on_sales"], InstigatorKind.SENSOR, is_on=True)
    assert on.is_on
    again = automation.turn(automated, ["on_sales"], None, is_on=True)
    assert again[0].state.turned == on.state.turned


def test_a_sensor_is_made_to_remember_something_else(automated: Session) -> None:
    assert automation.set_cursor(automated, "inbox", "42").state.cursor == "42"
    assert automation.set_cursor(automated, "inbox", None).state.cursor is None
    with pytest.raises(NotFound):
        automation.set_cursor(automated, "nightly", "1")


def test_ticks_by_name_and_outcome(automated: Session) -> None:
    assert [each.instigator for each in automation.tick_page(automated)] == ["inbox", "inbox", "nightly"]
    (failed,) = automation.tick_page(automated, outcome=TickOutcome.FAILURE)
    assert automation.tick_of(automated, failed.id).error is not None
    assert len(automation.tick_page(automated, name="inbox", before=failed.id)) == 1
    with pytest.raises(NotFound):
        automation.tick_of(automated, 999_999)


def test_a_tick_is_asked_for_of_whoever_leads(automated: Session) -> None:
    request = automation.request_tick(automated, "nightly", None)
    assert request.scheduled_us == NOW_US
    assert automation.requested_tick(automated, request) is None
    with automated.reading() as connection:
        (intent,) = intents.pending(connection)
    assert intent == EvaluateInstigator("nightly", InstigatorKind.SCHEDULE, NOW_US, id=request.intent)
    other = Session(replace(automated.project, file=None, module="other"), automated.folder)
    with pytest.raises(LaunchError):
        automation.request_tick(other, "nightly", None)


def test_what_a_plain_schedule_would_ask_for_is_told_without_a_worker(automated: Session) -> None:
    dry = automation.dry_tick(automated, "nightly", None)
    assert [each.job for each in dry.evaluation.runs] == ["report"]
    assert dry.outcome is TickOutcome.SUCCESS


def test_what_is_due_and_what_was(automated: Session) -> None:
    due = automation.upcoming(automated, NOW_US + 48 * HOUR_US)
    assert [(each.schedule, each.target) for each in due] == [("nightly", "report")] * 2
    schedule, times = automation.preview(automated, "nightly", NOW_US + 72 * HOUR_US)
    assert (schedule.name, len(times)) == ("nightly", 3)
    (row,) = timeline(automated, NOW_US - 3 * HOUR_US, NOW_US + 48 * HOUR_US)
    assert (row.name, len(row.runs), len(row.upcoming)) == ("report", 1, 2)


ASKED_FOR = """
    from assettui import (
        AutomationCondition, Definitions, ScheduleDefinition, asset, define_asset_job, job, op, schedule, sensor
    )

    @asset(group_name="raw")
    def orders(): ...

    @asset(automation_condition=AutomationCondition.eager(), deps=[orders])
    def report(): ...

    @asset(deps=[orders])
    def alone(): ...

    @op
    def tidy(): ...

    @job
    def tidying():
        tidy()

    of_raw = define_asset_job("of_raw", "group:raw")
    of_other = define_asset_job("of_other", "alone")

    @sensor(target="orders+", minimum_interval_seconds=60)
    def watching(context): ...

    defs = Definitions(
        assets=[orders, report, alone],
        jobs=[of_raw, of_other, tidying],
        schedules=[
            ScheduleDefinition(name="nightly", cron_schedule="0 2 * * *", job=of_raw),
            ScheduleDefinition(name="other", cron_schedule="0 2 * * *", job=of_other),
            ScheduleDefinition(name="tidied", cron_schedule="0 2 * * *", job=tidying),
        ],
        sensors=[watching],
    )
"""


def test_what_may_ask_for_an_asset(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = made_folder(tmp_path_factory, "asked_for")
    folder.write(ASKED_FOR)
    assert folder.run("materialize", "orders").returncode == 0

    def names(key: str) -> set[str]:
        return {row.name for row in automation.instigators_of(folder.session, AssetKey(key))}

    assert names("orders") == {"nightly", "watching"}
    assert names("report") == {"watching", "default_automation_condition_sensor"}
    assert names("alone") == {"other", "watching"}
