"""What was made of an asset over time, and which of it is still kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.model import codec
from assettui.model.asset import ValueRef
from assettui.model.events import Materialization
from assettui.model.history import PastEvent
from assettui.store import queries
from assettui.store.asset_recording import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from assettui.model.events import Observation
    from assettui.model.keys import AssetKey

_COLUMNS = "id, time, kind, run, step, asset, partition, payload"
_OF_PART = "FROM events WHERE kind = 'materialized' AND asset = ? AND partition IS ?"


def past_of_part(
    connection: sqlite3.Connection, key: AssetKey, partition: str | None, *, limit: int = -1, offset: int = 0
) -> list[PastEvent]:
    """The materializations of an asset without partitions, or of one partition, the newest first.

    Args:
        connection: The store.
        key: The asset.
        partition: Its partition; None of one that has none.
        limit: At most so many; -1 for all.
        offset: So many of the newest are passed over.
    """
    part = (str(key), storable(partition))
    (count,) = connection.execute(f"SELECT count(*) {_OF_PART}", part).fetchone()
    rows = connection.execute(
        f"SELECT {_COLUMNS}, (SELECT rows FROM profiles WHERE of = events.id) {_OF_PART}"  # noqa: S608 - as above
        " ORDER BY id DESC LIMIT ? OFFSET ?",
        (*part, limit, offset),
    )
    paths = [ref.path for ref in kept_values(connection, key, partition)]
    return [_past_event(row, count - offset - index, paths) for index, row in enumerate(rows)]


def past_of_all(
    connection: sqlite3.Connection, key: AssetKey, kind: str, *, limit: int = -1, offset: int = 0
) -> list[PastEvent]:
    """All that happened to an asset, whichever of its partitions it was of, the newest first.

    Args:
        connection: The store.
        key: The asset.
        kind: `materialized` or `observed`.
        limit: At most so many; -1 for all.
        offset: So many of the newest are passed over.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS}, (SELECT rows FROM profiles WHERE of = events.id) FROM events"  # noqa: S608 - our own text
        f" WHERE kind = '{kind}' AND asset = ? ORDER BY id DESC LIMIT ? OFFSET ?",
        (str(key), limit, offset),
    )
    return [_past_event(row, None, ()) for row in rows]


def last_of_partitions(connection: sqlite3.Connection, key: AssetKey) -> list[PastEvent]:
    """The last materialization of each partition of an asset."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, (SELECT rows FROM profiles WHERE of = events.id) FROM events"  # noqa: S608 - our own text
        " WHERE id IN (SELECT made FROM partitions WHERE asset = ?)",
        (str(key),),
    )
    return [_past_event(row, None, ()) for row in rows]


def _past_event(row: tuple[Any, ...], number: int | None, kept: Sequence[str]) -> PastEvent:
    event = cast("Materialization | Observation", queries.event_of_row(row[:-1]))
    path = event.value.path if isinstance(event, Materialization) and event.value is not None else ""
    return PastEvent(event, number, row[-1], path in kept, bool(kept) and path == kept[0])


def kept_values(connection: sqlite3.Connection, key: AssetKey, partition: str | None) -> list[ValueRef]:
    """The versions of a value that are kept, the one that is current first."""
    if partition is None:
        row = connection.execute("SELECT kept FROM assets WHERE key = ?", (str(key),)).fetchone()
    else:
        row = connection.execute(
            "SELECT kept FROM partitions WHERE asset = ? AND partition = ?", (str(key), storable(partition))
        ).fetchone()
    return codec.decode(row[0], list[ValueRef]) if row and row[0] else []


def kept_versions(connection: sqlite3.Connection, key: AssetKey, partition: str | None) -> list[PastEvent]:
    """The materializations that have made the values that are kept, the one that is current first.

    One whose value was restored is listed once, as the materialization that has made it.
    """
    paths = [ref.path for ref in kept_values(connection, key, partition)]
    found: dict[str, PastEvent] = {}
    offset = 0
    while len(found) < len(paths):
        past = past_of_part(connection, key, partition, limit=_AT_ONCE, offset=offset)
        if not past:
            break
        offset += len(past)
        for each in past:
            event = each.event
            if isinstance(event, Materialization) and each.is_kept and event.restores is None and event.value:
                found.setdefault(event.value.path, each)
    return [found[path] for path in paths if path in found]


_AT_ONCE = 100
