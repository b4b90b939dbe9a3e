"""The launchpad: typed, planned, started."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from assettui import AssetKey
from assettui.model.run import RunStatus
from assettui.project.screen_memory import remembered
from assettui.service.runs import run_page
from assettui.service.session import Session
from assettui.tui.finder import CandidateList, Finder
from assettui.tui.launchpad import ConfigText, LaunchpadScreen
from tests.conftest import made_folder
from tests.tui.conftest import heading, told, until
from tests.tui.looking import app

SECRET = """
    from assettui import ConfigurableResource, Definitions, asset
    from pydantic import SecretStr

    class Warehouse(ConfigurableResource):
        token: SecretStr

    @asset
    def orders(warehouse: Warehouse): ...

    defs = Definitions(assets=[orders], resources={"warehouse": Warehouse.configure_at_launch()})
"""
HUSH = "resources:\n  warehouse:\n    config:\n      token: hush\n"


def says(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.query_one("#says", Static).render())


async def opened(pilot: Pilot[Any]) -> ConfigText:
    await pilot.press("ctrl+r")
    await until(pilot, lambda: isinstance(pilot.app.screen, LaunchpadScreen))
    await until(pilot, lambda: "1. raw/orders" in says(pilot))
    return pilot.app.screen.query_one(ConfigText)


async def test_what_is_planned_is_shown_and_started_with_its_tags(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        assert "can be run" in heading(pilot.app.screen)
        assert "about 950ms of work" in says(pilot)
        pilot.app.screen.query_one("#tags", Input).value = "why=test"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: run_page(shop, limit=1).runs[0].status is RunStatus.QUEUED)
        run = run_page(shop, limit=1).runs[0]
        assert (run.assets, run.tags["why"]) == ((AssetKey("raw/orders"),), "test")


async def test_what_is_wrong_is_said_as_it_is_typed_and_cannot_be_started(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        await pilot.press(*"ops", "colon", "enter", *"  - ")
        before = run_page(shop, limit=1).runs[0].run_id
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("cannot be run so" in said for said in told(pilot)))
        assert run_page(shop, limit=1).runs[0].run_id == before


async def test_letters_are_typed_and_escape_leaves(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 30)) as pilot:
        box = await opened(pilot)
        await pilot.press(*"q1m")
        assert box.text == "q1m"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LaunchpadScreen))


async def test_what_was_typed_comes_back_the_next_time(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 30)) as pilot:
        box = await opened(pilot)
        box.load_text("resources: {}")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LaunchpadScreen))
        assert (await opened(pilot)).text == "resources: {}"
        await pilot.press("escape", "q", "enter")
    assert remembered().of(shop.project.id).configs == {"raw/orders": "resources: {}"}


async def test_the_palette_of_places_is_left_by_escape(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 30)) as pilot:
        await pilot.press("colon", *"zzz")
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))
        await until(pilot, lambda: not pilot.app.screen.query_one(CandidateList).rows)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Finder))


async def test_secrets_are_not_remembered(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = made_folder(tmp_path_factory, "secrets")
    folder.write(SECRET)
    assert folder.run("asset", "ls").returncode == 0
    assert folder.run("materialize", "orders", "--config", str(folder.write(HUSH, "hush.yaml"))).returncode == 0
    async with app(folder.session).run_test(size=(120, 30)) as pilot:
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(pilot.app.screen, LaunchpadScreen))
        shown = pilot.app.screen.query_one("#resource-lines", Static)
        assert "as the project gives it" in str(shown.render())
        pilot.app.screen.query_one(ConfigText).load_text(HUSH)
        await until(pilot, lambda: "· this run" in str(shown.render()))
        assert "hush" not in str(shown.render())
        before = len(run_page(folder.session, limit=9).runs)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(run_page(folder.session, limit=9).runs) == before + 1)
        await pilot.press("q")
    assert "hush" not in str(remembered())
