"""Schedules and sensors on the screen: toggled, ticked, their cursors edited, their ticks read, the time line."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input, Static

from assettui.model.events import Tick, TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.intents import EvaluateInstigator
from assettui.model.run import StepError
from assettui.render.ticks import tick_lines
from assettui.service import automation
from assettui.service.session import Session
from assettui.store import intents, projects
from assettui.store.database import open_for_reading, open_for_writing, writing
from assettui.tui.app import AssettuiApp
from assettui.tui.automation import AutomationScreen, InstigatorList
from assettui.tui.drawing import text_of
from assettui.tui.grid_view import GridView
from assettui.tui.header import Header
from assettui.tui.instigator import InstigatorScreen, TickList
from assettui.tui.rule import Rule
from assettui.tui.run import RunScreen
from assettui.tui.run_list import RunList
from assettui.tui.timeline import TimelineScreen, TimelineView
from tests.tui.conftest import told, until
from tests.tui.looking import app
from tests.worlds.shop import NOW_US, session


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
        assert nightly.endswith("✓ 1 run")
        assert inbox.startswith("✗ inbox sensor on every 30 s 19s ago in 1")  # it waits longer, since it failed
        assert inbox.endswith("○✗ ValueError: [bold]boom␛[31m")
        assert on_sales.startswith("○ on_sales sensor off on sales never –")
        header = pilot.app.screen.query_one(Header)
        await until(pilot, lambda: "next " in str(header.render()) and "nightly" in str(header.render()))


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

        def asked() -> list[EvaluateInstigator]:
            reader = open_for_reading(automated.folder)
            found = [each for each in intents.pending(reader) if isinstance(each, EvaluateInstigator)]
            reader.close()
            return found

        (intent,) = await until(pilot, asked)
        assert intent.instigator == "on_sales"
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
        assert "INFO     looked" in said
        assert "ValueError: [bold]boom␛[31m" in said
        assert "Traceback …" in said
        assert "cursor       7" in str(screen.query_one("#facts", Static).render())
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
        runs = pilot.app.screen.query_one(RunList)
        await until(pilot, lambda: len(runs.rows) == 1)
        assert "1 run · last " in pilot.app.screen.query_one("#job", Rule).render_line(0).text
        await pilot.press("tab")
        assert pilot.app.focused is runs
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_a_project_without_any_says_how_to_make_one(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        assert isinstance(pilot.app, AssettuiApp)
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, AutomationScreen))
        listing = pilot.app.screen.query_one(InstigatorList)
        await until(pilot, lambda: "the project defines no schedules" in listing.render_line(0).text)


async def test_a_project_that_cannot_be_loaded_is_not_said_to_define_none(tmp_path: Path) -> None:
    broken = session(tmp_path)
    db = open_for_writing(broken.folder)
    with writing(db):
        projects.save_failed(db, broken.project.id, StepError("SyntaxError: '(' was never closed"), {}, NOW_US)
    db.close()
    async with app(broken).run_test(size=(100, 20)) as pilot:
        for key, kind in (("5", InstigatorList), ("3", GridView)):
            await pilot.press(key)
            found = await until(pilot, lambda kind=kind: (shown := pilot.app.screen.query(kind)) and shown.first())
            await until(pilot, lambda found=found: found.empty_text == "the project cannot be loaded")


def test_what_a_tick_says_in_several_lines_is_shown_so() -> None:
    error = StepError("the configuration is wrong:\n    ops.a: 7\x1b[31m")
    tick = Tick(
        0,
        id=1,
        instigator="inbox",
        instigator_kind=InstigatorKind.SENSOR,
        outcome=TickOutcome.FAILURE,
        scheduled_us=0,
        started_us=0,
        error=error,
    )
    assert text_of(tick_lines(tick)).plain.endswith("the configuration is wrong:\n    ops.a: 7␛[31m")
