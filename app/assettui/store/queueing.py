"""Recording what is to be run: its configuration without secrets, which are kept apart until it is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assettui.core.records import Event, EventKind
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.core.metadata import JsonObject
    from assettui.core.planning import RunPlan


def queue_run(
    connection: sqlite3.Connection,
    run_id: str,
    plan: RunPlan,
    schemas: Mapping[str, JsonObject],
    now_us: int,
    **about: Any,
) -> None:
    """Queue a run, inside the transaction that is open.

    Args:
        connection: The store.
        run_id: Its id.
        plan: What it does.
        schemas: Of what can be configured: what they call a secret is masked.
        now_us: The time.
        about: What else its event says.
    """
    kept = plan.without_secrets(schemas)
    record(connection, [Event(EventKind.RUN_QUEUED, now_us, run_id, payload={"plan": kept.to_json(), **about})])
    if kept.config != plan.config:
        keep_secrets(connection, run_id, plan.config)


def keep_secrets(connection: sqlite3.Connection, name: str, config: JsonObject) -> None:
    """Keep the configuration of a run, or of a backfill, as it was given, until that is over. By its id."""
    connection.execute(
        "INSERT INTO run_secrets (run, config) VALUES (?, ?)", (name, json.dumps(config, separators=(",", ":")))
    )


def secrets_of(connection: sqlite3.Connection, name: str) -> JsonObject | None:
    """The configuration of a run or backfill as it was given, where it holds secrets; None where not, or it is over."""
    row = connection.execute("SELECT config FROM run_secrets WHERE run = ?", (name,)).fetchone()
    return json.loads(row[0]) if row is not None else None
