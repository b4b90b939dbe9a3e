"""What the screens look like in large windows, on a light background, and where a terminal shows nothing but ASCII."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from assettui.project.screen_memory import CatalogMemory
from assettui.project.user_settings import UserSettings
from assettui.service.session import Session
from assettui.tui.header import Header
from tests.tui.conftest import until
from tests.tui.looking import app

Compare = Callable[..., bool]
LOOKS = {
    "200x60": ((200, 60), "dark", False),
    "80x24 light": ((80, 24), "light", False),
    "80x24 ASCII": ((80, 24), "dark", True),
}
SCREENS = {
    "catalog": ("shop", []),
    "lineage": ("shop", ["2"]),
    "lineage in lines": ("shop", ["2", "d", "Z"]),
    "partitions": ("of_partitions", ["3"]),
    "runs": ("shop", ["4"]),
    "run that failed": ("shop", ["4", "down", "enter"]),
    "automation": ("automated", ["5"]),
    "health": ("ailing", ["6"]),
    "data": ("shop", ["7"]),
    "launchpad": ("shop", ["ctrl+r"]),
    "keys": ("shop", ["question_mark", *"fold"]),
    "going": ("shop", ["colon", *"rev"]),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("screen", SCREENS)
def test_each_screen_in_each_look(
    snap_compare: Compare,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    screen: str,
    look: str,
) -> None:
    """Nothing is cut, touches or is told by color alone; ASCII has a stand-in for each glyph."""
    world, keys = SCREENS[screen]
    size, theme, is_ascii = LOOKS[look]
    session: Session = request.getfixturevalue(world)
    monkeypatch.setenv("ASSETTUI_ASCII", "1" if is_ascii else "0")

    async def before(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "leader" in str(pilot.app.query_one(Header).render()))
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        await settled(pilot)

    shown = app(session, memory=CatalogMemory(), settings=UserSettings(theme=theme))
    assert snap_compare(shown, terminal_size=size, run_before=before)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until all that is asked for in the background has come, and is drawn."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.1)
