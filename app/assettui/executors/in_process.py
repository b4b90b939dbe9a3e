"""Materializing in this very process: for tests, notebooks and debugging. What runs is what a worker would run."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assettui.core.errors import LaunchError, NotFound, StepFailed
from assettui.core.graph import AssetGraph
from assettui.core.masking import masked
from assettui.core.planning import RunPlan, StepPlan, awaited, expand, left_out, plan_observation, plan_ops, plan_run
from assettui.core.records import Event, EventKind, Materialization, Observation, StepError, StepStatus, ValueRef
from assettui.core.selection.algebra import AssetSelection, Ground, select
from assettui.definitions.computation import Computation, Described, InputDeclaration
from assettui.definitions.context import ContextRun
from assettui.definitions.definitions import Definitions, flatten
from assettui.definitions.describe import describe
from assettui.definitions.io_managers import DEFAULT_IO_MANAGER, InMemoryIOManager
from assettui.definitions.resources import ResourceSet
from assettui.definitions.run_config import config_json, config_of_resources, merged
from assettui.executors.result import MaterializeInProcessResult
from assettui.values.memory import MemoryValues
from assettui.worker.exchange import Exchange, Values
from assettui.worker.request import Made, StepOutcome, StepRequest
from assettui.worker.step import execute_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.keys import AssetKey
    from assettui.core.records import AssetState
    from assettui.core.snapshot import StepOutput
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.run_config import RunConfig
    from assettui.definitions.spec import AssetSpec
    from assettui.executors.instance import Instance

COMMIT_EVERY_S = 0.02
"""Events are committed together, at most this long after the first of them; the last ones when the run ends."""


def clock_us() -> int:
    """Now: microseconds since the epoch, UTC."""
    return time.time_ns() // 1000


def materialize(
    assets: Sequence[AssetsDefinition | AssetSpec | Sequence[AssetsDefinition | AssetSpec]],
    *,
    run_config: RunConfig | Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    instance: Instance | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
    selection: Any = None,
) -> MaterializeInProcessResult:
    """Run asset functions in this process, upstream before downstream, one after the other.

    Args:
        assets: The decorated functions, with all that they read; specs of external assets may be among them.
        run_config: What the run is configured with.
        resources: By name; they are set up once for the run, when they are first needed, and torn down at its end.
        instance: Where runs and values are kept; by default they live as long as the result.
        partition_key: The slice to make.
        raise_on_error: Whether the first failure is raised rather than recorded.
        tags: Kept with the run.
        selection: Which of them to run: an `AssetSelection`, a text in its syntax, or a list of keys; by default all.
            What is not selected must have a value in the instance's store if it is read.

    Raises:
        DefinitionsError: The definitions are wrong; all that is wrong with them.
        SelectionError: The selection cannot be understood, or names nothing.
        LaunchError: A step would read what was never materialized.
        StepFailed: A step failed; its cause is the user's exception.
    """
    described = describe("in process", Definitions(flatten(assets), resources=resources))
    graph = AssetGraph(described.snapshot.assets, described.snapshot.steps)
    known = _known(instance, graph.assets)
    plan = plan_run(graph, _selected(graph, selection), available=_available(known))
    plan = replace(plan, config=config_json(run_config), tags=dict(tags or {}), partition_key=partition_key)
    return _InProcessRun(plan, described, instance, known).carry_out(raise_on_error=raise_on_error)


def materialize_to_memory(
    assets: Sequence[AssetsDefinition | AssetSpec | Sequence[AssetsDefinition | AssetSpec]],
    *,
    run_config: RunConfig | Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    instance: Instance | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
    selection: Any = None,
) -> MaterializeInProcessResult:
    """As `materialize`, with every value held in memory, whatever IO managers the assets name.

    Raises:
        LaunchError: An IO manager is among the resources; see `materialize` for the rest.
    """
    given = dict(resources or {})
    named = {_manager_of(each) for each in flatten(assets)} - {None}
    for name in sorted({DEFAULT_IO_MANAGER, *(each for each in named if each is not None)}):
        if name in given:
            raise LaunchError(
                f"materialize_to_memory was given the IO manager {name!r}, which would not be used",
                hint="leave it out, or use materialize",
            )
    memory = InMemoryIOManager()
    given.update({name: memory for name in named if name is not None})
    return materialize(
        assets,
        run_config=run_config,
        resources=given,
        instance=instance,
        partition_key=partition_key,
        raise_on_error=raise_on_error,
        tags=tags,
        selection=selection,
    )


def observe(
    assets: Sequence[AssetsDefinition | AssetSpec],
    *,
    run_config: RunConfig | Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    instance: Instance | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
) -> MaterializeInProcessResult:
    """Look at external assets in this process, by their functions; see `materialize`.

    Raises:
        LaunchError: None of them has a function that looks at it.
    """
    described = describe("in process", Definitions(flatten(assets), resources=resources))
    graph = AssetGraph(described.snapshot.assets, described.snapshot.steps)
    plan = replace(plan_observation(graph, graph.assets), config=config_json(run_config), tags=dict(tags or {}))
    return _InProcessRun(plan, described, instance, {}).carry_out(raise_on_error=raise_on_error)


def run_job(
    job: JobDefinition,
    *,
    run_config: RunConfig | Mapping[str, Any] | None,
    instance: Instance | None,
    partition_key: str | None,
    raise_on_error: bool,
    tags: Mapping[str, str] | None,
    resources: Mapping[str, Any] | None,
    asset_selection: Any,
    input_values: Mapping[str, Any] | None,
) -> MaterializeInProcessResult:
    """Run a job in this process; see `JobDefinition.execute_in_process`."""
    project = job.definitions or Definitions()
    definitions = Definitions(project.assets, [job], {**project.resources, **(resources or {})})
    described = describe("in process", definitions)
    snapshot = next(each for each in described.snapshot.jobs if each.name == job.name)
    known: dict[AssetKey, AssetState] = {}
    config = merged(config_json(job.config), config_json(run_config))
    if job.composition is not None:
        plan = plan_ops(snapshot)
        config = merged(config, _input_config(described, job, input_values or {}))
    else:
        graph = AssetGraph(described.snapshot.assets, described.snapshot.steps)
        if not graph.assets:
            raise LaunchError(
                f"the job {job.name} belongs to no project, so it has no assets",
                hint="get it from its project: defs.get_job_def(name).execute_in_process()",
            )
        known = _known(instance, graph.assets)
        chosen = AssetSelection.from_coercible(job.selection)
        if asset_selection is not None:
            chosen = chosen & AssetSelection.from_coercible(asset_selection)
        plan = plan_run(graph, _selected(graph, chosen), available=_available(known))
    plan = replace(
        plan, job=job.name, config=config, tags={**snapshot.tags, **(tags or {})}, partition_key=partition_key
    )
    return _InProcessRun(plan, described, instance, known).carry_out(raise_on_error=raise_on_error)


def load_asset_value(
    definitions: Definitions,
    key: AssetKey,
    *,
    python_type: Any,
    instance: Instance | None,
    partition_key: str | None,
    metadata: Mapping[str, Any],
    resource_config: Mapping[str, Any],
) -> Any:
    """The value of an asset, outside of any run; see `Definitions.load_asset_value`."""
    from assettui.executors.instance import Instance

    described = describe("project", definitions)
    if key not in described.values:
        raise NotFound(f"the project defines no asset {key}")
    store = instance if instance is not None else Instance.get()
    last = store.get_latest_materialization(key)
    request = StepRequest(
        run_id="direct",
        step=StepPlan(f"load {key}"),
        values={key: last.value} if last is not None else {},
        input_versions={},
        version="",
        partition_key=partition_key,
    )
    with ResourceSet(described.resources, resource_config) as resources:
        exchange = Exchange(request, described, store.values, resources)
        return exchange.load_asset("value", key, InputDeclaration(python_type, metadata=metadata))


def _manager_of(item: Any) -> str | None:
    outputs = getattr(item, "outputs", None)
    if outputs is None:
        return getattr(item, "io_manager_key", None)
    return next((each.io_manager_key for each in outputs if each.io_manager_key is not None), None)


def _selected(graph: AssetGraph, selection: Any) -> Iterable[AssetKey]:
    if selection is None:
        return [key for key, asset in graph.assets.items() if not asset.is_external]
    return select(Ground(graph), [AssetSelection.from_coercible(selection)])


def _known(instance: Instance | None, keys: Iterable[AssetKey]) -> dict[AssetKey, AssetState]:
    """What the store knows of these assets."""
    return instance.get_asset_states(list(keys)) if instance is not None else {}


def _available(known: Mapping[AssetKey, AssetState]) -> list[AssetKey]:
    return [key for key, state in known.items() if state.last is not None]


def _input_config(described: Described, job: JobDefinition, input_values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the inputs of a job's graph, as configuration of the ops that receive them."""
    if not input_values or job.composition is None:
        return {}
    from assettui.definitions.composition import GraphInput

    ops: dict[str, Any] = {}
    for node in job.composition.nodes:
        for parameter, argument in node.arguments.items():
            if isinstance(argument, GraphInput) and argument.name in input_values:
                ops.setdefault(node.name, {}).setdefault("inputs", {})[parameter] = {
                    "value": input_values[argument.name]
                }
    return {"ops": ops}


