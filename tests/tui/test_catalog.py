"""The catalog, as one who types at it sees it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from assettui import AssetKey
from assettui.model.project import ProjectSnapshot
from assettui.model.run import RunStatus, StepError
from assettui.project.screen_memory import CatalogMemory, remembered
from assettui.render.assets import catalog_columns
from assettui.service.catalog import AssetRow, catalog
from assettui.service.runs import run_page
from assettui.service.session import Session
from assettui.store import projects
from assettui.store.database import open_for_writing, writing
from assettui.tui.app import AssettuiApp
from assettui.tui.asset import AssetScreen
from assettui.tui.asset_list import AssetList
from assettui.tui.asset_pane import AssetPane
from assettui.tui.column_chooser import ColumnChooser
from assettui.tui.finder import CandidateList, Finder
from assettui.tui.header import Header
from assettui.tui.line_input import FilterBox
from assettui.tui.questions import Question, Reading
from assettui.tui.run import RunScreen
from tests.tui.conftest import heading, told, until
from tests.tui.looking import Leading, app
from tests.worlds.shop import ASSETS, NOW_US, session


def listed(pilot: Pilot[None]) -> list[str]:
    return [
        str(row.key) if isinstance(row, AssetRow) else f"[{row.name}]" for row in pilot.app.query_one(AssetList).rows
    ]


def current(pilot: Pilot[None]) -> str:
    row = pilot.app.query_one(AssetList).current_asset
    return str(row.key) if row else ""


def said(static: Widget) -> str:
    return str(static.render())


def shown(pilot: Pilot[None], index: int) -> str:
    return pilot.app.query_one(AssetList).render_line(index).text


async def test_every_asset_has_its_line_with_why_it_is_as_it_is(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 50)) as pilot:
        lines = [" ".join(shown(pilot, index).split()) for index in range(7)]
        assert lines == [
            "● raw/orders raw csv 11m ago 950ms 48,012",
            "● raw/customers raw postgres 1d ago 2.4s 1,204",
            "◐ marts/revenue marts polars 1d ago 310ms 144 raw/orders has ne…",
            "✗ marts/churn marts polars 1d ago 45ms 12 ZeroDivisionError…",
            "▶ models/forecast models sklearn never – –",
            "○ models/letters models never – –",
            "◇ web/clicks default external – –",
        ]


async def test_the_pane_shows_what_is_known_of_the_asset_under_the_cursor(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 50)) as pilot:
        pane = pilot.app.query_one(AssetPane)
        await until(pilot, lambda: "48,012 ▁▃▄▅▆▇██" in said(pane))
        await pilot.press("down", "j")
        assert current(pilot) == "marts/revenue"
        shown = await until(pilot, lambda: said(pane) if "refund_share" in said(pane) else "")
        text = " ".join(shown.split())
        for words in (
            "raw/orders has new data",
            "Refunds are taken off",
            "● orders ─╭─▸◐ revenue ───▸▶ forecast",
            "● customers ─╯",
            "rows 144 ▄▄▄▄",
            "refund_share 0.031",
            "owners ada@example.com",
            "tag tier=gold",
            "code version 3",
            "defined at /home/ada/shop/definitions.py:31",
        ):
            assert words in text


async def test_the_list_narrows_with_every_letter(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.press("/", "c", "h")
        assert listed(pilot) == ["marts/churn"]
        await pilot.press("backspace", "backspace", *"group:m")
        assert listed(pilot) == ["marts/revenue", "marts/churn", "models/forecast", "models/letters"]
        before = current(pilot)
        await pilot.press("down")
        assert current(pilot) != before
        await pilot.press("enter")
        assert pilot.app.query_one(AssetList).has_focus
        assert pilot.app.query_one(FilterBox).display
        await pilot.press("escape")
        assert len(listed(pilot)) == 7
        await until(pilot, lambda: not pilot.app.query_one(FilterBox).display)
        await pilot.press("/", *"status:st", "enter")
        assert listed(pilot) == ["marts/revenue"]
        await pilot.press("/", *" no")
        assert listed(pilot) == []


async def test_any_selection_filters_and_a_wrong_one_says_where_and_keeps_what_was_listed(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        counts = pilot.app.query_one("#counts", Static)
        await pilot.press("slash")
        box = pilot.app.query_one(FilterBox)
        box.value = "1+revenue and not status:external"
        await until(pilot, lambda: listed(pilot) == ["raw/orders", "raw/customers", "marts/revenue"])
        box.value += " and ("
        await until(pilot, lambda: said(counts) == "✗ this ( is never closed at 39")
        assert listed(pilot) == ["raw/orders", "raw/customers", "marts/revenue"]
        box.value += "kind:csv)"
        await until(pilot, lambda: listed(pilot) == ["raw/orders"])
        assert said(counts) == ""
        assert "1 of 7 assets" in heading(pilot.app.screen)


async def test_several_are_selected_and_built_in_one_run(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "space")
        assets = pilot.app.query_one(AssetList)
        assert assets.selected == {AssetKey("raw/orders"), AssetKey("raw/customers")}
        assert "7 assets · 2 selected" in heading(pilot.app.screen)
        await pilot.press("m")
        await until(pilot, lambda: run_page(shop, limit=1).runs[0].status is RunStatus.QUEUED)
        assert run_page(shop, limit=1).runs[0].assets == (AssetKey("raw/orders"), AssetKey("raw/customers"))
        await until(pilot, lambda: not assets.selected)


async def test_all_that_is_listed_is_selected_but_for_what_comes_from_elsewhere(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        assert len(pilot.app.query_one(AssetList).selected) == 6
        await pilot.press("end", "space")
        assert len(pilot.app.query_one(AssetList).selected) == 6
        await pilot.press("a")
        assert not pilot.app.query_one(AssetList).selected
        await pilot.press("space", "home", "space", "escape")
        assert not pilot.app.query_one(AssetList).selected


async def test_building_with_upstream_shows_its_plan_first(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        before = run_page(shop, limit=1).runs[0].run_id
        await pilot.press("down", "down", "M")
        question = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Question) else None)
        assert "raw/customers" in str(question.query(Static).first().render())
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Question))
        assert run_page(shop, limit=1).runs[0].run_id == before
        await pilot.press("M")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: len(run_page(shop, limit=1).runs[0].assets) == 3)


async def test_a_plan_that_would_be_another_one_by_now_is_shown_anew_before_it_is_started(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "M")
        first = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Question) else None)
        alone = tuple(replace(each, upstream=(), inputs=()) for each in ASSETS)
        with shop.writing() as connection:
            projects.save_loaded(connection, shop.project.id, ProjectSnapshot("shop", alone).encode(), {}, NOW_US)
        before = run_page(shop, limit=1).runs[0].run_id
        await pilot.press("enter")
        again = await until(
            pilot,
            lambda: screen if isinstance(screen := pilot.app.screen, Question) and screen is not first else None,
        )
        assert "has changed since" in said(again.query(Static).first())
        assert run_page(shop, limit=1).runs[0].run_id == before
        await pilot.press("enter")
        await until(pilot, lambda: len(run_page(shop, limit=1).runs[0].assets) == 3)


async def test_what_cannot_be_built_is_told(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("end", "m")
        messages = await until(pilot, lambda: told(pilot))
        assert "external" in messages[0]


async def test_r_opens_the_run_that_counts_and_w_says_why(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "down", "w")
        asset = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, AssetScreen) else None)
        assert "division by zero" in await until(pilot, lambda: said(asset.query_one("#report", Static)))
        await pilot.press("escape", "r")
        run = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, RunScreen) else None)
        await until(pilot, lambda: "fa110000" in heading(run))


async def test_a_broken_edit_keeps_the_last_good_catalog_with_the_traceback_one_key_away(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        db = open_for_writing(shop.folder)
        error = StepError(
            "SyntaxError: invalid syntax", "exception", "SyntaxError", 'File "x.py", line 3\n  def [red](:'
        )
        with writing(db):
            projects.save_failed(db, shop.project.id, error, {}, NOW_US)
        db.close()
        pilot.app.post_message(AssettuiApp.Changed())
        banner = pilot.app.query_one("#banner", Static)
        await until(pilot, lambda: banner.display)
        assert "SyntaxError: invalid syntax" in said(banner)
        assert len(listed(pilot)) == 7
        await pilot.press("t")
        reading = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert "def [red](:" in str(reading.query(Static).first().render())


async def test_a_project_that_was_never_loaded_says_so(tmp_path: Path) -> None:
    new = session(tmp_path)
    open_for_writing(new.folder).close()
    async with app(new).run_test(size=(80, 24)) as pilot:
        assert "loading the project" in shown(pilot, 0)


async def test_what_is_to_be_built_at_first_is_built_once_the_project_is_loaded(shop: Session) -> None:
    async with app(shop, build=["raw/orders"]).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: run_page(shop, limit=1).runs[0].assets == (AssetKey("raw/orders"),))
        total = run_page(shop, limit=1).total
        pilot.app.post_message(AssettuiApp.Changed())
        await pilot.pause(0.2)
        assert run_page(shop, limit=1).total == total


async def test_the_details_are_scrolled_from_the_keyboard(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        pane = pilot.app.query_one("#pane")
        await pilot.press("j", "j", "tab", "down", "down")
        await until(pilot, lambda: pane.scroll_offset.y == 2)
        assert current(pilot) == "marts/revenue"
        await pilot.press("escape", "down")
        assert current(pilot) == "marts/churn"


async def test_a_click_moves_the_cursor_and_a_second_one_opens(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.click(AssetList, offset=(5, 3))
        assert current(pilot) == "marts/churn"
        await pilot.click(AssetList, offset=(5, 3), times=2)
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))


async def test_where_nobody_leads_nothing_runs_and_anybody_may_lead(abandoned: Session) -> None:
    leading = Leading(holds=False)
    async with app(abandoned, leading).run_test(size=(120, 30)) as pilot:
        header = pilot.app.query_one(Header)
        await until(pilot, lambda: "nobody leads: L to lead" in str(header.render()))
        assert "▶ 0 running" in str(header.render())
        assert shown(pilot, 4).startswith("○ models/forecast")
        await pilot.press("L")
        await until(pilot, lambda: "● leader" in str(header.render()))
        assert leading.taken == 1


async def test_an_engine_that_has_stopped_is_told_once(shop: Session) -> None:
    leading = Leading(wrong=RuntimeError("the disk is full"))
    async with app(shop, leading).run_test(size=(80, 24)) as pilot:
        reading = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert "the disk is full" in str(reading.query(Static).first().render())
        await pilot.press("escape")
        pilot.app.post_message(AssettuiApp.Changed())
        await pilot.pause(0.2)
        assert not isinstance(pilot.app.screen, Reading)


async def test_quitting_asks_where_runs_would_end_with_it(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1 running" in said(pilot.app.query_one(Header)))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Question))
        assert pilot.app.is_running
        await pilot.press("q", "enter")
        await until(pilot, lambda: not pilot.app.is_running)
    async with app(shop, Leading(holds=False)).run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running)


async def test_every_action_can_be_found_by_its_name(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        named = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"Build", "+Upstream", "Select", "Filter", "Runs", "Keys", "Quit", "Copy key", "Theme"} <= named
        await pilot.press("question_mark")
        window = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Finder) else None)
        assert "Build" in {candidate.name for candidate in window.query_one(CandidateList).rows}
        assert "never built" in said(window.query_one(".below", Static))


async def test_assets_stand_below_their_groups_which_fold(shop: Session) -> None:
    async with app(shop, memory=CatalogMemory()).run_test(size=(120, 40)) as pilot:
        assert listed(pilot)[:4] == ["[raw]", "raw/orders", "raw/customers", "[marts]"]
        assert current(pilot) == "raw/orders", "the cursor begins on an asset"
        assert shown(pilot, 3).split()[:6] == ["▾", "marts", "2", "✗", "1", "◐"]
        await pilot.press("left")
        assert listed(pilot)[:3] == ["[raw]", "[marts]", "marts/revenue"]
        assert shown(pilot, 0).startswith("▸ raw  2")
        await pilot.press("enter")
        assert listed(pilot)[1] == "raw/orders"
        await pilot.press("z")
        assert "raw/orders" not in listed(pilot) or listed(pilot) == ["[raw]", "[marts]", "[models]", "[default]"]
        await pilot.press("slash", *"churn")
        assert listed(pilot) == ["marts/churn"], "what a filter finds is seen"


async def test_what_was_made_and_what_failed_in_the_last_day_is_a_strip(shop: Session) -> None:
    async with app(shop, memory=CatalogMemory()).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "✗" in shown(pilot, 3)[40:])
        assert "·" in shown(pilot, 3)
        assert "█" in shown(pilot, 0) or "▅" in shown(pilot, 0)


async def test_groups_are_of_one_s_choice(shop: Session) -> None:
    async with app(shop, memory=CatalogMemory()).run_test(size=(120, 40)) as pilot:
        await pilot.press("g")
        assert told(pilot)[-1] == "grouped by prefix"
        assert listed(pilot)[0] == "[raw]"
        await pilot.press("g")
        assert "[team:shop]" in listed(pilot)
        await pilot.press("g")
        assert "[sklearn]" in listed(pilot)
        await pilot.press("g")
        assert "[" not in "".join(listed(pilot))


async def test_assets_are_ordered_by_a_column_and_the_other_way_round(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        await pilot.press("o")
        assert listed(pilot) == sorted(listed(pilot))
        assert "by name ▾" in heading(pilot.app.screen)
        await pilot.press("O")
        assert listed(pilot) == sorted(listed(pilot), reverse=True)
        await pilot.press("O", "o")
        assert listed(pilot)[0] == "marts/churn", "what has failed comes first"
        await pilot.press("o")
        assert listed(pilot)[0] == "raw/orders", "what was built last comes first"


async def test_columns_are_chosen(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        assert "48,012" in shown(pilot, 0)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(pilot.app.screen, ColumnChooser))
        names = [column.title for column in catalog_columns(is_tree=False)][1:]
        await pilot.press(*["down"] * names.index("rows"), "space", "enter")
        await until(pilot, lambda: "48,012" not in shown(pilot, 0))


async def test_the_pane_is_put_away_and_comes_back(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        side = pilot.app.query_one("#side")
        await pilot.press("i")
        await until(pilot, lambda: not side.display)
        await pilot.press("i")
        await until(pilot, lambda: side.display)


async def test_a_group_is_built_or_selected_as_a_whole(shop: Session) -> None:
    async with app(shop, memory=CatalogMemory()).run_test(size=(80, 24)) as pilot:
        await pilot.press("up", "space")
        assert pilot.app.query_one(AssetList).selected == {AssetKey("raw/orders"), AssetKey("raw/customers")}
        await pilot.press("up", "space", "up", "m")
        await until(pilot, lambda: run_page(shop, limit=1).runs[0].status is RunStatus.QUEUED)
        assert set(run_page(shop, limit=1).runs[0].assets) == {AssetKey("raw/orders"), AssetKey("raw/customers")}


async def test_how_the_screens_were_left_is_remembered(shop: Session) -> None:
    async with app(shop, memory=CatalogMemory()).run_test(size=(80, 24)) as pilot:
        await pilot.press("g", "o", "i", "left", "slash", *"raw", "enter", "3", "q", "enter")
    left = remembered().of(shop.project.id)
    assert left.screen == "partitions"
    assert left.catalog == CatalogMemory("prefix", "name", folded=("raw",), filter="raw", has_pane=False)
    again = AssettuiApp(shop, Leading(), catalog(shop), memory=remembered())
    async with again.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: again.root_name == "partitions")
        await pilot.press("1")
        assert pilot.app.screen_stack[0].query_one(FilterBox).value == "raw"


async def test_the_filter_is_completed(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"group:ma")
        box = pilot.app.query_one(FilterBox)
        await until(pilot, lambda: box._suggestion == "group:marts")
        await pilot.press("tab")
        assert box.value == "group:marts"
        assert listed(pilot) == ["marts/revenue", "marts/churn"]
