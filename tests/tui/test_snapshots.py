"""What the screens look like. Each test says in words what one should see; look at the picture before taking a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from assettui.model.run import StepError
from assettui.service.session import Session
from assettui.store import projects
from assettui.store.database import open_for_writing, writing
from assettui.tui.asset import AssetScreen
from assettui.tui.asset_pane import AssetPane
from assettui.tui.automation import InstigatorList
from assettui.tui.backfill_plan import BackfillPlanScreen
from assettui.tui.backfills import BackfillList, BackfillScreen
from assettui.tui.conditions import ConditionsScreen
from assettui.tui.finder import Finder
from assettui.tui.grid_view import GridView
from assettui.tui.header import Header
from assettui.tui.health import AilmentList
from assettui.tui.instigator import InstigatorScreen
from assettui.tui.questions import Question, Reading
from assettui.tui.run_list import RunList
from assettui.tui.runs import RunsScreen
from assettui.tui.timeline import TimelineScreen, TimelineView
from tests.tui.conftest import heading, lines, opened, until
from tests.tui.looking import app
from tests.worlds.shop import NOW_US, RUNNING

SIZES = [(80, 24), (120, 40)]
sizes = pytest.mark.parametrize(
    "size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.slow)], ids=["80x24", "120x40"]
)
Compare = Callable[..., bool]


async def still(pilot: Pilot[Any]) -> None:
    """Wait until the store has been read."""
    await until(pilot, lambda: "1 running" in str(pilot.app.query_one(Header).render()))
    await until(pilot, lambda: "▁" in str(pilot.app.screen_stack[0].query_one(AssetPane).render()))
    await pilot.app.workers.wait_for_complete()


@sizes
def test_catalog(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """Six assets and an external one, each with glyph and color; below or beside them what is known of the first.

    The header: this process leads, one run is running, one asset has failed, one is stale.
    """
    assert snap_compare(app(shop), terminal_size=size, run_before=still)


@sizes
def test_catalog_filtered_and_selected(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """The filter with its count above the list; two of the marts are selected, the stale one under the cursor."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await pilot.press("/", *"marts", "enter", "space", "space", "home")
        await until(pilot, lambda: "Refunds" in str(pilot.app.query_one(AssetPane).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


@sizes
def test_catalog_of_a_project_that_is_broken_now(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """A red line says what is wrong and which key shows all of it; the last good catalog is still there."""
    db = open_for_writing(shop.folder)
    with writing(db):
        projects.save_failed(db, shop.project.id, StepError("SyntaxError: '(' was never closed"), {}, NOW_US)
    db.close()
    assert snap_compare(app(shop), terminal_size=size, run_before=still)


@sizes
def test_plan_of_a_build_with_upstream(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """A window asks whether to build three assets, upstream first, with a guess of the time."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await pilot.press("down", "down", "M")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


@sizes
def test_keys(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """A window lists the keys, those of the list and the catalog first; what is typed narrows them; below, what the glyphs mean."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


@sizes
def test_runs(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """Ten runs: one is running, one has failed (with its error where there is room), eight have succeeded."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await pilot.press("4")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen.query_one(RunList).rows
        )
        await until(pilot, lambda: "1 running" in str(pilot.app.screen.query_one(Header).render()))

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


@sizes
def test_run(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """One step runs, with a bar as long as the run, another waits; below them the events, a warning in yellow."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await opened(pilot, RUNNING)

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


@sizes
def test_run_stdout(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """The last lines of what the running step has printed, down to epoch 60."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        screen = await opened(pilot, RUNNING)
        await pilot.press("o")
        await until(pilot, lambda: "epoch 60: loss 0.0167" in lines(screen))

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


@sizes
def test_error_of_a_step(snap_compare: Compare, shop: Session, size: tuple[int, int]) -> None:
    """A window with the user's traceback, their file and line in it."""

    async def before(pilot: Pilot[Any]) -> None:
        await still(pilot)
        await opened(pilot, "fa11000000000000")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Reading))

    assert snap_compare(app(shop), terminal_size=size, run_before=before)


# Partitions.


async def filled(pilot: Pilot[Any]) -> GridView:
    """The grid, opened and filled."""
    await pilot.press("3")
    return await until(
        pilot, lambda: view if (found := pilot.app.screen.query(GridView)) and (view := found.first()).rows else None
    )


async def zoomed(pilot: Pilot[Any], unit: str) -> None:
    """Zoom until a cell stands for this."""
    await pilot.press(*["plus"] * 6)
    while f"1 cell = 1 {unit}" not in heading(pilot.app.screen):
        await pilot.press("minus")
    pilot.app.clear_notifications()


@sizes
def test_catalog_with_partitions(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """Behind each asset with partitions a bar of how much of it is there, and how many; beside or below it all counts."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("down")
        await until(pilot, lambda: "2 failed" in str(pilot.app.query_one(AssetPane).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


@sizes
def test_grid_by_day(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """A cell for each day; December with its gap, two failures and one that is being made; a rectangle is selected.

    Labels stand above their days and do not touch; the line below says what the cell under the cursor is.
    """

    async def before(pilot: Pilot[Any]) -> None:
        await filled(pilot)
        await zoomed(pilot, "day")
        await pilot.press("g", *"2025-12-18", "enter", "v", "down", *["right"] * 3)
        await until(pilot, lambda: "no rate" in str(pilot.app.screen.query_one("#status", Static).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


@sizes
def test_grid_by_month(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """A cell for each month: how high it is says how much is there, red that something of it has failed."""

    async def before(pilot: Pilot[Any]) -> None:
        await filled(pilot)
        await pilot.press("g", *"2025-12-18", "enter", "down")
        await zoomed(pilot, "month")
        await until(pilot, lambda: "2 failed" in str(pilot.app.screen.query_one("#status", Static).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


@sizes
def test_grid_of_two_dimensions(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """A line for each region, a cell for each month."""

    async def before(pilot: Pilot[Any]) -> None:
        await filled(pilot)
        await pilot.press("g", *"2025-12-10", "enter", "down", "down", "down", "enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 3)
        await until(pilot, lambda: pilot.app.screen.query_one(GridView).rows)
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


@sizes
def test_plan_of_a_backfill(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """How many of each asset, in order; what is left out, and why; and the keys that change or start it."""

    async def before(pilot: Pilot[Any]) -> None:
        await filled(pilot)
        await zoomed(pilot, "day")
        await pilot.press("g", *"2025-12-19", "enter", "down", "v", *["right"] * 8, "b")
        await until(pilot, lambda: isinstance(pilot.app.screen, BackfillPlanScreen))
        await until(pilot, lambda: "skipped" in str(pilot.app.screen.query_one("#plan", Static).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


@sizes
def test_backfills(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """One backfill, failed, with its bar."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("B")
        await until(pilot, lambda: (found := pilot.app.screen.query(BackfillList)) and found.first().rows)
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


@sizes
def test_backfill(snap_compare: Compare, of_partitions: Session, size: tuple[int, int]) -> None:
    """What of it failed, grouped by error, with the end of the traceback, and its last runs."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("B")
        await until(pilot, lambda: (found := pilot.app.screen.query(BackfillList)) and found.first().rows)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BackfillScreen))
        await until(pilot, lambda: "failures" in str(pilot.app.screen.query_one("#detail", Static).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(of_partitions), terminal_size=size, run_before=before)


# Over time.


async def automation_shown(pilot: Pilot[Any]) -> InstigatorList:
    """The schedules and sensors, opened and filled."""
    await pilot.press("5")
    found = await until(pilot, lambda: pilot.app.screen.query(InstigatorList))
    await until(pilot, lambda: found.first().rows)
    await until(pilot, lambda: "next " in str(pilot.app.screen.query_one(Header).render()))
    return found.first()


@sizes
def test_automation(snap_compare: Compare, automated: Session, size: tuple[int, int]) -> None:
    """A schedule that went well, a sensor whose last tick failed, one that is off: when each was, and when it will be."""

    async def before(pilot: Pilot[Any]) -> None:
        await automation_shown(pilot)
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(automated), terminal_size=size, run_before=before)


@sizes
def test_instigator(snap_compare: Compare, automated: Session, size: tuple[int, int]) -> None:
    """One sensor: what it is, its cursor, its ticks, and below them what the last one said and how it failed."""

    async def before(pilot: Pilot[Any]) -> None:
        await automation_shown(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, InstigatorScreen))
        await until(pilot, lambda: "boom" in str(pilot.app.screen.query_one("#tick", Static).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(automated), terminal_size=size, run_before=before)


@sizes
def test_timeline(snap_compare: Compare, automated: Session, size: tuple[int, int]) -> None:
    """A line for a job: a run of an hour, now, and where it is due next; below, what lies under the cursor."""

    async def before(pilot: Pilot[Any]) -> None:
        await automation_shown(pilot)
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))
        view = pilot.app.screen.query_one(TimelineView)
        await until(pilot, lambda: view.rows)
        await pilot.press("minus", "minus")
        await until(pilot, lambda: pilot.app.screen.query_one(RunList).rows)
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(automated), terminal_size=size, run_before=before)


@sizes
def test_health(snap_compare: Compare, ailing: Session, size: tuple[int, int]) -> None:
    """What has failed, is overdue, fails its checks or is stale, the worst first; below, the first in full, and what mends it."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("6")
        await until(pilot, lambda: pilot.app.screen.query(AilmentList) and pilot.app.screen.query_one(AilmentList).rows)
        await until(pilot, lambda: "1 overdue" in str(pilot.app.screen.query_one(Header).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(ailing), terminal_size=size, run_before=before)


@sizes
def test_asset(snap_compare: Compare, ailing: Session, size: tuple[int, int]) -> None:
    """Why it has failed, how old its data is and what it rests on, its checks with their past, its condition as a tree."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("6", "down", "w")
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))
        await until(pilot, lambda: "compliance" in str(pilot.app.screen.query_one("#report", Static).render()))
        await until(pilot, lambda: "1 overdue" in str(pilot.app.screen.query_one(Header).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(ailing), terminal_size=size, run_before=before)


@sizes
def test_conditions(snap_compare: Compare, ailing: Session, size: tuple[int, int]) -> None:
    """One condition, requested an hour ago; below, the tree of what each part of it comes to now, and the same in a sentence."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("5")
        await until(
            pilot, lambda: pilot.app.screen.query(InstigatorList) and pilot.app.screen.query_one(InstigatorList).rows
        )
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConditionsScreen))
        await until(pilot, lambda: "not run" in str(pilot.app.screen.query_one("#tree", Static).render()))
        await until(pilot, lambda: "1 overdue" in str(pilot.app.screen.query_one(Header).render()))
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(app(ailing), terminal_size=size, run_before=before)
