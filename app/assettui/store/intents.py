"""What is asked of the leader, in the store: short writes, taken in order, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.model import codec
from assettui.model.backfill import BackfillCommand
from assettui.model.instigator import InstigatorKind
from assettui.model.intents import CancelRun, CommandBackfill, EvaluateInstigator, Intent, ReloadProject

if TYPE_CHECKING:
    import sqlite3

_COMMANDS = {f"{command.value}_backfill": command for command in BackfillCommand}


def request(connection: sqlite3.Connection, intent: Intent, now_us: int) -> int:
    """Write an intent, inside the transaction that is open; its id."""
    payload: dict[str, Any] = {}
    match intent:
        case CancelRun():
            kind, run = "cancel", intent.run_id
        case ReloadProject():
            kind, run = "reload", None
        case CommandBackfill():
            kind, run = f"{intent.command.value}_backfill", intent.backfill_id
        case EvaluateInstigator():
            kind, run = "tick", None
            payload = {
                "instigator": intent.instigator,
                "kind": intent.instigator_kind,
                "scheduled": intent.scheduled_us,
            }
    cursor = connection.execute(
        "INSERT INTO intents (time, kind, run, payload) VALUES (?, ?, ?, ?)",
        (now_us, kind, run, codec.encode_text(payload) if payload else None),
    )
    return cursor.lastrowid or 0


def pending(connection: sqlite3.Connection) -> list[Intent]:
    """Every intent that has not been taken, the oldest first."""
    return [_intent(*row) for row in connection.execute("SELECT id, kind, run, payload FROM intents ORDER BY id")]


def _intent(intent_id: int, kind: str, run: str | None, payload: str | None) -> Intent:
    match kind:
        case "cancel":
            return CancelRun(run or "", intent_id)
        case "reload":
            return ReloadProject(intent_id)
        case "tick":
            said = codec.decode(payload or "{}", dict[str, Any])
            return EvaluateInstigator(said["instigator"], InstigatorKind(said["kind"]), said["scheduled"], intent_id)
        case _:
            return CommandBackfill(run or "", _COMMANDS[kind], intent_id)


def take(connection: sqlite3.Connection, intents: list[Intent]) -> None:
    """Remove intents, inside the transaction that records what follows from them."""
    connection.executemany("DELETE FROM intents WHERE id = ?", [(intent.id,) for intent in intents])
