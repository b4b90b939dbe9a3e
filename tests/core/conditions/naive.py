"""Automation conditions evaluated in the plainest way: each from its definition, over sets, everything at every tick.

Nothing is shared with the program but the conditions themselves: no bits, no incremental work, no order but that of the
assets. What the two give must be the same.
"""

from __future__ import annotations

from assettui.core.conditions.boolean import And, Not, Or
from assettui.core.conditions.checks import AllChecks, AnyChecks
from assettui.core.conditions.cron_tick import CronTickPassed
from assettui.core.conditions.deps import AllDeps, AnyDeps
from assettui.core.conditions.executed import ExecutedWithRootTarget
from assettui.core.conditions.latest_window import InLatestTimeWindow
from assettui.core.conditions.newly_true import NewlyTrue
from assettui.core.conditions.operands import Operand
from assettui.core.conditions.since import Since


class Naive:
    """All ticks of a project.

    Args:
        upstream: Asset → what it depends on, in topological order of the keys.
        partitions: Asset → how many partitions it has; None for none. Partition `i` needs partition `i` of what is alike,
            and all of what is not.
        conditions: Of the assets that have one.
    """

    def __init__(self, upstream, partitions, conditions):
        self.upstream = upstream
        self.partitions = partitions
        self.conditions = conditions
        self.made = {key: set() for key in upstream}
        self.failed = {key: set() for key in upstream}
        self.running = {key: set() for key in upstream}
        self.updated = {key: set() for key in upstream}
        self.remembered = {}
        self.is_first = set(conditions)
        self.requested_before = {}

    def all(self, key):
        return set(range(self.partitions[key] or 1))

    def below(self, above, key, found):
        """The partitions of `key` that need one of `found`."""
        if self.partitions[above] is not None and self.partitions[above] == self.partitions[key]:
            return set(found)
        return self.all(key) if found else set()

    def tick(self, ticks_passed):
        """What is requested; `ticks_passed` are the cron expressions one of whose times has passed."""
        self.passed, self.requested, self.after = ticks_passed, {}, {}
        for key in self.upstream:
            if key in self.conditions:
                found = self.value(self.conditions[key], key, key, ())
                if found:
                    self.requested[key] = found
        self.remembered, self.is_first = self.after, set()
        self.requested_before = self.requested
        self.updated = {key: set() for key in self.upstream}
        return self.requested

    def value(self, condition, key, root, way):
        every = self.all(key)
        slot = (root, id(condition), way)
        match condition:
            case And():
                return every.intersection(*(self.value(each, key, root, way) for each in condition.operands))
            case Or():
                return set().union(*(self.value(each, key, root, way) for each in condition.operands))
            case Not():
                return every - self.value(condition.operand, key, root, way)
            case Since():
                trigger = self.value(condition.trigger, key, root, way)
                reset = self.value(condition.reset, key, root, way)
                self.after[slot] = (self.remembered.get(slot, set()) | trigger) - reset
                return self.after[slot]
            case NewlyTrue():
                now = self.value(condition.operand, key, root, way)
                self.after[slot] = now
                return now - self.remembered.get(slot, set())
            case AnyDeps():
                return set().union(
                    *(self.below(a, key, self.value(condition.operand, a, root, (*way, a))) for a in self.upstream[key])
                )
            case AllDeps():
                found = every
                for above in self.upstream[key]:
                    found = found & self.below(above, key, self.value(condition.operand, above, root, (*way, above)))
                return found
            case AnyChecks() | AllChecks():
                return set() if isinstance(condition, AnyChecks) else every
            case InLatestTimeWindow():
                return {max(every)} if self.partitions[key] is not None else every
            case CronTickPassed():
                return every if condition.cron in self.passed else set()
            case ExecutedWithRootTarget():
                return set()  # here, no run makes two assets
            case Operand():
                return self.operand(condition.is_so, key, root) & every
            case _:
                raise AssertionError(condition)

    def operand(self, name, key, root):
        match name:
            case "missing":
                return self.all(key) - self.made[key]
            case "run_in_progress":
                return self.running[key]
            case "execution_failed":
                return self.failed[key]
            case "newly_updated" | "newly_made":
                return self.updated[key]
            case "newly_requested":
                return self.requested_before.get(key, set())
            case "will_be_requested":
                if key != root and self.partitions[key] != self.partitions[root]:
                    return set()
                return self.requested.get(key, set())
            case "initial_evaluation":
                return self.all(key) if root in self.is_first else set()
            case "backfill_in_progress" | "freshness_failed" | "data_version_changed":
                return set()
            case _:
                raise AssertionError(name)
