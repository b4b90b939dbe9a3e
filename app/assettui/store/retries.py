"""Queueing a run that tries another one again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assettui.core.masking import masked
from assettui.core.records import Event, EventKind
from assettui.store import handed
from assettui.store.recording import keep_secrets, record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.core.metadata import JsonObject
    from assettui.core.planning import RunPlan


def queue_retry(
    connection: sqlite3.Connection,
    run_id: str,
    plan: RunPlan,
    parent: str,
    schemas: Mapping[str, JsonObject],
    now_us: int,
) -> None:
    """Queue it, inside the transaction that is open.

    Args:
        connection: The store.
        run_id: Its id.
        plan: What it does.
        parent: The run that it tries again.
        schemas: Of what can be configured: what they call a secret is masked.
        now_us: The time.
    """
    shown = masked(plan.config, schemas, plan.job)
    payload: JsonObject = {"plan": replace(plan, config=shown).to_json()}
    record(connection, [Event(EventKind.RUN_QUEUED, now_us, run_id, payload=payload)])
    if shown != plan.config:
        keep_secrets(connection, run_id, plan.config)
    handed.copy(connection, parent, run_id)
