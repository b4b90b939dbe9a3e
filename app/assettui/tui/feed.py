"""Hearing that something was committed, from the leader's wake socket, in a thread that sleeps until then."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.service.session import Session

SETTLE_S = 0.05
"""Commits that follow each other within this time are one change: the screen is drawn once for them."""
LOOK_EVERY_S = 1.0
"""How often a leader is looked for while nobody leads."""


class Feed:
    """Calls a function whenever something may have changed in the store.

    Args:
        session: The store.
        on_change: Called from the feed's own thread, for the first time as soon as it has begun.
        wait_until_begun: Waits, in the same thread, until there is something to hear.
    """

    def __init__(self, session: Session, on_change: Callable[[], None], wait_until_begun: Callable[[], None]) -> None:
        self._session = session
        self._on_change = on_change
        self._wait_until_begun = wait_until_begun
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        self._wait_until_begun()
        wake_client = WakeClient(self._session.folder.socket)
        is_connected, leader = wake_client.connect(), self._session.leader()
        self._on_change()
        while not self._stop.is_set():
            is_told = wake_client.wait(LOOK_EVERY_S)
            if self._stop.is_set():
                break
            before = (is_connected, leader)
            is_connected = wake_client.connect()
            if not is_connected or is_told:
                leader = self._session.leader()  # it may let go of the lease a little after its wake socket
            if is_told or (is_connected, leader) != before:
                self._on_change()
                self._stop.wait(SETTLE_S)
        wake_client.close()
