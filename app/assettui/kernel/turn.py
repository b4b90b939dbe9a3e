"""One decision in the making: what is known, by concepts, each of which changes its own part, and the actions so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.kernel.backfills import Backfills
from assettui.kernel.queue import Queueing
from assettui.kernel.runs import Runs
from assettui.kernel.state import KernelState
from assettui.kernel.ticks import Ticks
from assettui.kernel.workers import Workers

if TYPE_CHECKING:
    from assettui.kernel.actions import Action


class Turn:
    """One decision in the making.

    Args:
        state: What was known before: it is taken over, and its maps are changed in place.
        now_us: The time.
    """

    def __init__(self, state: KernelState, now_us: int) -> None:
        self.now_us = now_us
        self.capacity = state.capacity
        self.rules = state.rules
        self.is_draining = state.is_draining
        self.actions: list[Action] = []
        self.runs = Runs(self, state.runs)
        self.workers = Workers(self, state)
        self.backfills = Backfills(self, state.backfills)
        self.queueing = Queueing(self, state.waiting)
        self.ticks = Ticks(self, state.ticking)

    def finished(self) -> KernelState:
        """What is known after it."""
        return KernelState(
            self.capacity,
            self.workers.generation,
            self.workers.starting,
            self.runs.by_id,
            self.workers.by_id,
            self.workers.broken,
            self.backfills.states,
            self.is_draining,
            self.ticks.finished(),
            self.queueing.finished(),
            self.rules,
            self.workers.importing,
        )
