"""The line of keys at the bottom."""

from __future__ import annotations

import pytest

from assettui.service.session import Session
from assettui.tui.key_bar import KeyBar
from assettui.tui.questions import Reading
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
        if width >= 200:
            assert not shown.endswith("    ? Keys  q Quit"), "where all fit, they stand side by side"


async def test_a_key_that_is_clicked_does_what_it_does(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        bar = pilot.app.screen.query_one(KeyBar)
        shown = str(bar.render())
        await pilot.click(bar, offset=(1 + shown.index("? Keys") + 2, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, Reading))


async def test_what_is_typed_into_an_input_is_no_key(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 24)) as pilot:
        await pilot.press("slash")
        bar = pilot.app.screen.query_one(KeyBar)
        await until(pilot, lambda: str(bar.render()).startswith("⏎ Keep the filter  esc Undo it"))
        assert "Quit" not in str(bar.render())
        assert "/ Filter" not in str(bar.render())
