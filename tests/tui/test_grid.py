"""The partition grid, the plan and the backfills, as one who types at them sees them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from assettui import AssetKey
from assettui.model.backfill import BackfillCommand, BackfillPlan, BackfillRequest, BackfillStatus, Which
from assettui.model.events import Materialization
from assettui.model.intents import CommandBackfill
from assettui.service import backfills as backfill_service
from assettui.service.catalog import read_catalog
from assettui.service.plans import PlanChanged
from assettui.service.session import Session
from assettui.store import backfills, dynamic_partitions, intents
from assettui.store.database import open_for_reading
from assettui.store.recording import record
from assettui.tui.backfill_plan import BackfillPlanScreen
from assettui.tui.backfills import BackfillList, BackfillScreen, BackfillsScreen
from assettui.tui.calendar_view import CalendarView
from assettui.tui.grid import AssetPartitionsScreen, GridScreen
from assettui.tui.grid_view import GridView
from assettui.tui.questions import Question
from assettui.tui.run import RunScreen
from tests.tui.conftest import heading, told, until
from tests.tui.looking import app
from tests.worlds.shop import NOW_US


async def on_grid(pilot: Pilot[Any]) -> GridView:
    """The grid, opened and filled."""
    await pilot.press("3")
    return await until(
        pilot,
        lambda: (
            view
            if isinstance(pilot.app.screen, GridScreen) and (view := pilot.app.screen.query_one(GridView)).rows
            else None
        ),
    )


def shown(view: GridView) -> list[str]:
    """The lines of the grid, the labels above it first."""
    return [view.render_line(y).text.rstrip() for y in range(2 + len(view.rows))]


def cells(line: str, view: GridView) -> str:
    """The cells of a line, each once, however wide it is."""
    wide = view._cell
    text = line.split()[-1]
    assert all(len(set(text[at : at + wide])) == 1 for at in range(0, len(text), wide)), "a cell is of one glyph"
    return text[::wide]


def status(pilot: Pilot[Any]) -> str:
    """What is said of what lies under the cursor."""
    return str(pilot.app.screen.query_one("#status", Static).render())


def selected(view: GridView) -> dict[str, list[str]]:
    """What is selected."""
    return {
        str(key): next(row.space for row in view.rows if row.key == key).keys(partitions)
        for key, partitions in view.chosen().items()
    }


async def test_a_cell_for_each_day_with_what_has_become_of_it(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        labels, days, sales, daily, monthly, regions = shown(view)
        assert labels.split() == ["Oct", "2025", "Nov", "2025", "Dec", "2025", "Jan", "2026"]
        assert days.split() == ["08", "15", "22", "01", "08", "15", "22", "01", "08", "15", "22", "01", "08"]
        assert days[labels.index("Dec") :].startswith("01"), "labels stand above their day"
        cells = sales[labels.index("Dec") :]
        assert cells[:31] == "█" * 23 + "·" * 5 + "█" * 3
        cells = daily[labels.index("Dec") :]
        assert cells[:31] == "█" * 9 + "▒" + "█" * 9 + "✗✗▶" + "·" * 6 + "█" * 3
        cells = monthly[labels.index("Nov") :]
        assert cells[:61] == "·" * 61, "of these months none is there"
        assert regions.startswith(" marts/regions")


async def test_the_line_below_says_what_lies_under_the_cursor(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("g", *"2025-12-10", "enter", "down")
        await until(pilot, lambda: "stale: " in status(pilot))
        text = status(pilot)
        assert "marts/daily 2025-12-10  ▒ stale" in text
        assert "2025-12-10 00:00 – 2025-12-11 00:00 UTC" in text
        assert "built 8h ago, took " in text
        assert "stale: raw/sales has new data in 2025-12-10" in text
        await pilot.press("n")
        await until(pilot, lambda: "no rate for the 20th" in status(pilot))
        assert view.row == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_zooming_keeps_the_time_and_shows_how_much_is_there(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("g", *"2025-12-21", "enter", "down", "minus", "minus")
        await until(pilot, lambda: "1 cell = 1 month" in heading(pilot.app.screen))
        labels, months, sales, daily, monthly, _ = shown(view)
        assert labels.split() == ["2026"], "for the other year there is no room"
        assert "Sep" in months
        assert cells(sales, view) == "█▇█"
        assert cells(daily, view) == "█▆█"
        assert cells(monthly, view) == "██··"
        await until(pilot, lambda: "2 failed" in status(pilot))
        assert "6 never" in status(pilot)
        await pilot.press("plus", "plus")
        assert "2025-12-0" in status(pilot), "the month's first day"
        await pilot.press("plus")
        assert "this is as close as it gets" in told(pilot)


async def test_a_rectangle_narrowed_to_what_is_missing_is_backfilled(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("g", *"2025-12-23", "enter", "v", "down", *["right"] * 2)
        assert selected(view) == {
            "raw/sales": ["2025-12-23", "2025-12-24", "2025-12-25"],
            "marts/daily": ["2025-12-23", "2025-12-24", "2025-12-25"],
        }
        await pilot.press("x")
        assert selected(view) == {
            "raw/sales": ["2025-12-24", "2025-12-25"],
            "marts/daily": ["2025-12-23", "2025-12-24", "2025-12-25"],
        }
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, BackfillPlanScreen))
        plan = await until(
            pilot,
            lambda: (
                text if "partitions of" in (text := str(pilot.app.screen.query_one("#plan", Static).render())) else None
            ),
        )
        assert plan.startswith("5 partitions of 2 assets in 3 runs, about ")
        assert "2025-12-23...2025-12-25" in plan
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, GridScreen))
        reader = open_for_reading(of_partitions.folder)
        found = backfills.backfills(reader, limit=1)[0]
        reader.close()
        assert (found.status, found.counts.requested) == (BackfillStatus.QUEUED, 5)
        assert {each.asset_key for each in found.plan.targets} == {AssetKey("raw/sales"), AssetKey("marts/daily")}
        await until(pilot, lambda: not view.chosen())
        assert any("B shows how it goes" in said for said in told(pilot))


async def test_only_what_failed_inverting_and_a_whole_line(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("down", "f")
        assert selected(view) == {"marts/daily": ["2025-12-20", "2025-12-21"]}
        await pilot.press("i")
        assert len(selected(view)["marts/daily"]) == 73
        await pilot.press("escape", "a")
        assert len(selected(view)["marts/daily"]) == 75
        await pilot.press("a")
        assert set(selected(view)) == {"raw/sales", "marts/daily", "marts/monthly", "marts/regions"}
        await pilot.press("escape", "g", *"2025-11-01", "enter", "v", "right", "v", "end", "v", "left")
        assert selected(view)["marts/daily"] == ["2025-11-01", "2025-11-02", "2026-01-13", "2026-01-14"], (
            "two rectangles"
        )
        await pilot.press("escape", "escape", "up", "f")
        assert "nothing there has failed" in told(pilot)


async def test_the_plan_is_changed_before_it_is_started(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        await on_grid(pilot)
        await pilot.press("g", *"2025-12-25", "enter", "down", "b")
        await until(pilot, lambda: isinstance(pilot.app.screen, BackfillPlanScreen))

        def plan() -> str:
            return str(pilot.app.screen.query_one("#plan", Static).render())

        await until(pilot, lambda: "reads raw/sales of 2025-12-25, which was never materialized" in plan())
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, BackfillPlanScreen), "there is nothing to start"
        await pilot.press("u")
        await until(pilot, lambda: "2 partitions of 2 assets" in plan())
        await pilot.press("f")
        await until(pilot, lambda: "nothing to backfill" in plan())
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, BackfillPlanScreen), "there is nothing to start"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, GridScreen))


async def test_two_dimensions_are_a_grid_of_their_own(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("g", *"2025-12-10", "enter", "down", "down", "down", "enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 3)
        view = await until(pilot, lambda: found if (found := pilot.app.screen.query_one(GridView)).rows else None)
        assert [row.title for row in view.rows] == ["north", "east", "south", "west"]
        assert [cells(line, view) for line in shown(view)[2:]] == ["██··", "█···", "····", "····"]
        await pilot.press("home", "right", "down", "v", "right", "down")
        assert selected(view) == {
            "marts/regions": ["2025-10-01|east", "2025-10-01|south", "2025-11-01|east", "2025-11-01|south"]
        }
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)


async def test_partitions_with_names_and_their_keys(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("tab")
        await until(pilot, lambda: [row.title for row in view.rows] == ["raw/regions"])
        assert shown(view)[1].split()[0] == "north"
        assert cells(shown(view)[2], view) == "███·"
        await pilot.press("plus")
        assert "these partitions have names" in told(pilot)[-1]
        await pilot.press("tab")
        await until(pilot, lambda: [row.title for row in view.rows] == ["raw/customers"])
        await pilot.press("A", *"crux", "enter")
        await until(pilot, lambda: len(view.rows[0].space.all) == 3)
        await pilot.press("g", *"bolt", "enter", "D")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: len(view.rows[0].space.all) == 2)
        reader = open_for_reading(of_partitions.folder)
        assert list(dynamic_partitions.all_indices(reader)["customers"]) == ["acme", "crux"]
        reader.close()


async def test_the_catalog_opens_the_partitions_of_an_asset_and_plans_what_is_missing(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        await pilot.press("down", "m")
        await until(pilot, lambda: isinstance(pilot.app.screen, BackfillPlanScreen))
        await pilot.press("escape", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, GridScreen))
        view = await until(pilot, lambda: found if (found := pilot.app.screen.query_one(GridView)).rows else None)
        assert [row.title for row in view.rows] == ["marts/daily"]
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.press("end", "p")
        assert "report has no partitions" in told(pilot)


async def test_a_place_that_there_is_not_is_told(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 30)) as pilot:
        view = await on_grid(pilot)
        await pilot.press("g", *"nowhere", "enter")
        assert "there is no partition, date or asset 'nowhere' here" in told(pilot)
        await pilot.press("g", *"monthly", "enter")
        assert view.row == 2
        await pilot.press("g", *"1999", "enter")
        assert view.column == 0
        await pilot.press("g", *"2099-12-31", "enter")
        assert view.axis is not None
        assert view.column == view.axis.count - 1


async def test_the_backfills_are_listed_and_one_is_told_by_its_errors(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 40)) as pilot:
        await pilot.press("B")
        listed = await until(
            pilot,
            lambda: (
                found
                if isinstance(pilot.app.screen, BackfillsScreen)
                and (found := pilot.app.screen.query_one(BackfillList)).rows
                else None
            ),
        )
        line = " ".join(listed.render_line(0).text.split())
        assert line.startswith("✗ Christmas failure ✗✗✗")
        assert "0/2" in line
        (row,) = listed.rows
        untitled = replace(row, plan=replace(row.plan, title=None, targets=row.plan.targets * 3))
        assert listed.row(untitled).cells[0].text == "marts/daily +2"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BackfillScreen))
        text = await until(
            pilot,
            lambda: (
                found if "failures" in (found := str(pilot.app.screen.query_one("#detail", Static).render())) else None
            ),
        )
        assert "✗ 2 failures: ValueError: no rate for the 20th" in text
        assert "marts/daily 2025-12-20" in text
        assert "rate = rates[day]" in text
        await pilot.press("t")
        await until(pilot, lambda: any("asked to retry" in said for said in told(pilot)))
        reader = open_for_reading(of_partitions.folder)
        (intent,) = intents.pending(reader)
        reader.close()
        assert isinstance(intent, CommandBackfill)
        assert intent.command is BackfillCommand.RETRY
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_enter_starts_the_plan_that_is_shown_and_none_while_it_is_worked_out(
    of_partitions: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_let_go = threading.Event()
    plan_of = backfill_service.preview

    def slow(session: Session, request: BackfillRequest) -> BackfillPlan:
        if request.which is Which.MISSING:
            assert is_let_go.wait(10)
        return plan_of(session, request)

    monkeypatch.setattr(backfill_service, "preview", slow)

    def started() -> int:
        reader = open_for_reading(of_partitions.folder)
        found = backfills.backfills(reader, limit=10)
        reader.close()
        return len(found)

    async with app(of_partitions).run_test(size=(120, 40)) as pilot:
        before = started()
        screen = BackfillPlanScreen([AssetKey("marts/daily")])
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "partitions of" in str(screen.query_one("#plan", Static).render()))
        await pilot.press("x", "enter")  # another plan is under way: nobody has seen it yet
        await pilot.pause()
        assert "working it out" in str(screen.query_one("#plan", Static).render())
        assert started() == before
        is_let_go.set()
        await until(pilot, lambda: "partitions of" in str(screen.query_one("#plan", Static).render()))
        await pilot.press("enter")
        await until(pilot, lambda: started() == before + 1)


def test_a_plan_is_refused_once_it_would_be_another(of_partitions: Session) -> None:
    key = AssetKey("marts/daily")
    plan = backfill_service.preview(of_partitions, BackfillRequest((key,), Which.MISSING))
    with of_partitions.writing() as connection:
        (first, *_) = plan.targets[0].partitions["ranges"]
        made = Materialization(NOW_US, "r", asset_key=key, partition=first[0], data_version="v")
        space = read_catalog(connection, of_partitions).partitioned
        record(connection, [made], space)
    with pytest.raises(PlanChanged) as refused:
        backfill_service.start(of_partitions, plan)
    assert refused.value.plan.count == plan.count - 1
    assert f"{plan.count - 1} partitions now, not {plan.count}" in str(refused.value)
    backfill_service.start(of_partitions, refused.value.plan)  # what was shown since


async def test_days_are_shown_as_calendars_with_the_same_cursor_and_selection(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 40)) as pilot:
        await on_grid(pilot)
        await pilot.press("g", *"2025-12-20", "enter", "down", "C")
        view = await until(pilot, lambda: found.first() if (found := pilot.app.screen.query(CalendarView)) else None)
        await until(pilot, lambda: view.rows and view.row == 1)
        await until(pilot, lambda: "marts/daily 2025-12-20  ✗ failed" in status(pilot))
        drawn = [view.render_line(y).text.rstrip() for y in range(19)]
        assert drawn[0].startswith(" raw/sales")
        assert [line[1:4] for line in drawn[2:9]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        saturday, sunday = drawn[17], drawn[18]
        assert "✗✗" in saturday, "the 20th of December 2025 was a Saturday"
        assert "✗✗" in sunday
        await pilot.press("v", "down", "down")  # to Monday, which is in the next column
        assert selected(view) == {"marts/daily": ["2025-12-20", "2025-12-21", "2025-12-22"]}
        await pilot.press("v", "left")
        assert "2025-12-15" in str(pilot.app.screen.copied())  # pyright: ignore
        await pilot.click(CalendarView, offset=(5, 4))
        assert view.row == 0
        await pilot.press("C")
        back = await until(
            pilot,
            lambda: None if pilot.app.screen.query(CalendarView) else pilot.app.screen.query_one(GridView),
        )
        await until(pilot, lambda: selected(back) == {"marts/daily": ["2025-12-20", "2025-12-21", "2025-12-22"]})


async def test_partitions_are_a_tab_of_their_asset_alone(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 40)) as pilot:
        pilot.app.open_asset(AssetKey("marts/daily"))  # pyright: ignore
        await pilot.press("tab", "tab", "tab")
        view = await until(pilot, lambda: found.first() if (found := pilot.app.screen.query(GridView)) else None)
        await until(pilot, lambda: [str(row.key) for row in view.rows] == ["marts/daily"])
        await pilot.press("C")
        await until(pilot, lambda: pilot.app.screen.query(CalendarView))
        assert isinstance(pilot.app.screen, AssetPartitionsScreen)


async def test_the_line_to_type_into_is_hidden_until_it_is_asked_for(of_partitions: Session) -> None:
    async with app(of_partitions).run_test(size=(120, 40)) as pilot:
        for screen in (GridScreen(), AssetPartitionsScreen(AssetKey("marts/daily"))):
            pilot.app.push_screen(screen)
            await until(pilot, lambda screen=screen: screen.query(GridView) and screen.query_one(GridView).rows)
            assert not screen.query_one("#goto").display
            await pilot.press("g")
            assert screen.query_one("#goto").display
