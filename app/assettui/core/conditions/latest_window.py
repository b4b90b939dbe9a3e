"""`in_latest_time_window(lookback)`: the newest window of time, or those that began not long before its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assettui.core.conditions.condition import AutomationCondition, BadCondition
from assettui.core.conditions.registry import registered
from assettui.core.partitions.sets import PartitionSet

if TYPE_CHECKING:
    from assettui.core.conditions.place import Place
    from assettui.core.partitions.space import PartitionSpace


@registered
class InLatestTimeWindow(AutomationCondition, frozen=True, kw_only=True):
    """Of partitions of time the newest one there is, or those that lie within a duration of its end; of all others all."""

    lookback_s: float | None = None

    @staticmethod
    def of(lookback_delta: Any) -> InLatestTimeWindow:
        if lookback_delta is None:
            return InLatestTimeWindow()
        if not isinstance(lookback_delta, timedelta) or lookback_delta <= timedelta(0):
            raise BadCondition(f"lookback_delta is {lookback_delta!r:.40}", hint="give it a timedelta, longer than 0")
        return InLatestTimeWindow(lookback_s=lookback_delta.total_seconds())

    @property
    def name(self) -> str:
        if self.lookback_s is None:
            return "in_latest_time_window"
        return f"in_latest_time_window(lookback={timedelta(seconds=self.lookback_s)})"

    def true_at(self, place: Place) -> int:
        if place.all == 1:
            return 1
        return latest(place.tick.space(place.entity), self.lookback_s)


def latest(space: PartitionSpace, lookback_s: float | None) -> int:
    """The partitions of the newest window of time; all of them where they stand for no time."""
    every = space.all
    if not every:
        return 0
    if space.has_dimensions:
        return _of_dimensions(space, lookback_s)
    newest = space.window(every.last)
    if newest is None:
        return every.bits
    if lookback_s is None:
        return 1 << every.last
    earliest_s = newest.end.timestamp() - lookback_s
    first = every.last
    while first > every.first and _begins(space, first - 1) >= earliest_s:
        first -= 1
    if _begins(space, first) < earliest_s:
        first = every.last
    return every.bits & ~((1 << first) - 1)


def _begins(space: PartitionSpace, index: int) -> float:
    window = space.window(index)
    return window.start.timestamp() if window is not None else 0.0


def _of_dimensions(space: PartitionSpace, lookback_s: float | None) -> int:
    """Of two dimensions, those whose time is in the newest window."""
    found: list[int] = []
    starts = {index: window for index in space.all if (window := space.window(index)) is not None}
    if not starts:
        return space.all.bits
    newest = max(starts.values(), key=lambda window: window.end)
    earliest = newest.end.timestamp() - lookback_s if lookback_s is not None else newest.start.timestamp()
    found = [index for index, window in starts.items() if window.start.timestamp() >= earliest]
    return PartitionSet.of(found).bits
