"""One run that is not over, as the kernel knows it.

It is the kernel's own, and changed in place: a decision about a step costs the same in a run of 50,000 steps as in one of
five. The price is that a state that was handed to `decide` is used up by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.expansion import awaited
from assettui.model.run import RunStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assettui.model.run import RunPlan, StepError, StepPlan

    HasSlot = Callable[[str | None], bool]
    """Whether a step of a pool may begin."""


class ReadySteps:
    """Pending steps that wait for nothing but a worker and a slot of their pool, in the order in which they became so.

    They are kept by pool, so that those of a pool that has no slot are passed over at once, however many they are.
    """

    def __init__(self) -> None:
        self._by_pool: dict[str | None, dict[str, int]] = {}
        self._pools: dict[str, str | None] = {}
        self._last = 0
        self._first = 0

    def __len__(self) -> int:
        return len(self._pools)

    def __contains__(self, step_key: object) -> bool:
        return step_key in self._pools

    def add(self, step: StepPlan) -> None:
        """Take a step, behind all others."""
        self._last += 1
        self._by_pool.setdefault(step.pool, {})[step.key] = self._last
        self._pools[step.key] = step.pool

    def add_first(self, step: StepPlan) -> None:
        """Take a step, before all others. Costs as much as the steps of its pool are many."""
        self._first -= 1
        self._by_pool[step.pool] = {step.key: self._first, **self._by_pool.get(step.pool, {})}
        self._pools[step.key] = step.pool

    def discard(self, step_key: str) -> None:
        if step_key in self._pools:
            pool = self._pools.pop(step_key)
            del self._by_pool[pool][step_key]
            if not self._by_pool[pool]:
                del self._by_pool[pool]

    def next(self, has_slot: HasSlot) -> str | None:
        """The first one whose pool has a slot; None where there is none."""
        found, place = None, 0
        for pool, steps in self._by_pool.items():
            first = next(iter(steps))
            if (found is None or steps[first] < place) and has_slot(pool):
                found, place = first, steps[first]
        return found

    def count(self, has_slot: HasSlot) -> int:
        """How many could begin by their pools, were there workers."""
        return sum(len(steps) for pool, steps in self._by_pool.items() if has_slot(pool))


class RunState:
    """One run.

    Args:
        run_id: Its id.
        about: What holds for all of its steps; its own steps are in `plan`.
        backfill: The backfill that it is part of.
        priority: Of two runs, the steps of the one with the higher priority are given to workers first.
        deadline_us: When it has taken too long.
    """

    def __init__(
        self,
        run_id: str,
        about: RunPlan,
        *,
        backfill: str | None = None,
        priority: int = 0,
        deadline_us: int | None = None,
    ) -> None:
        self.run_id = run_id
        self.about = about
        self.backfill = backfill
        self.priority = priority
        self.deadline_us = deadline_us
        self.status = RunStatus.STARTING
        self.first_error: str | None = None
        self.may_go_otherwise = False
        """Whether something in it has failed that may succeed when it is tried again."""
        self.plan: Mapping[str, StepPlan] = {}
        """The steps by key, upstream before downstream."""
        self.steps: dict[str, StepStatus] = {}
        self.needed_by: dict[str, list[str]] = {}
        """For each step, those that need it directly."""
        self.waiting_for: dict[str, int] = {}
        """For each pending step, how many of the steps that it needs have not succeeded yet."""
        self.ready = ReadySteps()
        self.running = 0
        """Steps that are running."""
        self.unfinished = 0
        """Steps that are pending or running."""
        self.awaited: frozenset[str] = frozenset()
        """The steps whose ends may expand it."""
        self.retries: dict[str, int] = {}
        """How many times each step was tried again, where it was."""
        self.retry_at_us: dict[str, int] = {}
        """When the steps are to be tried again that wait for it."""
        self._position: dict[str, int] = {}

    def set_steps(self, plan: Mapping[str, StepPlan]) -> None:
        """Give it other steps: those that are new are pending, those that are gone are forgotten. Costs as many as there are."""
        self.plan = plan
        self._position = {key: position for position, key in enumerate(plan)}
        self.steps = {key: self.steps.get(key, StepStatus.PENDING) for key in plan}
        self.needed_by = {key: [] for key in plan}
        for step in plan.values():
            for above in step.after:
                self.needed_by[above].append(step.key)
        self.waiting_for = {
            step.key: sum(not self.steps[above].is_over for above in step.after) for step in plan.values()
        }
        self.ready = ReadySteps()
        for key, count in self.waiting_for.items():
            if count == 0 and self.steps[key] is StepStatus.PENDING and key not in self.retry_at_us:
                self.ready.add(plan[key])
        self.unfinished = sum(not status.is_over for status in self.steps.values())
        self.awaited = awaited(plan.values())

    def pending(self) -> list[str]:
        """The steps that have not begun. Costs as many as there are."""
        return [key for key, status in self.steps.items() if status is StepStatus.PENDING]

    def downstream(self, step_key: str) -> list[str]:
        """The steps that need the given one, directly or not, in the order of the plan."""
        reached: set[str] = set()
        frontier = [step_key]
        while frontier:
            for below in self.needed_by[frontier.pop()]:
                if below not in reached:
                    reached.add(below)
                    frontier.append(below)
        return sorted(reached, key=self._position.__getitem__)

    # What happens to its steps.

    def begin(self, step_key: str) -> None:
        self.status = RunStatus.STARTED
        self.steps[step_key] = StepStatus.RUNNING
        self.ready.discard(step_key)
        self.running += 1

    def end(self, step_key: str, status: StepStatus, error: StepError | None) -> None:
        if self.steps[step_key] is StepStatus.RUNNING:
            self.running -= 1
        self.steps[step_key] = status
        self.ready.discard(step_key)
        self.retry_at_us.pop(step_key, None)
        self.unfinished -= 1
        if self.first_error is None and status is StepStatus.FAILURE:
            self.first_error = f"{step_key}: {error.message if error else 'failed'}"

    def wait_for_retry(self, step_key: str, at_us: int) -> int:
        """A step has failed, and is tried again at that time; which retry it will be, counted from 1."""
        self.running -= 1
        self.steps[step_key] = StepStatus.PENDING
        self.retries[step_key] = number = self.retries.get(step_key, 0) + 1
        self.retry_at_us[step_key] = at_us
        return number

    def retry_due(self, now_us: int) -> None:
        """Let the steps begin, before all others, that are to be tried again by now."""
        due = [key for key, at_us in self.retry_at_us.items() if at_us <= now_us]
        for key in reversed(due):
            del self.retry_at_us[key]
            self.ready.add_first(self.plan[key])

    def release(self, step_keys: Iterable[str]) -> None:
        """Let steps wait for one step less."""
        for key in step_keys:
            self.waiting_for[key] -= 1
            if self.waiting_for[key] == 0 and self.steps[key] is StepStatus.PENDING:
                self.ready.add(self.plan[key])
