"""Materializing in this very process: for tests, notebooks and debugging. What runs is what a worker would run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitioned_runs import of_job_partitions, with_partitions
from assettui.core.partitions.definition import AsOf
from assettui.core.planning import plan_observation, plan_ops, plan_run
from assettui.core.run_config import BadRunConfig, merged, of_resources, of_steps
from assettui.core.selection.algebra import AssetSelection, select_with_checks
from assettui.core.selection.expression import SelectionContext
from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.computation import Described, InputDeclaration
from assettui.definitions.definitions import Definitions, flatten, is_check
from assettui.definitions.describe.project import describe
from assettui.definitions.io_managers import DEFAULT_IO_MANAGER, InMemoryIOManager
from assettui.definitions.resources import ResourceSet
from assettui.definitions.run_config import config_json
from assettui.executors.run_in_process import InProcessRun
from assettui.model.errors import LaunchError, NotFound
from assettui.model.keys import closest
from assettui.model.run import RunPlan, StepPlan
from assettui.model.step import PartitionsRead, StepRequest
from assettui.model.timing import clock_us
from assettui.worker.exchange import Exchange

RANGE_START_TAG, RANGE_END_TAG = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.partitions.sets import PartitionSet
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.run_config import RunConfig
    from assettui.definitions.spec import AssetSpec
    from assettui.executors.instance import Instance
    from assettui.executors.result import MaterializeInProcessResult
    from assettui.model.asset import AssetState
    from assettui.model.check import AssetCheckKey
    from assettui.model.keys import AssetKey

    Materializable: TypeAlias = AssetsDefinition | AssetSpec | AssetChecksDefinition


def materialize(
    assets: Sequence[Materializable | Sequence[Materializable]],
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
        assets: The decorated functions, with all that they read; specs of external assets may be among them, and checks.
        run_config: What the run is configured with.
        resources: By name; they are set up once for the run, when they are first needed, and torn down at its end.
        instance: Where runs and values are kept; by default they live as long as the result.
        partition_key: The partition to make.
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
    given = list(flatten(assets))
    checks = [each for each in given if is_check(each)]
    definitions = Definitions([each for each in given if not is_check(each)], resources=resources, asset_checks=checks)
    described = describe("in process", definitions, dynamic=_dynamic(instance))
    graph = AssetGraph.of(described.snapshot)
    known = _known(instance, graph.assets)
    chosen, chosen_checks = _selected(graph, selection)
    plan = plan_run(graph, chosen, available=_available(known), checks=chosen_checks)
    config = _config(plan, described, config_json(run_config))
    plan = replace(plan, config=config, tags=dict(tags or {}))
    partitioned = _partitioned(graph, instance)
    plan = with_partitions(plan, partitioned, _wanted(partition_key, tags), _materialized(partitioned, instance))
    return InProcessRun(plan, described, instance, known, partitioned).carry_out(raise_on_error=raise_on_error)


def materialize_to_memory(
    assets: Sequence[Materializable | Sequence[Materializable]],
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
    named = {name for each in flatten(assets) for name in _managers_of(each)}
    for name in sorted({DEFAULT_IO_MANAGER, *named}):
        if name in given:
            raise LaunchError(
                f"materialize_to_memory was given the IO manager {name!r}, which would not be used",
                hint="leave it out, or use materialize",
            )
    memory = InMemoryIOManager()
    given.update(dict.fromkeys(named, memory))
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
    assets: Sequence[Materializable],
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
    given = list(flatten(assets))
    checks = [each for each in given if is_check(each)]
    definitions = Definitions([each for each in given if not is_check(each)], resources=resources, asset_checks=checks)
    described = describe("in process", definitions, dynamic=_dynamic(instance))
    graph = AssetGraph.of(described.snapshot)
    plan = plan_observation(graph, graph.assets)
    plan = replace(plan, config=_config(plan, described, config_json(run_config)), tags=dict(tags or {}))
    partitioned = _partitioned(graph, instance)
    return InProcessRun(plan, described, instance, {}, partitioned).carry_out(raise_on_error=raise_on_error)


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
    definitions = Definitions(
        project.assets,
        jobs=[job],
        resources={**project.resources, **(resources or {})},
        asset_checks=project.asset_checks,
    )
    described = describe("in process", definitions, dynamic=_dynamic(instance))
    snapshot = next(each for each in described.snapshot.jobs if each.name == job.name)
    known: dict[AssetKey, AssetState] = {}
    inputs: dict[str, Any] = {}
    if job.composition is not None:
        plan = plan_ops(snapshot)
        inputs = _input_config(job, input_values or {})
    else:
        graph = AssetGraph.of(described.snapshot)
        if not graph.assets:
            raise LaunchError(
                f"the job {job.name} belongs to no project, so it has no assets",
                hint="get it from its project: defs.get_job_def(name).execute_in_process()",
            )
        known = _known(instance, graph.assets)
        chosen = AssetSelection.from_coercible(job.selection)
        if asset_selection is not None:
            chosen = chosen & AssetSelection.from_coercible(asset_selection)
        keys, checks = _selected(graph, chosen)
        plan = plan_run(graph, keys, available=_available(known), checks=checks)
    of_job = config_json(job.config)
    own = of_steps(of_job, plan.configurable()).within(of_job)
    config = merged(merged(own, _config(plan, described, config_json(run_config))), inputs)
    plan = replace(plan, job=job.name, config=config, tags={**snapshot.tags, **(tags or {})})
    partitioned = _partitioned(AssetGraph.of(described.snapshot), instance)
    wanted = _wanted(partition_key, tags)
    if job.composition is None:
        plan = with_partitions(plan, partitioned, wanted, _materialized(partitioned, instance))
    else:
        plan = of_job_partitions(plan, snapshot, partitioned.moment, wanted)
    return InProcessRun(plan, described, instance, known, partitioned).carry_out(raise_on_error=raise_on_error)


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

    store = instance if instance is not None else Instance.get()
    described = describe("project", definitions, dynamic=_dynamic(store))
    if key not in described.values:
        raise NotFound(f"the project defines no asset {key}")
    last = store.get_latest_materialization(key)
    read = _partitions_to_load(described, store, key, partition_key)
    request = StepRequest(
        run_id="direct",
        step=StepPlan(f"load {key}"),
        values={key: last.value} if last is not None else {},
        input_versions={},
        version="",
        partitions_read={key: read} if read is not None else {},
    )
    with ResourceSet(described.resources, resource_config) as resources:
        exchange = Exchange(request, described, store.values, resources)
        return exchange.load_asset("value", key, InputDeclaration(python_type, metadata=metadata))


def _partitions_to_load(
    described: Described, store: Instance, key: AssetKey, partition_key: str | None
) -> PartitionsRead | None:
    """The partitions of an asset whose values are to be loaded; None where it has none.

    Raises:
        LaunchError: It has some, and none is named; or the other way round.
        UnknownPartition: There is none of that key.
    """
    partitioned = _partitioned(AssetGraph.of(described.snapshot), store)
    if not partitioned.is_partitioned(key):
        if partition_key is not None:
            raise LaunchError(f"{key} has no partitions, and {partition_key} was named", hint="leave it out")
        return None
    if partition_key is None:
        raise LaunchError(f"{key} has partitions, and none was named", hint="give partition_key=…")
    partitioned.space(key).index(partition_key)
    return PartitionsRead(
        (partition_key,), store.known_partitions(lambda known: known.partition_values(key, [partition_key]))
    )


def _partitioned(graph: AssetGraph, instance: Instance | None) -> PartitionedGraph:
    return PartitionedGraph(graph, AsOf(clock_us(), _dynamic(instance)))


def _dynamic(instance: Instance | None) -> Mapping[str, Mapping[str, int]]:
    """The keys of dynamic partitions."""
    return instance.dynamic_indices() if instance is not None else {}


def _materialized(partitioned: PartitionedGraph, instance: Instance | None) -> dict[AssetKey, PartitionSet]:
    if instance is None:
        return {}
    return {key: known.materialized for key, known in instance.recorded_partitions(partitioned).items()}


def _wanted(partition_key: str | None, tags: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """The partitions that a caller names: one, or a range by the two tags that Dagster documents for it."""
    if partition_key is not None:
        return [(partition_key, partition_key)]
    first, last = ((tags or {}).get(tag) for tag in (RANGE_START_TAG, RANGE_END_TAG))
    return [(first, last)] if first is not None and last is not None else []


def _managers_of(item: AssetsDefinition | AssetSpec) -> set[str]:
    """The IO managers that an asset function or a spec names."""
    if isinstance(item, AssetsDefinition):
        named = [key for output in item.outputs for key in (output.io_manager_key, output.spec.io_manager_key)]
    else:
        named = [item.io_manager_key]
    return {key for key in named if key is not None}


def _selected(graph: AssetGraph, selection: Any) -> tuple[Sequence[AssetKey], tuple[AssetCheckKey, ...] | None]:
    """The assets to make, and the checks to evaluate; None for all of these assets."""
    if selection is None:
        return [key for key, asset in graph.assets.items() if not asset.is_external], None
    return select_with_checks(SelectionContext(graph), [AssetSelection.from_coercible(selection)])


def _known(instance: Instance | None, keys: Iterable[AssetKey]) -> dict[AssetKey, AssetState]:
    """What the store knows of these assets."""
    return instance.get_asset_states(list(keys)) if instance is not None else {}


def _available(known: Mapping[AssetKey, AssetState]) -> list[AssetKey]:
    return [key for key, state in known.items() if state.last is not None]


def _config(plan: RunPlan, described: Described, given: Mapping[str, Any]) -> dict[str, Any]:
    """A run's configuration, steps by their very names.

    Raises:
        BadRunConfig: It is of a step or resource that the run has not.
    """
    known = plan.configurable()
    said = of_steps(given, known)
    for path, name in said.unknown.items():
        near = closest(name, known)
        hint = f"did you mean {near!r}?" if near else f"its steps: {', '.join(known)}"
        raise BadRunConfig(f"{path}: the run has no step {name!r}", hint=hint)
    for name in of_resources(given):
        if name not in described.snapshot.resources:
            near = closest(name, described.snapshot.resources)
            raise BadRunConfig(
                f"resources.{name}: there is no such resource", hint=f"did you mean {near!r}?" if near else None
            )
    return said.within(given)


def _input_config(job: JobDefinition, input_values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the inputs of a job's graph, as configuration of the ops that receive them."""
    if not input_values or job.composition is None:
        return {}
    from assettui.definitions.ops.composition import GraphInput

    ops: dict[str, Any] = {}
    for node in job.composition.nodes:
        for parameter, argument in node.arguments.items():
            if isinstance(argument, GraphInput) and argument.name in input_values:
                ops.setdefault(node.name, {}).setdefault("inputs", {})[parameter] = {
                    "value": input_values[argument.name]
                }
    return {"ops": ops}
