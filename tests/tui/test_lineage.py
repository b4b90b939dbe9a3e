"""The lineage, walked through."""

from __future__ import annotations

from typing import Any, cast

from textual.pilot import Pilot
from textual.widgets import Static

from assettui.service.session import Session
from assettui.tui.asset import AssetScreen
from assettui.tui.backfill_plan import BackfillPlanScreen
from assettui.tui.catalog import CatalogScreen
from assettui.tui.finder import CandidateList, Finder
from assettui.tui.lineage import AssetLineageScreen, LineageScreen
from assettui.tui.lineage_view import LineageView
from assettui.tui.questions import Question
from assettui.tui.run import RunScreen
from tests.tui.conftest import heading, told, until
from tests.tui.looking import app


def view(pilot: Pilot[Any]) -> LineageView:
    return pilot.app.screen.query_one(LineageView)


def here(pilot: Pilot[Any]) -> str:
    node = view(pilot).current
    return node.name if node is not None else ""


def drawn(pilot: Pilot[Any]) -> str:
    shown = view(pilot)
    return "\n".join(shown.render_line(y).text.rstrip() for y in range(shown.size.height))


async def opened(pilot: Pilot[Any]) -> None:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, LineageScreen) and here(pilot))


async def test_the_cursor_begins_where_the_catalog_s_is_and_walks_along_edges(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        await pilot.press("down")
        await opened(pilot)
        assert here(pilot) == "raw/customers"
        await pilot.press("left")
        assert here(pilot) == "web/clicks"
        await pilot.press("l", "l")
        assert here(pilot) in ("marts/revenue", "marts/churn")
        first = here(pilot)
        await pilot.press("down" if first == "marts/revenue" else "up")
        assert here(pilot) != first
        assert "7 of 7 assets" in heading(pilot.app.screen)
        said = str(pilot.app.screen.query_one("#said", Static).render())
        assert here(pilot) in said
        assert "upstream" in said


async def test_it_is_drawn_in_lines_where_boxes_have_no_room(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        await opened(pilot)
        assert "╭" in drawn(pilot)
        assert "│● raw/orders" in drawn(pilot)
        await pilot.press("d")
        await until(pilot, lambda: "│● raw/orders" not in drawn(pilot))
        assert "● raw/orders" in drawn(pilot)


async def test_focus_more_less_and_all(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        await opened(pilot)
        await pilot.press("f")
        await until(pilot, lambda: "2 levels around raw/orders" in heading(pilot.app.screen))
        await until(pilot, lambda: "models/letters" not in drawn(pilot))
        await pilot.press("minus")
        await until(pilot, lambda: "models/forecast" not in drawn(pilot))
        await pilot.press("plus", "plus")
        await until(pilot, lambda: "models/letters" in drawn(pilot))
        assert here(pilot) == "raw/orders", "the cursor stays"
        await pilot.press("a")
        await until(pilot, lambda: "7 of 7 assets" in heading(pilot.app.screen))


async def test_a_group_folds_to_one_node_and_opens_again(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        await opened(pilot)
        await pilot.press("z")
        await until(pilot, lambda: "▸ raw (2)" in drawn(pilot))
        assert here(pilot) == "raw"
        await pilot.press("enter")
        await until(pilot, lambda: "raw/customers" in drawn(pilot))
        await pilot.press("Z")
        await until(pilot, lambda: "▸ marts (2)" in drawn(pilot) and "raw/customers" not in drawn(pilot))


async def test_searching_goes_from_one_found_to_the_next(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"marts", "enter")
        await until(pilot, lambda: here(pilot).startswith("marts/"))
        first = here(pilot)
        await pilot.press("n")
        assert here(pilot) != first
        assert here(pilot).startswith("marts/")
        await pilot.press("N")
        assert here(pilot) == first


async def test_what_is_under_the_cursor_is_opened_built_and_copied(shop: Session) -> None:
    async with app(shop).run_test(size=(160, 40)) as pilot:
        await opened(pilot)
        await pilot.press("y")
        assert told(pilot)[-1] == "copied raw/orders"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))
        assert heading(pilot.app.screen).startswith("━━ Lineage › raw/orders ━") or "Lineage › raw/orders" in heading(
            pilot.app.screen
        )
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineageScreen))
        await pilot.press("z")
        await until(pilot, lambda: here(pilot) == "raw")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question | BackfillPlanScreen))


async def test_escape_goes_back_to_where_one_came_from(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "2")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineageScreen))
        await pilot.press("escape")
        await until(pilot, lambda: cast(Any, pilot.app).root_name == "runs")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, CatalogScreen))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, CatalogScreen)


async def test_it_is_a_tab_of_an_asset(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))
        await pilot.press(*["shift+tab"] * 4)
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetLineageScreen) and here(pilot) == "raw/orders")
        assert "2 levels around raw/orders" in heading(pilot.app.screen)


async def test_the_drawing_is_clicked_and_dragged(shop: Session) -> None:
    async with app(shop).run_test(size=(60, 16)) as pilot:
        await opened(pilot)
        await pilot.press("d")
        await until(pilot, lambda: view(pilot).is_boxed)
        before = drawn(pilot)
        await pilot.press("shift+right")
        await until(pilot, lambda: drawn(pilot) != before)
        line = next(y for y, text in enumerate(drawn(pilot).splitlines()) if "marts/" in text)
        await pilot.click(LineageView, offset=(drawn(pilot).splitlines()[line].index("marts/") + 1, line))
        assert here(pilot).startswith("marts/")


async def test_anything_is_gone_to_by_some_letters_of_its_name(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))
        await pilot.press(*"rev")
        listed = pilot.app.screen.query_one(CandidateList)
        await until(pilot, lambda: listed.current is not None and listed.current.name == "marts/revenue")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))
        await pilot.press("colon", *"fa11")
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_what_was_said_can_be_read_again(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: told(pilot))
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: pilot.app.screen.query(Static))
        shown = "\n".join(str(each.render()) for each in pilot.app.screen.query(Static))
        assert "copied raw/orders" in shown
