"""How fresh assets were last recorded to be, and how that went over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from assettui.model.event_rows import event_of
from assettui.model.freshness import FreshnessState, FreshnessStatus
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.model.events import FreshnessChanged


def recorded(connection: sqlite3.Connection) -> Mapping[AssetKey, FreshnessStatus]:
    """The status of each asset that has one."""
    return {
        AssetKey(key): FreshnessStatus(status)
        for key, status in connection.execute("SELECT asset, status FROM freshness")
    }


def state_of(connection: sqlite3.Connection, key: AssetKey) -> FreshnessState | None:
    """What was last recorded of an asset; None where nothing was."""
    row = connection.execute("SELECT status, since FROM freshness WHERE asset = ?", (str(key),)).fetchone()
    return FreshnessState(FreshnessStatus(row[0]), row[1]) if row is not None else None


def changes(connection: sqlite3.Connection, key: AssetKey, limit: int) -> list[FreshnessChanged]:
    """The last changes of an asset's freshness, the newest first."""
    rows = connection.execute(
        "SELECT id, time, payload FROM events WHERE kind = 'freshness_changed' AND asset = ? ORDER BY id DESC LIMIT ?",
        (str(key), limit),
    )
    return [
        cast(
            "FreshnessChanged",
            event_of("freshness_changed", {"id": number, "time_us": time, "asset_key": str(key)}, payload),
        )
        for number, time, payload in rows
    ]
