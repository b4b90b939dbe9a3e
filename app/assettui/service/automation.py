"""Schedules and sensors: how each stands, what it has done, when it is due; turning it on and off; a tick by hand."""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.launching import plan_launch, selected_by
from assettui.core.schedule_times import ScheduleTimes
from assettui.executors.evaluating import evaluate_in_worker, evaluation_request
from assettui.model.errors import AssettuiError, LaunchError, NotFound, SelectionError
from assettui.model.events import CursorSet, InstigatorTurned, Tick, TickOutcome
from assettui.model.instigator import InstigatorKind, InstigatorSnapshot, Watching, backoff_s
from assettui.model.intents import EvaluateInstigator
from assettui.model.keys import closest
from assettui.model.project import JobSnapshot
from assettui.model.run import RunRequest, StepError
from assettui.model.tick import Evaluation, InstigatorState
from assettui.model.timing import SECOND_US, clock_us
from assettui.store import intents, projects, queries, ticks
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from assettui.model.keys import AssetKey
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

DAY_US = 86_400 * SECOND_US
LAST_TICKS = 20
"""So many of the last ticks are shown with each schedule and sensor."""


class InstigatorRow(Struct, frozen=True):
    """One schedule or sensor, and how it stands."""

    snapshot: InstigatorSnapshot
    state: InstigatorState
    is_on: bool
    next_us: int | None
    """When it is due next; None where it is off, or waits for something to happen."""
    ticks: tuple[Tick, ...] = ()
    """The last ones, the newest first."""

    @property
    def name(self) -> str:
        return self.snapshot.name

    @property
    def last(self) -> Tick | None:
        return self.ticks[0] if self.ticks else None


def instigators(session: Session, kind: InstigatorKind | None = None) -> list[InstigatorRow]:
    """The project's schedules and sensors, in the order of the definition.

    Raises:
        StoreError: The store cannot be read.
    """
    with session.reading() as connection:
        snapshot = _snapshot(connection, session)
        states = ticks.instigator_states(connection)
        now_us = clock_us()
        return [
            _row(connection, each, states.get(each.name), now_us)
            for each in snapshot
            if kind is None or each.kind is kind
        ]


def instigator(session: Session, name: str, kind: InstigatorKind | None = None) -> InstigatorRow:
    """One schedule or sensor.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    with session.reading() as connection:
        snapshot = find(_snapshot(connection, session), name, kind)
        return _row(connection, snapshot, ticks.instigator_state(connection, name), clock_us())


def instigators_of(session: Session, key: AssetKey) -> list[InstigatorRow]:
    """The schedules and sensors that may ask for an asset: by its condition, by a job, or by what they select.

    Raises:
        StoreError: The store cannot be read.
    """
    with session.reading() as connection:
        state = session.state(connection)
        jobs = {job.name for job in state.snapshot.jobs if job.selection is not None and _selects(job, key, state)}
        states = ticks.instigator_states(connection)
        now_us = clock_us()
        return [
            _row(connection, each, states.get(each.name), now_us)
            for each in state.snapshot.instigators
            if (each.kind is InstigatorKind.AUTOMATION and key in each.assets)
            or not jobs.isdisjoint(each.jobs)
            or (each.selection is not None and _selects(JobSnapshot(each.name, selection=each.selection), key, state))
        ]


def _selects(job: JobSnapshot, key: AssetKey, state: ProjectState) -> bool:
    try:
        return key in selected_by(job, state)[0]
    except (LaunchError, SelectionError):  # it selects nothing now
        return False


def find(known: Sequence[InstigatorSnapshot], name: str, kind: InstigatorKind | None = None) -> InstigatorSnapshot:
    """The definition of a schedule or sensor.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    wanted = {each.name: each for each in known if kind is None or each.kind is kind}
    if name in wanted:
        return wanted[name]
    what = kind.value if kind is not None else "schedule or sensor"
    other = next((each for each in known if each.name == name), None)
    if other is not None:
        raise NotFound(f"{name!r} is a {other.kind.value}, not a {what}", hint=f"see `assettui {other.kind.value} ls`")
    near = closest(name, wanted)
    names = f"there are: {', '.join(wanted)}" if wanted else f"the project defines no {what}"
    raise NotFound(f"no {what} is called {name!r}", hint=f"did you mean {near!r}?" if near else names)


def _snapshot(connection: sqlite3.Connection, session: Session) -> tuple[InstigatorSnapshot, ...]:
    known = projects.load(connection, session.project.id)
    return known.snapshot.instigators if known is not None and known.snapshot is not None else ()


