"""The engine's loop: a thin shell around `decide`. It waits for what happens, records what is decided, then does it.

One thread. Each turn gathers all that has happened, decides, commits what is to be recorded in one durable transaction,
and only then acts on the world: a step is started after it was recorded that it starts. So whatever dies in between has
promised no more than was done, and has done no more than was promised.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, assert_never

from assettui.core.queue import queued_run
from assettui.engine.hearing import Hearing, SnapshotKept
from assettui.engine.journal import Committed
from assettui.engine.news import LOOK_EVERY_S, News
from assettui.engine.tick_recording import following
from assettui.executors.base import readable
from assettui.kernel import actions as act
from assettui.kernel import inputs
from assettui.kernel.decide import decide, has_nothing_to_do, is_idle
from assettui.kernel.inputs import ConditionsWanted, RunsQueued
from assettui.model.errors import AssettuiError
from assettui.model.instigator import InstigatorKind
from assettui.model.run import StepError, StepStatus
from assettui.model.step import StepOutcome
from assettui.model.tick import Evaluation
from assettui.model.timing import clock_us
from assettui.store.recording import UNFIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assettui.engine.alarm import Alarm
    from assettui.engine.edits import Edits
    from assettui.engine.journal import Journal
    from assettui.engine.notifying import Notifier
    from assettui.engine.profiling import Profiler
    from assettui.engine.workers import Workers
    from assettui.executors.inbox import Inbox
    from assettui.kernel.automation import Automation
    from assettui.kernel.instigators import TickDecided
    from assettui.kernel.state import KernelState
    from assettui.model.events import Event
    from assettui.project.settings import Settings
    from assettui.store.wake_socket import WakeSocket


class Ending:
    """How the loop is to end. Set by other threads, which wake it then."""

    def __init__(self) -> None:
        self.is_draining = False
        """Whether nothing more is to be taken from the queue; it ends when what runs has ended."""
        self.is_stopping = False
        """Whether what runs is to be canceled, too."""
        self.is_lingering = False
        """Whether it ends by itself as soon as nothing runs, nothing waits, and nothing is scheduled."""


class Loop:
    """See above.

    Args:
        state: What the kernel knows so far.
        ending: How it is to end.
        settings: Those of the project.
        journal: The store.
        wake_socket: Who waits for commits, and who wakes this loop.
        inbox: What other threads have to say.
        workers: What carries out steps.
        edits: Which files of the project have been imported, and change.
        alarm: What wakes it in time.
        notifier: What tells people.
        profiler: What looks at the data that was made.
    """

    def __init__(
        self,
        state: KernelState,
        ending: Ending,
        settings: Settings,
        journal: Journal,
        wake_socket: WakeSocket,
        inbox: Inbox[inputs.Input],
        workers: Workers,
        edits: Edits,
        alarm: Alarm,
        notifier: Notifier,
        profiler: Profiler,
    ) -> None:
        self._state = state
        self._ending = ending
        self._journal = journal
        self._wake_socket = wake_socket
        self._inbox = inbox
        self._workers = workers
        self._alarm = alarm
        self._news = News(journal, settings, workers)
        self._notifier = notifier
        self._profiler = profiler
        self._notify_due_us: int | None = None
        self._automation: Automation | None = None
        self._automation_on: frozenset[str] | None = None
        self._automation_due_us: int | None = None
        self._hearing = Hearing(journal, edits, workers, wake_socket.tell)

    def run(self, first: list[inputs.Input]) -> None:
        """Go on until it is told to end.

        Args:
            first: What has happened before.
        """
        self._journal.note_loading(clock_us())
        self._turn(first)
        self._turn([*self._news.described_anew()])
        next_look = 0.0
        while not self._is_over():
            if self._ending.is_draining and not self._state.is_draining:
                self._turn([inputs.Drain()])
                continue
            is_woken, heard = self._await(next_look)
            self._take(heard)
            if is_woken or time.monotonic() >= next_look:
                next_look = time.monotonic() + LOOK_EVERY_S
                self._turn([*self._news.look(self._state, is_draining=self._ending.is_draining)])
                self._automate()
                self._notify()
                self._profile()
            if self._ending.is_stopping:
                canceled = [inputs.CancelRequested(run_id) for run_id in self._state.runs]
                self._turn([inputs.Drain(is_at_once=True), *canceled])

    def _is_over(self) -> bool:
        if self._ending.is_draining:
            return is_idle(self._state)
        return self._ending.is_lingering and has_nothing_to_do(self._state)

    def _await(self, next_look: float) -> tuple[bool, list[inputs.Input | SnapshotKept]]:
        """Wait for something to happen; whether somebody rang, and what workers and other threads have said."""
        bells = self._wake_socket.sockets()
        logs_due = self._hearing.logs_due()
        deadline = next_look if logs_due is None else min(next_look, logs_due)
        sources = (self._inbox, *self._workers.executor.sources(), *bells)
        ready = readable(sources, max(0.0, deadline - time.monotonic()))
        rung = [each for each in bells if each in ready]
        for each in rung:
            self._wake_socket.answer(each)
        found = [
            input
            for worker, heard in self._workers.take_heard()
            for input in self._hearing.hear(worker, heard, self._state)
        ]
        is_left_word = self._inbox in ready
        if is_left_word:
            found.extend(self._inbox.take_all())
        return bool(rung) or is_left_word, found

    def _take(self, heard: Iterable[inputs.Input | SnapshotKept]) -> None:
        """Decide on what was heard. The store is read only once all that came before is recorded in it."""
        gathered: list[inputs.Input] = []
        for each in heard:
            if isinstance(each, SnapshotKept):
                self._turn(gathered)
                self._turn([*self._news.described_anew()])
                self._automation_on = None  # what it looks at is another project now
                gathered = []
            else:
                gathered.append(each)
        self._turn(gathered)
        if gathered:
            self._automate()

    def _automate(self) -> None:
        """Put what has happened before the automation conditions and freshness policies, and record what follows."""
        asked, self._news.asked_automation = self._news.asked_automation, []
        for intent in asked:
            self._automation_on = None
            self._look(self._journal.automation(None, clock_us()), intent)
        if self._ending.is_draining:
            return
        on = frozenset(
            name
            for name, each in self._state.ticking.instigators.items()
            if each.is_on and each.snapshot.kind is InstigatorKind.AUTOMATION and self._state.ticking.is_on
        )
        if on != self._automation_on:
            self._automation, self._automation_on = self._journal.automation(on, clock_us()), on
        if self._automation is not None and self._automation.is_needed:
            self._look(self._automation, None)

    def _look(self, automation: Automation, intent: int | None) -> None:
        """Let automation look at what has happened since it last did, and record what it decides."""
        now_us = clock_us()
        events = self._journal.changes_after(automation.last_event)
        decided = automation.look(events, self._journal.partitioned(now_us), now_us)
        if decided is not None or intent is not None:
            recorded = self._journal.record_automation(decided or automation.nothing(now_us), intent)
            for entity in recorded.refused:
                automation.refused(entity, now_us)
            self._wake_socket.tell()
            if recorded.runs:
                self._turn([RunsQueued(tuple(queued_run(run_id, now_us, plan) for run_id, plan in recorded.runs))])
        name = automation.wanted_from_worker()
        if name is not None:
            self._turn([ConditionsWanted(name)])
        due_us = automation.next_us(now_us)
        if due_us is not None and due_us != self._automation_due_us:
            self._automation_due_us = due_us
            self._alarm.wake_at(due_us)

    def _notify(self) -> None:
        """Have people told what is new to them; by itself only a leader that ticks does so."""
        if not self._state.ticking.is_on:
            return
        due_us = self._notifier.look(self._journal, clock_us())
        if due_us is not None and due_us != self._notify_due_us:
            self._notify_due_us = due_us
            self._alarm.wake_at(due_us)

    def _profile(self) -> None:
        """Have looked at what was made; one that leads for a single command leaves that to the next that stays."""
        if self._state.ticking.is_on and self._journal.profile(self._profiler, clock_us()):
            self._wake_socket.tell()

    def _turn(self, happened: list[inputs.Input]) -> None:
        """Decide on all that has happened, commit, then act; acting may itself make things happen."""
        while True:
            actions: list[act.Action] = []
            for input in happened:
                self._state, decided = decide(self._state, input, clock_us())
                actions.extend(decided)
            progress = {action.backfill_id: action for action in actions if isinstance(action, act.Progressed)}
            recorded, refused = self._commit(
                [action.event for action in actions if isinstance(action, act.Record)],
                progress.values(),
                [action.decided for action in actions if isinstance(action, act.RecordTick)],
                [action for action in actions if isinstance(action, act.QueueRun)],
            )
            happened = [inputs.RunRefused(*each) for each in refused]
            happened.extend(input for action in actions for input in self._acted(action))
            happened.extend(caused for each in recorded for caused in following(*each))
            if not happened:
                return

    def _commit(
        self,
        events: list[Event],
        progress: Iterable[act.Progressed],
        ticks: Sequence[TickDecided],
        retries: Sequence[act.QueueRun],
    ) -> Committed:
        logs_due = self._hearing.logs_due()
        are_logs_due = logs_due is not None and time.monotonic() >= logs_due
        taken = self._news.take_intents()
        if not (events or ticks or taken or are_logs_due):
            return Committed([], [])
        events = [*self._hearing.take_logs(), *events]
        recorded = self._journal.commit(events, taken, clock_us(), progress, ticks, retries)
        self._wake_socket.tell()
        return recorded

    # Acting.

    def _acted(self, action: act.Action) -> Iterator[inputs.Input]:
        """Do what was decided. Where that is not possible for what it is about, only that fails."""
        try:
            yield from list(self._act(action))
        except UNFIT as error:
            reason = f"it cannot be carried out: {type(error).__name__}: {error}"
            match action:
                case act.Execute() | act.LoadRun() | act.QueueRun():
                    yield inputs.RunRefused(action.run_id, reason)
                case act.Evaluate():
                    found = Evaluation(error=StepError(reason))
                    yield inputs.EvaluationEnded(action.worker, action.evaluating.name, found)
                case _:
                    raise

    def _act(self, action: act.Action) -> Iterator[inputs.Input]:
        match action:
            case act.Record() | act.Progressed() | act.RecordTick():
                pass  # committed already
            case act.QueueRun():  # committed too
                yield inputs.RunsQueued((queued_run(action.run_id, clock_us(), action.plan),))
            case act.LoadRun():
                yield inputs.RunLoaded(action.run_id, self._journal.run_to_take(action.run_id))
            case act.Evaluate():
                yield from self._evaluate(action)
            case act.ConditionsKnown():
                if self._automation is not None:
                    self._automation.take_user_conditions(action.evaluation, clock_us())
            case act.StartWorker():
                if self._workers.is_to_describe(action.generation) and self._journal.note_loading(clock_us()):
                    self._wake_socket.tell()
                yield from self._workers.start(action.generation)
            case act.Execute():
                yield from self._execute(action)
            case act.KeepLoadError():
                yield from self._hearing.keep_load_error(action.error)
            case act.Terminate():
                self._workers.executor.cancel(action.worker)
            case act.Kill():
                self._workers.executor.cancel(action.worker, is_at_once=True)
            case act.WakeAt():
                self._alarm.wake_at(action.time_us)
            case _:
                assert_never(action)

    def _execute(self, action: act.Execute) -> Iterator[inputs.Input]:
        try:
            request = self._journal.request(action, clock_us())
        except AssettuiError as error:  # the project was edited after the run was asked for
            outcome = StepOutcome(StepStatus.FAILURE, error=StepError(error.what))
            yield inputs.StepEnded(action.worker, action.run_id, action.step.key, outcome)
            return
        self._hearing.note_attempt(action, request)
        self._workers.executor.execute(action.worker, request)

    def _evaluate(self, action: act.Evaluate) -> Iterator[inputs.Input]:
        request = self._journal.evaluation_request(action.evaluating)
        if request is None:
            yield inputs.EvaluationEnded(action.worker, action.evaluating.name, None)
        else:
            self._workers.executor.evaluate(action.worker, request)
