from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from textual.pilot import Pilot
from textual.screen import Screen

from assettui.tui.app import AssettuiApp
from assettui.tui.header import Header
from assettui.tui.log_view import LogView
from assettui.tui.rule import Rule
from assettui.tui.run import RunScreen
from assettui.tui.run_list import StepList
from tests.worlds.fixtures import abandoned, ailing, automated, noon, of_partitions, shop

__all__ = ["abandoned", "ailing", "automated", "noon", "of_partitions", "shop"]


async def until(pilot: Pilot[Any], is_so: Callable[[], Any], timeout_s: float = 10) -> Any:
    """Wait for a fact, and give it."""
    deadline = time.monotonic() + timeout_s
    while True:
        await pilot.pause()
        if found := is_so():
            return found
        assert time.monotonic() < deadline, "did not happen"


async def opened(pilot: Pilot[Any], run_id: str) -> RunScreen:
    """One run, opened and loaded."""
    cast(AssettuiApp, pilot.app).open_run(run_id)
    screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, RunScreen) else None)
    await until(pilot, lambda: screen.query_one(StepList).rows)
    await until(pilot, lambda: any(word in heading(screen) for word in ("started", "failure", "success")))
    await until(pilot, lambda: "1 running" in str(screen.query_one(Header).render()))
    await until(pilot, lambda: any("run " in line or "╭─" in line for line in lines(screen)))
    return screen


def lines(screen: RunScreen) -> list[str]:
    """What the lower half of a run shows."""
    log = screen.query_one(LogView)
    return [log.render_line(y).text.rstrip() for y in range(log.size.height)]


def told(pilot: Pilot[Any]) -> list[str]:
    """What was said, the newest last."""
    return [said.text for said in cast(AssettuiApp, pilot.app).messages.all()]


def heading(screen: Screen[Any]) -> str:
    """The line above the main panel."""
    return screen.query_one("#heading", Rule).render_line(0).text
