"""`/` narrows every list: kept by enter, undone by escape, before escape leads back."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from assettui.project.screen_memory import remembered
from assettui.service.catalog import catalog
from assettui.service.session import Session
from assettui.tui.app import AssettuiApp
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.line_input import FilterBox
from assettui.tui.run_list import RunList
from assettui.tui.runs import RunsScreen
from tests.tui.conftest import heading, told, until
from tests.tui.looking import Leading, app


async def on_runs(pilot: Pilot[Any]) -> RunList:
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen.query_one(RunList).rows)
    return pilot.app.screen.query_one(RunList)


async def test_runs_are_found_in_the_store_not_in_the_list(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        runs = await on_runs(pilot)
        total = len(runs.rows)
        await pilot.press("slash", *"status:fa", "tab", "enter")
        await until(pilot, lambda: {run.status.value for run in runs.rows} == {"failure"})
        assert pilot.app.screen.query_one(FilterBox).value == "status:failure"
        assert pilot.app.focused is runs
        assert len(runs.rows) < total
        assert heading(pilot.app.screen).split("━")[-3].strip().startswith(f"{len(runs.rows)} run")
        await pilot.press("escape")
        await until(pilot, lambda: len(runs.rows) == total)
        assert isinstance(pilot.app.screen, RunsScreen)
        await pilot.press("slash", *"status:zz")
        await until(pilot, lambda: "no status is called 'zz'" in str(pilot.app.screen.query_one("#counts").render()))


async def test_what_is_asked_for_is_asked_of_all_that_are_marked(
    shop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    shown = app(shop)
    monkeypatch.setattr(shown, "retry_run", lambda run_id, from_failure: asked.append(run_id))  # pyright: ignore
    async with shown.run_test(size=(100, 30)) as pilot:
        runs = await on_runs(pilot)
        wanted = [run.run_id for run in runs.rows[1:3]]
        await pilot.press("down", "space", "space", "t")
        assert asked == wanted
        assert not runs.marked
        await pilot.press("space", "escape")
        assert not runs.marked
        assert isinstance(pilot.app.screen, RunsScreen)


@pytest.mark.parametrize(
    ("world", "keys", "words"),
    [
        ("automated", ["5"], "nightly"),
        ("automated", ["5", "enter"], "success"),
        ("ailing", ["6"], "fail"),
        ("of_partitions", ["B"], "e"),
    ],
)
async def test_every_list_has_a_filter(request: pytest.FixtureRequest, world: str, keys: list[str], words: str) -> None:
    session: Session = request.getfixturevalue(world)
    async with app(session).run_test(size=(100, 30)) as pilot:
        for key in keys:
            await pilot.press(key)
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, FilteredScreen)
        await until(pilot, lambda: screen.listed.rows)
        total = screen.listed.total
        await pilot.press("slash", *"zzz")
        await until(pilot, lambda: not screen.listed.rows)
        await pilot.press(*["backspace"] * 3, *words, "enter")
        await until(pilot, lambda: f"of {total:,} line" in str(screen.query_one("#counts").render()))
        assert screen.focused is screen.listed
        await pilot.press("escape")
        await until(pilot, lambda: len(screen.listed.rows) == total)
        assert pilot.app.screen is screen
        assert not told(pilot)


async def test_a_filter_is_there_again_when_its_screen_is(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await on_runs(pilot)
        await pilot.press("slash", *"status:failure", "enter", "3", "4")
        runs = await until(
            pilot, lambda: found.first() if (found := pilot.app.screen.query(RunList)) and found.first().rows else None
        )
        assert {run.status.value for run in runs.rows} == {"failure"}
        assert pilot.app.screen.query_one(FilterBox).display
        await pilot.press("q", "enter")
    left = remembered()
    assert left.of(shop.project.id).filters == {"runs": "status:failure"}
    again = AssettuiApp(shop, Leading(), catalog(shop), memory=left)
    async with again.run_test(size=(100, 30)) as pilot:
        runs = await until(
            pilot, lambda: found.first() if (found := pilot.app.screen.query(RunList)) and found.first().rows else None
        )
        assert {run.status.value for run in runs.rows} == {"failure"}
        await pilot.press("escape")
        await until(pilot, lambda: len({run.status.value for run in runs.rows}) > 1)
