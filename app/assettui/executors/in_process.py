"""Materializing in this very process: for tests, notebooks and debugging. What runs is what a worker would run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from assettui.core.errors import NotFound, StepFailed, StoreError
from assettui.core.graph import AssetGraph
from assettui.core.keys import AssetKey, CoercibleToAssetKey
from assettui.core.planning import RunPlan, StepPlan, plan_run
from assettui.core.records import Event, EventKind, Materialization, StepError, StepStatus, ValueRef
from assettui.core.selection import select
from assettui.definitions.definitions import flatten
from assettui.definitions.describe import describe
from assettui.values.memory import MemoryValues
from assettui.worker.request import StepOutcome, StepRequest
from assettui.worker.step import Values, execute_step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from sqlite_utils import Database

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.spec import AssetSpec
    from assettui.store.lease import Lease

COMMIT_EVERY_S = 0.02
"""Events are committed together, at most this long after the first of them; the last ones when the run ends."""


def clock_us() -> int:
    """Now: microseconds since the epoch, UTC."""
    return time.time_ns() // 1000


class Instance:
    """A store to keep runs in that are made in this process.

    Open one with `with Instance.open(path) as instance:`. It leads the store meanwhile, so no other process may.
    """

    def __init__(self, db: Database, values: Values, lease: Lease | None) -> None:
        self.db = db
        self.values = values
        self._lease = lease

    @staticmethod
    def open(path: str | os.PathLike[str]) -> Instance:
        """The store at that path, made where it is missing.

        Args:
            path: A folder, or the SQLite file itself.

        Raises:
            StoreError: It cannot be opened, or another process leads it.
        """
        # deferred: the store is not needed where nothing is kept
        from assettui.store import lease
        from assettui.store.database import open_for_writing
        from assettui.store.folder import StoreFolder
        from assettui.values.files import FileValues

        folder = StoreFolder.at(Path(path))
        db = open_for_writing(folder)
        held = lease.acquire(folder.lease, face="python", project_id="", now_us=clock_us())
        if held is None:
            db.conn.close()
            leader = lease.last_holder(folder.lease)
            raise StoreError(
                f"the store {folder.database} is led by another process{f' ({leader.face}, pid {leader.pid})' if leader else ''}",
                hint="end it first, or ask it to materialize: assettui materialize",
            )
        return Instance(db, FileValues(folder.values), held)

    def close(self) -> None:
        """Let another process lead."""
        self.db.conn.close()
        if self._lease is not None:
            self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class MaterializeInProcessResult:
    """How a run in this process went."""

    run_id: str
    success: bool
    """Whether every step succeeded."""
    outcomes: Mapping[str, StepOutcome]
    """By step, in the order in which they ran or were skipped."""
    _values: Values

    def output_for_node(self, name: str) -> Any:
        """The value that the step of that name made: the asset's key, or its last part.

        Raises:
            NotFound: No such step succeeded, or it stored its data itself.
        """
        return self._value(self._made(name), name)

    def asset_value(self, asset_key: CoercibleToAssetKey) -> Any:
        """The value of an asset that the run made.

        Raises:
            NotFound: The run did not make it, or it has no stored value.
        """
        return self.output_for_node(str(AssetKey.from_coercible(asset_key)))

    def asset_materializations_for_node(self, name: str) -> list[Materialization]:
        """What was recorded of the step of that name; empty where it failed or was skipped."""
        outcome = self.outcomes.get(self._step_named(name))
        return list(outcome.materializations) if outcome else []

    def error_for_node(self, name: str) -> StepError | None:
        """Why the step of that name failed or was skipped; None where it succeeded."""
        outcome = self.outcomes.get(self._step_named(name))
        return outcome.error if outcome else None

    def _step_named(self, name: str) -> str:
        if name in self.outcomes:
            return name
        return next((step for step in self.outcomes if step.rsplit("/", 1)[-1] == name), name)

    def _made(self, name: str) -> Materialization:
        made = self.asset_materializations_for_node(name)
        if not made:
            raise NotFound(f"the run made no {name!r}", hint=f"it made: {', '.join(self.outcomes) or 'nothing'}")
        return made[0]

    def _value(self, made: Materialization, name: str) -> Any:
        if made.value is None:
            raise NotFound(f"{name!r} stored its data itself, so there is no value to give")
        return self._values.load(made.value)


def materialize(
    assets: Sequence[AssetsDefinition | AssetSpec | Sequence[AssetsDefinition | AssetSpec]],
    *,
    selection: str | Sequence[str] | None = None,
    raise_on_error: bool = True,
    instance: Instance | None = None,
    tags: Mapping[str, str] | None = None,
) -> MaterializeInProcessResult:
    """Run asset functions in this process, upstream before downstream, one after the other.

    Args:
        assets: The decorated functions, with all that they read; specs of external assets may be among them.
        selection: Which of them to run, as on the command line (`"+marts/total"`); by default all. What is not
            selected must have a value in the instance's store if it is read.
        raise_on_error: Whether the first failure is raised rather than recorded.
        instance: Where runs and values are kept; by default they live as long as the result.
        tags: Kept with the run.

    Raises:
        DefinitionsError: The definitions are wrong; all that is wrong with them.
        SelectionError: The selection names nothing.
        LaunchError: A step would read what was never materialized.
        StepFailed: A step failed; its cause is the user's exception.
    """
    described = describe("in process", flatten(assets))
    graph = AssetGraph(described.snapshot.assets)
    terms = ["*"] if selection is None else [selection] if isinstance(selection, str) else selection
    known = _known(instance, graph)
    plan = plan_run(graph, select(graph, terms), available=known)
    run = _InProcessRun(plan, described.definitions, instance, known, dict(tags or {}))
    return run.carry_out(raise_on_error=raise_on_error)


def _known(instance: Instance | None, graph: AssetGraph) -> dict[AssetKey, Materialization]:
    """The last materialization of each asset that the store knows."""
    if instance is None:
        return {}
    from assettui.store import queries

    states = queries.asset_states(instance.db.conn)
    return {key: state.last for key, state in states.items() if state.last is not None and key in graph.assets}


class _InProcessRun:
    """One run: its steps in order, and what is recorded of it."""

    def __init__(
        self,
        plan: RunPlan,
        definitions: Mapping[AssetKey, AssetsDefinition],
        instance: Instance | None,
        known: dict[AssetKey, Materialization],
        tags: dict[str, str],
    ) -> None:
        self.run_id = os.urandom(8).hex()
        self.plan = plan
        self.definitions = definitions
        self.values: Values = instance.values if instance else MemoryValues()
        self.last = known
        self.tags = tags
        self.outcomes: dict[str, StepOutcome] = {}
        self.recorder: Callable[[Event], None] = _Recorder(instance).add if instance else _forget

    def carry_out(self, *, raise_on_error: bool) -> MaterializeInProcessResult:
        self._record(EventKind.RUN_QUEUED, plan=self.plan.to_json(), tags=self.tags)
        self._record(EventKind.RUN_STARTED)
        try:
            for step in self.plan.steps:
                self.outcomes[step.key] = self._carry_out_step(step)
        except BaseException:
            self._record(EventKind.RUN_CANCELED)
            raise
        failed = [key for key, outcome in self.outcomes.items() if outcome.status is StepStatus.FAILURE]
        if not failed:
            self._record(EventKind.RUN_SUCCESS)
        else:
            self._record(EventKind.RUN_FAILURE, error=f"{failed[0]}: {self._message(failed[0])}")
        if failed and raise_on_error:
            raise StepFailed(f"{failed[0]} failed: {self._message(failed[0])}") from self.outcomes[failed[0]].exception
        return MaterializeInProcessResult(self.run_id, not failed, self.outcomes, self.values)

    def _message(self, step_key: str) -> str:
        error = self.outcomes[step_key].error
        return error.message if error else "failed"

    def _carry_out_step(self, step: StepPlan) -> StepOutcome:
        blocked_by = next((name for name in step.after if self.outcomes[name].status is not StepStatus.SUCCESS), None)
        if blocked_by is not None:
            error = StepError(f"{blocked_by} did not succeed", "skipped")
            self._record(EventKind.STEP_SKIPPED, step=step, error=error.to_json())
            return StepOutcome(StepStatus.SKIPPED, error=error)
        self._record(EventKind.STEP_STARTED, step=step, worker=os.getpid())
        outcome = execute_step(self._request(step), self.definitions, self.values, clock_us)
        for made in outcome.materializations:
            self.last[made.asset_key] = made
            self.recorder(
                Event(EventKind.MATERIALIZED, made.time_us, self.run_id, step.key, made.asset_key, made.payload())
            )
        kind = EventKind(f"step_{outcome.status.value}")
        self._record(kind, step=step, error=outcome.error.to_json() if outcome.error else None)
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise outcome.exception
        return outcome

    def _request(self, step: StepPlan) -> StepRequest:
        values: dict[AssetKey, ValueRef | None] = {
            each.key: self.last[each.key].value for each in step.inputs if each.key in self.last
        }
        versions = {str(key): self.last[key].data_version if key in self.last else None for key in step.upstream}
        return StepRequest(self.run_id, step, values, versions, version=f"{clock_us()}-{self.run_id[:8]}")

    def _record(self, kind: EventKind, *, step: StepPlan | None = None, **payload: Any) -> None:
        said = {name: value for name, value in payload.items() if value}
        self.recorder(Event(kind, clock_us(), self.run_id, step.key if step else None, payload=said))


def _forget(event: Event) -> None:
    """What becomes of the events of a run that is not kept."""


_LAST = frozenset({EventKind.RUN_SUCCESS, EventKind.RUN_FAILURE, EventKind.RUN_CANCELED})


class _Recorder:
    """Writes events to a store, several in one durable commit."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.pending: list[Event] = []
        self.since = 0.0

    def add(self, event: Event) -> None:
        """Take an event; it is committed with the next ones, or at once where it is the last of its run."""
        now = time.monotonic()
        if not self.pending:
            self.since = now
        self.pending.append(event)
        if event.kind in _LAST or now - self.since > COMMIT_EVERY_S:
            self._commit()

    def _commit(self) -> None:
        from assettui.store.database import writing
        from assettui.store.recording import record

        with writing(self.instance.db) as db:
            superseded = record(db.conn, self.pending)
        self.pending.clear()
        for ref in superseded:
            _remove(self.instance.values, ref)


def _remove(values: Values, ref: ValueRef) -> None:
    from assettui.values.files import FileValues

    if isinstance(values, FileValues):
        values.remove(ref)
