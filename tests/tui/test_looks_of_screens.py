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
SIZES = ((80, 24), (120, 40), (200, 60))
KINDS = {"dark": ("dark", False), "light": ("light", False), "ASCII": ("dark", True)}
"""The theme, and whether there is nothing but ASCII."""
LOOKS = {f"{width}x{height} {kind}": ((width, height), *KINDS[kind]) for width, height in SIZES for kind in KINDS}
FAST_LOOKS = {"200x60 dark", "80x24 ASCII"}
TABS = ("preview", "profile", "history", "checks", "versions", "lineage", "automation", "runs", "code")
"""Of an asset without partitions, in the order of the key that goes through them."""
FAST_SCREENS: dict[str, tuple[str, list[str]]] = {
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
SCREENS = {
    **FAST_SCREENS,
    "catalog filtered": ("shop", ["slash", *"group:m"]),
    "catalog by owner, folded": ("shop", ["g", "g", "z"]),
    "columns": ("shop", ["C"]),
    "asset": ("shop", ["down", "down", "down", "down", "enter"]),
    **{f"asset: {tab}": ("shop", ["enter", *["tab"] * at]) for at, tab in enumerate(TABS, 1)},
    "asset: partitions": ("of_partitions", ["down", "enter", "tab", "tab", "tab"]),
    "calendars": ("of_partitions", ["3", "C"]),
    "plan of a backfill": ("of_partitions", ["down", "b"]),
    "backfills": ("of_partitions", ["B"]),
    "backfill": ("of_partitions", ["B", "enter"]),
    "run that goes on": ("shop", ["4", "enter"]),
    "run, its events searched": ("shop", ["4", "enter", "slash", *"read", "enter"]),
    "comparison of runs": ("shop", ["4", "down", "space", "space", "equals_sign"]),
    "runs filtered": ("shop", ["4", "slash", *"status:failed"]),
    "schedule": ("automated", ["5", "enter"]),
    "timeline": ("automated", ["5", "u", "minus"]),
    "conditions": ("ailing", ["5", "enter"]),
    "question": ("shop", ["M"]),
    "messages": ("shop", ["exclamation_mark"]),
    "page of help": ("shop", ["f1"]),
}


@pytest.mark.parametrize(
    ("screen", "look"),
    [
        pytest.param(
            screen,
            look,
            id=f"{screen}-{look}",
            marks=() if screen in FAST_SCREENS and look in FAST_LOOKS else pytest.mark.slow,
        )
        for screen in SCREENS
        for look in LOOKS
    ],
)
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
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
        await settled(pilot)

    shown = app(session, memory=CatalogMemory(), settings=UserSettings(theme=theme))
    assert snap_compare(shown, terminal_size=size, run_before=before)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until all that is asked for in the background has come, and is drawn."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.1)
