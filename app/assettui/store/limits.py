"""How much may go on at once, as somebody has set it; and what waits and what goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assettui.core.queue import Limits, QueuedRun

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from assettui.model.events import LimitSet


def apply(connection: sqlite3.Connection, event: LimitSet) -> None:
    """Update the current state for a limit that was set."""
    if event.default:
        connection.execute("DELETE FROM queue_limits WHERE kind = ? AND name = ?", (event.limit_kind, event.name))
    else:
        connection.execute(
            "INSERT OR REPLACE INTO queue_limits (kind, name, slots) VALUES (?, ?, ?)",
            (event.limit_kind, event.name, event.slots),
        )


def limits(connection: sqlite3.Connection, settings: Limits) -> Limits:
    """How much may go on at once: what somebody has set, and for the rest what the project's settings say."""
    found, tags, pools = settings, dict(settings.tags), dict(settings.pools)
    for kind, name, slots in connection.execute("SELECT kind, name, slots FROM queue_limits ORDER BY kind, name"):
        if kind == "runs":
            found = replace(found, runs=slots)
        elif kind == "tag" and slots is None:
            tags.pop(name, None)
        elif kind == "tag":
            tags[name] = slots
        else:
            pools[name] = slots if slots is not None else UNLIMITED
    return replace(found, tags=tags, pools=pools)


UNLIMITED = 1 << 31
"""A pool that is not limited, though pools are by default."""


def queued_runs(connection: sqlite3.Connection, after: int = 0) -> Iterator[tuple[int, QueuedRun]]:
    """The runs that wait to be taken, the oldest first, those of backfills excepted; each with its number.

    Args:
        connection: The store.
        after: Only those with a higher number.
    """
    rows = connection.execute(
        "SELECT rowid, id, created, priority, tags, pools FROM runs"
        " WHERE ended IS NULL AND status = 'queued' AND backfill IS NULL AND rowid > ? ORDER BY rowid",
        (after,),
    )
    for number, run_id, created, priority, tags, pools in rows:
        yield (
            number,
            QueuedRun(
                run_id,
                created,
                priority or 0,
                json.loads(tags) if tags else {},
                tuple(json.loads(pools)) if pools else (),
            ),
        )


def taken_runs(connection: sqlite3.Connection) -> list[tuple[str, dict[str, str]]]:
    """The runs that are not over and wait no more, with their tags."""
    rows = connection.execute("SELECT id, tags FROM runs WHERE ended IS NULL AND status != 'queued' ORDER BY created")
    return [(run_id, json.loads(tags) if tags else {}) for run_id, tags in rows]


def pool_holders(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """The steps that run and have a slot of a pool: pool, run, step."""
    rows: Any = connection.execute(
        "SELECT steps.pool, steps.run, steps.step FROM runs JOIN steps ON steps.run = runs.id"
        " WHERE runs.ended IS NULL AND steps.status = 'running' AND steps.pool IS NOT NULL ORDER BY steps.started"
    )
    return list(rows)


def runs_with_pooled_steps(connection: sqlite3.Connection) -> Iterator[str]:
    """The runs that have been taken, and have steps that wait and need a slot of a pool."""
    rows = connection.execute(
        "SELECT DISTINCT steps.run FROM runs JOIN steps ON steps.run = runs.id"
        " WHERE runs.ended IS NULL AND runs.status != 'queued' AND steps.status = 'pending' AND steps.pool IS NOT NULL"
    )
    return (run_id for (run_id,) in rows)


def given(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """The limits that somebody has set: kind and name."""
    return {(kind, name) for kind, name in connection.execute("SELECT kind, name FROM queue_limits")}
