"""What a person has started, and whether it is over: once it is, and took a while, the terminal rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.errors import NotFound
from assettui.model.timing import SECOND_US, duration
from assettui.store import backfills, queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.backfill import BackfillRecord
    from assettui.model.run import RunRecord

RINGS_AFTER_US = 5 * SECOND_US
"""What takes less is seen by whoever has started it."""


class OwnWork:
    """Runs and backfills that are not over."""

    def __init__(self) -> None:
        self._runs: set[str] = set()
        self._backfills: set[str] = set()

    def began_run(self, run_id: str) -> None:
        self._runs.add(run_id)

    def began_backfill(self, backfill_id: str) -> None:
        self._backfills.add(backfill_id)

    def ended(self, connection: sqlite3.Connection) -> list[str]:
        """What is over since this was last asked, in a line each; what took no time is left out."""
        found: list[str] = []
        for known, read, what in (
            (self._runs, queries.run, "run"),
            (self._backfills, backfills.backfill, "backfill"),
        ):
            for each in list(known):
                try:
                    record = read(connection, each)
                except NotFound:  # another store was put in its place
                    known.discard(each)
                    continue
                if not record.status.is_over or record.ended_us is None:
                    continue
                known.discard(each)
                said = ended_text(what, each, record)
                found += [said] if said is not None else []
        return found


def ended_text(what: str, number: str, record: RunRecord | BackfillRecord) -> str | None:
    """That a run or backfill is over, in a line; None of one that took no time."""
    took_us = (record.ended_us or 0) - record.created_us
    return (
        f"{what} {number[:8]}: {record.status.value} after {duration(took_us)}" if took_us >= RINGS_AFTER_US else None
    )
