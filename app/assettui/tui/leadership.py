"""This process's part in leading the store, as the screens see it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from assettui.engine.leading import lead

if TYPE_CHECKING:
    from assettui.engine.engine import Engine
    from assettui.service.session import Session


class Leadership(Protocol):
    """What the screens ask of it; tests put something else in its place."""

    def begin(self) -> None:
        """Start the work that was prepared, once the screen is there."""
        ...

    def wait_until_begun(self) -> None:
        """Wait until the store is open and its wake socket is heard, where this process leads."""
        ...

    def take(self) -> bool:
        """Lead, if nobody else does; whether this process leads now."""
        ...

    def is_held(self) -> bool: ...

    def failure(self) -> BaseException | None:
        """What ended this process's engine, where it was not asked to end."""
        ...


class Lead(Leadership):
    """An engine in this process, where no other leads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._taking = threading.Lock()
        self.engine: Engine | None = self._lead()
        self._has_begun = False

    def _lead(self) -> Engine | None:
        return lead(self._session.project, self._session.folder, face="tui", watch_sources=True, is_ticking=True)

    def begin(self) -> None:
        """Start the engine that was prepared."""
        self._has_begun = True
        if self.engine is not None:
            self.engine.start()

    def wait_until_begun(self) -> None:
        """Wait until the engine hears; what has ended it instead is told by `failure`."""
        if self.engine is not None:
            self.engine.is_ready.wait()

    def take(self) -> bool:
        with self._taking:
            if not self.is_held():
                self.engine = self._lead()
                if self.engine is not None:
                    self.engine.start()
                    self.engine.wait_until_ready()
            return self.is_held()

    def is_held(self) -> bool:
        return self.engine is not None and (self.engine.is_alive() or not self._has_begun)

    def failure(self) -> BaseException | None:
        """What ended the engine, where it was not asked to end."""
        return self.engine.failure if self.engine is not None else None