class _InProcessRun:
    """One run: its steps in order, and what is recorded of it."""

    def __init__(
        self, plan: RunPlan, described: Described, instance: Instance | None, known: dict[AssetKey, AssetState]
    ) -> None:
        self.run_id = os.urandom(8).hex()
        self.plan = plan
        self.described = described
        self.instance = instance
        self.values: Values = instance.values if instance else MemoryValues()
        self.handed_values = MemoryValues()
        """What ops hand to each other: nobody needs it longer than the result."""
        self.versions = {key: state.data_version for key, state in known.items()}
        self.last: dict[AssetKey, Materialization] = {
            key: state.last for key, state in known.items() if state.last is not None
        }
        self.steps = {step.key: step for step in plan.steps}
        self.awaited = awaited(plan.steps)
        self.outcomes: dict[str, StepOutcome] = {}
        self.handed: dict[StepOutput, ValueRef] = {}
        self.blocked: set[str] = set()
        """The steps that were skipped because another failed, rather than because something was left out."""
        self.made_by: dict[str, list[Made]] = {}
        """What each step has made or seen, in order."""
        self.recorder: Callable[[Event], None] = _forget
        run = ContextRun(self.run_id, plan.job, plan.tags, plan.config)
        self.resources = ResourceSet(described.resources, config_of_resources(plan.config), run)
        self.begun: dict[str, Any] = {}
        """The resources that the run had: an IO manager may know where its values are only by what it holds."""

    def carry_out(self, *, raise_on_error: bool) -> MaterializeInProcessResult:
        with ExitStack() as stack:
            if self.instance is not None:
                self.recorder = _Recorder(stack.enter_context(self.instance.leading()), self.values).add
            config = masked(self.plan.config, self.described.snapshot.config_schemas)
            self._record(EventKind.RUN_QUEUED, plan=replace(self.plan, config=config).to_json())
            self._record(EventKind.RUN_STARTED)
            try:
                while (step := self._next_step()) is not None:
                    self.outcomes[step.key] = self._carry_out_step(step)
            except BaseException:
                self._record(EventKind.RUN_CANCELED)
                raise
            finally:
                self.begun = self.resources.begun()
                self.resources.close()
            failed = [key for key, outcome in self.outcomes.items() if outcome.status is StepStatus.FAILURE]
            if not failed:
                self._record(EventKind.RUN_SUCCESS)
            else:
                self._record(EventKind.RUN_FAILURE, error=f"{failed[0]}: {self._message(failed[0])}")
        if failed and raise_on_error:
            raise StepFailed(f"{failed[0]} failed: {self._message(failed[0])}") from self.outcomes[failed[0]].exception
        return MaterializeInProcessResult(self.run_id, not failed, self.outcomes, self)

    def _next_step(self) -> StepPlan | None:
        return next((step for key, step in self.steps.items() if key not in self.outcomes), None)

    def _message(self, step_key: str) -> str:
        error = self.outcomes[step_key].error
        return error.message if error else "failed"

    def _carry_out_step(self, step: StepPlan) -> StepOutcome:
        reason, is_free = self._reason_to_skip(step)
        if reason is not None:
            error = StepError(reason, "skipped")
            self._record(EventKind.STEP_SKIPPED, step=step, error=error.to_json())
            return StepOutcome(StepStatus.SKIPPED, error=error, omitted_assets=step.assets if is_free else ())
        retries = 0
        while True:
            self._record(EventKind.STEP_STARTED, step=step, worker=os.getpid())
            outcome = execute_step(
                self._request(step, retries),
                self.described,
                self.values,
                clock_us,
                tell=lambda made: self._note(made, step),
                resources=self.resources,
                handed_values=self.handed_values,
            )
            for made in outcome.made:
                self._note(made, step)
            error = outcome.error.to_json() if outcome.error else None
            if outcome.retry_after_us is None:
                break
            retries += 1
            at_us = clock_us() + outcome.retry_after_us
            self._record(EventKind.STEP_RETRY, step=step, error=error, retry=retries, at_us=at_us)
            time.sleep(outcome.retry_after_us / 1_000_000)
        self._record(EventKind(f"step_{outcome.status.value}"), step=step, error=error)
        if outcome.status is StepStatus.SUCCESS:
            self.handed.update(outcome.handed)
            self._expand(step, outcome)
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise outcome.exception
        return outcome

    def _reason_to_skip(self, step: StepPlan) -> tuple[str | None, bool]:
        """Why a step cannot run, given how those before it ended, None where it can; and whether nothing has failed."""
        gathered = {source.step for wire in step.wires if wire.is_list for source in wire.sources}
        single = {(source.step, source.output) for wire in step.wires if not wire.is_list for source in wire.sources}
        for name in step.after:
            outcome = self.outcomes[name]
            if outcome.status is StepStatus.FAILURE:
                self.blocked.add(step.key)
                return f"{name} failed", False
            if outcome.status is StepStatus.SKIPPED and name in self.blocked:
                self.blocked.add(step.key)
                return outcome.error.message if outcome.error else f"{name} did not run", False
        for name in step.after:
            outcome = self.outcomes[name]
            if outcome.status is StepStatus.SKIPPED and name not in gathered:
                return f"{name} was skipped", True
            for key in outcome.omitted_assets:
                if key in step.upstream:
                    return left_out(key, name), True
            for output in outcome.omitted:
                if (name, output) in single:
                    return f"{name} gave no {output!r}", True
        return None, True

    def _expand(self, step: StepPlan, outcome: StepOutcome) -> None:
        if step.key not in self.awaited:
            return
        expansion = expand(self.steps, step.key, outcome.mapping_keys())
        if expansion.replaced:
            self.steps = expansion.plan
            self.awaited = awaited(self.steps.values())
            self._record(EventKind.RUN_EXPANDED, **expansion.payload())

    def _note(self, made: Made, step: StepPlan) -> None:
        self.made_by.setdefault(step.key, []).append(made)
        if isinstance(made, Materialization):
            self.last[made.asset_key] = made
        kind = EventKind.OBSERVED if isinstance(made, Observation) else EventKind.MATERIALIZED
        if made.data_version is not None:
            self.versions[made.asset_key] = made.data_version
        self.recorder(Event(kind, made.time_us, self.run_id, step.key, made.asset_key, made.payload()))

    def _request(self, step: StepPlan, retries: int) -> StepRequest:
        values: dict[AssetKey, ValueRef | None] = {
            each.key: self.last[each.key].value for each in step.inputs if each.key in self.last
        }
        versions = {str(key): self.versions.get(key) for key in step.upstream}
        sources = (source for wire in step.wires for source in wire.sources)
        return StepRequest(
            self.run_id,
            step,
            values,
            versions,
            version=f"{clock_us()}-{self.run_id[:8]}",
            handed={source: self.handed[source] for source in sources if source in self.handed},
            job=self.plan.job,
            tags=self.plan.tags,
            config=self.plan.config,
            partition_key=self.plan.partition_key,
            retry_number=retries,
        )

    def _record(self, kind: EventKind, *, step: StepPlan | None = None, **payload: Any) -> None:
        said = {name: value for name, value in payload.items() if value}
        self.recorder(Event(kind, clock_us(), self.run_id, step.key if step else None, payload=said))

    # What a result asks.

    def computation(self, step_key: str) -> Computation | None:
        """What a step carried out."""
        step = self.steps.get(step_key)
        return self.described.computations.get(step.computation) if step is not None else None

    def value_of(self, made: Materialization) -> Any:
        """The value that was stored."""
        key = made.asset_key
        request = StepRequest(
            self.run_id, StepPlan("result"), {key: made.value}, {}, "", partition_key=self.plan.partition_key
        )
        with ResourceSet({**self.described.resources, **self.begun}) as resources:
            exchange = Exchange(request, self.described, self.values, resources)
            return exchange.load_asset("value", key, InputDeclaration())

    def value_handed(self, ref: ValueRef, source: StepOutput) -> Any:
        """A value that was handed on by a step."""
        from assettui.core.snapshot import Wire

        request = StepRequest(self.run_id, StepPlan("result"), {}, {}, "", handed={source: ref})
        with ResourceSet({**self.described.resources, **self.begun}) as resources:
            exchange = Exchange(request, self.described, self.values, resources, self.handed_values)
            return exchange.load_handed("value", Wire("value", (source,)), InputDeclaration())


def _forget(event: Event) -> None:
    """What becomes of the events of a run that is not kept."""


_LAST = frozenset({EventKind.RUN_SUCCESS, EventKind.RUN_FAILURE, EventKind.RUN_CANCELED})


class _Recorder:
    """Writes events to a store, several in one durable commit."""

    def __init__(self, db: Any, values: Values) -> None:
        self.db = db
        self.values = values
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

        with writing(self.db) as db:
            superseded = record(db.conn, self.pending)
        self.pending.clear()
        for ref in superseded:
            _remove(self.values, ref)


def _remove(values: Values, ref: ValueRef) -> None:
    from assettui.values.files import FileValues

    if isinstance(values, FileValues):
        values.remove(ref)
