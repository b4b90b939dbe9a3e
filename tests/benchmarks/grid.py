"""How long the partition grid takes to open, and to draw a frame while it is scrolled."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Iterator

from textual.geometry import Region

from assettui.service.catalog import catalog
from assettui.service.session import Session
from assettui.tui.app import AssettuiApp
from assettui.tui.grid_view import GridView
from tests.benchmarks.figures import Figure

SIZE = (160, 50)
FRAMES = 40


class Nobody:
    """No part in leading."""

    def begin(self) -> None:
        """Nothing."""

    def wait_until_begun(self) -> None:
        """Nothing."""

    def take(self) -> bool:
        """Never."""
        return False

    def is_held(self) -> bool:
        """Never."""
        return False

    def failure(self) -> BaseException | None:
        """None."""
        return None


async def scrolling(session: Session) -> Iterator[Figure]:
    """The figures, measured in an app that draws into memory."""
    figures: list[Figure] = []
    began = time.perf_counter()
    known = catalog(session)
    figures.append(Figure("1,000 × 119,000: catalog read", time.perf_counter() - began, "s"))
    app = AssettuiApp(session, Nobody(), known)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        began = time.perf_counter()
        app.action_main_screen("partitions")
        await pilot.pause()
        await pilot.pause()
        view = app.screen.query_one(GridView)
        while not view.rows:
            await pilot.pause()
        view.render_lines(Region(0, 0, *view.size))
        figures.append(Figure("1,000 × 119,000: grid opened", time.perf_counter() - began, "s", 0.5))
        for name, key, zooms in (
            ("one cell a month", "pagedown", 0),
            ("one cell an hour", "pagedown", 5),
            ("sideways", "L", 0),
        ):
            for _ in range(zooms):
                await pilot.press("plus")
            times: list[float] = []
            gc.collect()
            for _ in range(FRAMES):
                began = time.perf_counter()
                if key == "pagedown":
                    view.action_page(1, 0)
                    if view.row >= len(view.rows) - 60:
                        view.move_to(0, view.column)
                else:
                    view.action_page(0, -1)
                    if view.column < 500:
                        view.move_to(view.row, view.axis.count - 1 if view.axis else 0)
                view.render_lines(Region(0, 0, *view.size))
                times.append(time.perf_counter() - began)
            figures.append(Figure(f"1,000 × 119,000: a frame, {name}", statistics.median(times) * 1e3, "ms", 30))
            figures.append(Figure(f"1,000 × 119,000: the slowest, {name}", max(times) * 1e3, "ms"))
    figures.append(
        Figure("1,000 × 119,000: memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", 300)
    )
    return iter(figures)
