"""`cron_tick_passed(cron, timezone)`: whether one of these times lies between the last tick and this one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.core.cron import parse_cron
from assettui.core.schedule_times import ScheduleTimes
from assettui.core.timeline import zone_named

if TYPE_CHECKING:
    from assettui.core.conditions.place import Place


@registered
class CronTickPassed(AutomationCondition, frozen=True, kw_only=True):
    """True of all partitions in the first tick after each of the times; of none in the first tick of all."""

    cron: str
    timezone: str = "UTC"

    @staticmethod
    def of(cron: str, timezone: str) -> CronTickPassed:
        parse_cron(cron)
        zone_named(timezone)
        return CronTickPassed(cron=cron.strip(), timezone=timezone)

    @property
    def name(self) -> str:
        return f"cron_tick_passed({self.cron}, {self.timezone})"

    def true_at(self, place: Place) -> int:
        previous_us = place.tick.previous_us
        if previous_us is None or previous_us >= place.tick.now_us:
            return 0
        return place.all if passed(self.cron, self.timezone, previous_us, place.tick.now_us) else 0

    def next_after(self, time_us: int) -> int:
        """The first of its times after one."""
        return ScheduleTimes((self.cron,), self.timezone).next_after(time_us)


@lru_cache(maxsize=256)
def passed(cron: str, timezone: str, previous_us: int, now_us: int) -> bool:
    """Whether one of the times lies behind one moment and not behind the other. Asked of many assets in one tick."""
    return ScheduleTimes((cron,), timezone).next_after(previous_us) <= now_us
