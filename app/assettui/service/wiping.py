"""Forgetting that assets were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.space import UnknownPartition
from assettui.model.errors import NotFound
from assettui.model.events import Wiped
from assettui.model.keys import AssetKey, closest
from assettui.model.timing import clock_us
from assettui.store.recording import record
from assettui.store.superseded import forget
from assettui.values.files import FileValues

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from assettui.service.session import Session


class WipePlan(Struct, frozen=True):
    """What is to be forgotten: what is shown, and what `wipe` takes."""

    parts: tuple[tuple[AssetKey, str | None], ...]
    """Assets as a whole, or partitions of them."""
    values: int
    """How many stored values go with it."""


def plan_wipe(session: Session, keys: Sequence[str], partitions: Sequence[str]) -> WipePlan:
    """What would be forgotten.

    Args:
        session: The store.
        keys: Of the assets; also of those that the project no longer has.
        partitions: Which of their partitions; all of each asset where there are none.

    Raises:
        NotFound: An asset is not known, or nothing of it was ever made.
        UnknownPartition: A partition was never made.
    """
    with session.reading() as connection:
        known = _known(connection)
        wanted = [AssetKey.from_coercible(key) for key in keys]
        for key in wanted:
            if str(key) not in known:
                near = closest(str(key), sorted(known))
                raise NotFound(
                    f"no asset {key} was ever materialized", hint=f"did you mean {near!r}?" if near else None
                )
        parts: list[tuple[AssetKey, str | None]] = []
        for key in wanted:
            made = {
                name for (name,) in connection.execute("SELECT partition FROM partitions WHERE asset = ?", (str(key),))
            }
            for partition in partitions:
                if partition not in made:
                    raise UnknownPartition(f"the partition {partition!r} of {key} was never materialized")
            parts += [(key, partition) for partition in partitions] or [(key, None)]
        return WipePlan(tuple(parts), sum(_values_of(connection, key, partition) for key, partition in parts))


def wipe(session: Session, plan: WipePlan) -> None:
    """Forget it, and remove the values.

    Raises:
        StoreError: The store cannot be written.
    """
    with session.writing() as connection:
        partitioned = session.state(connection).partitioned
        events = [Wiped(clock_us(), asset_key=key, partition=partition) for key, partition in plan.parts]
        gone = record(connection, events, partitioned)
    values = FileValues(session.folder.values)
    removed = [ref for ref in gone if values.remove(ref)]
    with session.writing() as connection:
        forget(connection, removed)


def _known(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT key FROM assets WHERE materialization IS NOT NULL OR failed IS NOT NULL UNION SELECT asset FROM partitions"
    )
    return {key for (key,) in rows}


def _values_of(connection: sqlite3.Connection, key: AssetKey, partition: str | None) -> int:
    (own,) = connection.execute(
        "SELECT coalesce(sum(json_array_length(kept)), 0) FROM partitions WHERE asset = ? AND coalesce(partition = ?, 1)",
        (str(key), partition),
    ).fetchone()
    if partition is not None:
        return own
    (whole,) = connection.execute(
        "SELECT coalesce(sum(json_array_length(kept)), 0) FROM assets WHERE key = ?", (str(key),)
    ).fetchone()
    return own + whole
