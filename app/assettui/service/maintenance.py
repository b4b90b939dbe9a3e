"""Looking after a store: whether it is sound, what of it is superfluous, copies of it, and what can be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.errors import LaunchError
from assettui.model.timing import SECOND_US, clock_us
from assettui.store import maintenance
from assettui.store.database import open_for_writing, told
from assettui.store.leftovers import Removed, oldest_at_work_s, remove_logs, remove_values
from assettui.store.repair import Repaired, repair

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.service.session import Session


class Vacuumed(Struct, frozen=True):
    """What was removed."""

    values: Removed
    logs: Removed
    database_bytes: int | None
    """How much smaller the store's file is; None where it was left, since it is led."""


def vacuum(session: Session) -> Vacuumed:
    """Remove values that nothing refers to and logs that are too old or too many, and give back the room in the file.

    Raises:
        StoreError: The store cannot be read or written.
    """
    settings, folder = session.project.settings, session.folder
    leader = session.leader()
    connection = open_for_writing(folder)
    try:
        now_s = clock_us() / SECOND_US
        with told(folder.database):
            at_work_s = oldest_at_work_s(connection) if leader is not None else None
            values = remove_values(folder, connection, before_s=min(now_s, at_work_s or now_s))
            logs = remove_logs(
                folder, connection, now_s=now_s, days=settings.log_days, megabytes=settings.log_megabytes
            )
            if leader is not None:  # it would have to wait, and so would all that it carries out
                return Vacuumed(values, logs, None)
            before = folder.database.stat().st_size
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return Vacuumed(values, logs, max(0, before - folder.database.stat().st_size))
    finally:
        connection.close()


def restore(session: Session, source: Path) -> maintenance.Copied:
    """Put a copy in the place of the store.

    Raises:
        LaunchError: It is led.
        StoreError: The copy is no store, or is damaged.
    """
    _refuse_led(session)
    return maintenance.restore(session.folder, source, lambda: _aside(session, "replaced"))


def repaired(session: Session) -> Repaired:
    """Put what can be read of a damaged store in its place.

    Raises:
        LaunchError: It is led.
        StoreError: Nothing can be read.
    """
    _refuse_led(session)
    return repair(session.folder, lambda: _aside(session, "damaged"))


def _refuse_led(session: Session) -> None:
    leader = session.leader()
    if leader is not None:
        raise LaunchError(f"the store is led ({leader.named})", hint="end that process first")


def _aside(session: Session, what: str) -> Path:
    """A folder, not yet made, for what is no longer the store."""
    return session.folder.root / f"{what}-{clock_us()}"
