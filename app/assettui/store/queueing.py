"""Recording what is to be run: its configuration without secrets, which are kept apart until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.masking import without_secrets
from assettui.model import codec
from assettui.model.events import RunQueued
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunPlan


def queue_run(
    connection: sqlite3.Connection,
    run_id: str,
    plan: RunPlan,
    schemas: Mapping[str, JsonObject],
    now_us: int,
    *,
    tick: int | None = None,
    backfill: str | None = None,
) -> None:
    """Queue a run, inside the transaction that is open.

    Args:
        connection: The store.
        run_id: Its id.
        plan: What it does.
        schemas: Of what can be configured: what they call a secret is masked.
        now_us: The time.
        tick: The event of the tick that asks for it.
        backfill: The backfill that it is part of.
    """
    kept = without_secrets(plan, schemas)
    record(connection, [RunQueued(now_us, run_id, plan=kept, tick=tick, backfill=backfill)])
    if kept.config != plan.config:
        keep_secrets(connection, run_id, plan.config)


def keep_secrets(connection: sqlite3.Connection, name: str, config: JsonObject) -> None:
    """Keep the configuration of a run, or of a backfill, as it was given, until that is over. By its id."""
    connection.execute("INSERT INTO run_secrets (run, config) VALUES (?, ?)", (name, codec.encode_text(config)))


def secrets_of(connection: sqlite3.Connection, name: str) -> JsonObject | None:
    """The configuration of a run or backfill as it was given, where it holds secrets; None where not, or it is over."""
    row = connection.execute("SELECT config FROM run_secrets WHERE run = ?", (name,)).fetchone()
    return codec.decode(row[0], dict[str, Any]) if row is not None else None
