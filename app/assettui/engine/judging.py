"""Compares what was made with what was made before it, as far as it is comparable. In the thread that looks at data."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import closing
from datetime import UTC
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from assettui.core.drift import HOUR_US, ColumnFacts, DataFacts, drifts, next_by_us, season_of
from assettui.store.database import open_for_reading
from assettui.store.drifts import profiled

if TYPE_CHECKING:
    from assettui.core.drift import DriftRules
    from assettui.core.partitions.space import PartitionSpace, TimeWindow
    from assettui.model.drift import Drift
    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey
    from assettui.model.profile import Profile
    from assettui.store.folder import StoreFolder

PAST_KEPT: Final = 160
"""So many of each asset are compared at most, the last ones,"""
ASSETS_KEPT: Final = 100
"""of so many assets at a time they are kept in memory."""
HOURLY_US: Final = (50 * 60_000_000, 70 * 60_000_000)


class _Known(NamedTuple):
    partition: str | None
    made_us: int
    facts: DataFacts


class Verdict(NamedTuple):
    """What was found."""

    drifts: tuple[Drift, ...] = ()
    next_by_us: int | None = None


class Judge:
    """See above.

    Args:
        folder: The store.
    """

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._past: OrderedDict[AssetKey, list[_Known]] = OrderedDict()

    def judge(self, made: Materialization, profile: Profile, rules: DriftRules, space: PartitionSpace) -> Verdict:
        """What is unusual about data that was made.

        Args:
            made: The materialization.
            profile: What it was found to hold.
            rules: The thresholds of the asset.
            space: Its partitions.
        """
        past = self._past_of(made.asset_key)
        times = sorted({made.time_us, *(each.made_us for each in past)}, reverse=True)
        season, comparable = _comparable(made, past, space, times)
        facts = _facts(profile)
        unusual = () if made.restores is not None else drifts(facts.within(season), comparable, rules)
        past.insert(0, _Known(made.partition, made.time_us, facts))
        del past[PAST_KEPT:]
        return Verdict(unusual, next_by_us(times, rules))

    def _past_of(self, key: AssetKey) -> list[_Known]:
        """What was made before, the newest first; read from the store where it is not in memory."""
        if key not in self._past:
            with closing(open_for_reading(self._folder)) as store:
                self._past[key] = [
                    _Known(each.partition, each.made_us, _facts(each.profile))
                    for each in profiled(store, key, PAST_KEPT)
                ]
        self._past.move_to_end(key)
        while len(self._past) > ASSETS_KEPT:
            self._past.popitem(last=False)
        return self._past[key]


def _comparable(
    made: Materialization, past: list[_Known], space: PartitionSpace, times: list[int]
) -> tuple[int | None, list[DataFacts]]:
    """The season of what was made, and what it is compared with, the newest first.

    A partition of time is compared with those of the times before it, whenever they were made; any other with itself.
    """
    index = space.find(made.partition) if made.partition is not None else None
    window = space.window(index) if index is not None else None
    if window is None or index is None:
        pause_us = _usual_pause_us(times)
        same = [each for each in past if each.partition == made.partition and each.made_us < made.time_us]
        return season_of(made.time_us, pause_us, UTC), [
            each.facts.within(season_of(each.made_us, pause_us, UTC)) for each in same
        ]
    before: dict[int, DataFacts] = {}
    for each in past:
        place = space.find(each.partition) if each.partition is not None else None
        if place is not None and place < index:
            before.setdefault(place, each.facts)
    return _season(window), [
        before[place].within(_season(earlier))
        for place in sorted(before, reverse=True)
        if (earlier := space.window(place)) is not None
    ]


def _season(window: TimeWindow) -> int | None:
    length_us = round((window.end - window.start).total_seconds() * 1e6)
    return season_of(round(window.start.timestamp() * 1e6), length_us, window.start.tzinfo or UTC)


def _usual_pause_us(times: list[int]) -> int:
    pauses = [later - earlier for later, earlier in pairwise(times)]
    usual = int(median(pauses)) if pauses else 0
    return HOUR_US if HOURLY_US[0] <= usual <= HOURLY_US[1] else usual


def _facts(profile: Profile) -> DataFacts:
    columns = tuple(ColumnFacts(each.name, each.type, each.nulls, each.low, each.high) for each in profile.columns)
    return DataFacts(profile.rows, columns, is_whole=not profile.more_columns)
