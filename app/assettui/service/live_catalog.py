"""The catalog, read again and again while things happen: only what something has happened to is looked at anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.timing import clock_us
from assettui.service.catalog import catalog_of
from assettui.store import queries
from assettui.store.live_state import FULL_EVERY_US, LiveState, touched_assets

if TYPE_CHECKING:
    import sqlite3

    from assettui.service.catalog import Catalog
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState


class LiveCatalog:
    """See above. Used by one thread at a time.

    Args:
        session: The store.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: tuple[ProjectState, int] | None = None
        """The state of the last look, and the last event that it knew of."""
        self._full_us = 0

    def read(self, connection: sqlite3.Connection) -> Catalog:
        """The catalog as it is now, by a connection that is open.

        Raises:
            StoreError: The store cannot be read.
        """
        event = queries.last_event(connection)
        state = self._next(connection, event)
        found = catalog_of(state, self._session)
        self._last = (state, event)
        return found

    def _next(self, connection: sqlite3.Connection, event: int) -> ProjectState:
        whole = self._session.state(connection)
        now_us = clock_us()
        if self._last is not None and 0 <= now_us - self._full_us < FULL_EVERY_US:
            before, seen = self._last
            is_same = before.graph is whole.graph and before.is_led == whole.is_led and event >= seen
            touched = touched_assets(connection, whole.graph, seen) if is_same else None
            if touched is not None:
                return LiveState(connection, before, now_us, touched)
        self._full_us = now_us
        return whole
