"""The engine: a thin shell around `decide`. It waits for what happens, records what is decided, then does it.

One thread. Each turn gathers all that has happened, decides, commits what is to be recorded in one durable transaction,
and only then acts on the world: a step is started after it was recorded that it starts.
"""

from __future__ import annotations

import select
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, assert_never

from msgspec.structs import replace

from assettui.core.queue import queued_run
from assettui.engine.alarm import Alarm, SchedulerAlarm
from assettui.engine.edits import Edits
from assettui.engine.inbox import Inbox
from assettui.engine.journal import Journal, PartitionName
from assettui.engine.tick_recording import following
from assettui.executors.workers import WorkerPool, WorkerProcess
from assettui.kernel.actions import (
    Action,
    Evaluate,
    Execute,
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
from assettui.kernel.decide import decide, has_nothing_to_do, is_idle
from assettui.kernel.inputs import (
    BackfillRequested,
    CancelRequested,
    Drain,
    EvaluationEnded,
    Input,
    LimitsSeen,
    Moment,
    ProjectEdited,
    RunLoaded,
    RunsQueued,
    StepEnded,
    StepReported,
    StepRetriable,
    TickRequested,
    WorkerBroken,
    WorkerLoaded,
    WorkerLost,
    WorkerStarted,
)
from assettui.kernel.instigators import Ticking
from assettui.kernel.state import KernelState, RunRules
from assettui.model.backfill import BackfillCommand, BackfillStatus
from assettui.model.errors import AssettuiError
from assettui.model.intents import CancelRun, CommandBackfill, EvaluateInstigator, Intent, ReloadProject
from assettui.model.project import ProjectSnapshot
from assettui.model.run import StepError, StepStatus
from assettui.model.step import Broken, Done, Evaluated, Loaded, Logged, Reported, Retriable, StepOutcome, WorkerMessage
from assettui.model.timing import SECOND_US, clock_us
from assettui.store.wake_socket import WakeSocket
from assettui.worker import orders
from assettui.worker.orders import RunStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from assettui.engine.tick_recording import Recorded
    from assettui.kernel.instigators import TickDecided
    from assettui.model.events import AssetEvent, Event
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder
    from assettui.store.lease import Leader, Lease

LOOK_EVERY_S = 1.0
"""The store is looked at so often even if nobody rings: a follower may die between writing and ringing."""
FORGET_AFTER_S, FORGET_EVERY_S = 10.0, 3_600.0
"""Ticks that are too old are looked for so long after the start, and so often."""
LOG_DELAY_S = 0.01
"""Log events, which decide nothing, wait so long for others to be committed with them."""


class Engine:
    """Carries out what is in a store, for as long as this process leads it.

    Making one starts the first worker at once, so that the project is being imported while this process has still
    other things to do; `start` begins the work.

    Args:
        project: Whose code runs.
        folder: The store.
        lease: The lease on it, held; released at the end.
        previous: Who held it before, if anybody did.
        capacity: How many steps may run at once.
        dynamic: The keys of dynamic partitions, by the name of their definition, with their indices.
        watch_sources: Whether the project is loaded again when its files are edited.
        is_ticking: Whether schedules and sensors are evaluated by themselves.
        on_end: Called from the engine's thread when it has ended, asked or not.
    """

    def __init__(
        self,
        project: Project,
        folder: StoreFolder,
        lease: Lease,
        *,
        previous: Leader | None,
        capacity: int,
        dynamic: Mapping[str, Mapping[str, int]],
        watch_sources: bool,
        is_ticking: bool,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.failure: BaseException | None = None
        """What ended the engine, where it was not asked to end."""
        self._project = project
        self._folder = folder
        self._lease = lease
        self._previous = previous
        self._on_end = on_end
        self._inbox: Inbox[Input | _Died] = Inbox()
        self._alarm: Alarm = SchedulerAlarm(lambda: self._inbox.put(Moment()))
        self._edits = Edits(project, (lambda: self._inbox.put(ProjectEdited())) if watch_sources else None)
        self._pool = WorkerPool(project, folder, lambda worker: self._inbox.put(_Died(worker)))
        settings = project.settings
        self._limits = settings.limits
        self._described = 0
        self._dynamic = dynamic
        self._unevaluated: object = None
        self._attempts: dict[int, tuple[set[PartitionName], str]] = {}
        """Of each worker, what its step has yet to make, and the name of the versions that it stores."""
        self._logs: list[Event] = []
        self._logs_since = 0.0
        self._taken: list[Intent] = []
        self._next_forgetting = time.monotonic() + FORGET_AFTER_S
        self._is_draining = False
        self._is_stopping = False
        self._is_lingering = False
        self.is_ready = threading.Event()
        """Set once the store is open and whoever rings is heard, or once the engine has ended."""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        state = KernelState(
            capacity,
            ticking=Ticking(is_ticking, timeout_us=int(settings.evaluation_timeout * SECOND_US)),
            rules=RunRules(
                settings.run_retries,
                settings.run_timeout,
                settings.step_timeout,
                int(settings.cancel_grace * SECOND_US),
            ),
        )
        self._state, actions = decide(state, ProjectEdited(), clock_us())
        self._first = [input for action in actions for input in self._act(action)]

    # For other threads.

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def wait_until_ready(self) -> None:
        """Wait until the store is open, and whoever rings is heard.

        Raises:
            StoreError: The store cannot be opened.
        """
        self.is_ready.wait()
        self.check()

    def check(self) -> None:
        """Raise what has ended the engine, where it was not asked to end."""
        if self.failure is not None:
            raise self.failure

    def is_alive(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    def drain(self) -> None:
        """Take nothing more from the queue, finish what is running, then end."""
        self._is_draining = True
        self._inbox.wake()

    def linger(self) -> None:
        """End by itself as soon as nothing runs, nothing waits, and nothing is scheduled."""
        self._is_lingering = True
        self._inbox.wake()

    def stop(self) -> None:
        """Cancel what is running, take nothing more from the queue, then end."""
        self._is_stopping = True
        self.drain()

    def on_end(self, call: Callable[[], None]) -> None:
        """Have another function called when it has ended, or at once where it has."""
        self._on_end = call
        if not self.is_alive():
            call()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout_s)

    # Its own thread.

    def _run(self) -> None:
        try:
            # While the first worker imports the project, this thread imports what the store needs.
            self._journal = Journal(self._folder, self._project.id)
            self._wake_socket = WakeSocket(self._folder.socket)
            try:
                self.is_ready.set()
                self._journal.close_orphaned(_orphaned_by(self._previous), clock_us())
                self._turn(self._first)
                self._turn([*self._described_anew()])
                self._loop()
            finally:
                self._wake_socket.close()
                self._journal.close()
        except BaseException as error:  # noqa: BLE001 - kept for the faces: a thread has nobody else to tell
            self.failure = error
        finally:
            self._edits.stop()
            self._alarm.close()
            self._pool.close()
            self._inbox.close()
            self._lease.release()
            self.is_ready.set()
            self._on_end()

    def _loop(self) -> None:
        next_look = 0.0
        while not self._is_over():
            if self._is_draining and not self._state.is_draining:
                self._turn([Drain()])
                continue
            is_woken, heard = self._await(next_look)
            self._take(heard)
            if is_woken or time.monotonic() >= next_look:
                next_look = time.monotonic() + LOOK_EVERY_S
                self._turn([*self._look()])
            if self._is_stopping:
                self._turn([Drain(is_at_once=True), *(CancelRequested(run_id) for run_id in self._state.runs)])

    def _take(self, heard: Iterable[Input | _SnapshotKept]) -> None:
        """Decide on what was heard. The store is read only once all that came before is recorded in it."""
        inputs: list[Input] = []
        for each in heard:
            if isinstance(each, _SnapshotKept):
                self._turn(inputs)
                self._turn([*self._described_anew()])
                inputs = []
            else:
                inputs.append(each)
        self._turn(inputs)

    def _described_anew(self) -> Iterator[Input]:
        """What follows from the project as it is described now."""
        yield from self._journal.backfills(clock_us())
        yield self._journal.instigators(clock_us())

    def _is_over(self) -> bool:
        if self._is_draining:
            return is_idle(self._state)
        return self._is_lingering and has_nothing_to_do(self._state)

    def _await(self, next_look: float) -> tuple[bool, list[Input | _SnapshotKept]]:
        """Wait for something to happen; whether somebody rang, and what workers and other threads have said."""
        workers = {worker.connection: worker for worker in self._pool.workers.values()}
        bells = self._wake_socket.sockets()
        deadline = min(next_look, self._logs_since + LOG_DELAY_S) if self._logs else next_look
        timeout_s = max(0.0, deadline - time.monotonic())
        # poll, not select: a process with many open files has descriptors beyond what select can name
        waiting = select.poll()
        by_descriptor: dict[int, Any] = {each.fileno(): each for each in (self._inbox, *workers, *bells)}
        for descriptor in by_descriptor:
            waiting.register(descriptor, select.POLLIN)
        ready = [by_descriptor[descriptor] for descriptor, _ in waiting.poll(timeout_s * 1000)]
        heard: list[Input | _SnapshotKept] = []
        is_woken = False
        for each in ready:
            if each in workers:
                heard.extend(self._hear(workers[each]))
            elif each is not self._inbox:
                is_woken = True
                self._wake_socket.answer(each)
        # The inbox last: it may tell of a worker's death, after which nothing more can be heard of it.
        if self._inbox in ready:
            is_woken = True
            for said in self._inbox.take_all():
                heard.extend(self._on_lost(said) if isinstance(said, _Died) else [said])
        return is_woken, heard

    def _turn(self, inputs: list[Input]) -> None:
        """Decide on all that has happened, commit, then act; acting may itself make things happen."""
        while True:
            actions: list[Action] = []
            for input in inputs:
                self._state, decided = decide(self._state, input, clock_us())
                actions.extend(decided)
            progress = {action.backfill_id: action for action in actions if isinstance(action, Progressed)}
            recorded = self._commit(
                [action.event for action in actions if isinstance(action, Record)],
                progress.values(),
                [action.decided for action in actions if isinstance(action, RecordTick)],
                [action for action in actions if isinstance(action, QueueRun)],
            )
            inputs = [input for action in actions for input in self._act(action)]
            inputs.extend(caused for each in recorded for caused in following(*each))
            if not inputs:
                return

    def _commit(
        self,
        events: list[Event],
        progress: Iterable[Progressed] = (),
        ticks: Sequence[TickDecided] = (),
        retries: Sequence[QueueRun] = (),
    ) -> list[tuple[TickDecided, Recorded]]:
        are_logs_due = bool(self._logs) and time.monotonic() >= self._logs_since + LOG_DELAY_S
        if not (events or ticks or self._taken or are_logs_due):
            return []
        logs, self._logs = self._logs, []
        taken, self._taken = self._taken, []
        recorded = self._journal.commit([*logs, *events], taken, clock_us(), progress, ticks, retries)
        self._wake_socket.tell()
        return recorded

    def _look(self) -> Iterator[Input]:
        """What other processes have written into the store, and what time has brought."""
        partitioned = self._journal.partitioned(clock_us())
        self._dynamic = partitioned.moment.dynamic
        unevaluated = partitioned.unevaluated()
        if unevaluated and unevaluated != self._unevaluated:
            yield ProjectEdited()  # a mapping of the user's own is to be evaluated for partitions that are new
        self._unevaluated = unevaluated
        if self._state.ticking.is_on and time.monotonic() >= self._next_forgetting:
            has_more = self._journal.forget_old_ticks(clock_us(), self._project.settings.tick_days)
            self._next_forgetting = time.monotonic() + (LOOK_EVERY_S if has_more else FORGET_EVERY_S)
        next_us, now_us = self._state.ticking.next_us, clock_us()
        if (next_us is not None and next_us <= now_us) or now_us < self._state.ticking.last_us - SECOND_US:
            yield Moment()  # the alarm waits by a clock of its own, which stands still while a laptop sleeps
        if not self._journal.has_news():
            return
        yield self._journal.instigators(now_us)
        for intent in self._journal.pending_intents():
            self._taken.append(intent)
            match intent:
                case CancelRun():
                    yield from self._queued()  # it may have been asked for just now
                    yield CancelRequested(intent.run_id)
                case ReloadProject():
                    yield ProjectEdited()
                case EvaluateInstigator():
                    yield TickRequested(intent.instigator, intent.instigator_kind, intent.scheduled_us, intent.id)
                case CommandBackfill():
                    yield from self._command_backfill(intent.backfill_id, intent.command)
                case _:
                    assert_never(intent)
        if not self._is_draining:
            yield from self._queued()
            yield from self._journal.backfills(clock_us(), self._state.backfills)

    def _queued(self) -> Iterator[Input]:
        limits = self._journal.limits(self._limits)
        if limits != self._state.waiting.limits:
            yield LimitsSeen(limits)
        runs = self._journal.queued_runs()
        if runs:
            yield RunsQueued(runs)

    def _command_backfill(self, backfill_id: str, command: BackfillCommand) -> Iterator[Input]:
        if backfill_id not in self._state.backfills:
            # It may be queued still; or it is over, and what failed is to be tried again.
            loaded = self._journal.backfill(backfill_id, clock_us())
            if loaded is None or (loaded.status.is_over and command is not BackfillCommand.RETRY):
                return
            if loaded.status.is_over and loaded.plan.has_secrets:
                return  # it has ended since it was asked for, and its secrets are gone
            if loaded.status.is_over:
                loaded = replace(loaded, progress=loaded.progress.with_retry(), status=BackfillStatus.PAUSED)
            yield loaded
        yield BackfillRequested(backfill_id, command)

    # Acting.

    def _act(self, action: Action) -> Iterator[Input]:
        match action:
            case Record() | Progressed() | RecordTick():
                pass  # committed already
            case QueueRun():  # committed too
                yield RunsQueued((queued_run(action.run_id, clock_us(), action.plan),))
            case LoadRun():
                yield RunLoaded(action.run_id, self._journal.run_to_take(action.run_id))
            case Evaluate():
                yield from self._evaluate(action)
            case StartWorker():
                yield from self._start_worker(action.generation)
            case Execute():
                yield from self._execute(action)
            case Terminate() | Kill():
                worker = self._pool.workers.get(action.worker)
                if worker is not None:
                    worker.signal(signal.SIGTERM if isinstance(action, Terminate) else signal.SIGKILL)
            case WakeAt():
                self._alarm.wake_at(action.time_us)
            case _:
                assert_never(action)

    def _execute(self, action: Execute) -> Iterator[Input]:
        worker = self._pool.workers.get(action.worker)
        try:
            request = self._journal.request(action, clock_us())
        except AssettuiError as error:  # the project was edited after the run was asked for
            outcome = StepOutcome(StepStatus.FAILURE, error=StepError(error.what))
            yield StepEnded(action.worker, action.run_id, action.step.key, outcome)
            return
        partitions: tuple[str | None, ...] = request.partition_keys or (None,)
        unmade = {(key, partition) for key in action.step.assets for partition in partitions}
        self._attempts[action.worker] = (unmade, action.version)
        if worker is not None:  # otherwise it has just died, which is told by itself
            worker.send(RunStep(request))

    def _evaluate(self, action: Evaluate) -> Iterator[Input]:
        worker = self._pool.workers.get(action.worker)
        request = self._journal.evaluation_request(action.evaluating)
        if request is None:
            yield EvaluationEnded(action.worker, action.evaluating.name, None)
        elif worker is not None:  # otherwise it has just died, which is told by itself
            worker.send(orders.Evaluate(request))

    def _start_worker(self, generation: int) -> Iterator[Input]:
        try:
            worker = self._pool.start(describe=generation > self._described, dynamic=self._dynamic)
        except OSError as error:
            yield WorkerStarted(0, generation)
            yield WorkerLost(0, StepError(f"no worker process can be started: {error.strerror}", "error"))
            return
        yield WorkerStarted(worker.id, generation)

    # Hearing.

    def _hear(self, worker: WorkerProcess) -> Iterator[Input | _SnapshotKept]:
        try:
            messages = worker.messages()
            if messages is None:
                # The pipe has ended: it is dead, or as good as dead. Its death is told by itself.
                worker.signal(signal.SIGKILL)
                time.sleep(0.001)
                return
            for message in messages:
                yield from self._understand(worker, message)
        except ValueError:
            worker.signal(signal.SIGKILL)  # user code has written to the pipe: no later word of it can be trusted

    def _understand(self, worker: WorkerProcess, message: WorkerMessage) -> Iterator[Input | _SnapshotKept]:
        match message:
            case Loaded():
                worker.has_told = True
                if message.described is not None:
                    yield from self._keep_snapshot(worker, message.described)
                yield WorkerLoaded(worker.id, message.pid)
            case Broken():
                worker.has_told = True
                yield from self._keep_load_error(worker, message.error, message.sources)
                yield WorkerBroken(worker.id, message.error)
            case Logged():
                if not self._logs:
                    self._logs_since = time.monotonic()
                self._logs.append(message.entry)
            case Retriable():
                yield StepRetriable(worker.id, message.run_id, message.step_key, message.retry_after_us)
            case Reported():
                self._keep_value_of(worker.id, message.asset_event)
                yield StepReported(worker.id, message.run_id, message.step_key, message.asset_event)
            case Done():
                outcome = message.outcome
                for asset_event in outcome.asset_events:
                    self._keep_value_of(worker.id, asset_event)
                self._forget_attempt(worker.id, is_kept=outcome.status is StepStatus.SUCCESS)
                yield StepEnded(worker.id, message.run_id, message.step_key, outcome, message.rss_bytes)
            case Evaluated():
                yield EvaluationEnded(worker.id, message.name, message.evaluation, message.rss_bytes)
            case _:
                assert_never(message)

    def _on_lost(self, died: _Died) -> Iterator[Input | _SnapshotKept]:
        worker = self._pool.workers.get(died.worker)
        if worker is None:
            return
        for message in worker.remaining_messages():
            yield from self._understand(worker, message)
        printed = worker.printed()
        cause = self._pool.on_lost(worker)
        self._forget_attempt(worker.id, is_kept=False)
        state = self._state.workers.get(worker.id)
        if not worker.has_told and state is not None and state.generation == self._state.generation:
            cause = StepError(f"{cause.message} while it imported the project", cause.kind, traceback=printed or None)
            yield from self._keep_load_error(worker, cause, ())
        yield WorkerLost(worker.id, cause)

    def _keep_value_of(self, worker_id: int, asset_event: AssetEvent) -> None:
        """What was made stays, however the attempt goes on."""
        if worker_id in self._attempts:
            self._attempts[worker_id][0].discard((asset_event.asset_key, asset_event.partition))

    def _forget_attempt(self, worker_id: int, *, is_kept: bool) -> None:
        attempt = self._attempts.pop(worker_id, None)
        if attempt is not None and not is_kept:
            self._journal.remove_unfinished(*attempt)

    # The project.

    def _keep_snapshot(self, worker: WorkerProcess, text: bytes) -> Iterator[Input | _SnapshotKept]:
        state = self._state.workers.get(worker.id)
        if state is None or state.generation < self._state.generation:
            return  # an older edit
        snapshot = ProjectSnapshot.decode(text)
        self._described = state.generation
        self._edits.imported(snapshot.sources, since_ns=worker.started_ns)
        self._journal.keep_snapshot(text, self._edits.sources, clock_us())
        self._wake_socket.tell()
        yield _SnapshotKept()
        if not self._edits.watch():
            yield ProjectEdited()

    def _keep_load_error(self, worker: WorkerProcess, error: StepError, sources: Iterable[str]) -> Iterator[Input]:
        self._edits.failed(sources, since_ns=worker.started_ns)
        self._journal.keep_load_error(error, self._edits.sources, clock_us())
        self._wake_socket.tell()
        if not self._edits.watch():
            yield ProjectEdited()


class _Died:
    """A worker process has died, and is not yet reaped."""

    def __init__(self, worker: int) -> None:
        self.worker = worker


class _SnapshotKept:
    """The project has been described anew: what concerns it is to be read again."""


def _orphaned_by(previous: Leader | None) -> str:
    if previous is None:
        return "the process that carried it out is gone"
    return f"the process that carried it out ({previous.face}, pid {previous.pid}) is gone"
