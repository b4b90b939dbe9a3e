"""One run in this very process: its steps in order, and what is recorded of it."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assettui.core.expansion import awaited, expand
from assettui.core.masking import without_secrets
from assettui.core.planning import reason_to_skip
from assettui.core.run_config import of_resources
from assettui.definitions.computation import Computation, Described, InputDeclaration
from assettui.definitions.context import ContextRun
from assettui.definitions.resources import ResourceSet
from assettui.executors.partitioned_requests import partitioned_request
from assettui.executors.result import MaterializeInProcessResult
from assettui.model.errors import StepFailed
from assettui.model.events import (
    AssetEvent,
    Event,
    Materialization,
    OpOutput,
    RunChanged,
    RunExpanded,
    RunQueued,
    StepEnded,
    StepRetried,
    StepStarted,
)
from assettui.model.project import Wire
from assettui.model.run import RunPlan, RunStatus, StepError, StepPlan, StepStatus
from assettui.model.step import PartitionsRead, StepOutcome, StepRequest
from assettui.values.memory import MemoryValues
from assettui.worker.exchange import Exchange, Values
from assettui.worker.step import execute_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.executors.instance import Instance
    from assettui.model.asset import AssetState, ValueRef
    from assettui.model.keys import AssetKey
    from assettui.model.project import StepOutput

COMMIT_EVERY_S = 0.02
"""Events are committed together, at most this long after the first of them; the last ones when the run ends."""


def clock_us() -> int:
    """Now: microseconds since the epoch, UTC."""
    return time.time_ns() // 1000


class InProcessRun:
    """One run: its steps in order, and what is recorded of it."""

    def __init__(
        self,
        plan: RunPlan,
        described: Described,
        instance: Instance | None,
        known: dict[AssetKey, AssetState],
        partitioned: PartitionedGraph,
    ) -> None:
        self.run_id = os.urandom(8).hex()
        self.plan = plan
        self.described = described
        self.instance = instance
        self.values: Values = instance.values if instance else MemoryValues()
        self.op_output_values = MemoryValues()
        """What ops hand to each other: nobody needs it longer than the result."""
        self.versions = {key: state.data_version for key, state in known.items()}
        self.last: dict[AssetKey, Materialization] = {
            key: state.last for key, state in known.items() if state.last is not None
        }
        self.partitioned = partitioned
        self.materialized_partitions: dict[AssetKey, dict[str, Materialization]] = {}
        """The partitions that this run has made."""
        self.steps = {step.key: step for step in plan.steps}
        self.awaited = awaited(plan.steps)
        self.outcomes: dict[str, StepOutcome] = {}
        self.op_outputs: dict[StepOutput, OpOutput] = {}
        self.blocked: set[str] = set()
        """The steps that were skipped because another failed, rather than because something was left out."""
        self.asset_events_by: dict[str, list[AssetEvent]] = {}
        """What each step has made or seen, in order."""
        self.recorder: Callable[[Event], None] = _forget
        run = ContextRun(self.run_id, plan.job, plan.tags, plan.config)
        self.resources = ResourceSet(described.resources_of(plan.job), of_resources(plan.config), run)
        self.begun: dict[str, Any] = {}
        """The resources that the run had: an IO manager may know where its values are only by what it holds."""

    def carry_out(self, *, raise_on_error: bool) -> MaterializeInProcessResult:
        """Run its steps to the end.

        Raises:
            StepFailed: A step failed, and that is to be raised.
        """
        with ExitStack() as stack:
            if self.instance is not None:
                self.recorder = _Recorder(
                    stack.enter_context(self.instance.leading()), self.values, self.partitioned
                ).add
            kept = without_secrets(self.plan, self.described.snapshot.config_schemas)
            self.recorder(RunQueued(clock_us(), self.run_id, plan=kept))
            self._change(RunStatus.STARTED)
            try:
                while (step := self._next_step()) is not None:
                    self.outcomes[step.key] = self._carry_out_step(step)
            except BaseException:
                self._change(RunStatus.CANCELED)
                raise
            finally:
                self.begun = self.resources.begun()
                self.resources.close()
            failed = [key for key, outcome in self.outcomes.items() if outcome.status is StepStatus.FAILURE]
            if not failed:
                self._change(RunStatus.SUCCESS)
            else:
                self._change(RunStatus.FAILURE, f"{failed[0]}: {self._message(failed[0])}")
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
            self.recorder(StepEnded(clock_us(), self.run_id, step.key, status=StepStatus.SKIPPED, error=error))
            return StepOutcome(StepStatus.SKIPPED, error=error, omitted_assets=step.assets if is_free else ())
        retries = 0
        while True:
            self.recorder(StepStarted(clock_us(), self.run_id, step.key, worker=os.getpid()))
            outcome = execute_step(
                self._request(step, retries),
                self.described,
                self.values,
                clock_us,
                tell=lambda asset_event: self._note(asset_event, step),
                resources=self.resources,
                op_output_values=self.op_output_values,
            )
            for asset_event in outcome.asset_events:
                self._note(asset_event, step)
            if outcome.retry_after_us is None:
                break
            retries += 1
            at_us = clock_us() + outcome.retry_after_us
            self.recorder(
                StepRetried(clock_us(), self.run_id, step.key, retry=retries, at_us=at_us, error=outcome.error)
            )
            time.sleep(outcome.retry_after_us / 1_000_000)
        self.recorder(StepEnded(clock_us(), self.run_id, step.key, status=outcome.status, error=outcome.error))
        if outcome.status is StepStatus.SUCCESS:
            self.op_outputs.update((each.source, each) for each in outcome.op_outputs)
            self._expand(step, outcome)
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise outcome.exception
        return outcome

    def _reason_to_skip(self, step: StepPlan) -> tuple[str | None, bool]:
        """Why a step cannot run, given how those before it ended, None where it can; and whether nothing has failed."""
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
            outputs = None if outcome.status is StepStatus.SKIPPED else outcome.omitted
            reason = reason_to_skip(step, name, outputs, outcome.omitted_assets)
            if reason is not None:
                return reason, True
        return None, True

    def _expand(self, step: StepPlan, outcome: StepOutcome) -> None:
        if step.key not in self.awaited:
            return
        expansion = expand(self.steps, step.key, outcome.mapping_keys())
        if expansion.replaced:
            self.steps = expansion.plan
            self.awaited = awaited(self.steps.values())
            self.recorder(
                RunExpanded(clock_us(), self.run_id, step.key, replaced=expansion.replaced, steps=expansion.steps)
            )

    def _note(self, asset_event: AssetEvent, step: StepPlan) -> None:
        self.asset_events_by.setdefault(step.key, []).append(asset_event)
        if isinstance(asset_event, Materialization):
            self.last[asset_event.asset_key] = asset_event
            if asset_event.partition is not None:
                self.materialized_partitions.setdefault(asset_event.asset_key, {})[asset_event.partition] = asset_event
        if asset_event.data_version is not None:
            self.versions[asset_event.asset_key] = asset_event.data_version
        self.recorder(replace(asset_event, run_id=self.run_id, step_key=step.key))

    def _request(self, step: StepPlan, retries: int) -> StepRequest:
        values: dict[AssetKey, ValueRef | None] = {
            each.key: self.last[each.key].value for each in step.inputs if each.key in self.last
        }
        of_partitions = partitioned_request(step, self.partitioned, self.plan.partitions, self)
        versions = {**{str(key): self.versions.get(key) for key in step.upstream}, **of_partitions.input_versions}
        sources = (source for wire in step.wires for source in wire.sources)
        return StepRequest(
            self.run_id,
            step,
            values,
            versions,
            version=f"{clock_us()}-{self.run_id[:8]}",
            op_outputs=tuple(self.op_outputs[source] for source in sources if source in self.op_outputs),
            job=self.plan.job,
            tags=self.plan.tags,
            config=self.plan.config,
            partitions=self.plan.partitions,
            partition_keys=of_partitions.partition_keys,
            partitions_read=of_partitions.partitions_read,
            partition_versions=of_partitions.partition_versions,
            retry_number=retries,
        )

    def partition_versions(self, key: AssetKey, partitions: Sequence[str]) -> dict[str, str]:
        """See `KnownPartitions`."""
        made = self.materialized_partitions.get(key, {})
        earlier = (
            self.instance.known_partitions(lambda known: known.partition_versions(key, partitions))
            if self.instance
            else None
        )
        return {**(earlier or {}), **{each: made[each].data_version for each in partitions if each in made}}

    def partition_values(self, key: AssetKey, partitions: Sequence[str]) -> dict[str, ValueRef | None]:
        """See `KnownPartitions`."""
        made = self.materialized_partitions.get(key, {})
        earlier = (
            self.instance.known_partitions(lambda known: known.partition_values(key, partitions))
            if self.instance
            else None
        )
        return {**(earlier or {}), **{each: made[each].value for each in partitions if each in made}}

    def _change(self, status: RunStatus, error: str | None = None) -> None:
        self.recorder(RunChanged(clock_us(), self.run_id, status=status, error=error))

    # What a result asks.

    def computation(self, step_key: str) -> Computation | None:
        """What a step carried out."""
        step = self.steps.get(step_key)
        return self.described.computations.get(step.computation) if step is not None else None

    def value_of(self, materialization: Materialization) -> Any:
        """The value that was stored."""
        key = materialization.asset_key
        parts = self.materialized_partitions.get(key)
        read = PartitionsRead(tuple(parts), {each: part.value for each, part in parts.items()}) if parts else None
        request = StepRequest(
            self.run_id,
            StepPlan("result"),
            {key: materialization.value},
            {},
            "",
            partitions=self.plan.partitions,
            partitions_read={key: read} if read is not None else {},
        )
        with ResourceSet({**self.described.resources_of(self.plan.job), **self.begun}) as resources:
            exchange = Exchange(request, self.described, self.values, resources)
            return exchange.load_asset("value", key, InputDeclaration())

    def op_output_value(self, ref: ValueRef, source: StepOutput) -> Any:
        """A value that was passed on by a step."""
        request = StepRequest(self.run_id, StepPlan("result"), {}, {}, "", op_outputs=(OpOutput(source, ref),))
        with ResourceSet({**self.described.resources_of(self.plan.job), **self.begun}) as resources:
            exchange = Exchange(request, self.described, self.values, resources, self.op_output_values)
            return exchange.load_op_output("value", Wire("value", (source,)), InputDeclaration())


def _forget(event: Event) -> None:
    """What becomes of the events of a run that is not kept."""


class _Recorder:
    """Writes events to a store, several in one durable commit."""

    def __init__(self, db: Any, values: Values, partitioned: PartitionedGraph) -> None:
        self.db = db
        self.partitioned = partitioned
        self.values = values
        self.pending: list[Event] = []
        self.since = 0.0

    def add(self, event: Event) -> None:
        """Take an event; it is committed with the next ones, or at once where it is the last of its run."""
        now = time.monotonic()
        if not self.pending:
            self.since = now
        self.pending.append(event)
        is_last = isinstance(event, RunChanged) and event.status.is_over
        if is_last or now - self.since > COMMIT_EVERY_S:
            self._commit()

    def _commit(self) -> None:
        from assettui.store.database import writing
        from assettui.store.recording import record

        with writing(self.db) as db:
            superseded = record(db, self.pending, self.partitioned)
        self.pending.clear()
        for ref in superseded:
            _remove(self.values, ref)


def _remove(values: Values, ref: ValueRef) -> None:
    from assettui.values.files import FileValues

    if isinstance(values, FileValues):
        values.remove(ref)
