"""The queue: which runs wait, and for what; how much may go on at once, and who has it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.queue import Key, Limits, QueuedRun, Usage, checked_limit, shortage, waits_for
from assettui.model.events import LimitSet
from assettui.model.run import RunStatus, StepStatus
from assettui.model.timing import clock_us
from assettui.store import limits as limits_store
from assettui.store import queries
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.model.run import RunRecord
    from assettui.service.session import Session

ROWS = 200
"""So many of the runs that wait are looked at closely."""


class WaitingRun(Struct, frozen=True):
    """A run that waits to begin."""

    run: RunRecord
    priority: int
    waits_for: str
    """In words, such as `pool warehouse 2/2 held by 1a2b3c4d load`."""


class WaitingStep(Struct, frozen=True):
    """A step of a run that has begun, which waits for a slot of a pool."""

    run_id: str
    step: str
    waits_for: str


class LimitRow(Struct, frozen=True):
    """Something that is limited."""

    kind: str
    """`runs`, `tag` or `pool`."""
    name: str
    slots: int | None
    """None for any number."""
    used: int
    holders: tuple[str, ...] = ()
    """Who has them: runs, and of a pool their steps."""
    is_set: bool = False
    """Whether somebody has set it, rather than the project's settings."""


class QueueView(Struct, frozen=True):
    """What waits, and for what."""

    waiting: tuple[WaitingRun, ...]
    """The first ones, in the order in which they are taken."""
    total: int
    """How many wait in all."""
    steps: tuple[WaitingStep, ...]
    limits: tuple[LimitRow, ...]
    running: int
    """How many runs have been taken, and are not over."""


def queue_view(session: Session, limit: int = ROWS) -> QueueView:
    """What waits, and for what.

    Raises:
        StoreError: The store cannot be read.
    """
    with session.reading() as connection:
        limits = limits_store.limits(connection, session.project.settings.limits)
        queued = [run for _, run in limits_store.queued_runs(connection)]
        queued.sort(key=lambda run: run.place)
        usage, held_by, taken = _usage(connection, limits)
        rows = [
            WaitingRun(queries.run(connection, run.run_id), run.priority, _reason(session, run, usage, limits, held_by))
            for run in queued[:limit]
        ]
        return QueueView(
            tuple(rows),
            len(queued),
            tuple(_waiting_steps(connection, usage, limits, held_by)),
            tuple(_limit_rows(connection, limits, usage, held_by, taken)),
            taken,
        )


def waits_of(session: Session, run: RunRecord) -> str | None:
    if run.status is not RunStatus.QUEUED:
        return None
    with session.reading() as connection:
        limits = limits_store.limits(connection, session.project.settings.limits)
        usage, held_by, _ = _usage(connection, limits)
        found = next((each for _, each in limits_store.queued_runs(connection) if each.run_id == run.run_id), None)
        return _reason(session, found, usage, limits, held_by) if found is not None else None


def _reason(
    session: Session, run: QueuedRun, usage: Usage, limits: Limits, held_by: Mapping[Key, tuple[str, ...]]
) -> str:
    return "a leader" if session.leader() is None else waits_for(run, usage, limits, held_by)


def _usage(connection: sqlite3.Connection, limits: Limits) -> tuple[Usage, dict[Key, tuple[str, ...]], int]:
    counts: dict[Key, int] = {}
    holders: dict[Key, list[str]] = {}
    taken = limits_store.taken_runs(connection)
    for run_id, tags in taken:
        for key in limits.keys_of(tags):
            counts[key] = counts.get(key, 0) + 1
            holders.setdefault(key, []).append(run_id[:8])
    for pool, run_id, step in limits_store.pool_holders(connection):
        counts["pool", pool] = counts.get(("pool", pool), 0) + 1
        holders.setdefault(("pool", pool), []).append(f"{run_id[:8]} {step}")
    return Usage(len(taken), counts), {key: tuple(names) for key, names in holders.items()}, len(taken)


def _waiting_steps(
    connection: sqlite3.Connection, usage: Usage, limits: Limits, held_by: Mapping[Key, tuple[str, ...]]
) -> list[WaitingStep]:
    found: list[WaitingStep] = []
    for run_id in islice(limits_store.runs_with_pooled_steps(connection), 50):
        steps = {each.step_key: each for each in queries.steps(connection, run_id)}
        for planned in queries.run_plan(connection, run_id).steps:
            step = steps.get(planned.key)
            if step is None or step.status is not StepStatus.PENDING or planned.pool is None:
                continue
            is_ready = all(steps[above].status.is_over for above in planned.after if above in steps)
            if is_ready and usage.lacks(("pool", planned.pool), limits):
                found.append(WaitingStep(run_id, planned.key, shortage(("pool", planned.pool), usage, limits, held_by)))
    return found


def _limit_rows(
    connection: sqlite3.Connection,
    limits: Limits,
    usage: Usage,
    held_by: Mapping[Key, tuple[str, ...]],
    taken: int,
) -> list[LimitRow]:
    given = limits_store.given(connection)
    rows = [LimitRow("runs", "", limits.runs, taken, (), ("runs", "") in given)]
    for name, slots in limits.tags.items():
        keys = [key for key in usage.counts if key[0] == "tag" and limits.of_key(key) == slots and _is_of(key[1], name)]
        used = max((usage.counts[key] for key in keys), default=0)
        holders = tuple(holder for key in keys for holder in held_by.get(key, ()))
        rows.append(LimitRow("tag", name, slots, used, holders, ("tag", name) in given))
    pools = dict.fromkeys([*limits.pools, *(name for kind, name in usage.counts if kind == "pool")])
    for name in pools:
        key, of_pool = ("pool", name), limits.of_pool(name)
        slots = None if of_pool is None or of_pool >= limits_store.UNLIMITED else of_pool
        rows.append(
            LimitRow("pool", name, slots, usage.counts.get(key, 0), held_by.get(key, ()), ("pool", name) in given)
        )
    return rows


def _is_of(counted: str, limit: str) -> bool:
    tag, mark, value = limit.partition("=")
    return counted == limit or (bool(mark) and value == "*" and counted.partition("=")[0] == tag)


def set_limit(session: Session, kind: str, name: str, slots: int | None, *, is_default: bool = False) -> None:
    """Change how much may go on at once, from now on.

    Args:
        session: The store.
        kind: `runs`, `tag` or `pool`.
        name: Of the tag (`team`, `team=ops`, `team=*`) or of the pool; empty for runs.
        slots: How many; None for any number.
        is_default: Whether what the project's settings say is to count again.

    Raises:
        BadLimit: It cannot be.
        StoreError: The store cannot be written.
    """
    checked_limit(kind, name, 0 if slots is None else slots)
    event = LimitSet(clock_us(), limit_kind=kind, name="" if kind == "runs" else name, slots=slots, default=is_default)
    with session.writing() as connection:
        record(connection, [event])
