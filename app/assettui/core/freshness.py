"""Whether the data of an asset is as fresh as its policy wants it, and when that will be otherwise.

Freshness is about the time of the *source data* that is incorporated: a table rebuilt a minute ago from day-old data is a day
old. Of an asset with partitions of time the newest partition that should exist by now counts: the data reaches as far as
the end of the newest one that is there, and a backfill of an old one changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.space import NO_PARTITIONS
from assettui.core.schedule_times import ScheduleTimes
from assettui.model.freshness import Freshness, FreshnessStatus
from assettui.model.step import AwaitedPartition
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from assettui.core.partitions.sets import PartitionSet
    from assettui.core.partitions.space import PartitionSpace
    from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
    from assettui.model.freshness import FreshnessPolicy

_TEN_YEARS_US = 10 * 366 * 86_400 * SECOND_US
"""So far back a deadline is looked for."""


class AssetData(Struct, frozen=True):
    """What is known of the data of an asset, as far as its freshness depends on it."""

    data_time_us: int | None = None
    """The time of the source data; None where there is none. Of partitions of time at most the end of the newest."""
    windows: TimeWindowPartitionsDefinition | None = None
    """Of partitions of time: what they are."""
    newest: int | None = None
    """Of these: the index of the newest that is there."""

    @staticmethod
    def of_partitions(space: PartitionSpace, there: PartitionSet, data_time_us: int | None) -> AssetData:
        """Of an asset with partitions.

        Args:
            space: Those that there are now.
            there: Those of them that were materialized.
            data_time_us: The data time of the newest of them; of partitions that stand for no time, of the last one made.
        """
        if space is NO_PARTITIONS or not there:
            return AssetData(data_time_us if there else None, _windows_of(space))
        windows = _windows_of(space)
        if windows is None:
            return AssetData(data_time_us)
        reaches_us = windows.begins(there.last + 1) * SECOND_US
        return AssetData(min(reaches_us, data_time_us or reaches_us), windows, there.last)

    def lacks(self, at_us: int) -> str | None:
        """The newest partition that should exist at a time and is not there; None where it is."""
        if self.windows is None:
            return None
        due = self.windows.newest_at(at_us // SECOND_US)
        return self.windows.key_of(due) if due is not None and (self.newest is None or due > self.newest) else None


def awaited(space: PartitionSpace, newest: int | None) -> AwaitedPartition | None:
    """The partition of time behind the newest that is there, or the first of all; None where there will never be one."""
    windows = _windows_of(space)
    behind = newest if newest is not None else -1
    comes_s = windows.comes_to_be(behind) if windows is not None else None
    if windows is None or comes_s is None:
        return None
    index = windows.newest_at(comes_s)
    return AwaitedPartition(windows.key_of(index if index is not None else behind + 1), comes_s * SECOND_US)


def _windows_of(space: PartitionSpace) -> TimeWindowPartitionsDefinition | None:
    return getattr(space, "definition", None) if space.identity.startswith("time:") else None


def judged(policy: FreshnessPolicy, data: AssetData, now_us: int) -> Freshness:
    """What the data is judged to be now.

    Args:
        policy: How old it may be.
        data: What is known of it.
        now_us: The time; microseconds since the epoch, UTC.
    """
    if data.data_time_us is None:
        return Freshness(FreshnessStatus.UNKNOWN, lacks=data.lacks(now_us))
    if policy.deadline_cron is not None and data.windows is not None and data.newest is not None:
        return _by_newest_partition(policy, data, data.windows, data.newest, now_us)
    if policy.crons is not None:
        return _at_ticks(policy, data, data.data_time_us, now_us)
    return _by_age(policy, data, data.data_time_us, now_us)


def _by_age(policy: FreshnessPolicy, data: AssetData, time_us: int, now_us: int) -> Freshness:
    """It must never be older than that."""
    fails_us, required_us = time_us + policy.allowed_us, now_us - policy.allowed_us
    if now_us > fails_us:
        return Freshness(FreshnessStatus.FAIL, time_us, required_us, since_us=fails_us, lacks=data.lacks(now_us))
    if policy.warn_window_us is None:
        return Freshness(FreshnessStatus.PASS, time_us, required_us, fails_us + 1)
    warns_us = time_us + policy.warn_window_us
    if now_us > warns_us:
        return Freshness(FreshnessStatus.WARN, time_us, required_us, fails_us + 1, warns_us, data.lacks(now_us))
    return Freshness(FreshnessStatus.PASS, time_us, required_us, warns_us + 1)


def _at_ticks(policy: FreshnessPolicy, data: AssetData, time_us: int, now_us: int) -> Freshness:
    """At certain times it must be no older than that; between them it is what it was at the last one, or has become since."""
    times = _times(policy)
    last = _last_tick(times, now_us)
    failing_us = times.next_after(time_us + policy.allowed_us)  # at the first of them at which it is too old
    required_us = (last if last is not None else now_us) - policy.allowed_us
    if last is None or failing_us > last:
        return Freshness(FreshnessStatus.PASS, time_us, required_us, failing_us)
    return Freshness(FreshnessStatus.FAIL, time_us, required_us, since_us=failing_us, lacks=data.lacks(last))


def _by_newest_partition(
    policy: FreshnessPolicy, data: AssetData, windows: TimeWindowPartitionsDefinition, newest: int, now_us: int
) -> Freshness:
    """By each deadline the newest partition that should exist then must be there."""
    times = _times(policy)
    last = _last_tick(times, now_us)
    failing_us = None
    comes_s = windows.comes_to_be(newest)
    if comes_s is not None:  # the one behind the newest: it is missed at the first deadline after it has come to be
        failing_us = times.next_after(comes_s * SECOND_US - 1)
    due = windows.newest_at(last // SECOND_US) if last is not None else None
    required_us = windows.begins(due + 1) * SECOND_US if due is not None else None
    if last is None or failing_us is None or failing_us > last:
        return Freshness(FreshnessStatus.PASS, data.data_time_us, required_us, failing_us)
    return Freshness(FreshnessStatus.FAIL, data.data_time_us, required_us, since_us=failing_us, lacks=data.lacks(last))


def _times(policy: FreshnessPolicy) -> ScheduleTimes:
    cron, zone_name = policy.crons or ("", "UTC")
    return ScheduleTimes((cron,), zone_name)


def _last_tick(times: ScheduleTimes, now_us: int) -> int | None:
    found = times.due(now_us - _TEN_YEARS_US, now_us, 1).times
    return found[-1] if found else None
