"""What any process may wish for, and the leader carries out: short writes, taken in order, each once.

A run that is asked for is no intent of its own: it is recorded as queued, and so it is there whatever dies next.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


class IntentKind(StrEnum):
    """What is wished for."""

    CANCEL = "cancel"
    RELOAD = "reload"
    PAUSE_BACKFILL = "pause_backfill"
    RESUME_BACKFILL = "resume_backfill"
    CANCEL_BACKFILL = "cancel_backfill"
    RETRY_BACKFILL = "retry_backfill"


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish."""

    id: int
    kind: IntentKind
    run_id: str | None
    """The run, or the backfill, that it concerns."""


def wish(connection: sqlite3.Connection, kind: IntentKind, now_us: int, run_id: str | None = None) -> None:
    """Write an intent, inside the transaction that is open."""
    connection.execute("INSERT INTO intents (time, kind, run) VALUES (?, ?, ?)", (now_us, kind.value, run_id))


def pending(connection: sqlite3.Connection) -> list[Intent]:
    """Every intent that has not been taken, the oldest first."""
    rows = connection.execute("SELECT id, kind, run FROM intents ORDER BY id")
    return [Intent(intent_id, IntentKind(kind), run_id) for intent_id, kind, run_id in rows]


def take(connection: sqlite3.Connection, intents: list[Intent]) -> None:
    """Remove intents, inside the transaction that records what follows from them."""
    connection.executemany("DELETE FROM intents WHERE id = ?", [(intent.id,) for intent in intents])
