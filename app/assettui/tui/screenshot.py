"""A picture of a screen, drawn without a terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from assettui.model.errors import NotFound
from assettui.model.keys import AssetKey, closest
from assettui.project.screen_memory import ScreenMemory
from assettui.project.user_settings import UserSettings
from assettui.render.actions import SCREENS
from assettui.service.catalog import catalog
from assettui.service.runs import run_detail
from assettui.tui import asset_tabs
from assettui.tui.app import AssettuiApp
from assettui.tui.themes import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from assettui.service.session import Session

SETTLES_S: Final = 0.35
"""What is fetched in the background has come when nothing was drawn for so long."""
WAITS_S: Final = 15.0
NAMES: Final = (*(name if name != "sql" else "data" for _, name, _ in SCREENS), "backfills", "asset", "run")


class _Onlooker:
    """A process that has nothing to lead: it only looks."""

    def begin(self) -> None:
        """Nothing to begin."""

    def wait_until_begun(self) -> None:
        """Nothing to wait for."""

    def take(self) -> bool:
        """It only looks."""
        return False

    def is_held(self) -> bool:
        """As whoever leads would see it."""
        return True

    def failure(self) -> BaseException | None:
        """Nothing went wrong."""
        return None


def picture(
    session: Session,
    screen: str,
    name: str | None = None,
    *,
    tab: str | None = None,
    size: tuple[int, int] = (120, 40),
    theme: str = "dark",
    keys: Sequence[str] = (),
) -> str:
    """A screen as SVG.

    Args:
        session: The store.
        screen: One of `NAMES`.
        name: The key of the asset, or the id of the run.
        tab: Of an asset, which of its tabs.
        size: Columns and rows.
        theme: As in the settings.
        keys: What is pressed first, by Textual's names.

    Raises:
        NotFound: There is no such screen, asset, run, tab or theme.
    """
    if screen not in NAMES:
        raise _unknown("screen", screen, NAMES)
    known = catalog(session)
    app = AssettuiApp(session, _Onlooker(), known, (), ScreenMemory(), UserSettings(theme=theme))
    themes = [*OWN, "ansi", *app.available_themes]
    if theme not in themes:
        raise _unknown("theme", theme, themes)
    if screen == "asset":
        known.row(AssetKey((name or "").split("/")))
        if tab is not None and tab not in asset_tabs.TABS:
            raise _unknown("tab", tab, asset_tabs.TABS)
    run_id = run_detail(session, name or "").run.run_id if screen == "run" else ""

    async def take() -> str:
        async with app.run_test(size=size) as pilot:
            await _settle(pilot)
            if screen == "asset":
                app.open_asset(AssetKey((name or "").split("/")))
                if tab is not None:
                    app.switch_tab(tab, AssetKey((name or "").split("/")), None)
            elif screen == "run":
                app.open_run(run_id)
            else:
                app.action_main_screen("sql" if screen == "data" else screen)
            await _settle(pilot)
            for key in keys:
                await pilot.press(key)
                await _settle(pilot)
            return app.export_screenshot(title=f"assettui {screen}")

    return asyncio.run(take())


async def _settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is fetched any more, and what was is drawn."""
    await pilot.pause()
    loop = asyncio.get_running_loop()
    until, quiet_since = loop.time() + WAITS_S, loop.time()
    while loop.time() < until and loop.time() - quiet_since < SETTLES_S:
        await pilot.pause(0.05)
        if any(worker.is_running for worker in pilot.app.workers):
            quiet_since = loop.time()


def _unknown(kind: str, name: str, known: Sequence[str]) -> NotFound:
    near = closest(name, known)
    return NotFound(
        f"no {kind} is called {name!r}", hint=f"did you mean {near!r}?" if near else f"there are: {', '.join(known)}"
    )
