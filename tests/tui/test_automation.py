"""Schedules and sensors on the screen: toggled, ticked, their cursors edited, their ticks read, the time line."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from assettui.core.instigators import InstigatorKind, InstigatorSnapshot, Watching
from assettui.core.keys import AssetKey
from assettui.core.planning import plan_ops
from assettui.core.records import Event, EventKind, StepError
from assettui.core.snapshot import JobSnapshot, ProjectSnapshot, StepSnapshot
from assettui.core.ticks import LogLine, TickOutcome, TickRecord
from assettui.project.locate import locate
from assettui.service import automation
from assettui.service.session import Session
from assettui.store import intents, projects, ticks
from assettui.store.database import open_for_reading, open_for_writing, writing
from assettui.store.folder import StoreFolder
from assettui.store.intents import Intent, IntentKind
from assettui.store.recording import record
from assettui.tui.app import AssettuiApp
from assettui.tui.automation import AutomationScreen, InstigatorList
from assettui.tui.header import Header
from assettui.tui.instigator import InstigatorScreen, TickList
from assettui.tui.run import RunScreen
from assettui.tui.timeline import TimelineScreen, TimelineView
from tests.tui.conftest import told, until
from tests.tui.world import NOW_US, app, lead

SECOND, MINUTE = 1_000_000, 60_000_000
NIGHTLY = InstigatorSnapshot(
    "nightly",
    InstigatorKind.SCHEDULE,
    ("report",),
    is_on_by_default=True,
    description="Everything, every night.",
    crons=("0 2 * * *",),
    zone_name="Europe/Paris",
    is_plain=True,
)
INBOX = InstigatorSnapshot("inbox", InstigatorKind.SENSOR, ("report",), is_on_by_default=True, interval_s=30.0)
ON_SALES = InstigatorSnapshot(
    "on_sales", InstigatorKind.SENSOR, ("report",), watching=Watching.ASSETS, assets=(AssetKey("sales"),)
)


def tick(name: str, kind: InstigatorKind, ago_us: int, outcome: TickOutcome, **said: object) -> Event:
    at_us = NOW_US - ago_us
    found = TickRecord(0, name, kind, outcome, at_us, at_us, at_us + 20_000, **said)  # pyright: ignore[reportArgumentType]
    return Event(ticks.KIND_OF[outcome], at_us + 20_000, payload=found.payload())


@pytest.fixture
def automated(tmp_path: Path) -> Generator[Session]:
    """A store with a schedule that ran last night, a sensor that fails, and one that is off."""
    (tmp_path / "pipeline.py").touch()
    project = locate(tmp_path, file="pipeline.py", module=None)
    session = Session(project, StoreFolder.at(tmp_path / ".assettui"))
    job = JobSnapshot("report", steps=(StepSnapshot("send", is_op=True),))
    snapshot = ProjectSnapshot("shop", jobs=(job,), instigators=(NIGHTLY, INBOX, ON_SALES))
    plan = {"plan": plan_ops(job).to_json() | {"job": "report"}}
    hour = 60 * MINUTE
    db = open_for_writing(session.folder)
    with writing(db):
        projects.save_loaded(db.conn, project.id, snapshot, {}, NOW_US)
        for name, kind in (("nightly", "schedule"), ("inbox", "sensor")):
            on = {"instigator": name, "kind": kind, "by": "default"}
            record(db.conn, [Event(EventKind.INSTIGATOR_ON, NOW_US - 2 * 24 * hour, payload=dict(on))])
        record(
            db.conn,
            [
                tick("nightly", InstigatorKind.SCHEDULE, 2 * hour, TickOutcome.SUCCESS, runs=(("ab" * 8, None),)),
                Event(EventKind.RUN_QUEUED, NOW_US - 2 * hour, "ab" * 8, payload=plan),
                Event(EventKind.RUN_STARTED, NOW_US - 2 * hour, "ab" * 8),
                Event(EventKind.RUN_SUCCESS, NOW_US - hour, "ab" * 8),
                tick("inbox", InstigatorKind.SENSOR, 60 * SECOND, TickOutcome.SKIPPED, skip_reason="nothing new"),
                tick(
                    "inbox",
                    InstigatorKind.SENSOR,
                    20 * SECOND,
                    TickOutcome.FAILURE,
                    error=StepError("ValueError: [bold]boom\x1b[31m", "exception", traceback="Traceback …"),
                    log=(LogLine("INFO", "looked"),),
                    cursor_before="7",
                ),
                Event(EventKind.CURSOR_SET, NOW_US, payload={"instigator": "inbox", "kind": "sensor", "cursor": "7"}),
            ],
        )
    db.conn.close()
    held = lead(session)
    yield session
    held.release()


def shown(listing: InstigatorList | TickList) -> list[str]:
    return [" ".join(listing.render_line(index).text.split()) for index in range(len(listing.rows))]


async def test_what_each_did_last_and_when_it_is_due(automated: Session) -> None:
    async with app(automated).run_test(size=(160, 30)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        listing = pilot.app.screen.query_one(InstigatorList)
        await until(pilot, lambda: listing.rows)
        nightly, inbox, on_sales = shown(listing)
        assert nightly.startswith("● nightly schedule on 0 2 * * * Europe/Paris 1h ago in ")
        assert nightly.endswith("✓ ✓ 1 run")
        assert inbox.startswith("✗ inbox sensor on every 30 s 19s ago in 1")  # it waits longer, since it failed
        assert inbox.endswith("○✗ ✗ ValueError: [bold]boom␛[31m")
        assert on_sales.startswith("○ on_sales sensor off on sales never –")
        header = pilot.app.screen.query_one(Header)
        assert "next " in str(header.render())
        assert "nightly" in str(header.render())


async def test_space_turns_and_t_ticks(automated: Session) -> None:
    async with app(automated).run_test(size=(100, 30)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        listing = pilot.app.screen.query_one(InstigatorList)
        await until(pilot, lambda: listing.rows)
        await pilot.press("end", "space")
        await until(pilot, lambda: listing.rows[2].is_on)
        assert automation.instigator(automated, "on_sales").state.is_manual
        await pilot.press("t")

        def asked() -> list[Intent]:
            reader = open_for_reading(automated.folder)
            found = [each for each in intents.pending(reader) if each.kind is IntentKind.TICK]
            reader.close()
            return found

        (intent,) = await until(pilot, asked)
        assert intent.payload["instigator"] == "on_sales"
        assert any("asked for a tick" in text for text in told(pilot))


async def test_a_cursor_is_edited(automated: Session) -> None:
    async with app(automated).run_test(size=(100, 30)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        listing = pilot.app.screen.query_one(InstigatorList)
        await until(pilot, lambda: listing.rows)
        await pilot.press("e")  # of a schedule there is none
        assert not pilot.app.screen.query_one("#cursor", Input).has_class("shown")
        await pilot.press("down", "e")
        box = pilot.app.screen.query_one("#cursor", Input)
        assert box.value == "7"
        await pilot.press("4", "2", "enter")
        await until(
            pilot, lambda: automation.instigator(automated, "inbox").state.cursor == "42"
        )  # it was selected, so typing replaces it
        await pilot.press("e", "escape")
        assert pilot.app.focused is listing


async def test_one_sensor_its_ticks_and_what_they_said(automated: Session) -> None:
    async with app(automated).run_test(size=(110, 40)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(InstigatorList).rows)
        await pilot.press("down", "enter")
        screen = await until(
            pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, InstigatorScreen) else None
        )
        listing = screen.query_one(TickList)
        await until(pilot, lambda: len(listing.rows) == 2)
        said = str(screen.query_one("#tick", Static).render())
        assert "INFO    looked" in said
        assert "ValueError: [bold]boom␛[31m" in said
        assert "Traceback …" in said
        assert "cursor  7" in str(screen.query_one("#facts", Static).render())
        await pilot.press("down")
        await until(pilot, lambda: "nothing new" in str(screen.query_one("#tick", Static).render()))
        await pilot.press("escape", "up", "enter")
        screen = await until(
            pilot,
            lambda: (
                pilot.app.screen
                if isinstance(pilot.app.screen, InstigatorScreen) and pilot.app.screen.query_one(TickList).rows
                else None
            ),
        )
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_the_timeline_shows_what_ran_and_what_is_due(automated: Session) -> None:
    async with app(automated).run_test(size=(100, 30)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))
        view = pilot.app.screen.query_one(TimelineView)
        await until(pilot, lambda: view.rows)
        line = view.render_line(0).text
        assert line.startswith(" report ")
        assert "█" in line
        assert line.index("█") < line.index("│")
        await pilot.press("minus", "minus")
        await until(pilot, lambda: "◇" in view.render_line(0).text)
        assert "1 run" in str(pilot.app.screen.query_one("#under", Static).render())
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_a_project_without_any_says_how_to_make_one(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        assert isinstance(pilot.app, AssettuiApp)
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        listing = pilot.app.screen.query_one(InstigatorList)
        await until(pilot, lambda: "the project defines no schedules" in listing.render_line(0).text)
