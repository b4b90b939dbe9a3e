"""What needs attention, on the screen, and why: ailments and the key that mends each, one asset, the automation conditions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from assettui.model import timing
from assettui.service.runs import run_page
from assettui.service.session import Session
from assettui.tui.asset import AssetScreen
from assettui.tui.automation import AutomationScreen, InstigatorList
from assettui.tui.conditions import ConditionList, ConditionsScreen
from assettui.tui.header import Header
from assettui.tui.health import AilmentList, HealthScreen
from assettui.tui.questions import Question
from assettui.tui.run import RunScreen
from tests.tui.conftest import told, until
from tests.tui.looking import app
from tests.worlds.shop import NOW_US


def shown(listing: Any) -> list[str]:
    return [" ".join(listing.render_line(index).text.split()) for index in range(len(listing.rows))]


async def on_screen(pilot: Pilot[Any], kind: type[Any]) -> Any:
    return await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, kind) else None)


async def ailments(pilot: Pilot[Any]) -> AilmentList:
    await pilot.press("6")
    screen = await on_screen(pilot, HealthScreen)
    return await until(pilot, lambda: listing if (listing := screen.query_one(AilmentList)).rows else None)


async def report(pilot: Pilot[Any]) -> str:
    screen = await on_screen(pilot, AssetScreen)
    return await until(pilot, lambda: str(screen.query_one("#report", Static).render()))


async def test_the_worst_comes_first_each_with_what_mends_it(ailing: Session) -> None:
    async with app(ailing).run_test(size=(160, 30)) as pilot:
        listing = await ailments(pilot)
        assert shown(listing) == [
            "✗ marts/churn failed 2h ago ZeroDivisionError: division by zero assettui materialize ma…",
            "◷ marts/revenue overdue 1d ago its data is of 2026-01-13 07:59:59, and should be of 2026-01-14… assettui materialize ra…",
            "✗ marts/revenue:filled check failed 59m ago 2 months are empty assettui check run mart…",
            "! marts/revenue:positive warned 59m ago one is below zero assettui check run mart…",
            "◐ report stale – marts/revenue has new data assettui materialize re…",
        ]
        header = pilot.app.screen.query_one(Header)
        await until(pilot, lambda: "◷ 1 overdue" in str(header.render()))


async def test_that_nothing_new_came_for_longer_than_ever_shows_when_it_is_so(
    ailing: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ailing.writing() as connection:
        connection.execute("INSERT INTO rhythms VALUES ('report', ?, ?)", (NOW_US - 10**9, NOW_US + 10**6))
    async with app(ailing).run_test(size=(160, 30)) as pilot:
        listing = await ailments(pilot)
        assert not any("looks wrong" in line for line in shown(listing))
        monkeypatch.setattr(timing, "time", SimpleNamespace(time_ns=lambda: (NOW_US + 2 * 10**6) * 1000))
        await until(
            pilot, lambda: any("report looks wrong" in line and "not made since" in line for line in shown(listing))
        )


async def test_one_key_mends(ailing: Session) -> None:
    async with app(ailing).run_test(size=(120, 30)) as pilot:
        await ailments(pilot)
        await pilot.press("m")  # builds what has failed
        run = await until(pilot, lambda: run_page(ailing, limit=1).runs[0])
        await until(pilot, lambda: [str(key) for key in run_page(ailing, limit=1).runs[0].assets] == ["marts/churn"])
        await pilot.press("down", "down", "m")  # evaluates the check again
        await until(
            pilot, lambda: [str(key) for key in run_page(ailing, limit=1).runs[0].checks] == ["marts/revenue:filled"]
        )
        assert any("1 check" in text for text in told(pilot))
        await pilot.press("up", "m")  # what is overdue rests on more than itself: the plan is shown
        question = await on_screen(pilot, Question)
        assert "1. raw/orders" in str(question.query(Static).first().render())
        assert run is not None


async def test_w_says_why_and_enter_opens_the_run(ailing: Session) -> None:
    async with app(ailing).run_test(size=(120, 60)) as pilot:
        await ailments(pilot)
        await pilot.press("down", "w")
        text = await report(pilot)
        assert "check filled failed: 2 months are empty" in text
        assert "its data is of 2026-01-13 07:59:59 (2d ago), and should be of 2026-01-14 12:00:00 or later" in text
        assert "raw/orders  made 2026-01-13 08:00:00" in text
        assert "✗ too old" in text
        assert "✓✗" in text, "the past results of the check"
        assert "any_deps_updated" in text
        assert "requested in run 05050505" in text
        await pilot.press("escape", "home", "enter")
        await on_screen(pilot, RunScreen)


async def test_from_the_asset_it_is_refreshed_and_checked(ailing: Session) -> None:
    async with app(ailing).run_test(size=(100, 30)) as pilot:
        await pilot.press("end", "w")
        text = await report(pilot)
        assert "◐ report  stale" in text
        assert "• marts/revenue has new data" in text
        assert "to refresh it, 2 materializations would run" in text
        await pilot.press("R")
        question = await on_screen(pilot, Question)
        assert "3. report" in str(question.query(Static).first().render())
        await pilot.press("escape", "c")
        await until(pilot, lambda: any("report has no checks" in said for said in told(pilot)))


async def test_conditions_with_the_tree_of_what_each_came_to(ailing: Session) -> None:
    async with app(ailing).run_test(size=(100, 40)) as pilot:
        await pilot.press("5")
        screen = await on_screen(pilot, AutomationScreen)
        await until(pilot, lambda: screen.query_one(InstigatorList).rows)
        await pilot.press("enter")
        conditions = await on_screen(pilot, ConditionsScreen)
        listing = conditions.query_one(ConditionList)
        await until(pilot, lambda: listing.rows)
        assert shown(listing) == ["▶ marts/revenue eager 1h ago requested in run 0505…"]
        tree = await until(pilot, lambda: str(conditions.query_one("#tree", Static).render()))
        assert "any_deps_updated" in tree
        assert "not run: " in tree
        await pilot.press("enter")
        assert "check filled" in await report(pilot)
