"""The line of keys at the bottom."""

from __future__ import annotations

import pytest

from assettui.service.session import Session
from assettui.tui.finder import Finder
from assettui.tui.key_bar import KeyBar
from tests.tui.conftest import until
from tests.tui.looking import app


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
async def test_how_to_see_all_keys_and_how_to_leave_is_shown_at_every_width(shop: Session, width: int) -> None:
    async with app(shop).run_test(size=(width, 24)) as pilot:
        for key in ("1", "3", "4", "5", "6", "B"):
            await pilot.press(key)
            await pilot.pause()
            shown = str(pilot.app.screen.query_one(KeyBar).render())
            assert "? Keys  q Quit" in shown
            assert len(shown) <= width - 2


@pytest.mark.parametrize("key", ["1", "3", "4", "5", "6", "7", "B"])
async def test_at_80_columns_the_six_keys_that_matter_are_all_there(shop: Session, key: str) -> None:
    async with app(shop).run_test(size=(200, 24)) as wide:
        await wide.press(key)
        await wide.pause()
        all_of_them = " ".join(str(wide.app.screen.query_one(KeyBar).render()).split())
    async with app(shop).run_test(size=(80, 24)) as narrow:
        await narrow.press(key)
        await narrow.pause()
        assert " ".join(str(narrow.app.screen.query_one(KeyBar).render()).split()) == all_of_them


async def test_a_key_that_is_clicked_does_what_it_does(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        bar = pilot.app.screen.query_one(KeyBar)
        shown = str(bar.render())
        await pilot.click(bar, offset=(1 + shown.index("? Keys") + 2, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, Finder))


async def test_what_is_typed_into_an_input_is_no_key(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 24)) as pilot:
        await pilot.press("slash")
        bar = pilot.app.screen.query_one(KeyBar)
        await until(pilot, lambda: str(bar.render()).startswith("⏎ Keep the filter  esc Undo it"))
        assert "Quit" not in str(bar.render())
        assert "/ Filter" not in str(bar.render())
