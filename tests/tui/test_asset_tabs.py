"""The tabs of an asset, as one who types at them sees them."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from assettui import AssetKey
from assettui.model.check import AssetCheckKey
from assettui.model.run import RunRequest
from assettui.service.automation import instigators_of
from assettui.service.session import Session
from assettui.tui.asset import AssetScreen
from assettui.tui.asset_automation import AssetAutomationScreen
from assettui.tui.asset_checks import AssetChecksScreen, CheckList
from assettui.tui.asset_tabs import AssetTabs, TabbedScreen
from assettui.tui.automation import InstigatorList
from assettui.tui.run import RunScreen
from assettui.tui.run_list import RunList
from assettui.tui.runs import AssetRunsScreen
from tests.tui.conftest import heading, until
from tests.tui.looking import app


def line(pilot: Pilot[Any]) -> str:
    """The line of the tabs."""
    return pilot.app.screen.query_one(AssetTabs).render().plain


async def shown(pilot: Pilot[Any], key: str, tab: type[TabbedScreen]) -> TabbedScreen:
    """A tab of an asset, reached by the key."""
    pilot.app.open_asset(AssetKey(key))  # pyright: ignore
    await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))
    while not isinstance(pilot.app.screen, tab):
        await pilot.press("tab")
        await pilot.pause()
    return pilot.app.screen


async def test_where_there_is_no_room_for_all_the_line_moves_with_the_tab(shop: Session) -> None:
    async with app(shop).run_test(size=(60, 24)) as pilot:
        await shown(pilot, "marts/revenue", AssetScreen)
        seen = [line(pilot)]
        for _ in range(9):
            await pilot.press("tab")
            await pilot.pause()
            seen.append(line(pilot))
        assert seen[0].startswith("  overview ")
        assert seen[0].endswith("›")
        assert seen[-1].startswith("‹")
        assert seen[-1].endswith(" code ")
        assert all(len(each) <= 58 for each in seen)
        assert "partitions" not in " ".join(seen), "it has none"


async def test_a_tab_is_clicked(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 24)) as pilot:
        await shown(pilot, "marts/revenue", AssetScreen)
        for tab, screen in (("checks", AssetChecksScreen), ("runs", AssetRunsScreen), ("overview", AssetScreen)):
            await pilot.click(AssetTabs, offset=(line(pilot).index(tab) + 1, 0))
            await until(pilot, lambda screen=screen: isinstance(pilot.app.screen, screen))
        assert len(pilot.app.screen_stack) == 2
    async with app(shop).run_test(size=(60, 24)) as pilot:
        await shown(pilot, "marts/revenue", AssetScreen)
        edge = line(pilot).index("›")
        await pilot.click(AssetTabs, offset=(edge + 1, 0))
        await until(pilot, lambda: not isinstance(pilot.app.screen, AssetScreen))


async def test_the_runs_of_an_asset_are_those_alone(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 24)) as pilot:
        screen = await shown(pilot, "marts/churn", AssetRunsScreen)
        runs = screen.query_one(RunList)
        await until(pilot, lambda: runs.rows)
        assert all(AssetKey("marts/churn") in run.assets for run in runs.rows)
        total = len(runs.rows)
        await pilot.press("slash", *"status:failed", "enter")
        await until(pilot, lambda: 0 < len(runs.rows) < total or {run.status.value for run in runs.rows} == {"failure"})
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await pilot.press("escape")
        assert heading(pilot.app.screen).startswith("━━ Catalog › marts/churn ")


async def test_the_checks_of_an_asset_with_their_past(ailing: Session, monkeypatch: Any) -> None:
    asked: list[RunRequest] = []
    application = app(ailing)
    monkeypatch.setattr(application, "launch_run", asked.append)
    async with application.run_test(size=(120, 40)) as pilot:
        checked = next(row for row in application.catalog.rows if row.checks)
        screen = await shown(pilot, str(checked.key), AssetChecksScreen)
        listed = screen.query_one(CheckList)
        await until(pilot, lambda: listed.rows)
        assert [row.key for row in listed.rows] == [row.key for row in checked.checks]
        said = str(screen.query_one("#check", Static).render())
        assert str(listed.rows[0].key) in said
        await pilot.press("c", "C")
        assert [each.checks for each in asked] == [
            (listed.rows[0].key,),
            tuple(row.key for row in listed.rows),
        ]
        assert screen.copied() == str(listed.rows[0].key)
        assert AssetCheckKey.from_user_string(str(screen.copied())) == listed.rows[0].key


async def test_what_makes_an_asset_by_itself(ailing: Session) -> None:
    async with app(ailing).run_test(size=(120, 40)) as pilot:
        conditioned = next(row for row in pilot.app.catalog.rows if row.asset.condition is not None)  # pyright: ignore
        screen = await shown(pilot, str(conditioned.key), AssetAutomationScreen)
        await until(pilot, lambda: screen.query_one(InstigatorList).rows)
        names = [row.name for row in screen.query_one(InstigatorList).rows]
        assert names == [row.name for row in instigators_of(ailing, conditioned.key)]
        assert str(conditioned.key) in str(screen.query_one("#condition", Static).render())


async def test_what_nothing_makes_by_itself_says_how_it_could_be(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot, "raw/orders", AssetAutomationScreen)
        listed = screen.query_one(InstigatorList)
        await until(pilot, lambda: "nothing makes it by itself" in listed.render_line(0).text)
