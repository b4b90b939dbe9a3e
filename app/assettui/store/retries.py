"""Queueing a run that tries another one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.store import op_outputs
from assettui.store.queueing import queue_run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunPlan


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
    queue_run(connection, run_id, plan, schemas, now_us)
    op_outputs.copy(connection, parent, run_id)