def _row(
    connection: sqlite3.Connection, snapshot: InstigatorSnapshot, state: InstigatorState | None, now_us: int
) -> InstigatorRow:
    known = state or InstigatorState(snapshot.name)
    is_on = known.is_on_by(snapshot)
    found = tuple(ticks.ticks(connection, instigator=snapshot.name, limit=LAST_TICKS))
    last = found[0] if found else None
    next_us = None
    if is_on and snapshot.kind is InstigatorKind.SCHEDULE:
        next_us = ScheduleTimes(snapshot.crons, snapshot.zone_name).next_after(now_us)
    elif is_on and known.failures and last is not None:
        next_us = last.ended_us + int(backoff_s(snapshot.interval_s, known.failures) * SECOND_US)
    elif is_on and snapshot.watching is Watching.TIME:
        next_us = now_us if last is None else last.started_us + int(snapshot.interval_s * SECOND_US)
    return InstigatorRow(snapshot, known, is_on, next_us, found)


# Changing.


def turn(session: Session, names: Iterable[str], kind: InstigatorKind | None, *, is_on: bool) -> list[InstigatorRow]:
    """Turn schedules or sensors on or off.

    Raises:
        NotFound: There is none of such a name; then nothing is changed.
        StoreError: The store cannot be written.
    """
    with session.reading() as connection:
        known = _snapshot(connection, session)
        chosen = [find(known, name, kind) for name in names]
    status = "on" if is_on else "off"
    now_us = clock_us()
    with session.writing() as connection:
        states = ticks.instigator_states(connection)
        for each in chosen:
            state = states.get(each.name)
            if state is not None and state.is_manual and state.is_on == is_on:
                continue  # as it is: it need not begin anew
            turned = InstigatorTurned(now_us, status=status, instigator=each.name, instigator_kind=each.kind)
            record(connection, [turned])
    return [instigator(session, each.name) for each in chosen]


def set_cursor(session: Session, name: str, cursor: str | None) -> InstigatorRow:
    """Set what a sensor remembers; None for nothing.

    Raises:
        NotFound: There is no such sensor.
        StoreError: The store cannot be written.
    """
    with session.reading() as connection:
        found = find(_snapshot(connection, session), name, InstigatorKind.SENSOR)
    with session.writing() as connection:
        record(connection, [CursorSet(clock_us(), instigator=name, instigator_kind=found.kind, cursor=cursor or "")])
    return instigator(session, name)


# Ticks.


def tick_page(
    session: Session,
    *,
    name: str | None = None,
    outcome: TickOutcome | None = None,
    limit: int = 20,
    before: int | None = None,
) -> list[Tick]:
    """Ticks, the newest first.

    Args:
        session: The store.
        name: Of this schedule or sensor only; it may be one that the project no longer defines.
        outcome: With this outcome only.
        limit: At most so many.
        before: Older ones than the tick of this id.
    """
    with session.reading() as connection:
        return ticks.ticks(connection, instigator=name, outcome=outcome, limit=limit, before=before)


def tick_of(session: Session, tick_id: int) -> Tick:
    """One tick.

    Raises:
        NotFound: There is none of that id.
    """
    with session.reading() as connection:
        return ticks.tick(connection, tick_id)


class TickRequest(Struct, frozen=True):
    """A tick that was asked for."""

    intent: int
    after: int
    """The last event before it was."""
    name: str
    kind: InstigatorKind
    scheduled_us: int


def request_tick(
    session: Session, name: str, kind: InstigatorKind | None, scheduled_us: int | None = None
) -> TickRequest:
    """Ask the leader to evaluate a schedule or sensor now, whether it is on or off.

    Args:
        session: The store.
        name: The schedule or sensor.
        kind: Which of the two it is; None for either.
        scheduled_us: The time that it is to be evaluated for; by default now. Microseconds since the epoch, UTC.

    Raises:
        NotFound: There is none of that name.
        LaunchError: The leader runs another project's code.
        StoreError: The store cannot be written.
    """
    session.refuse_other_project()
    with session.reading() as connection:
        found = find(_snapshot(connection, session), name, kind)
    now_us = clock_us()
    request = TickRequest(0, 0, name, found.kind, now_us if scheduled_us is None else scheduled_us)
    return request_again(session, request)


def request_again(session: Session, request: TickRequest) -> TickRequest:
    """Ask for the same tick, since whoever was asked before has gone."""
    wanted = EvaluateInstigator(request.name, request.kind, request.scheduled_us)
    with session.writing() as connection:
        after = queries.last_event(connection)
        intent = intents.request(connection, wanted, clock_us())
    return replace(request, intent=intent, after=after)


def requested_tick(session: Session, request: TickRequest) -> Tick | None:
    """The tick that was asked for; None as long as it has not been recorded."""
    with session.reading() as connection:
        return ticks.requested_tick(connection, request.intent, request.after)


