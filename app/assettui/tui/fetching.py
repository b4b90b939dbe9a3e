"""Fetching from the store in the background, as often as it helps and no oftener."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from textual.message import Message

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.dom import DOMNode

    from assettui.tui.app import AssettuiApp

PAUSE_S = 0.05
"""What is asked for within this time of the last fetch is fetched once."""


class Newest(Message):
    """A message of which only the newest counts: a burst of them draws once."""

    def can_replace(self, message: Message) -> bool:
        """Whether the other one, which came before, need not be handled."""
        return isinstance(message, type(self))


class Fetching:
    """One fetch at a time, in a thread; what is asked for meanwhile is fetched once more, when it has had its rest.

    The rest is as long as the fetch took: however quickly things change and however much there is to fetch, the
    newest state appears, and the engine, which may run in this very process, gets its turn.

    Args:
        node: The app or screen that receives what was fetched.
        fetch: Fetches; called in a thread. A `StoreError` of it is told, and ends this fetch.
    """

    def __init__(self, node: DOMNode, fetch: Callable[[], Iterable[Message]]) -> None:
        self._node = node
        self._fetch = fetch
        self._is_busy = False
        self._is_wanted = False

    def ask(self) -> None:
        """Fetch, now or as soon as possible. Called on the screen's thread."""
        if self._is_busy:
            self._is_wanted = True
            return
        self._is_busy = True
        self._node.run_worker(self._run, thread=True, group="fetch")

    def _run(self) -> None:
        began = time.monotonic()
        try:
            for message in self._fetch():
                self._node.post_message(message)
        except AssettuiError as error:
            app = cast("AssettuiApp", self._node.app)
            app.call_from_thread(app.warn, error)
        finally:
            self._node.call_later(self._rest, time.monotonic() - began)

    def _rest(self, took_s: float) -> None:
        self._node.set_timer(max(PAUSE_S, took_s), self._go_on)

    def _go_on(self) -> None:
        self._is_busy = False
        if self._is_wanted:
            self._is_wanted = False
            self.ask()
