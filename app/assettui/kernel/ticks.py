"""The part of the engine's decisions that concerns schedules and sensors: when each is evaluated, and what of it is recorded.

A tick of a schedule is known by the schedule and the time that it was due: it is recorded once, with its runs, in one
transaction. Times are compared with the clock on the wall, which may jump: forward, and what fell due meanwhile is
caught up with as the schedule says; back, and what was ticked for already is not ticked for again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.pacing import AT_ONCE, dry_after, earliest
from assettui.core.schedule_times import ScheduleTimes
from assettui.kernel.actions import ConditionsKnown, Record, RecordTick, WakeAt
from assettui.kernel.instigators import Evaluating, Instigator, TickDecided, Ticking
from assettui.model.events import InstigatorTurned, LogLine, Materialization, RunChanged, RunQueued
from assettui.model.instigator import CatchUp, InstigatorKind, InstigatorSnapshot, Watching, backoff_s
from assettui.model.run import RunRequest, RunStatus, StepError
from assettui.model.tick import Evaluation, InstigatorState
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.kernel.actions import Action
    from assettui.kernel.inputs import TickRequested
    from assettui.kernel.turn import Turn
    from assettui.model.keys import AssetKey

EVALUATORS = 4
"""So many evaluations go on at once, besides the steps that run."""
LATE_US = 60 * SECOND_US
"""A schedule that catches up with nothing is ticked all the same where it is no later than this."""
REMEMBERED = 64
"""So many of the last times of a schedule are remembered, lest a clock that goes back brings them once more."""
_TOO_OFTEN = LogLine(
    "WARNING",
    f"this sensor has acted {AT_ONCE} times in quick succession, and now does so once a second: "
    "does what it asks for bring about what it watches?",
)


class Ticks:
    """One decision's changes to schedules and sensors.

    Args:
        turn: The rest of the decision.
        before: What was known.
    """

    def __init__(self, turn: Turn, before: Ticking) -> None:
        self.turn = turn
        self.before = before
        self.waiting = before.waiting
        self._instigators: dict[str, Instigator] | None = None
        self._is_changed = False
        self._found: Ticking | None = None

    def finished(self) -> Ticking:
        """What is known after the decision."""
        before, now_us = self.before, self.turn.now_us
        base = self._found if self._found is not None else before
        if self._instigators is None and self.waiting is before.waiting and base is before:
            # One object for many decisions: the time of the last is remembered to the second.
            return before if 0 <= now_us - before.last_us < SECOND_US else replace(before, last_us=now_us)
        instigators = self._instigators if self._instigators is not None else before.instigators
        next_us = base.next_us
        if self._is_changed:
            next_us = min(
                (each.next_us for each in instigators.values() if each.next_us is not None and not each.is_busy),
                default=None,
            )
            if next_us is not None and next_us != before.next_us:
                self._wake_at(next_us)
        return replace(base, instigators=instigators, waiting=self.waiting, next_us=next_us, last_us=now_us)

    # What there is.

    def see(self, found: Iterable[tuple[InstigatorSnapshot, InstigatorState | None]]) -> None:
        """Take note of the schedules and sensors that the project defines, and of what is recorded of them."""
        before = dict(self.before.instigators)
        seen: dict[str, Instigator] = {}
        for snapshot, state in found:
            seen[snapshot.name] = self._seen(snapshot, state, before.get(snapshot.name))
        self._instigators = seen
        self._is_changed = True
        self.waiting = tuple(each for each in self.waiting if each.name in seen)
        on = [each.snapshot for each in seen.values() if each.is_on and each.snapshot.kind is InstigatorKind.SENSOR]
        self._found = replace(
            self.before,
            watched_assets=frozenset(key for each in on for key in each.assets),
            watched_statuses=frozenset(status for each in on for status in each.run_statuses),
        )

    def _seen(
        self, snapshot: InstigatorSnapshot, state: InstigatorState | None, known: Instigator | None
    ) -> Instigator:
        now_us = self.turn.now_us
        is_on, since_us = snapshot.is_on_by_default, now_us
        if state is not None and (state.is_manual or state.is_on == is_on):
            is_on, since_us = state.is_on, state.since_us
        else:
            self.turn.actions.append(
                Record(
                    InstigatorTurned(
                        now_us,
                        status="on" if is_on else "off",
                        instigator=snapshot.name,
                        instigator_kind=snapshot.kind,
                        by="default",
                    )
                )
            )
        base = known or Instigator(snapshot, is_woken=True)
        is_new = known is None or known.is_on != is_on or known.since_us != since_us
        scheduled_us = state.scheduled_us if state is not None else None
        if known is not None and (known.snapshot.crons, known.snapshot.zone_name) != (
            snapshot.crons,
            snapshot.zone_name,
        ):
            scheduled_us, is_new = max(now_us, scheduled_us or 0), True  # of the new times those that are yet to come
        found = replace(
            base,
            snapshot=snapshot,
            is_on=is_on,
            since_us=since_us,
            failures=state.failures if state is not None else 0,
            scheduled_us=scheduled_us if is_new or base.scheduled_us is None else base.scheduled_us,
            is_woken=base.is_woken or is_new,
        )
        if not is_on or not self.before.is_on:
            return replace(found, next_us=None, backlog=())
        found = self._not_ahead(found)
        return replace(found, next_us=self._next(found)) if is_new or found.next_us is None else found

    def _next(self, each: Instigator) -> int | None:
        now_us, snapshot = self.turn.now_us, each.snapshot
        if snapshot.kind is InstigatorKind.AUTOMATION:
            return None  # what it turns on is looked at where that is known
        if snapshot.kind is InstigatorKind.SCHEDULE:
            return ScheduleTimes(snapshot.crons, snapshot.zone_name).next_after(self._base(each))
        return now_us if snapshot.watching is Watching.TIME or each.is_woken else None

    def _base(self, each: Instigator) -> int:
        """The time after which a schedule is due again."""
        return max(each.scheduled_us or 0, each.since_us)

    # What falls due.

    def fire(self) -> None:
        """Have evaluated what is due."""
        state, now_us = self.before, self.turn.now_us
        if not state.is_on:
            return
        if now_us < state.last_us - SECOND_US:
            self._settle_anew()
        next_us = state.next_us if not self._is_changed else 0
        if next_us is None or now_us < next_us:
            return
        instigators = self._own()
        for name, each in list(instigators.items()):
            if each.is_on and not each.is_busy and each.next_us is not None and each.next_us <= now_us:
                instigators[name] = self._fired(each)
        self._is_changed = True

    def _settle_anew(self) -> None:
        """The clock has gone back: nothing waits for a time that it would not have waited for before."""
        instigators, now_us = self._own(), self.turn.now_us
        for name, found in instigators.items():
            each = self._not_ahead(found)
            if each.is_on and not each.is_busy and each.next_us is not None:
                interval_us = int(each.snapshot.interval_s * SECOND_US)
                is_schedule = each.snapshot.kind is InstigatorKind.SCHEDULE
                each = replace(
                    each, next_us=self._next(each) if is_schedule else min(each.next_us, now_us + interval_us)
                )
            instigators[name] = each
        self._is_changed = True

    def _not_ahead(self, each: Instigator) -> Instigator:
        """What counts from a time that is yet to come, by a clock that has been wrong, counts from now on."""
        now_us = self.turn.now_us
        scheduled_us = None if each.scheduled_us is None else min(each.scheduled_us, now_us)
        return replace(each, scheduled_us=scheduled_us, since_us=min(each.since_us, now_us))

    def _fired(self, each: Instigator) -> Instigator:
        if each.snapshot.kind is InstigatorKind.SENSOR:
            self.waiting = (*self.waiting, Evaluating(each.snapshot.name, each.next_us or self.turn.now_us))
            return replace(each, is_busy=True, is_woken=False)
        return self._fired_schedule(each)

    def _fired_schedule(self, each: Instigator) -> Instigator:
        now_us, snapshot = self.turn.now_us, each.snapshot
        times = ScheduleTimes(snapshot.crons, snapshot.zone_name)
        limit = snapshot.catch_up_limit if snapshot.catch_up is CatchUp.ALL else 1
        due = times.due(self._base(each), now_us, limit)
        fresh = [time_us for time_us in due.times if time_us not in each.recent]
        if snapshot.catch_up is CatchUp.NONE:
            fresh = [time_us for time_us in fresh if now_us - time_us <= LATE_US]
        each = replace(
            each,
            scheduled_us=due.times[-1] if due.times else each.scheduled_us,
            recent=(*each.recent, *fresh)[-REMEMBERED:],
            next_us=times.next_after(now_us),
        )
        if not fresh:
            return each
        missed = due.count - len(due.times)
        if snapshot.is_plain:
            for position, time_us in enumerate(fresh):
                self._tick_plainly(snapshot, time_us, time_us, missed if position == 0 else 0)
            return each
        self.waiting = (*self.waiting, Evaluating(snapshot.name, fresh[0], fresh[0], missed))
        return replace(each, is_busy=True, backlog=tuple(fresh[1:]))

    def _tick_plainly(
        self,
        snapshot: InstigatorSnapshot,
        scheduled_us: int,
        due_us: int | None,
        missed: int = 0,
        intent: int | None = None,
    ) -> None:
        job = snapshot.jobs[0] if snapshot.jobs else None
        requested = RunRequest(job=job, config=snapshot.config, tags=snapshot.tags)
        now_us = self.turn.now_us
        evaluation = Evaluation((requested,))
        self._record_tick(
            TickDecided(snapshot.name, snapshot.kind, evaluation, scheduled_us, due_us, now_us, now_us, missed, intent)
        )

    def ask(self, requested: TickRequested) -> None:
        """Evaluate one now, since somebody wants it, whether it is on or off."""
        each = self._known(requested.name)
        if each is None:
            error = StepError(f"the project no longer defines the {requested.kind.value} {requested.name}")
            evaluation, now_us = Evaluation(error=error), self.turn.now_us
            self._record_tick(
                TickDecided(
                    requested.name,
                    requested.kind,
                    evaluation,
                    requested.scheduled_us,
                    None,
                    now_us,
                    now_us,
                    intent=requested.intent,
                )
            )
        elif each.snapshot.is_plain:
            self._tick_plainly(each.snapshot, requested.scheduled_us, None, intent=requested.intent)
        else:
            self.waiting = (*self.waiting, Evaluating(requested.name, requested.scheduled_us, intent=requested.intent))

    def want_conditions(self, name: str) -> None:
        """Have the automation conditions of the user's own evaluated, unless that is about to be done."""
        each = self._known(name)
        if each is not None and not any(other.name == name for other in self.waiting):
            self.waiting = (*self.waiting, Evaluating(name, self.turn.now_us))

    # What happens.

    def note(self, actions: Iterable[Action]) -> None:
        """Wake the sensors that watch for what is about to be recorded."""
        state = self.before
        if not (state.is_on and (state.watched_assets or state.watched_statuses)):
            return
        events = [action.event for action in actions if isinstance(action, Record)]
        assets = {each.asset_key for each in events if isinstance(each, Materialization)}
        statuses = {each.status.value for each in events if isinstance(each, RunChanged)}
        if any(isinstance(each, RunQueued) for each in events):
            statuses.add(RunStatus.QUEUED.value)
        self.wake(assets & state.watched_assets, statuses & state.watched_statuses)

    def note_queued(self) -> None:
        """Wake the sensors that watch for runs that are queued: some were, by whatever process."""
        self.wake((), self.before.watched_statuses & {RunStatus.QUEUED.value})

    def wake(self, assets: Iterable[AssetKey], statuses: Iterable[str]) -> None:
        """Wake the sensors that watch any of these assets, or runs that come to any of these statuses."""
        made, come_to = set(assets), set(statuses)
        if not made and not come_to:
            return
        instigators = self._own()
        for name, each in instigators.items():
            snapshot = each.snapshot
            is_watching = each.is_on and snapshot.kind is InstigatorKind.SENSOR
            if is_watching and (made.intersection(snapshot.assets) or come_to.intersection(snapshot.run_statuses)):
                instigators[name] = self._woken(each)
        self._is_changed = True

    def _woken(self, each: Instigator) -> Instigator:
        next_us = each.next_us if each.next_us is not None else max(self.turn.now_us, earliest(each.dry_us))
        return replace(each, is_woken=True, next_us=next_us)

    # Evaluations.

    def begun(self, evaluating: Evaluating) -> Evaluating:
        """An evaluation that is given to a worker now."""
        self.waiting = tuple(each for each in self.waiting if each is not evaluating)
        now_us = self.turn.now_us
        each = self._known(evaluating.name)
        if each is not None:
            self._own()[evaluating.name] = replace(each, is_busy=True)
            self._is_changed = True
        return replace(evaluating, started_us=now_us, deadline_us=now_us + self.before.timeout_us)

    def end(self, evaluating: Evaluating, evaluation: Evaluation | None) -> None:
        """Note what an evaluation has come to; None where there was nothing to look at."""
        each = self._known(evaluating.name)
        if each is None:
            return
        now_us, snapshot = self.turn.now_us, each.snapshot
        if snapshot.kind is InstigatorKind.AUTOMATION:
            self._own()[snapshot.name] = replace(each, is_busy=False)
            self._is_changed = True
            if evaluation is not None:
                self.turn.actions.append(ConditionsKnown(evaluation))
            return
        if evaluation is not None and evaluation.does_something and snapshot.watching is not Watching.TIME:
            each = replace(each, dry_us=dry_after(each.dry_us, now_us))
            if earliest(each.dry_us) > now_us:
                evaluation = replace(evaluation, log=(*evaluation.log, _TOO_OFTEN))
        if evaluation is not None:
            started_us = evaluating.started_us or now_us
            self._record_tick(
                TickDecided(
                    snapshot.name,
                    snapshot.kind,
                    evaluation,
                    evaluating.scheduled_us,
                    evaluating.due_us,
                    started_us,
                    now_us,
                    evaluating.missed,
                    evaluating.intent,
                )
            )
        has_failed = evaluation is not None and (evaluation.error is not None or bool(evaluation.failed))
        is_busy = any(other.name == snapshot.name for other in self.waiting)
        each = replace(each, is_busy=is_busy, failures=each.failures + 1 if has_failed else 0)
        if (
            evaluation is not None
            and (evaluation.cursor is not None or evaluation.failed)
            and snapshot.watching is not Watching.TIME
        ):
            each = replace(each, is_woken=True)  # there may be more than it was shown at once
        if evaluating.intent is None:
            each = self._after(each, evaluating, has_failed=has_failed)
        self._own()[snapshot.name] = each
        self._is_changed = True

    def _after(self, each: Instigator, evaluating: Evaluating, *, has_failed: bool) -> Instigator:
        """What comes after an evaluation that came by itself."""
        if not each.is_on:
            return replace(each, next_us=None, backlog=())
        snapshot, now_us = each.snapshot, self.turn.now_us
        if snapshot.kind is InstigatorKind.SCHEDULE:
            if each.backlog:
                first, *rest = each.backlog
                self.waiting = (*self.waiting, Evaluating(snapshot.name, first, first))
                return replace(each, is_busy=True, backlog=tuple(rest))
            return replace(each, next_us=self._next(each))
        interval_us = int(snapshot.interval_s * SECOND_US)
        earliest_us = max(now_us, (evaluating.started_us or now_us) + interval_us, earliest(each.dry_us))
        if has_failed:
            backoff_us = int(backoff_s(snapshot.interval_s, each.failures) * SECOND_US)
            return replace(each, next_us=now_us + backoff_us, is_woken=True)
        is_due = snapshot.watching is Watching.TIME or each.is_woken
        return replace(each, next_us=earliest_us if is_due else None)

    def refused(self, name: str) -> None:
        """What an evaluation has asked for was refused, so that its tick has failed: the next one comes later."""
        each = self._known(name)
        if each is not None and each.is_on and each.snapshot.kind is InstigatorKind.SENSOR:
            failures = each.failures + 1
            next_us = self.turn.now_us + int(backoff_s(each.snapshot.interval_s, failures) * SECOND_US)
            self._own()[name] = replace(each, failures=failures, is_woken=True, next_us=next_us)
            self._is_changed = True

    def fail_waiting(self, error: StepError) -> None:
        """No worker can be had: whatever waits for one has failed."""
        waiting, self.waiting = self.waiting, ()
        for each in waiting:
            self.end(each, Evaluation(error=error))

    def drop_waiting(self, *, all_of_it: bool) -> None:
        """Evaluate nothing more that nobody has asked for, or nothing more at all."""
        self.waiting = tuple(each for each in self.waiting if each.intent is not None and not all_of_it)

    def _own(self) -> dict[str, Instigator]:
        if self._instigators is None:
            self._instigators = dict(self.before.instigators)
        return self._instigators

    def _known(self, name: str) -> Instigator | None:
        return (self._instigators if self._instigators is not None else self.before.instigators).get(name)

    # Actions.

    def _record_tick(self, decided: TickDecided) -> None:
        self.turn.actions.append(RecordTick(decided))

    def _wake_at(self, time_us: int) -> None:
        self.turn.actions.append(WakeAt(time_us))
