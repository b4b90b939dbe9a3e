"""What other processes have written into the store, and what time has brought: told to the kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from assettui.kernel import inputs
from assettui.kernel.workers import is_import_overdue
from assettui.model.backfill import BackfillCommand, BackfillStatus
from assettui.model.instigator import InstigatorKind
from assettui.model.intents import CancelRun, CommandBackfill, EvaluateInstigator, Intent, ReloadProject
from assettui.model.timing import SECOND_US, clock_us

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assettui.engine.journal import Journal
    from assettui.engine.workers import Workers
    from assettui.kernel.state import KernelState
    from assettui.project.settings import Settings

LOOK_EVERY_S = 1.0
"""The store is looked at so often even if nobody rings: a follower may die between writing and ringing."""
FORGET_AFTER_S, FORGET_EVERY_S = 10.0, 3_600.0
"""Ticks that are too old are looked for so long after the start, and so often."""


class News:
    """Looks at the store.

    Args:
        journal: The store.
        settings: Those of the project.
        workers: What is told the keys of dynamic partitions that there are by now.
    """

    def __init__(self, journal: Journal, settings: Settings, workers: Workers) -> None:
        self._journal = journal
        self._settings = settings
        self._workers = workers
        self._unevaluated: object = None
        self._taken: list[Intent] = []
        self.asked_automation: list[int] = []
        """The intents of those who want automation conditions to be evaluated now."""
        self._next_forgetting = time.monotonic() + FORGET_AFTER_S

    def take_intents(self) -> list[Intent]:
        """The intents that were told and are not marked as taken; they are, with what is decided of them."""
        taken, self._taken = self._taken, []
        return taken

    def described_anew(self) -> Iterator[inputs.Input]:
        """What follows from the project as it is described now."""
        yield from self._journal.backfills(clock_us())
        yield self._journal.instigators(clock_us())

    def look(self, state: KernelState, *, is_draining: bool) -> Iterator[inputs.Input]:
        """All that is new.

        Raises:
            StoreError: The store's file is not what it was.
        """
        self._journal.check_in_place()
        partitioned = self._journal.partitioned(clock_us())
        known, self._workers.dynamic = self._workers.dynamic, partitioned.moment.dynamic
        if state.backfills and _has_lost_any(known, self._workers.dynamic):
            yield from self._journal.backfills(clock_us())
        unevaluated = partitioned.unevaluated()
        if unevaluated and unevaluated != self._unevaluated:
            yield inputs.ProjectEdited()  # a mapping of the user's own is to be evaluated for partitions that are new
        self._unevaluated = unevaluated
        if state.ticking.is_on and time.monotonic() >= self._next_forgetting:
            has_more = self._journal.forget_old_ticks(clock_us(), self._settings.tick_days)
            self._next_forgetting = time.monotonic() + (LOOK_EVERY_S if has_more else FORGET_EVERY_S)
            self._journal.clean(self._settings)
        next_us, now_us = state.ticking.next_us, clock_us()
        if any(is_import_overdue(worker, now_us) for worker in state.workers.values()):
            yield inputs.Moment()
        if (next_us is not None and next_us <= now_us) or now_us < state.ticking.last_us - SECOND_US:
            yield inputs.Moment()  # the alarm waits by a clock of its own, which stands still while a laptop sleeps
        if not self._journal.has_news():
            return
        yield self._journal.instigators(now_us)
        for intent in self._journal.pending_intents():
            self._taken.append(intent)
            yield from self._follow(intent, state)
        if not is_draining:
            yield from self._queued(state)
            yield from self._journal.backfills(clock_us(), state.backfills)

    def _follow(self, intent: Intent, state: KernelState) -> Iterator[inputs.Input]:
        match intent:
            case CancelRun():
                yield from self._queued(state)  # it may have been asked for just now
                yield inputs.CancelRequested(intent.run_id)
            case ReloadProject():
                yield inputs.ProjectEdited()
            case EvaluateInstigator(instigator_kind=InstigatorKind.AUTOMATION):
                self.asked_automation.append(intent.id)
            case EvaluateInstigator():
                yield inputs.TickRequested(intent.instigator, intent.instigator_kind, intent.scheduled_us, intent.id)
            case CommandBackfill():
                yield from self._command_backfill(intent.backfill_id, intent.command, state)
            case _:
                assert_never(intent)

    def _queued(self, state: KernelState) -> Iterator[inputs.Input]:
        limits = self._journal.limits(self._settings.limits)
        if limits != state.waiting.limits:
            yield inputs.LimitsSeen(limits)
        runs = self._journal.queued_runs()
        if runs:
            yield inputs.RunsQueued(runs)

    def _command_backfill(
        self, backfill_id: str, command: BackfillCommand, state: KernelState
    ) -> Iterator[inputs.Input]:
        if backfill_id not in state.backfills:
            # It may be queued still; or it is over, and what failed is to be tried again.
            loaded = self._journal.backfill(backfill_id, clock_us())
            if loaded is None or (loaded.status.is_over and command is not BackfillCommand.RETRY):
                return
            if loaded.status.is_over and loaded.plan.has_secrets:
                return  # it has ended since it was asked for, and its secrets are gone
            if loaded.status.is_over:
                loaded = replace(loaded, progress=loaded.progress.with_retry(), status=BackfillStatus.PAUSED)
            yield loaded
        yield inputs.BackfillRequested(backfill_id, command)


def _has_lost_any(then: Mapping[str, Mapping[str, int]], now: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether keys of dynamic partitions were removed."""
    return then is not now and any(keys.keys() - now.get(name, {}).keys() for name, keys in then.items())
