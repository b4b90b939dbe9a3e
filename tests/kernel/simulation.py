"""A whole engine without a process, a clock or a file: random histories, with crashes wherever one may happen.

The decisions are the real ones, and so is the store, in memory. What workers do is drawn from a source of randomness;
a leader that crashes loses its state, its workers, and whatever had not been committed.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from sqlite_utils import Database

from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.json_forms import set_to_json
from assettui.core.partitions.sets import PartitionSet
from assettui.core.queue import Limits, queued_run
from assettui.engine.backfill_loading import loaded_backfill
from assettui.engine.recovery import closing_events
from assettui.engine.tick_recording import Recorded, following, record_tick
from assettui.kernel.actions import (
    Action,
    ConditionsKnown,
    Evaluate,
    Execute,
    KeepLoadError,
    Kill,
    LoadRun,
    Progressed,
    QueueRun,
    Record,
    RecordTick,
    StartWorker,
    Terminate,
    WakeAt,
)
from assettui.kernel.decide import decide
from assettui.kernel.inputs import (
    BackfillLoaded,
    EvaluationEnded,
    Input,
    InstigatorsSeen,
    Moment,
    ProjectEdited,
    RunLoaded,
    RunsQueued,
    StepEnded,
    StepRetriable,
    WorkerBroken,
    WorkerLoaded,
    WorkerLost,
    WorkerStarted,
)
from assettui.kernel.instigators import Evaluating, TickDecided, Ticking
from assettui.kernel.state import KernelState, RunRules, Waiting
from assettui.model.asset import ValueRef
from assettui.model.backfill import BackfillPlan, Target
from assettui.model.events import (
    BackfillQueued,
    Event,
    Materialization,
    OpOutput,
    RunQueued,
    StepRetried,
    StepStarted,
)
from assettui.model.instigator import InstigatorKind, InstigatorSnapshot
from assettui.model.keys import AssetKey
from assettui.model.project import JobSnapshot, ProjectSnapshot, StepOutput, StepSnapshot, Wire
from assettui.model.run import RunPlan, RunRequest, RunStatus, StepError, StepPlan, StepStatus
from assettui.model.step import StepOutcome
from assettui.model.tick import Evaluation
from assettui.store import backfills, queries, ticks
from assettui.store.migrations import migrations
from assettui.store.recording import apply, record
from assettui.store.retries import queue_retry


@dataclass(frozen=True)
class _Context:
    """What runs are planned on: one job, made of two ops."""

    snapshot: ProjectSnapshot
    graph: AssetGraph
    partitioned: PartitionedGraph
    available: frozenset[AssetKey] = frozenset()
    materialized: Mapping[AssetKey, PartitionSet] = field(default_factory=dict[AssetKey, PartitionSet])

    def select(self, selection: str) -> list[AssetKey]:
        return []

    def select_with_checks(self, selection: str) -> tuple[list[AssetKey], None]:
        return [], None


def context() -> _Context:
    """What runs are planned on that schedules and sensors ask for."""
    steps = (StepSnapshot("one", is_op=True), StepSnapshot("two", is_op=True))
    graph = AssetGraph(())
    return _Context(
        ProjectSnapshot("simulated", jobs=(JobSnapshot("made_of_ops", steps=steps),)),
        graph,
        PartitionedGraph(graph, AsOf(0)),
    )


class LeaderDied(Exception):
    """The process is gone, with all that it had not committed."""


def store_in_memory() -> sqlite3.Connection:
    """An empty store."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(Database(connection, execute_plugins=False))
    return connection


def random_plan(draw: random.Random, name: str) -> RunPlan:
    """One to eight steps, each needing some of those before it; and now and then a graph that fans out."""
    keys = [f"{name}s{index}" for index in range(draw.randint(1, 8))]
    steps: list[StepPlan] = []
    for index, key in enumerate(keys):
        after = tuple(draw.sample(keys[:index], draw.randint(0, min(2, index))))
        pool = draw.choice([None, None, "narrow"])
        steps.append(
            StepPlan(key, (AssetKey(key),), after, upstream=tuple(AssetKey(above) for above in after), pool=pool)
        )
    if draw.random() < 0.3:
        steps.extend(fanning_out(f"{name}f", tuple(draw.sample(keys, draw.randint(0, 1)))))
    tags = {"dagster/priority": str(draw.randint(-1, 1)), "team": draw.choice(["ops", "web"])}
    if draw.random() < 0.2:
        tags["dagster/max_retries"] = "1"
    return RunPlan(tuple(steps), max_concurrent=draw.choice([None, None, 1, 2]), tags=tags)


