"""Executing one step: read the inputs, call the user's function, store what it gives.

The one place where the function of a step is entered. Whatever comes out of it, an exception of any kind included,
becomes an outcome.
"""

from __future__ import annotations

import os
from inspect import isgenerator
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from assettui.core.masking import restored
from assettui.core.run_config import of_resources, of_step, of_steps
from assettui.definitions.context import AssetExecutionContext, ContextRun, ScopedResources
from assettui.definitions.hooks import HookDefinition
from assettui.definitions.resources import ResourceSet
from assettui.definitions.results import NO_VALUE
from assettui.definitions.run_config import config_json
from assettui.definitions.types import TypeCheckContext
from assettui.model.events import OpOutput
from assettui.model.run import StepStatus
from assettui.model.step import StepOutcome, StepRequest
from assettui.worker.exchange import Exchange, Values
from assettui.worker.failures import failed_outcome, retry_after_us
from assettui.worker.forks import leave_if_forked
from assettui.worker.hooks import call_hooks
from assettui.worker.outputs import Outputs
from assettui.worker.results import BadResult, results_of
from assettui.worker.value_types import ValueTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.definitions.computation import Computation, Described, ValueDeclaration
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.retries import RetryPolicy
    from assettui.model.events import AssetEvent


def execute_step(
    request: StepRequest,
    project: Described,
    values: Values,
    now: Callable[[], int],
    *,
    tell: Callable[[AssetEvent], None] | None = None,
    resources: ResourceSet | None = None,
    op_output_values: Values | None = None,
    are_types_checked: bool = True,
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
        are_types_checked: Whether values are held against their annotations.

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
    execution = _Execution(request, project, exchange, now, tell, run, scope, are_types_checked=are_types_checked)
    try:
        outcome = execution.carry_out()
        execution.call_hooks(outcome)
    except BaseException as error:  # noqa: BLE001 - canceled between our own lines, or in a hook
        return execution.failed(error)
    finally:
        values.release()
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
        *,
        are_types_checked: bool,
    ) -> None:
        self.request = request
        self.project = project
        self.computation = project.computations.get(request.step.computation)
        self.job = project.jobs.get(request.job) if request.job is not None else None
        self.hooks = _hooks_of(self.computation, self.job)
        self.exchange = exchange
        self.resources = resources
        self.run = run
        declared = self.computation.checks if self.computation is not None else ()
        checks = None
        if declared:
            from assettui.worker.checks import CheckResults  # deferred: many steps have none

            checks = CheckResults(request, declared, now)
        self.outputs = Outputs(
            request, project.upstream, exchange, now, tell, are_given_kept=bool(self.hooks), checks=checks
        )
        self.op_config: Any = None
        self.are_types_checked = are_types_checked
        self.pid = os.getpid()

    def carry_out(self) -> StepOutcome:
        try:
            return self._succeed()
        except BaseException as error:  # noqa: BLE001 - user code is entered here, and may raise anything
            leave_if_forked(self.pid, error)
            return self.failed(error)

    def _succeed(self) -> StepOutcome:
        computation = self._computation()
        wanted = self._wanted_outputs(computation)
        context, arguments = self._arguments(computation, wanted)
        returned = computation.fn(**arguments)
        leave_if_forked(self.pid)
        arguments.clear()  # the inputs may be large, and the result is still to be written
        is_one_by_one = isgenerator(returned)
        for result in results_of(returned, computation, wanted):
            leave_if_forked(self.pid)
            self.outputs.take(computation, wanted, context, result)
            if is_one_by_one:
                self.outputs.tell_all()
        omitted = self.outputs.omitted(computation, wanted)
        if self.outputs.checks is not None:
            self.outputs.asset_events.extend(self.outputs.checks.evaluations())
            error = self.outputs.checks.failure()
            if error is not None:  # of the same data, the same check would fail again
                events = tuple(self.outputs.asset_events)
                return StepOutcome(StepStatus.FAILURE, events, error, is_final=not computation.outputs)
        return StepOutcome(
            StepStatus.SUCCESS,
            tuple(self.outputs.asset_events),
            op_outputs=tuple(OpOutput(source, ref) for source, ref in self.outputs.op_outputs.items()),
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
        if self.are_types_checked:
            self.outputs.types = ValueTypes(computation, TypeCheckContext(ScopedResources(scoped)))
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
            log_event=self.outputs.log_event,
            record_result=lambda context, result: self.outputs.take_early(computation, wanted, context, result),
            code_versions=self.request.step.code_versions,
            check_keys=self.request.step.checks,
            pasts=self.request.pasts,
        )
        if computation.context is not None:
            arguments[computation.context] = context
        return context, arguments

    def _op_config(self, computation: Computation, config: Any, arguments: dict[str, Any]) -> Any:
        from assettui.definitions.config import validated  # deferred: pydantic takes 0.1 s
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
            if name in arguments:
                if self.outputs.types is not None and declared.annotation is not None:
                    self.outputs.types.check_input(name, declared, arguments[name])
            elif declared.default is not NO_VALUE:
                arguments[name] = declared.default
            elif name not in computation.optional:
                raise BadResult(
                    f"no op output goes to {step.key} for its input {name!r}",
                    hint=f"give it in the graph, or configure it: ops: {{{step.key}: {{inputs: {{{name}: …}}}}}}",
                )

    # After.

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
                given=self.outputs.given,
            )

    def failed(self, error: BaseException) -> StepOutcome:
        """The outcome where something was raised; what was made before is kept."""
        policy = _policy_of(self.computation, self.job)
        return failed_outcome(error, tuple(self.outputs.asset_events), self.request.retry_number, policy)


def _config_name(computation: Computation) -> str:
    """What configuration calls a step: of a job's own op, without the job."""
    return computation.key.rpartition(":")[2] if computation.is_op else computation.key


def _hooks_of(computation: Computation | None, job: JobDefinition | None) -> frozenset[HookDefinition]:
    own = computation.hooks if computation is not None else frozenset[HookDefinition]()
    return own | job.hooks if job is not None else own


def _policy_of(computation: Computation | None, job: JobDefinition | None) -> RetryPolicy | None:
    own = computation.retry_policy if computation is not None else None
    return own or (job.op_retry_policy if job is not None else None)
