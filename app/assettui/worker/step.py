"""Executing one step: read the inputs, call the user's function, store what it gives.

The one place where the function of a step is entered. Whatever comes out of it, an exception of any kind included,
becomes an outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isgenerator
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from assettui.core.masking import restored
from assettui.core.run_config import of_resources, of_step, of_steps
from assettui.core.versions import default_data_version
from assettui.definitions.context import AssetExecutionContext, ContextRun
from assettui.definitions.hooks import HookDefinition
from assettui.definitions.resources import ResourceSet
from assettui.definitions.results import (
    NO_VALUE,
    AssetMaterialization,
    AssetObservation,
    DynamicOutput,
    MaterializeResult,
    ObserveResult,
    Output,
)
from assettui.definitions.run_config import config_json
from assettui.model.events import Materialization, Observation, OpOutput
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue, as_metadata
from assettui.model.project import StepOutput
from assettui.model.run import StepStatus
from assettui.model.step import StepOutcome, StepRequest
from assettui.model.text import plural
from assettui.values.formats import row_count
from assettui.worker.exchange import Exchange, Values
from assettui.worker.failures import failed_outcome, retry_after_us
from assettui.worker.hooks import call_hooks
from assettui.worker.results import BadResult, results_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.definitions.computation import Computation, Described, ValueDeclaration
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.retries import RetryPolicy
    from assettui.model.asset import ValueRef
    from assettui.model.events import AssetEvent

ROW_COUNT_NAMES = ("row_count", "dagster/row_count")
"""Metadata that says how many rows an asset has; the second is the name that Dagster documents."""
DATA_VERSION_TAG = "dagster/data_version"
"""The tag of a result that says its data version, as Dagster documents it."""


def execute_step(
    request: StepRequest,
    project: Described,
    values: Values,
    now: Callable[[], int],
    *,
    tell: Callable[[AssetEvent], None] | None = None,
    resources: ResourceSet | None = None,
    op_output_values: Values | None = None,
) -> StepOutcome:
    """Run the function of one step and store its results.

    Args:
        request: What to run, and where its inputs are.
        project: The project's functions.
        values: Where values are.
        now: The clock: microseconds since the epoch, UTC.
        tell: Takes what a function yields as soon as it is stored; without it all is in the outcome.
        resources: Those that outlive the step; by default it has a set of its own.
        op_output_values: Where the outputs of ops are kept; by default with the others.

    Returns:
        How it ended; the outcome of a failure holds the exception itself. Nothing is raised.
    """
    job = project.jobs.get(request.job) if request.job is not None else None
    if job is not None and job.config is not None:
        of_job = config_json(job.config)
        known = of_steps(of_job, request.config.get("ops") or {})
        request = replace(request, config=restored(request.config, known.within(of_job)))
    run = ContextRun(request.run_id, request.job, request.tags, request.config)
    own = None
    if resources is None:
        own = ResourceSet(project.resources_of(request.job), of_resources(request.config), run)
    scope = resources or own or ResourceSet({})
    exchange = Exchange(request, project, values, scope, op_output_values)
    execution = _Execution(request, project, exchange, now, tell, run, scope)
    try:
        outcome = execution.carry_out()
        execution.call_hooks(outcome)
    except BaseException as error:  # noqa: BLE001 - canceled between our own lines, or in a hook
        return execution.failed(error)
    finally:
        if own is not None:
            own.close()
    return outcome


def retry_after_loss_us(request: StepRequest, project: Described) -> int | None:
    """How long to wait before a step is tried again whose worker dies of it, or that takes too long; None for never.

    Args:
        request: The attempt that may end so.
        project: The project's functions.
    """
    job = project.jobs.get(request.job) if request.job is not None else None
    policy = _policy_of(project.computations.get(request.step.computation), job)
    return retry_after_us(request.retry_number, policy)


class _Execution:
    """One attempt at one step."""

    def __init__(
        self,
        request: StepRequest,
        project: Described,
        exchange: Exchange,
        now: Callable[[], int],
        tell: Callable[[AssetEvent], None] | None,
        run: ContextRun,
        resources: ResourceSet,
    ) -> None:
        self.request = request
        self.project = project
        self.computation = project.computations.get(request.step.computation)
        self.job = project.jobs.get(request.job) if request.job is not None else None
        self.hooks = _hooks_of(self.computation, self.job)
        self.exchange = exchange
        self.resources = resources
        self.now = now
        self.tell = tell
        self.run = run
        self.started_us = now()
        self.asset_events: list[AssetEvent] = []
        """What is yet to be told."""
        self.versions: dict[tuple[str, str | None], str] = {}
        """The data version of each asset, and partition, that was made."""
        self.op_outputs: dict[StepOutput, ValueRef] = {}
        self.given: dict[str, Any] = {}
        """Output values, kept only where a hook wants them."""
        self.op_config: Any = None

    def carry_out(self) -> StepOutcome:
        try:
            return self._succeed()
        except BaseException as error:  # noqa: BLE001 - user code is entered here, and may raise anything
            return self.failed(error)

    def _succeed(self) -> StepOutcome:
        computation = self._computation()
        wanted = self._wanted_outputs(computation)
        context, arguments = self._arguments(computation, wanted)
        returned = computation.fn(**arguments)
        arguments.clear()  # the inputs may be large, and the result is still to be written
        is_one_by_one = isgenerator(returned)
        seen: set[str] = set()
        for result in results_of(returned, computation, wanted):
            self._take(computation, wanted, context, result, seen)
            if is_one_by_one:
                self._tell_all()
        omitted = self._omitted(computation, wanted, seen)
        return StepOutcome(
            StepStatus.SUCCESS,
            tuple(self.asset_events),
            op_outputs=tuple(OpOutput(source, ref) for source, ref in self.op_outputs.items()),
            omitted=tuple(omitted),
            omitted_assets=tuple(key for name in omitted if (key := wanted[name].asset_key) is not None),
        )

    # Before.

    def _computation(self) -> Computation:
        if self.computation is None:
            raise BadResult(
                f"the project no longer defines {self.request.step.computation}",
                hint="it was edited after the run was asked for",
            )
        return self.computation

    def _wanted_outputs(self, computation: Computation) -> dict[str, ValueDeclaration]:
        """The outputs that the step is to make: all, or those of the assets that were asked for."""
        if not computation.can_subset:
            return dict(computation.outputs)
        chosen = set(self.request.step.assets)
        return {name: out for name, out in computation.outputs.items() if out.asset_key in chosen}

    def _arguments(
        self, computation: Computation, wanted: Mapping[str, ValueDeclaration]
    ) -> tuple[AssetExecutionContext, dict[str, Any]]:
        said = of_step(self.request.config, _config_name(computation))
        config = said.get("config")
        arguments: dict[str, Any] = {}
        if computation.config is not None or computation.config_schema is not None or config is not None:
            self.op_config = self._op_config(computation, config, arguments)
        for parameter, name in computation.resources.items():
            arguments[parameter] = self.resources.get(name)
        scoped = self.resources.scoped(sorted(computation.required_resources)) if computation.required_resources else {}
        self._load_inputs(computation, arguments, said.get("inputs") or {})
        context = AssetExecutionContext(
            self.run,
            self.request.step.key,
            asset_keys={name: out.asset_key for name, out in wanted.items() if out.asset_key is not None},
            resources=scoped,
            op_config=self.op_config,
            partitions=self.exchange.partitions if self.request.partition_keys else self.exchange.run_partitions,
            input_partitions={
                each.name: read
                for each in self.request.step.inputs
                if (read := self.exchange.partitions_read(each.key)) is not None
            },
            retry_number=self.request.retry_number,
            mapping_key=self.request.step.mapping_key,
            log_event=lambda event: self._log_event(event),
        )
        if computation.context is not None:
            arguments[computation.context] = context
        return context, arguments

    def _op_config(self, computation: Computation, config: Any, arguments: dict[str, Any]) -> Any:
        from assettui.definitions.configurable import validated  # deferred: pydantic takes 0.1 s
        from assettui.definitions.env_var import resolved

        name = _config_name(computation)
        if computation.config is not None:
            parameter, kind = computation.config
            arguments[parameter] = validated(kind, config, name)
            return arguments[parameter].model_dump()
        if computation.config_schema is not None:
            return validated(computation.config_schema, config, name)
        if computation.context is None:
            raise BadResult(f"the run configures {name}, which takes no configuration", hint="leave it out")
        return resolved(config)

    def _load_inputs(self, computation: Computation, arguments: dict[str, Any], given: Mapping[str, Any]) -> None:
        step = self.request.step
        assets = {each.name: each.key for each in step.inputs}
        wires = {wire.name: wire for wire in step.wires}
        for name, declared in computation.inputs.items():
            if not declared.is_passed:
                continue
            if name in assets:
                arguments[name] = self.exchange.load_asset(name, assets[name], declared)
            elif name in wires:
                arguments[name] = self.exchange.load_op_output(name, wires[name], declared)
            elif name in given:
                value = given[name]
                is_wrapped = isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"value"}
                arguments[name] = value["value"] if is_wrapped else value
            elif declared.default is not NO_VALUE:
                arguments[name] = declared.default
            elif name not in computation.optional:
                raise BadResult(
                    f"no op output goes to {step.key} for its input {name!r}",
                    hint=f"give it in the graph, or configure it: ops: {{{step.key}: {{inputs: {{{name}: …}}}}}}",
                )

    # What it gives.

    def _take(
        self,
        computation: Computation,
        wanted: Mapping[str, ValueDeclaration],
        context: AssetExecutionContext,
        result: Any,
        seen: set[str],
    ) -> None:
        """Store and record one result."""
        match result:
            case AssetMaterialization() | AssetObservation():
                self._log_event(result)
            case DynamicOutput():
                output = self._declared(wanted, computation, cast("Any", result).output_name)
                self._take_dynamic(output, cast("Any", result))
                seen.add(output.name)
            case Output():
                output = self._declared(wanted, computation, cast("Any", result).output_name)
                self._mark(output, seen)
                self._keep(computation, output, context, cast("Any", result).value, cast("Any", result))
            case MaterializeResult() | ObserveResult():
                output = self._declared_asset(wanted, computation, cast("Any", result).asset_key)
                self._mark(output, seen)
                value = getattr(cast("Any", result), "value", NO_VALUE)
                self._keep(computation, output, context, value, cast("Any", result))
            case _:
                raise BadResult(
                    f"{computation.key} yielded {type(result).__name__}",
                    hint="yield an Output or a MaterializeResult, or return a value",
                )

    def _declared(
        self, wanted: Mapping[str, ValueDeclaration], computation: Computation, name: str
    ) -> ValueDeclaration:
        if name in wanted:
            return wanted[name]
        if name == "result" and len(wanted) == 1:
            return next(iter(wanted.values()))
        if name in computation.outputs:
            raise BadResult(
                f"{computation.key} gave the output {name!r}, which was not asked for in this run",
                hint="make only what is in context.selected_output_names",
            )
        raise BadResult(
            f"{computation.key} gave an undeclared output {name!r}",
            hint=f"it declares: {', '.join(computation.outputs)}",
        )

    def _declared_asset(
        self, wanted: Mapping[str, ValueDeclaration], computation: Computation, asset_key: Any
    ) -> ValueDeclaration:
        if asset_key is None:
            if len(wanted) == 1:
                return next(iter(wanted.values()))
            raise BadResult(
                f"{computation.key} makes {plural(len(wanted), 'asset')}, and a result does not say of which it is",
                hint='give it asset_key="…"',
            )
        key = AssetKey.from_coercible(asset_key)
        for output in wanted.values():
            if output.asset_key == key:
                return output
        known = [str(out.asset_key) for out in computation.outputs.values() if out.asset_key is not None]
        if str(key) in known:
            raise BadResult(
                f"{computation.key} gave {key}, which was not asked for in this run",
                hint="make only what is in context.selected_asset_keys",
            )
        raise BadResult(f"{computation.key} gave the undeclared asset {key}", hint=f"it declares: {', '.join(known)}")

    def _mark(self, output: ValueDeclaration, seen: set[str]) -> None:
        if output.name in seen:
            raise BadResult(f"{self.request.step.key} gave {output.asset_key or repr(output.name)} twice")
        seen.add(output.name)

    def _take_dynamic(self, output: ValueDeclaration, result: DynamicOutput[Any]) -> None:
        if not output.is_dynamic:
            raise BadResult(
                f"{self.request.step.key} yielded a DynamicOutput for {output.name!r}, which is not dynamic",
                hint="declare it with DynamicOut()",
            )
        if not result.mapping_key.replace("_", "a").isalnum():
            raise BadResult(f"{result.mapping_key!r} is not a mapping key", hint="use letters, digits and _")
        source = StepOutput(self.request.step.key, output.name, result.mapping_key)
        if source in self.op_outputs:
            raise BadResult(f"{self.request.step.key} yielded the mapping key {result.mapping_key!r} twice")
        self._note_for_hooks(output.name, result.value, result.mapping_key)
        context = self.exchange.output_context(output, result.metadata, result.mapping_key)
        self.op_outputs[source] = self.exchange.store(output, result.value, context)

    def _keep(
        self,
        computation: Computation,
        output: ValueDeclaration,
        context: AssetExecutionContext,
        value: Any,
        result: Output[Any] | MaterializeResult[Any] | ObserveResult,
    ) -> None:
        """Store a value, where there is one, and record what was made or seen."""
        if output.is_dynamic:
            raise BadResult(
                f"{self.request.step.key} gave one value for the dynamic output {output.name!r}",
                hint="yield a DynamicOutput for each value",
            )
        said = {**context.get_output_metadata(output.name), **as_metadata(result.metadata)}
        keys: tuple[str | None, ...] = (None,)
        if output.asset_key is not None and self.request.partition_keys:
            keys = self.request.partition_keys
        refs: dict[str | None, ValueRef] = {}
        if value is not NO_VALUE:
            self._note_for_hooks(output.name, value)
            stored = self.exchange.output_context(output, result.metadata)
            if keys == (None,):
                refs[None] = self.exchange.store(output, value, stored)
            else:
                refs.update(self.exchange.store_partitions(output, value, stored))
            said.update(stored.said)
        if refs and computation.is_op:
            if len(refs) > 1:
                raise BadResult(
                    f"the op {self.request.step.key} makes {output.asset_key} for several partitions at once",
                    hint="a graph of ops is run for one partition at a time: BackfillPolicy.multi_run(1)",
                )
            self.op_outputs[StepOutput(self.request.step.key, output.name)] = next(iter(refs.values()))
        if output.asset_key is None:
            return
        said_version = result.data_version or result.tags.get(DATA_VERSION_TAG)
        version = str(said_version) if said_version is not None else None
        if computation.is_observation:
            self.asset_events.extend(
                Observation(
                    self.now(),
                    self.request.run_id,
                    asset_key=output.asset_key,
                    partition=key,
                    data_version=version,
                    metadata=said,
                )
                for key in keys
            )
            return
        if isinstance(result, ObserveResult):
            raise BadResult(
                f"{output.asset_key} gave an ObserveResult, and is to be materialized",
                hint="return a MaterializeResult, or declare it with @observable_source_asset",
            )
        for key in keys:
            part = _part_of(value, key) if len(keys) > 1 else value
            rows = row_count(part) if part is not NO_VALUE else None
            asset_event = self._materialization(output.asset_key, said, version, refs.get(key), rows, key)
            if len(keys) > 1:  # of several made at once, each took its share
                asset_event = replace(asset_event, duration_us=(asset_event.duration_us or 0) // len(keys))
            self.versions[str(output.asset_key), key] = asset_event.data_version
            self.asset_events.append(asset_event)

    def _materialization(
        self,
        key: AssetKey,
        metadata: dict[str, MetadataValue],
        data_version: str | None,
        ref: ValueRef | None,
        rows: int | None,
        partition: str | None = None,
    ) -> Materialization:
        request = self.request
        for name in ROW_COUNT_NAMES:
            said_rows = metadata.get(name)
            if said_rows is not None and isinstance(said_rows.value, int):
                rows = said_rows.value
        code_version = (request.step.code_versions or {}).get(key)
        versions = self._input_versions(key, partition)
        ended_us = self.now()
        return Materialization(
            asset_key=key,
            time_us=ended_us,
            run_id=request.run_id,
            data_version=data_version or default_data_version(code_version, versions, request.run_id, partition),
            code_version=code_version,
            input_versions=versions,
            duration_us=ended_us - self.started_us,
            rows=rows,
            value=ref,
            metadata=metadata,
            partition=partition,
        )

    def _input_versions(self, key: AssetKey, partition: str | None) -> dict[str, str | None]:
        """The data versions of what an asset, or a partition of it, depends on, those included that this step has made."""
        read = self.request.partition_versions.get(partition or "", self.request.input_versions)
        upstream = self.project.upstream.get(key)
        if upstream is None:  # it is the only one of its step
            return dict(read)
        return {str(above): self.versions.get((str(above), partition)) or read.get(str(above)) for above in upstream}

    def _log_event(self, event: Any) -> None:
        """Record what a function says of an asset that need not be its own."""
        if not isinstance(event, AssetMaterialization | AssetObservation):
            raise BadResult(
                f"log_event was given {type(event).__name__}",
                hint="give it an AssetMaterialization or an AssetObservation",
            )
        key = AssetKey.from_coercible(event.asset_key)
        metadata = as_metadata(event.metadata)
        if event.description:
            metadata.setdefault("description", MetadataValue.text(event.description))
        version = event.tags.get(DATA_VERSION_TAG)
        if isinstance(event, AssetObservation):
            self.asset_events.append(
                Observation(
                    self.now(),
                    self.request.run_id,
                    asset_key=key,
                    partition=event.partition,
                    data_version=version,
                    metadata=metadata,
                )
            )
        else:
            asset_event = self._materialization(key, metadata, version, None, None, event.partition)
            self.asset_events.append(replace(asset_event, input_versions={}, duration_us=None))
        self._tell_all()

    def _tell_all(self) -> None:
        if self.tell is not None:
            for asset_event in self.asset_events:
                self.tell(asset_event)
            self.asset_events.clear()

    def _omitted(self, computation: Computation, wanted: Mapping[str, ValueDeclaration], seen: set[str]) -> list[str]:
        """The outputs that were not given.

        Raises:
            BadResult: One of them is required.
        """
        missing = [out for out in wanted.values() if out.name not in seen and not out.is_dynamic]
        required = [str(out.asset_key or out.name) for out in missing if out.is_required]
        if required:
            raise BadResult(
                f"{computation.key} did not give {', '.join(required)}",
                hint="yield it, or declare that it may be missing: output_required=False, is_required=False or "
                "skippable=True",
            )
        return [out.name for out in missing]

    # After.

    def _note_for_hooks(self, name: str, value: Any, mapping_key: str | None = None) -> None:
        if not self.hooks:
            return
        if mapping_key is None:
            self.given[name] = value
        else:
            self.given.setdefault(name, {})[mapping_key] = value

    def call_hooks(self, outcome: StepOutcome) -> None:
        if self.hooks:
            call_hooks(
                self.hooks,
                outcome,
                run=self.run,
                step_key=self.request.step.key,
                asset_keys=self.request.step.assets,
                resources=self.resources,
                op_config=self.op_config,
                given=self.given,
            )

    def failed(self, error: BaseException) -> StepOutcome:
        """The outcome where something was raised; what was made before is kept."""
        policy = _policy_of(self.computation, self.job)
        return failed_outcome(error, tuple(self.asset_events), self.request.retry_number, policy)


def _part_of(value: Any, key: str | None) -> Any:
    """The part of a value that is of one partition, where it says which is."""
    return cast("Mapping[Any, Any]", value)[key] if isinstance(value, Mapping) else value


def _config_name(computation: Computation) -> str:
    """What configuration calls a step: of a job's own op, without the job."""
    return computation.key.rpartition(":")[2]


def _hooks_of(computation: Computation | None, job: JobDefinition | None) -> frozenset[HookDefinition]:
    own = computation.hooks if computation is not None else frozenset[HookDefinition]()
    return own | job.hooks if job is not None else own


def _policy_of(computation: Computation | None, job: JobDefinition | None) -> RetryPolicy | None:
    own = computation.retry_policy if computation is not None else None
    return own or (job.op_retry_policy if job is not None else None)
