"""What any process may wish for, and the leader carries out: short writes, taken in order, each once.

A run that is asked for is no intent of its own: it is recorded as queued, and so it is there whatever dies next.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.metadata import JsonObject


class IntentKind(StrEnum):
    """What is wished for."""

    CANCEL = "cancel"
    RELOAD = "reload"
    PAUSE_BACKFILL = "pause_backfill"
    RESUME_BACKFILL = "resume_backfill"
    CANCEL_BACKFILL = "cancel_backfill"
    RETRY_BACKFILL = "retry_backfill"
    TICK = "tick"
    """Payload: `instigator`, `kind`, and `scheduled`, the time that it is to be evaluated for."""


class Intent(Struct, frozen=True):
    """One wish."""

    id: int
    kind: IntentKind
    run_id: str | None
    """The run, or the backfill, that it concerns."""
    payload: JsonObject = {}


def request(
    connection: sqlite3.Connection,
    kind: IntentKind,
    now_us: int,
    run_id: str | None = None,
    payload: JsonObject | None = None,
) -> int:
    """Write an intent, inside the transaction that is open; its id."""
    said = json.dumps(payload, separators=(",", ":")) if payload else None
    cursor = connection.execute(
        "INSERT INTO intents (time, kind, run, payload) VALUES (?, ?, ?, ?)", (now_us, kind.value, run_id, said)
    )
    return cursor.lastrowid or 0


def pending(connection: sqlite3.Connection) -> list[Intent]:
    """Every intent that has not been taken, the oldest first."""
    rows = connection.execute("SELECT id, kind, run, payload FROM intents ORDER BY id")
    return [
        Intent(intent_id, IntentKind(kind), run_id, json.loads(payload) if payload else {})
        for intent_id, kind, run_id, payload in rows
    ]


def take(connection: sqlite3.Connection, intents: list[Intent]) -> None:
    """Remove intents, inside the transaction that records what follows from them."""
    connection.executemany("DELETE FROM intents WHERE id = ?", [(intent.id,) for intent in intents])