def fanning_out(name: str, after: tuple[str, ...]) -> list[StepPlan]:
    """A step with a dynamic output, two that are copied for each of its keys, and one that gathers them."""
    made = StepOutput(f"{name}make")
    return [
        StepPlan(made.step, after=after, upstream=tuple(AssetKey(above) for above in after)),
        StepPlan(f"{name}one", after=(made.step,), wires=(Wire("x", (made,)),), fan_out=made),
        StepPlan(f"{name}two", after=(f"{name}one",), wires=(Wire("x", (StepOutput(f"{name}one"),)),), fan_out=made),
        StepPlan(
            f"{name}all",
            (AssetKey(f"{name}all"),),
            after=(f"{name}two",),
            wires=(Wire("xs", (StepOutput(f"{name}two"),), is_list=True, collects=made),),
        ),
    ]


@dataclass
class SimulatedWorker:
    """What a worker process would be."""

    generation: int
    is_loaded: bool = False
    task: tuple[str, str] | None = None
    evaluating: Evaluating | None = None
    is_terminated: bool = False
    ignores_terminate: bool = False
    hangs: bool = False
    """Whether its step will never end by itself."""


@dataclass
class Simulation:
    """One history."""

    draw: random.Random
    capacity: int = 2
    store: sqlite3.Connection = field(default_factory=store_in_memory)
    now_us: int = 1_000_000
    workers: dict[int, SimulatedWorker] = field(default_factory=dict[int, SimulatedWorker])
    next_worker: int = 1
    wake_at: list[int] = field(default_factory=list[int])
    is_project_broken: bool = False
    crashes_left: int = 0
    started: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    partitioned: PartitionedGraph | None = None
    """The project's partitions, where its assets have any."""
    backfills_seen: list[str] = field(default_factory=list[str])
    instigators: tuple[InstigatorSnapshot, ...] = ()
    is_ticking: bool = True
    evaluated: int = 0
    limits: Limits = field(default_factory=lambda: Limits(runs=3, tags={"team=*": 2}, pools={"narrow": 1}))
    rules: RunRules = field(default_factory=RunRules)
    until_us: int = 1 << 62
    """Time stands still then."""

    def __post_init__(self) -> None:
        self.state = self._new_state()
        self.happen(ProjectEdited())
        self.see_instigators()

    def _new_state(self) -> KernelState:
        waiting = Waiting(limits=self.limits)
        return KernelState(self.capacity, ticking=Ticking(self.is_ticking), waiting=waiting, rules=self.rules)

    def see_instigators(self) -> None:
        """The engine takes note of schedules and sensors, and of what the store knows of them."""
        states = ticks.instigator_states(self.store)
        self.happen(InstigatorsSeen(tuple((each, states.get(each.name)) for each in self.instigators)))

    # What the outside does.

    def queue(self, run_id: str) -> None:
        plan = random_plan(self.draw, run_id)
        self._commit([RunQueued(self.now_us, run_id, plan=plan)])
        self.happen(RunsQueued((queued_run(run_id, self.now_us, plan),)))

    def happen(self, input: Input) -> None:
        """One turn of the engine, as its shell does it: decide, commit, act."""
        pending = [input]
        try:
            while pending:
                actions: list[Action] = []
                for each in pending:
                    before = self.state
                    self.state, decided = decide(self.state, each, self.now_us)
                    assert before is not self.state
                    actions.extend(decided)
                self._maybe_crash()
                recorded = self._commit(
                    [action.event for action in actions if isinstance(action, Record)],
                    [action.decided for action in actions if isinstance(action, RecordTick)],
                    [action for action in actions if isinstance(action, QueueRun)],
                )
                self._maybe_crash()
                pending = [caused for action in actions for caused in self._act(action)]
                pending.extend(caused for each in recorded for caused in following(*each))
                self._check()
        except LeaderDied:
            self.restart()

    def restart(self) -> None:
        """A new leader on the same store: what its predecessor was doing is closed, and the queue goes on."""
        self.workers.clear()
        self.wake_at.clear()
        self.state = self._new_state()
        self.backfills_seen.clear()
        for run in queries.runs_not_over(self.store):
            steps = queries.steps(self.store, run.run_id)
            self._commit(list(closing_events(run, steps, "the leader died", self.now_us)))
        crashes, self.crashes_left = self.crashes_left, 0
        self.happen(ProjectEdited())
        for run in queries.runs_not_over(self.store):
            assert run.status is RunStatus.QUEUED
            plan = queries.run_plan(self.store, run.run_id)
            self.happen(RunsQueued((replace(queued_run(run.run_id, run.created_us, plan), plan=None),)))
        for loaded in self.backfills():
            self.happen(loaded)
        self.see_instigators()
        self.crashes_left = crashes

    def stop_ticking(self) -> None:
        """Nothing falls due any more; what was asked for goes on."""
        self.is_ticking, self.until_us = False, 1 << 62
        self.state = replace(self.state, ticking=Ticking(is_on=False))

    def backfill(self, name: str, targets: Mapping[AssetKey, PartitionSet], **options: Any) -> None:
        """Ask for a backfill."""
        assert self.partitioned is not None
        graph = self.partitioned.graph
        kept = tuple(
            Target(key, set_to_json(partitions, self.partitioned.space(key), graph.assets[key].partitions))
            for key, partitions in targets.items()
        )
        plan = BackfillPlan(kept, after=queries.last_event(self.store), **options)
        requested = sum(map(len, targets.values()))
        self._commit([BackfillQueued(self.now_us, backfill=name, plan=plan, requested=requested)])
        for loaded in self.backfills():
            self.happen(loaded)

    def describe_again(self) -> None:
        """The project is described anew, as every worker does that was started before the first one had done so."""
        for loaded in self.backfills(known=()):
            self.happen(loaded)

    def backfills(self, known: Collection[str] | None = None) -> list[BackfillLoaded]:
        """What a leader finds in the store of backfills, but for those that it knows."""
        if self.partitioned is None:
            return []
        known = self.state.backfills if known is None else known
        return [
            loaded_backfill(self.store, each, self.partitioned)
            for each in backfills.not_over(self.store)
            if each.backfill_id not in known
        ]

    def step(self) -> bool:
        """Let one thing happen that could; whether anything could."""
        choices: list[Input] = []
        for worker_id, worker in self.workers.items():
            if not worker.is_loaded:
                if self.is_project_broken:
                    choices.append(WorkerBroken(worker_id, StepError("SyntaxError", "exception")))
                else:
                    choices.append(WorkerLoaded(worker_id, 1000 + worker_id))
            elif worker.evaluating is not None and not (worker.is_terminated and worker.ignores_terminate):
                choices.append(self._evaluated(worker_id, worker.evaluating))
            elif worker.task is not None and not (worker.ignores_terminate if worker.is_terminated else worker.hangs):
                choices.append(self._outcome(worker_id, worker))
            elif worker.is_terminated and not worker.ignores_terminate:
                choices.append(WorkerLost(worker_id, StepError("ended", "exit")))
        if not choices and self.wake_at and min(self.wake_at) <= self.until_us:
            self.now_us = max(self.now_us, min(self.wake_at))
            self.wake_at.remove(min(self.wake_at))
            self.happen(Moment())
            return True
        if not choices:
            return False
        chosen = self.draw.choice(choices)
        self._applied(chosen)
        self.happen(chosen)
        return True

    def run_to_the_end(self) -> None:
        """Until nothing more can happen."""
        for _ in range(5_000):
            if not self.step():
                return
        raise AssertionError("the history does not end")

    # What the inside does.

    def _evaluated(self, worker_id: int, evaluating: Evaluating) -> Input:
        roll = self.draw.random()
        if roll < 0.08:
            return WorkerLost(worker_id, StepError("killed by SIGKILL", "signal"))
        if roll < 0.2:
            error = StepError("boom", "exception")
            return EvaluationEnded(worker_id, evaluating.name, Evaluation(error=error))
        snapshot = next(each for each in self.instigators if each.name == evaluating.name)
        if snapshot.kind is InstigatorKind.SCHEDULE:
            found = Evaluation((RunRequest(job="made_of_ops"),)) if roll < 0.9 else Evaluation(skip_reason="not today")
        elif roll < 0.3:  # asks for what cannot be, and would remember that it had
            found = Evaluation((RunRequest(run_key="x", job="unknown"),), cursor="999999")
        elif roll < 0.5:
            found = Evaluation(skip_reason="nothing new")
        else:  # each run key stands for a number, and the cursor for the last one that was asked for
            seen = int(ticks.cursor_of(self.store, evaluating.name) or 0)
            upto = seen + self.draw.randint(1, 3)
            asked = tuple(
                RunRequest(run_key=f"key-{number}", job="made_of_ops") for number in range(seen + 1, upto + 1)
            )
            found = Evaluation(asked, cursor=str(upto))
        return EvaluationEnded(worker_id, evaluating.name, found)

    def _outcome(self, worker_id: int, worker: SimulatedWorker) -> Input:
        assert worker.task is not None
        run_id, step_key = worker.task
        roll = self.draw.random()
        if worker.is_terminated:
            outcome = StepOutcome(StepStatus.CANCELED, error=StepError("canceled", "canceled"))
        elif roll < 0.75:
            outcome = self._success(run_id, step_key)
        elif roll < 0.82:
            outcome = StepOutcome(StepStatus.FAILURE, error=StepError("boom", "exception"))
        elif roll < 0.9:
            after_us = self.draw.choice([0, 5_000, 50_000])
            outcome = StepOutcome(StepStatus.FAILURE, error=StepError("again", "exception"), retry_after_us=after_us)
        else:
            return WorkerLost(worker_id, StepError("killed by SIGKILL", "signal"))
        return StepEnded(worker_id, run_id, step_key, outcome)

    def _success(self, run_id: str, step_key: str) -> StepOutcome:
        if step_key.endswith("make"):
            keys = ["a", "b", "c"][: self.draw.randint(0, 3)]
            op_outputs = tuple(
                OpOutput(StepOutput(step_key, "result", key), ValueRef("json", f"x{key}")) for key in keys
            )
            return StepOutcome(StepStatus.SUCCESS, op_outputs=op_outputs)
        if self.state.runs[run_id].about.job == "made_of_ops":
            return StepOutcome(StepStatus.SUCCESS)
        if "f" in step_key and not step_key.endswith("all"):
            if self.draw.random() < 0.2:
                return StepOutcome(StepStatus.SUCCESS, omitted=("result",))
            return StepOutcome(StepStatus.SUCCESS, op_outputs=(OpOutput(StepOutput(step_key), ValueRef("json", "y")),))
        run = self.state.runs[run_id]
        if run.about.partitions and self.partitioned is not None:
            made = [
                Materialization(self.now_us, run_id, asset_key=key, data_version="v", partition=partition)
                for key in run.plan[step_key].assets
                for partition in self.partitioned.space(key).keys(self.partitioned.set_of(key, run.about.partitions))
            ]
            return StepOutcome(StepStatus.SUCCESS, tuple(made))
        key = AssetKey(step_key)
        if run.backfill is None and self.draw.random() < 0.1:
            return StepOutcome(StepStatus.SUCCESS, omitted=("result",), omitted_assets=(key,))
        return StepOutcome(StepStatus.SUCCESS, (Materialization(self.now_us, run_id, asset_key=key, data_version="v"),))

    def _applied(self, input: Input) -> None:
        """What it means for the simulated processes."""
        match input:
            case WorkerLoaded():
                self.workers[input.worker].is_loaded = True
            case WorkerBroken() | WorkerLost():
                del self.workers[input.worker]
            case StepEnded():
                self.workers[input.worker].task = None
            case EvaluationEnded():
                self.workers[input.worker].evaluating = None
            case _:
                pass

    def _act(self, action: Action) -> list[Input]:
        match action:
            case StartWorker():
                worker_id = self.next_worker
                self.next_worker += 1
                self.workers[worker_id] = SimulatedWorker(action.generation, ignores_terminate=self.draw.random() < 0.3)
                return [WorkerStarted(worker_id, action.generation)]
            case Execute():
                worker = self.workers.get(action.worker)
                if worker is not None:
                    assert worker.is_loaded
                    assert worker.task is None
                    assert not worker.is_terminated
                    worker.task = (action.run_id, action.step.key)
                    is_bounded = self.rules.step_timeout_s is not None or self.rules.max_runtime_s is not None
                    worker.hangs = is_bounded and self.draw.random() < 0.1
                    if action.retry_number < 3 and self.draw.random() < 0.3:
                        after_us = self.draw.choice([0, 5_000, 50_000])
                        return [StepRetriable(action.worker, *worker.task, after_us)]
            case QueueRun():
                return [RunsQueued((queued_run(action.run_id, self.now_us, action.plan),))]
            case LoadRun():
                return [RunLoaded(action.run_id, queries.run_plan(self.store, action.run_id))]
            case Evaluate():
                worker = self.workers.get(action.worker)
                if worker is not None:
                    assert worker.is_loaded
                    assert worker.task is None
                    assert worker.evaluating is None
                    assert not any(
                        each.evaluating is not None and each.evaluating.name == action.evaluating.name
                        for each in self.workers.values()
                        if not each.is_terminated
                    ), "it overlaps itself"
                    worker.evaluating = action.evaluating
                    self.evaluated += 1
            case KeepLoadError() | ConditionsKnown():
                pass
            case Terminate():
                if action.worker in self.workers:
                    self.workers[action.worker].is_terminated = True
            case Kill():
                if self.workers.pop(action.worker, None) is not None:
                    return [WorkerLost(action.worker, StepError("killed by SIGKILL", "signal"))]
            case WakeAt():
                self.wake_at.append(action.time_us)
            case Record() | Progressed() | RecordTick():
                pass
        return []

    def _commit(
        self, events: list[Event], decided: Iterable[TickDecided] = (), retries: Iterable[QueueRun] = ()
    ) -> list[tuple[TickDecided, Recorded]]:
        self.store.execute("BEGIN IMMEDIATE")
        record(self.store, events, self.partitioned)
        snapshots = {each.name: each for each in self.instigators}
        recorded = [(each, record_tick(self.store, each, snapshots.get(each.name), context)) for each in decided]
        for retry in retries:
            queue_retry(self.store, retry.run_id, retry.plan, retry.parent, {}, self.now_us)
        self.store.execute("COMMIT")
        self.now_us += 1_000
        for event in events:
            if isinstance(event, StepStarted):
                assert event.step_key is not None
                self.started[event.run_id, event.step_key] = self.started.get((event.run_id, event.step_key), 0) + 1
            elif isinstance(event, StepRetried):
                assert event.step_key is not None
                self.started[event.run_id, event.step_key] -= 1
        return recorded

    def _maybe_crash(self) -> None:
        if self.crashes_left and self.draw.random() < 0.02:
            self.crashes_left -= 1
            raise LeaderDied

    def _check(self) -> None:
        """What must hold after every turn."""
        running = [
            (run.run_id, step)
            for run in queries.runs_not_over(self.store)
            for step in queries.steps(self.store, run.run_id)
            if step.status is StepStatus.RUNNING
        ]
        assert len(running) <= self.capacity
        plans = self.state.runs
        assert sum(plans[run_id].plan[step.step_key].pool == "narrow" for run_id, step in running) <= 1
        assert len(plans) <= 3
        for team in ("ops", "web"):
            assert sum(run.about.tags.get("team") == team for run in plans.values()) <= 2
        for run_id, step in running:
            plan = self.state.runs[run_id].plan[step.step_key]
            gathered = {source.step for wire in plan.wires if wire.is_list for source in wire.sources}
            statuses = {each.step_key: each.status for each in queries.steps(self.store, run_id)}
            for key in plan.after:
                assert statuses[key] is StepStatus.SUCCESS or (
                    statuses[key] is StepStatus.SKIPPED and key in gathered
                ), f"{step.step_key} runs though {key} is {statuses[key].value}"
        for run in self.state.runs.values():
            assert run.running <= (run.about.max_concurrent or self.capacity)


def assert_state_is_what_the_events_say(store: sqlite3.Connection) -> None:
    """Derive the current state from the events alone: it must be the one that the store has."""
    rebuilt = store_in_memory()
    for event in queries.all_events(store):
        list(apply(rebuilt, event, event.id))
    for table in ("runs", "steps", "assets", "backfills", "instigators", "ticks", "run_keys"):
        rows = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert store.execute(rows).fetchall() == rebuilt.execute(rows).fetchall()
    rebuilt.close()
