"""Jobs: what the project runs under one name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assettui.core.errors import LaunchError, NotFound, SelectionError
from assettui.core.keys import closest
from assettui.core.planning import plan_ops
from assettui.core.selection.syntax import parse
from assettui.store import queries

if TYPE_CHECKING:
    from assettui.core.keys import AssetKey
    from assettui.core.records import RunRecord
    from assettui.core.snapshot import JobSnapshot
    from assettui.service.catalog import Catalog
    from assettui.service.session import Session

RUNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class JobRow:
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
    wanted = job_named(found, name)
    with session.reading() as connection:
        return _row(found, wanted, tuple(queries.runs(connection, limit=RUNS_SHOWN, job=name)))


def job_named(catalog: Catalog, name: str) -> JobSnapshot:
    """The definition of a job.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    known = catalog.snapshot.jobs if catalog.snapshot else ()
    for each in known:
        if each.name == name:
            return each
    raise _unknown(name, [each.name for each in known])


def selected_by(catalog: Catalog, job: JobSnapshot) -> list[AssetKey]:
    """The assets that a job selects now, upstream before downstream.

    Raises:
        LaunchError: It selects none.
        SelectionError: It names what is not there.
    """
    keys = catalog.select([parse(job.selection or "*")])
    if not keys:
        raise LaunchError(f"the job {job.name} selects no asset now")
    return keys


def _row(catalog: Catalog, job: JobSnapshot, runs: tuple[RunRecord, ...]) -> JobRow:
    if job.selection is None:
        return JobRow(job, (), tuple(step.key for step in plan_ops(job).steps), runs)
    try:
        return JobRow(job, tuple(selected_by(catalog, job)), (), runs)
    except (SelectionError, LaunchError) as error:
        return JobRow(job, (), (), runs, error.what)


def _unknown(name: str, known: list[str]) -> NotFound:
    near = closest(name, known)
    if near:
        return NotFound(f"no job is called {name!r}", hint=f"did you mean {near!r}?")
    hint = f"jobs: {', '.join(known)}" if known else "define one: define_asset_job(name, selection)"
    return NotFound(f"no job is called {name!r}", hint=hint)
