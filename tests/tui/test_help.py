"""The keys of a place, searched and carried out; pages of help."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from assettui.render.actions import ACTIONS, SCREENS
from assettui.service.help_pages import pages
from assettui.service.session import Session
from assettui.tui.finder import Candidate, CandidateList, Finder
from assettui.tui.help import PAGES
from assettui.tui.questions import Reading
from tests.tui.conftest import told, until
from tests.tui.looking import app


def listed(pilot: Pilot[Any]) -> list[Candidate]:
    return list(pilot.app.screen.query_one(CandidateList).rows)


async def opened(pilot: Pilot[Any]) -> None:
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(pilot.app.screen, Finder))


async def test_the_keys_of_the_place_come_first_and_each_says_what_it_does(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        places = list(dict.fromkeys(each.kind for each in listed(pilot)))
        assert places.index("list") < places.index("catalog") < places.index("everywhere")
        assert all(each.name and each.said for each in listed(pilot))


async def test_they_are_searched_by_what_they_do_and_carried_out(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press(*"copy")
        await until(pilot, lambda: listed(pilot)[0].name == "Copy key")
        await pilot.press("enter")
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["copied raw/orders"]


@pytest.mark.parametrize("key", [key for key, _, _ in SCREENS])
async def test_every_screen_has_its_page(shop: Session, key: str) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        await pilot.press("f1")
        window = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert len(str(window.query(Static).first().render())) > 200


async def test_from_a_page_all_pages_are_searched(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Reading))
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))
        await pilot.press(*"blocking")
        await until(pilot, lambda: listed(pilot)[0].kind == "checks")
        await pilot.press("enter")
        window = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert "a test of an asset's data" in str(window.query(Static).first().render())


def test_every_action_has_a_title_and_every_place_a_page() -> None:
    assert all(action.title for actions in ACTIONS.values() for action in actions)
    assert set(PAGES.values()) <= {each.topic for each in pages()}
