"""What happened in the last 24 hours, hour by hour, and what is going on: kept up to date with every look at the store."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.store import last_day as store
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from assettui.core.graph import AssetGraph
    from assettui.model.keys import AssetKey

HOURS: Final = 24
HOUR_US: Final = 3_600 * 1_000_000


class Activity(Struct, frozen=True):
    """What happened to assets lately."""

    hour: int = 0
    """The hour that it is, counted from the epoch, in UTC."""
    made: Mapping[AssetKey, Mapping[int, int]] = {}
    """How many materializations there were of an asset in an hour."""
    failed: Mapping[AssetKey, Mapping[int, int]] = {}
    """How many of its steps failed in an hour."""
    began_us: Mapping[AssetKey, int] = {}
    """When the step began that is making an asset now: microseconds since the epoch, UTC."""

    def by_hour(self, keys: Iterable[AssetKey]) -> list[tuple[int, int]]:
        """For each of the last 24 hours, the oldest first, how often some assets were made, and how often that failed."""
        found = [(0, 0)] * HOURS
        first = self.hour - HOURS + 1
        for key in keys:
            for hour, count in self.made.get(key, {}).items():
                if hour >= first:
                    made, failed = found[hour - first]
                    found[hour - first] = (made + count, failed)
            for hour, count in self.failed.get(key, {}).items():
                if hour >= first:
                    made, failed = found[hour - first]
                    found[hour - first] = (made, failed + count)
        return found


class LastDay:
    """Counts what happens. Used by one thread at a time: each look reads only what has come since."""

    def __init__(self) -> None:
        self._seen: int | None = None
        self._made: dict[AssetKey, dict[int, int]] = defaultdict(dict)
        self._failed: dict[AssetKey, dict[int, int]] = defaultdict(dict)

    def read(self, connection: sqlite3.Connection, graph: AssetGraph, now_us: int) -> Activity:
        """What happened in the 24 hours until now.

        Args:
            connection: To the store.
            graph: What the steps of failures make.
            now_us: Microseconds since the epoch, UTC.
        """
        hour = now_us // HOUR_US
        first = hour - HOURS + 1
        last = queries.last_event(connection)
        if self._seen is None or last < self._seen:
            self._made.clear()
            self._failed.clear()
            self._seen = store.event_before(connection, first * HOUR_US)
        for key, at, count in store.made_since(connection, self._seen, last):
            hours = self._made[key]
            hours[at] = hours.get(at, 0) + count
        for step, at, count in store.failed_since(connection, self._seen, last):
            for key in graph.steps.get(step, ()):
                hours = self._failed[key]
                hours[at] = hours.get(at, 0) + count
        self._seen = last
        for counted in (self._made, self._failed):
            for hours in counted.values():
                for at in [at for at in hours if at < first]:
                    del hours[at]
        began = {
            key: began_us for step, began_us in store.running_steps(connection) for key in graph.steps.get(step, ())
        }
        return Activity(
            hour,
            {key: dict(hours) for key, hours in self._made.items() if hours},
            {key: dict(hours) for key, hours in self._failed.items() if hours},
            began,
        )
