"""The first rows of what the cursor rests on, read by a viewer process that ends when nobody looks any more."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from assettui.model.errors import AssettuiError
from assettui.model.preview import Page, ReadPage
from assettui.service.previews import present_data
from assettui.tui.fetching import Newest

if TYPE_CHECKING:
    from textual.timer import Timer

    from assettui.executors.viewing import ViewerProcess
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import AssetRow
    from assettui.tui.main_screen import MainScreen

RESTS_S: Final = 0.6
"""The cursor rests so long before anything is read."""
ENDS_AFTER_S: Final = 60.0
"""The viewer ends when nothing was asked of it for so long."""
ROWS: Final = 5
MOST: Final = 1_000_000
"""Of a larger value nothing is read unasked: a database may have to be read whole for it."""


class FirstRows:
    """See above. All but the reading itself is done on the screen's thread.

    Args:
        screen: What is told, by `Read`.
    """

    @dataclass
    class Read(Newest):
        """The first rows of an asset."""

        key: AssetKey
        made: int | None
        """The event of the materialization that they are of."""
        page: Page | None
        """None of what is no table, and of what cannot be read."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._viewer: ViewerProcess | None = None
        self._resting: Timer | None = None
        self._ending: Timer | None = None
        self._known: FirstRows.Read | None = None
        self._is_busy = False

    def page_of(self, row: AssetRow) -> Page | None:
        """What is known of the last materialization of an asset."""
        known, last = self._known, row.state.last
        return (
            known.page
            if known is not None and last is not None and (known.key, known.made) == (row.key, last.id)
            else None
        )

    def rest_on(self, row: AssetRow | None) -> None:
        """The cursor is on an asset now: its rows are read when it stays there."""
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        last, known = row.state.last if row is not None else None, self._known
        if row is None or last is None or last.rows is None or last.rows > MOST:
            return
        if known is None or (known.key, known.made) != (row.key, last.id):
            self._resting = self._screen.set_timer(RESTS_S, partial(self._begin, row.key, last.id))

    def take(self, read: FirstRows.Read) -> None:
        """Keep what was read."""
        self._known, self._is_busy = read, False

    def close(self) -> None:
        """End the viewer, away from the screen."""
        viewer, self._viewer = self._viewer, None
        if viewer is not None:
            threading.Thread(target=viewer.close, name="end-viewer").start()

    def _begin(self, key: AssetKey, made: int | None) -> None:
        if self._is_busy or not self._screen.is_active:
            return
        self._is_busy = True
        if self._viewer is None:
            from assettui.executors.viewing import ViewerProcess  # deferred: the first frame needs none

            session = self._screen.app.session
            self._viewer = ViewerProcess(session.project, session.folder)
        if self._ending is not None:
            self._ending.stop()
        self._ending = self._screen.set_timer(ENDS_AFTER_S, self.close)
        self._screen.run_worker(partial(self._read, self._viewer, key, made), thread=True, group="rows")

    def _read(self, viewer: ViewerProcess, key: AssetKey, made: int | None) -> None:
        from assettui.executors.viewing import Stopped  # deferred, as above

        page: Page | None = None
        with suppress(AssettuiError, Stopped):  # there is nothing to show then; the preview says why
            answer = viewer.ask(ReadPage(present_data(self._screen.app.session, key).value, rows=ROWS))
            page = answer if isinstance(answer, Page) else None
        self._screen.post_message(self.Read(key, made, page))
