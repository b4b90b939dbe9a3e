"""Quiet hours: the times of day in which nothing is told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from assettui.core.timeline import moment_of, seconds_of, zone_named
from assettui.model.errors import AssettuiError
from assettui.model.timing import SECOND_US

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


class BadQuietHours(AssettuiError, ValueError):
    """Quiet hours that cannot be understood."""


def quiet_until(hours: str, zone_name: str, now_us: int) -> int | None:
    """When the quiet hours end that it is in; None where it is in none. Microseconds since the epoch, UTC.

    Args:
        hours: `22:00-07:00`: the first minute of them, and the first one that is none.
        zone_name: The IANA time zone.
        now_us: The time.

    Raises:
        BadQuietHours: They cannot be understood.
        BadTimeZone: There is no such time zone.
    """
    found = _HOURS.fullmatch(hours.strip())
    if found is None:
        raise BadQuietHours(f"{hours!r} are no quiet hours", hint="write them as 22:00-07:00")
    begins, ends = (timedelta(hours=int(found[n]), minutes=int(found[n + 1])) for n in (1, 3))
    zone = zone_named(zone_name)
    now = moment_of(now_us // SECOND_US, zone)
    face = timedelta(hours=now.hour, minutes=now.minute)
    is_quiet = begins <= face < ends if begins <= ends else face >= begins or face < ends
    if not is_quiet:
        return None
    day = now.date() + timedelta(days=1 if face >= ends else 0)
    return seconds_of(datetime(day.year, day.month, day.day, tzinfo=zone) + ends) * SECOND_US
