"""Jobs: what the project runs under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.launching import job_named, selected_by
from assettui.core.planning import plan_ops
from assettui.model.errors import LaunchError, SelectionError
from assettui.model.run import RunFilter
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.keys import AssetKey
    from assettui.model.project import JobSnapshot
    from assettui.model.run import RunRecord
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

RUNS_SHOWN = 10


class JobRow(Struct, frozen=True):
    """One job, what it would run now, and how it ran last."""

    job: JobSnapshot
    assets: tuple[AssetKey, ...]
    """What it selects now, upstream before downstream; empty of a job that is made of ops."""
    steps: tuple[str, ...]
    """Its ops, upstream before downstream; empty of a job that selects assets."""
    runs: tuple[RunRecord, ...]
    """The last ones, the newest first."""
    problem: str | None = None
    """Why its selection cannot be told now."""


def jobs(session: Session) -> list[JobRow]:
    """Every job of the project, in the order of the definition.

    Raises:
        StoreError: The store cannot be read.
    """
    with session.reading() as connection:
        state = session.state(connection)
        return [_row(connection, state, each) for each in state.snapshot.jobs]


def job(session: Session, name: str) -> JobRow:
    """One job.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    with session.reading() as connection:
        state = session.state(connection)
        row = _row(connection, state, job_named(state.snapshot, name))
    return replace(row, runs=session.as_they_are(row.runs))


def _row(connection: sqlite3.Connection, state: ProjectState, job: JobSnapshot) -> JobRow:
    runs = tuple(queries.runs(connection, RunFilter(job=job.name), limit=RUNS_SHOWN))
    if job.selection is None:
        return JobRow(job, (), tuple(step.key for step in plan_ops(job).steps), runs)
    try:
        return JobRow(job, tuple(selected_by(job, state)[0]), (), runs)
    except (SelectionError, LaunchError) as error:
        return JobRow(job, (), (), runs, error.what)
