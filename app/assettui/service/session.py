"""One face's view of one store: the project it is about, and a connection that reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.orphans import as_ended, is_orphaned, reason_of
from assettui.model.errors import LaunchError
from assettui.model.timing import clock_us
from assettui.store.database import open_for_reading, open_for_writing, store_exists, told, writing
from assettui.store.lease import Leader, holder, last_holder
from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterable

    from assettui.model.run import RunRecord
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder
    from assettui.store.project_state import ProjectState


class Session(Struct, frozen=True):
    """What is asked about. Cheap: nothing is open while nothing is asked."""

    project: Project
    folder: StoreFolder

    def is_new(self) -> bool:
        """Whether there is no store yet."""
        return not store_exists(self.folder)

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection that reads, and sees one state of the store throughout.

        Raises:
            StoreError: There is no store, or it cannot be read.
        """
        connection = open_for_reading(self.folder)
        try:
            with told(self.folder.database):
                connection.execute("BEGIN")
                yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One short write transaction; the leader is woken after it.

        Raises:
            StoreError: The store cannot be written; then nothing was.
        """
        db = open_for_writing(self.folder)
        try:
            with writing(db):
                yield db
        finally:
            db.close()
        wake_client = WakeClient(self.folder.socket)
        wake_client.ring()
        wake_client.close()

    def state(self, connection: sqlite3.Connection) -> ProjectState:
        """What is known of the project now, by a connection that is open; read as far as it is asked for."""
        from assettui.store.project_state import (
            ProjectState,  # deferred: 50 ms, which completing a name need not wait for
        )

        return ProjectState(connection, self.project.id, clock_us(), is_led=self.leader() is not None)

    def refuse_other_project(self) -> None:
        """Refuse to ask something of a leader that has other code.

        Raises:
            LaunchError: The leader runs another project's code.
        """
        leader = self.leader()
        if leader is not None and leader.project_id != self.project.id:
            raise LaunchError(
                f"the store is led by a process that runs another project's code (pid {leader.pid})",
                hint="end it first, or give each project a store of its own with --store",
            )

    def as_they_are(self, runs: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
        """Runs that were read, as they are: those that nobody carries out any more have ended, though nobody has written so."""
        reason = self.orphaned_for()
        return tuple(as_ended(run, reason) if reason is not None and is_orphaned(run) else run for run in runs)

    def orphaned_for(self) -> str | None:
        """Why nobody carries out what is under way, in one line; None where somebody leads."""
        if self.leader() is not None:
            return None
        last = last_holder(self.folder.lease)
        return reason_of(last.named if last is not None else None)

    def leader(self) -> Leader | None:
        """Who leads the store now."""
        return holder(self.folder.lease)
