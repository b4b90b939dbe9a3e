"""One run in this very process: the kernel decides, as it does for a leader, and the inline executor carries it out."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from assettui.core.asset_past import past_of
from assettui.core.masking import without_secrets
from assettui.core.planning import in_order
from assettui.core.queue import queued_run
from assettui.core.run_config import of_resources
from assettui.definitions.computation import Computation, Described, InputDeclaration
from assettui.definitions.context import ContextRun
from assettui.definitions.resources import ResourceSet
from assettui.executors.base import Heard, as_input
from assettui.executors.inline import Inline
from assettui.executors.partitioned_requests import partitioned_request
from assettui.executors.result import MaterializeInProcessResult
from assettui.kernel import inputs
from assettui.kernel.actions import Execute, Kill, Record, StartWorker, Terminate
from assettui.kernel.decide import decide
from assettui.kernel.state import KernelState
from assettui.model import events
from assettui.model.errors import StepFailed
from assettui.model.project import Wire
from assettui.model.run import RunPlan, StepPlan, StepStatus
from assettui.model.step import Done, PartitionsRead, StepOutcome, StepRequest
from assettui.model.timing import SECOND_US, clock_us
from assettui.values.memory import MemoryValues
from assettui.worker.exchange import Exchange, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.sets import PartitionSet
    from assettui.executors.instance import Instance
    from assettui.model.asset import AssetState, ValueRef
    from assettui.model.keys import AssetKey
    from assettui.model.project import StepOutput
    from assettui.model.step import AssetPast

MATERIALIZATIONS = 10
"""So many past materializations of an asset are told to its checks."""
COMMIT_EVERY_S = 0.02
"""Events are committed together, at most this long after the first of them; the last ones when the run ends."""


class InProcessRun:
    """One run: its steps one after the other, and what is recorded of it."""

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
        self.versions = {key: state.data_version for key, state in known.items()}
        self.data_times = {key: time for key, state in known.items() if (time := state.data_time_us) is not None}
        self.observed = {key: state.observed for key, state in known.items()}
        self.last: dict[AssetKey, events.Materialization] = {
            key: state.last for key, state in known.items() if state.last is not None
        }
        self.partitioned = partitioned
        self.materialized_partitions: dict[AssetKey, dict[str, events.Materialization]] = {}
        """The partitions that this run has made."""
        self.steps = {step.key: step for step in plan.steps}
        self.state = KernelState(1)
        self._due: Execute | None = None
        self.outcomes: dict[str, StepOutcome] = {}
        self.op_outputs: dict[StepOutput, events.OpOutput] = {}
        self.asset_events_by: dict[str, list[events.AssetEvent]] = {}
        """What each step has made or seen, in order."""
        self.recorder: Callable[[events.Event], None] = _forget
        run = ContextRun(self.run_id, plan.job, plan.tags, plan.config)
        self.resources = ResourceSet(described.resources_of(plan.job), of_resources(plan.config), run)
        self.executor = Inline(described, self.values, self._hear, resources=self.resources)
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
            self.recorder(events.RunQueued(clock_us(), self.run_id, plan=kept))
            try:
                self._drive()
            except BaseException:  # interrupted: what has not ended is canceled, and recorded so
                self._feed(inputs.CancelRequested(self.run_id))
                self.executor.receive()
                raise
            finally:
                self.begun = self.resources.begun()
                self.resources.close()
        self.outcomes = {key: self.outcomes[key] for key in self.steps if key in self.outcomes}
        failed = [key for key, outcome in self.outcomes.items() if outcome.status is StepStatus.FAILURE]
        if failed and raise_on_error:
            raise StepFailed(f"{failed[0]} failed: {self._message(failed[0])}") from self.outcomes[failed[0]].exception
        return MaterializeInProcessResult(self.run_id, not failed, self.outcomes, self)

    def _drive(self) -> None:
        """Let the kernel decide and the executor act, until the run is over."""
        self._feed(inputs.ProjectEdited())
        self._feed(inputs.RunsQueued((queued_run(self.run_id, clock_us(), self.plan),)))
        self.executor.receive()
        while self.run_id in self.state.runs:
            if self._due is not None:
                due, self._due = self._due, None
                self.executor.execute(due.worker, self._request(due.step, due.retry_number, due.version))
            else:  # a step waits until it is tried again
                waits = self.state.runs[self.run_id].retry_at_us.values()
                time.sleep(max(0.0, (min(waits, default=0) - clock_us()) / SECOND_US))
                self._feed(inputs.Moment())
            self.executor.receive()

    def _feed(self, input: inputs.Input) -> None:
        self.state, actions = decide(self.state, input, clock_us())
        for action in actions:
            match action:
                case Record():
                    self._note(action.event)
                    self.recorder(action.event)
                case Execute():
                    self._due = action
                case StartWorker():
                    worker = self.executor.start_worker(describe=False)
                    self._feed(inputs.WorkerStarted(worker, action.generation))
                case Terminate() | Kill():
                    self.executor.cancel(action.worker)
                case _:
                    pass  # it waits for nobody else, and tries no run again

    def _hear(self, worker: int, heard: Heard) -> None:
        interrupt: BaseException | None = None
        if isinstance(heard, Done):
            self.outcomes.pop(heard.step_key, None)
            self.outcomes[heard.step_key] = heard.outcome
            if isinstance(heard.outcome.exception, KeyboardInterrupt):
                interrupt = heard.outcome.exception
                self._feed(inputs.CancelRequested(self.run_id))
        input = as_input(worker, heard)
        if input is not None:
            self._feed(input)
        if interrupt is not None:
            raise interrupt

    def _note(self, event: events.Event) -> None:
        """Keep what the next steps, and the result, need to know of what happens."""
        match event:
            case events.Materialization():
                self.asset_events_by.setdefault(event.step_key or "", []).append(event)
                self.last[event.asset_key] = event
                self.versions[event.asset_key] = event.data_version
                self.data_times[event.asset_key] = event.source_time_us
                if event.partition is not None:
                    self.materialized_partitions.setdefault(event.asset_key, {})[event.partition] = event
            case events.Observation():
                self.asset_events_by.setdefault(event.step_key or "", []).append(event)
                self.data_times[event.asset_key] = event.source_time_us
                self.observed[event.asset_key] = event
                if event.data_version is not None:
                    self.versions[event.asset_key] = event.data_version
            case events.CheckEvaluation():
                self.asset_events_by.setdefault(event.step_key or "", []).append(event)
            case events.StepEnded(status=StepStatus.SKIPPED):
                self.outcomes[event.step_key or ""] = StepOutcome(StepStatus.SKIPPED, error=event.error)
            case events.StepEnded():
                self.op_outputs.update((each.source, each) for each in event.op_outputs)
            case events.RunExpanded():
                gone = set(event.replaced)
                kept = {key: step for key, step in self.steps.items() if key not in gone}
                self.steps = {step.key: step for step in in_order({**kept, **{step.key: step for step in event.steps}})}
            case _:
                pass

    def _message(self, step_key: str) -> str:
        error = self.outcomes[step_key].error
        return error.message if error else "failed"

    def _request(self, step: StepPlan, retries: int, version: str) -> StepRequest:
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
            version=version,
            op_outputs=tuple(self.op_outputs[source] for source in sources if source in self.op_outputs),
            job=self.plan.job,
            tags=self.plan.tags,
            config=self.plan.config,
            partitions=self.plan.partitions,
            partition_keys=of_partitions.partition_keys,
            partitions_read=of_partitions.partitions_read,
            partition_versions=of_partitions.partition_versions,
            retry_number=retries,
            input_times={
                **{str(key): self.data_times[key] for key in step.upstream if key in self.data_times},
                **of_partitions.input_times,
            },
            pasts=self._pasts(step),
        )

    def _pasts(self, step: StepPlan) -> dict[AssetKey, AssetPast]:
        """What has happened to the assets that a step checks."""
        if step.assets or not step.checks:
            return {}
        found: dict[AssetKey, AssetPast] = {}
        for key in dict.fromkeys(check.asset_key for check in step.checks):
            made = [self.last[key]] if key in self.last else []
            if self.instance is not None:
                ours = {(each.run_id, each.partition) for each in made}
                earlier = self.instance.fetch_materializations(key, MATERIALIZATIONS)
                made += [each for each in earlier if (each.run_id, each.partition) not in ours]
            found[key] = past_of(key, self.partitioned, made, self.observed.get(key), self._there(key))
        return found

    def _there(self, key: AssetKey) -> PartitionSet | None:
        if not self.partitioned.is_partitioned(key):
            return None
        there = self.partitioned.space(key).known_of(self.materialized_partitions.get(key, {}))
        if self.instance is not None:
            recorded = self.instance.recorded_partitions(self.partitioned).get(key)
            there = there | recorded.materialized if recorded is not None else there
        return there

    def oldest_data_time(self, key: AssetKey, partitions: Sequence[str]) -> int | None:
        made = self.materialized_partitions.get(key, {})
        times = [made[each].source_time_us for each in partitions if each in made]
        earlier = [each for each in partitions if each not in made]
        if self.instance is not None and earlier:
            known = self.instance.oldest_data_time(key, earlier)
            times += [known] if known is not None else []
        return min(times, default=None)

    def partition_versions(self, key: AssetKey, partitions: Sequence[str]) -> dict[str, str]:
        made = self.materialized_partitions.get(key, {})
        earlier = (
            self.instance.known_partitions(lambda known: known.partition_versions(key, partitions))
            if self.instance
            else None
        )
        return {**(earlier or {}), **{each: made[each].data_version for each in partitions if each in made}}

    def partition_values(self, key: AssetKey, partitions: Sequence[str]) -> dict[str, ValueRef | None]:
        made = self.materialized_partitions.get(key, {})
        earlier = (
            self.instance.known_partitions(lambda known: known.partition_values(key, partitions))
            if self.instance
            else None
        )
        return {**(earlier or {}), **{each: made[each].value for each in partitions if each in made}}

    # What a result asks.

    def computation(self, step_key: str) -> Computation | None:
        step = self.steps.get(step_key)
        return self.described.computations.get(step.computation) if step is not None else None

    def value_of(self, materialization: events.Materialization) -> Any:
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
        request = StepRequest(self.run_id, StepPlan("result"), {}, {}, "", op_outputs=(events.OpOutput(source, ref),))
        with ResourceSet({**self.described.resources_of(self.plan.job), **self.begun}) as resources:
            exchange = Exchange(request, self.described, self.values, resources, self.executor.op_output_values)
            return exchange.load_op_output("value", Wire("value", (source,)), InputDeclaration())


def _forget(event: events.Event) -> None:
    """What becomes of the events of a run that is not kept."""


class _Recorder:
    """Writes events to a store, several in one durable commit."""

    def __init__(self, db: Any, values: Values, partitioned: PartitionedGraph) -> None:
        self.db = db
        self.partitioned = partitioned
        self.values = values
        self.pending: list[events.Event] = []
        self.since = 0.0

    def add(self, event: events.Event) -> None:
        """Take an event; it is committed with the next ones, or at once where it is the last of its run."""
        now = time.monotonic()
        if not self.pending:
            self.since = now
        self.pending.append(event)
        is_last = isinstance(event, events.RunChanged) and event.status.is_over
        if is_last or now - self.since > COMMIT_EVERY_S:
            self._commit()

    def _commit(self) -> None:
        from assettui.store.database import writing
        from assettui.store.recording import record
        from assettui.store.superseded import forget
        from assettui.values.files import FileValues

        with writing(self.db) as db:
            gone = record(db, self.pending, self.partitioned)
        self.pending.clear()
        if isinstance(self.values, FileValues):
            gone = [ref for ref in gone if self.values.remove(ref)]
            if gone:
                with writing(db):
                    forget(db, gone)
