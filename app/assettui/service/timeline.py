"""Runs over time, by job, or else by what asked for them: what has run, what runs, and what schedules are due for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.instigator import InstigatorKind
from assettui.model.tick import NAME_TAG
from assettui.service import automation
from assettui.store import queries

if TYPE_CHECKING:
    from assettui.model.run import RunRecord
    from assettui.service.session import Session

RUNS = 5_000
"""So many runs are shown at most, the last ones."""
BACKFILLS, ASSETS = "(backfills)", "(assets)"
"""Stand for the runs of backfills, and for other runs of no job."""


class TimelineRow(Struct, frozen=True):
    """What has happened, and will happen, of one job."""

    name: str
    runs: list[RunRecord] = []
    """The oldest first."""
    upcoming: list[int] = []
    """When schedules are due for it; microseconds since the epoch, UTC."""


def timeline(session: Session, from_us: int, until_us: int) -> list[TimelineRow]:
    """Runs that were on their way at any time between the two, and what is due until the second, by job.

    Raises:
        StoreError: The store cannot be read.
    """
    rows: dict[str, TimelineRow] = {}
    with session.reading() as connection:
        for run in queries.runs_between(connection, from_us, until_us, RUNS):
            asker = run.tags.get(NAME_TAG[InstigatorKind.SCHEDULE]) or run.tags.get(NAME_TAG[InstigatorKind.SENSOR])
            name = run.job or asker or (BACKFILLS if run.backfill is not None else ASSETS)
            rows.setdefault(name, TimelineRow(name)).runs.append(run)
    for due in automation.upcoming(session, until_us):
        name = due.job or due.schedule
        rows.setdefault(name, TimelineRow(name)).upcoming.append(due.time_us)
    return sorted(rows.values(), key=lambda row: (row.name.startswith("("), row.name))