class DryTick(Struct, frozen=True):
    """What a tick would come to."""

    name: str
    scheduled_us: int
    started_us: int
    ended_us: int
    evaluation: Evaluation
    known_run_keys: tuple[str, ...] = ()
    """Run keys that it asks for, and that were asked for before."""

    @property
    def outcome(self) -> TickOutcome:
        found = self.evaluation.outcome
        if found is TickOutcome.SUCCESS and len(self.known_run_keys) == len(self.evaluation.runs):
            return TickOutcome.SKIPPED
        return found


def dry_tick(session: Session, name: str, kind: InstigatorKind | None, scheduled_us: int | None = None) -> DryTick:
    """What a tick would come to: the function is called, and nothing of it is recorded.

    Raises:
        NotFound: There is no schedule or sensor of that name.
        StoreError: The store cannot be read.
    """
    started_us = clock_us()
    at_us = started_us if scheduled_us is None else scheduled_us
    with session.reading() as connection:
        snapshot = find(_snapshot(connection, session), name, kind)
        request, _ = evaluation_request(connection, session.folder, snapshot, at_us)
    if snapshot.is_plain:
        job = snapshot.jobs[0] if snapshot.jobs else None
        found = Evaluation((RunRequest(job=job, config=snapshot.config, tags=snapshot.tags),))
    else:
        timeout_s = session.project.settings.evaluation_timeout
        found = evaluate_in_worker(session.project, session.folder, request, timeout_s)
    with session.reading() as connection:
        keys = [each.run_key for each in found.runs if each.run_key is not None]
        known = tuple(key for key in keys if key in ticks.known_run_keys(connection, snapshot.kind, name, keys))
        try:
            _check(connection, session, snapshot, found)
        except AssettuiError as error:
            found = Evaluation(log=found.log, error=StepError(str(error), "refused"))
    return DryTick(name, at_us, started_us, clock_us(), found, known)


def _check(connection: sqlite3.Connection, session: Session, snapshot: InstigatorSnapshot, found: Evaluation) -> None:
    """Refuse what would be refused when the tick is recorded."""
    if not found.runs or found.keys:
        return  # partitions that it adds would be there by then
    state = session.state(connection)
    for request in found.runs:
        assets = request.assets
        is_of_selection = assets is None and request.checks is None and request.job is None
        if is_of_selection and snapshot.selection is not None:
            assets = tuple(state.select(snapshot.selection))
        plan_launch(replace(request, assets=assets), state)


# What is to come.


class Upcoming(Struct, frozen=True):
    """A time at which a schedule is due."""

    time_us: int
    schedule: str
    job: str | None
    selection: str | None
    """The assets that it is for, where it is for no job."""

    @property
    def target(self) -> str:
        return self.job or self.selection or ""


def upcoming(session: Session, until_us: int, limit: int = 1_000) -> list[Upcoming]:
    """What the schedules that are on are due for until then, in order; at most so much."""
    now_us = clock_us()
    with session.reading() as connection:
        on = _schedules_on(connection, _snapshot(connection, session))
    each_in_order = (_upcoming_of(each, now_us, until_us) for each in on)
    return list(islice(heapq.merge(*each_in_order, key=lambda due: (due.time_us, due.schedule)), limit))


def _upcoming_of(each: InstigatorSnapshot, now_us: int, until_us: int) -> Iterator[Upcoming]:
    for time_us in ScheduleTimes(each.crons, each.zone_name).within(now_us, until_us):
        yield Upcoming(time_us, each.name, each.jobs[0] if each.jobs else None, each.selection)


def next_due(connection: sqlite3.Connection, known: Iterable[InstigatorSnapshot]) -> tuple[str, int] | None:
    """The schedule that is due next, and when; None where none is on. By a connection that is open."""
    on = _schedules_on(connection, known)
    now_us = clock_us()
    next_of = {  # many are due at the same times
        times: ScheduleTimes(*times).next_after(now_us) for times in {(each.crons, each.zone_name) for each in on}
    }
    time_us, name = min(((next_of[each.crons, each.zone_name], each.name) for each in on), default=(0, ""))
    return (name, time_us) if name else None


def _schedules_on(connection: sqlite3.Connection, known: Iterable[InstigatorSnapshot]) -> list[InstigatorSnapshot]:
    states = ticks.instigator_states(connection)
    return [
        each
        for each in known
        if each.kind is InstigatorKind.SCHEDULE and states.get(each.name, InstigatorState(each.name)).is_on_by(each)
    ]


def preview(session: Session, name: str, until_us: int, limit: int = 10_000) -> tuple[InstigatorSnapshot, list[int]]:
    """A schedule, and the times that it is due until then, whether it is on or off.

    Raises:
        NotFound: There is no such schedule.
    """
    with session.reading() as connection:
        found = find(_snapshot(connection, session), name, InstigatorKind.SCHEDULE)
    times = ScheduleTimes(found.crons, found.zone_name).within(clock_us(), until_us)
    return found, list(islice(times, limit))
