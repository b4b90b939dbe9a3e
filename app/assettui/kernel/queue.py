"""The part of the engine's decisions that concerns the queue: which runs are taken on, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.queue import Usage
from assettui.kernel.actions import LoadRun
from assettui.kernel.backfills import LOOK_AHEAD
from assettui.kernel.state import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.core.queue import Key, QueuedRun
    from assettui.kernel.inputs import RunLoaded
    from assettui.kernel.turn import Turn


class Queueing:
    """One decision's changes to the queue.

    Args:
        turn: The rest of the decision.
        before: What was waiting.
    """

    def __init__(self, turn: Turn, before: Waiting) -> None:
        self.turn = turn
        self.queue = before.queue
        self.limits = before.limits
        self._loading = before.loading
        self._unwanted = before.unwanted
        self._taken = before.taken
        self._last_taken = before.last_taken

    def finished(self) -> Waiting:
        """What waits after the decision."""
        return Waiting(self.queue, self.limits, self._loading, self._unwanted, self._taken, self._last_taken)

    def enqueue(self, runs: Iterable[QueuedRun]) -> None:
        """Add runs that were found in the store, or asked for just now."""
        self.queue = self.queue.with_runs(
            run for run in runs if run.run_id not in self.turn.runs.by_id and run.run_id not in self._loading
        )

    def take_runs(self) -> None:
        """Take on what could do something now: from the queue and from backfills in turn, as far as limits allow."""
        backfills = self.turn.backfills
        if self.queue.order or backfills.states:
            usage, room = self._usage(), self.turn.capacity * LOOK_AHEAD - self._count_active()
            while room > 0 and (taken := self._take_next(usage)) is not None:
                usage, room = usage.with_run(taken), room - 1
            backfills.end_those_that_are_over()

    def _take_next(self, usage: Usage) -> tuple[Key, ...] | None:
        """Take on one run; the limits that it is subject to. None where none may begin."""
        queued = self.queue.first(usage, self.limits)
        launch = self.turn.backfills.first(usage, self.limits)
        if launch is not None and (
            queued is None or (-launch.priority, launch.turn) < (-queued.priority, self._last_taken)
        ):
            self._taken += 1
            self.turn.backfills.launch(launch, self._taken)
            return launch.keys
        if queued is None:
            return None
        self._taken += 1
        self._last_taken = self._taken
        self.queue = self.queue.without(queued.run_id)
        if queued.plan is not None:
            self.turn.runs.take(queued.run_id, queued.plan)
        else:
            self._load(queued)
        return self.limits.keys_of(queued.tags)

    def _load(self, queued: QueuedRun) -> None:
        self._loading[queued.run_id] = queued
        self.turn.actions.append(LoadRun(queued.run_id))

    def take_loaded(self, loaded: RunLoaded) -> None:
        """Begin a run of which is known by now what it does."""
        self._loading.pop(loaded.run_id, None)
        is_unwanted = loaded.run_id in self._unwanted
        self._unwanted -= {loaded.run_id}
        if loaded.plan is not None:
            self.turn.runs.take(loaded.run_id, loaded.plan, is_unwanted=is_unwanted)

    def cancel(self, run_id: str) -> bool:
        """Have a run canceled as soon as it is known what it would have done; whether it waits."""
        queued = self.queue.by_id.get(run_id)
        if queued is not None:
            self.queue = self.queue.without(run_id)
            self._load(queued)
        if run_id in self._loading:
            self._unwanted |= {run_id}
            return True
        return False

    # What goes on.

    def _usage(self) -> Usage:
        counts: dict[Key, int] = {}
        if self.limits.tags:
            taken = (run.about.tags for run in self.turn.runs.by_id.values())
            for tags in (*taken, *(run.tags for run in self._loading.values())):
                for key in self.limits.keys_of(tags):
                    counts[key] = counts.get(key, 0) + 1
        counts.update((("pool", pool), count) for pool, count in self.pools_used().items())
        return Usage(len(self.turn.runs.by_id) + len(self._loading), counts)

    def pools_used(self) -> dict[str, int]:
        """How many steps of each pool are running."""
        used: dict[str, int] = {}
        for worker in self.turn.workers.by_id.values():
            if worker.task is not None:
                run = self.turn.runs.by_id.get(worker.task[0])
                pool = run.plan[worker.task[1]].pool if run is not None and worker.task[1] in run.plan else None
                if pool is not None:
                    used[pool] = used.get(pool, 0) + 1
        return used

    def has_slot(self, pool: str | None, used: Mapping[str, int]) -> bool:
        """Whether a step of a pool may begin, where so many of each are running."""
        limit = self.limits.of_pool(pool) if pool is not None else None
        return limit is None or used.get(pool or "", 0) < limit

    def _count_active(self) -> int:
        """How many runs have steps that run, or that could run if there was a worker for them."""
        busy = {worker.task[0] for worker in self.turn.workers.by_id.values() if worker.task is not None}
        used = self.pools_used()

        def has_slot(pool: str | None) -> bool:
            return self.has_slot(pool, used)

        for run_id, run in self.turn.runs.by_id.items():
            if run_id not in busy and run.ready.next(has_slot) is not None:
                busy.add(run_id)
        return len(busy) + len(self._loading)
