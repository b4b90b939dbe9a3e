"""What automation remembers from tick to tick, and why it has requested something or not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assettui.core.conditions.evaluation import AutomationState, Memory
from assettui.core.conditions.place import entity_of
from assettui.model import codec
from assettui.model.automation import KeptEvaluation, TreeNode
from assettui.model.check import AssetCheckKey
from assettui.model.keys import AssetKey
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from assettui.core.conditions.place import Entity, Slot
    from assettui.model.events import Event

CHANGES = (
    "kind IN ('materialized', 'observed', 'wiped', 'check_passed', 'check_warned', 'check_failed', 'run_queued',"
    " 'run_success', 'run_failure', 'run_canceled', 'step_failure', 'backfill_queued', 'backfill_success',"
    " 'backfill_failure', 'backfill_canceled')"
)
"""The events that conditions and freshness policies may turn on."""
EVALUATIONS_KEPT = 50
"""So many evaluations of each asset and check are kept, the last ones."""


def load_state(connection: sqlite3.Connection) -> AutomationState:
    """How far automation has come, and what it remembers."""
    row = connection.execute("SELECT last_event, time FROM automation").fetchone()
    memories = {
        entity_of(name): Memory(fingerprint, _slots(slots), int(requested, 16))
        for name, fingerprint, slots, requested in connection.execute(
            "SELECT entity, fingerprint, slots, requested FROM automation_memory"
        )
    }
    return AutomationState(row[0], row[1], memories) if row is not None else AutomationState(memories=memories)


def save_state(
    connection: sqlite3.Connection, last_event: int, time_us: int, memories: Mapping[Entity, Memory]
) -> None:
    """Keep how far automation has come, and what has changed of what it remembers; in the transaction that is open."""
    connection.execute(
        "INSERT OR REPLACE INTO automation (id, last_event, time) VALUES (1, ?, ?)", (last_event, time_us)
    )
    connection.executemany(
        "INSERT OR REPLACE INTO automation_memory (entity, fingerprint, slots, requested) VALUES (?, ?, ?, ?)",
        [
            (str(entity), memory.fingerprint, _text(memory.slots), f"{memory.requested:x}")
            for entity, memory in memories.items()
        ],
    )


def keep_evaluations(connection: sqlite3.Connection, found: Iterable[KeptEvaluation]) -> None:
    """Keep why something was requested, or not."""
    for each in found:
        connection.execute(
            "INSERT INTO automation_evaluations (entity, time, requested, tree, run, note) VALUES (?, ?, ?, ?, ?, ?)",
            (each.entity, each.time_us, each.requested, codec.encode_text(each.tree), each.run_id, each.note),
        )
        connection.execute(
            "DELETE FROM automation_evaluations WHERE entity = ? AND id <= ("
            "SELECT id FROM automation_evaluations WHERE entity = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (each.entity, each.entity, EVALUATIONS_KEPT),
        )


def evaluations(
    connection: sqlite3.Connection, entity: str, *, until_us: int | None = None, limit: int = 10
) -> list[KeptEvaluation]:
    """The evaluations of an asset or check, the newest first; those until a moment, where one is given."""
    rows = connection.execute(
        "SELECT id, entity, time, requested, tree, run, note FROM automation_evaluations"
        " WHERE entity = ? AND (? IS NULL OR time <= ?) ORDER BY id DESC LIMIT ?",
        (entity, until_us, until_us, limit),
    )
    return [
        KeptEvaluation(number, name, time, requested, codec.decode(tree, TreeNode), run, note)
        for number, name, time, requested, tree, run, note in rows
    ]


def last_evaluations(connection: sqlite3.Connection) -> dict[str, KeptEvaluation]:
    """The last evaluation of each asset and check of which any was kept."""
    rows = connection.execute(
        "SELECT id, entity, time, requested, tree, run, note FROM automation_evaluations"
        " WHERE id IN (SELECT max(id) FROM automation_evaluations GROUP BY entity)"
    )
    return {
        name: KeptEvaluation(number, name, time, requested, codec.decode(tree, TreeNode), run, note)
        for number, name, time, requested, tree, run, note in rows
    }


def changes_after(connection: sqlite3.Connection, event_id: int, limit: int = 10_000) -> list[Event]:
    """The events after one that conditions and policies may turn on, in order."""
    rows = connection.execute(
        "SELECT id, time, kind, run, step, asset, partition, payload FROM events"  # noqa: S608 - our own text
        f" WHERE id > ? AND {CHANGES} ORDER BY id LIMIT ?",
        (event_id, limit),
    )
    return [queries.event_of_row(row) for row in rows]


def _text(slots: Mapping[Slot, int]) -> str:
    return json.dumps([[[_part(each) for each in slot], f"{bits:x}"] for slot, bits in slots.items()])


def _part(each: object) -> Any:
    return each if isinstance(each, int) else f"@{each}" if isinstance(each, AssetKey | AssetCheckKey) else str(each)


def _slots(text: str) -> dict[Slot, int]:
    return {tuple(map(_read, parts)): int(bits, 16) for parts, bits in json.loads(text)}


def _read(part: Any) -> object:
    return entity_of(part[1:]) if isinstance(part, str) and part.startswith("@") else part
