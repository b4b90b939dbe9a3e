"""However often something is asked for, and however long it takes to fetch: it is fetched, and the newest state is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator

from textual.app import App
from textual.message import Message

from assettui.tui.fetching import Fetching
from tests.tui.conftest import until

FETCH_S = 0.06


class Loaded(Message):
    def __init__(self, state: int) -> None:
        super().__init__()
        self.state = state


class Eager(App[None]):
    """Asks with every change."""

    state = 0

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[int] = []
        self.fetching = Fetching(self, self.fetch)

    def fetch(self) -> Iterator[Loaded]:
        state = self.state
        time.sleep(FETCH_S)
        yield Loaded(state)

    def change(self) -> None:
        self.state += 1
        self.fetching.ask()

    def on_loaded(self, message: Loaded) -> None:
        self.shown.append(message.state)


async def test_a_flood_of_changes_neither_starves_nor_floods_the_screen() -> None:
    async with Eager().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Eager)
        for _ in range(60):
            app.change()
            await pilot.pause(0.01)
        assert len(app.shown) >= 2, "nothing was shown while things changed"
        await until(pilot, lambda: app.shown[-1] == app.state)
        assert len(app.shown) < 20
        assert app.shown == sorted(app.shown)


async def test_after_a_while_without_changes_the_next_one_is_fetched_at_once() -> None:
    async with Eager().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Eager)
        app.change()
        await until(pilot, lambda: app.shown == [1])
        await pilot.pause(3 * FETCH_S)
        app.change()
        await until(pilot, lambda: app.shown == [1, 2])
