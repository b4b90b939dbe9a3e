"""Jobs: what the project runs under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.launching import job_named, selected_by
from assettui.core.planning import plan_ops
from assettui.model.errors import LaunchError, SelectionError
from assettui.service.planning_context import CatalogContext
from assettui.store import queries

if TYPE_CHECKING:
    from assettui.model.keys import AssetKey
    from assettui.model.project import JobSnapshot
    from assettui.model.run import RunRecord
    from assettui.service.catalog import Catalog
    from assettui.service.session import Session

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


def jobs(session: Session, found: Catalog) -> list[JobRow]:
    """Every job of the project, in the order of the definition.

    Raises:
        StoreError: The store cannot be read.
    """
    known = found.snapshot.jobs if found.snapshot else ()
    with session.reading() as connection:
        return [_row(found, each, tuple(queries.runs(connection, limit=RUNS_SHOWN, job=each.name))) for each in known]


def job(session: Session, found: Catalog, name: str) -> JobRow:
    """One job.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    wanted = job_named(found.snapshot, name)
    with session.reading() as connection:
        return _row(found, wanted, tuple(queries.runs(connection, limit=RUNS_SHOWN, job=name)))


def _row(catalog: Catalog, job: JobSnapshot, runs: tuple[RunRecord, ...]) -> JobRow:
    if job.selection is None:
        return JobRow(job, (), tuple(step.key for step in plan_ops(job).steps), runs)
    try:
        return JobRow(job, tuple(selected_by(job, CatalogContext(catalog))), (), runs)
    except (SelectionError, LaunchError) as error:
        return JobRow(job, (), (), runs, error.what)
