"""Times as integer microseconds since the epoch, UTC, and the two ways in which they are written."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clock_us() -> int:
    """Now. The one place where the clock is read for what is recorded or shown; what decides is given the time."""
    return time.time_ns() // 1000


def iso(time_us: int) -> str:
    """ISO 8601 in UTC, to the microsecond, as every JSON output has it: `2013-01-01T05:00:00.000000Z`."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}Z"


def iso_or_none(time_us: int | None) -> str | None:
    return None if time_us is None else iso(time_us)


def local(time_us: int, zone: tzinfo | None = None) -> str:
    """The time as faces show it: `2013-01-01 00:00:00`, in `zone` (the system's own where None)."""
    return (_EPOCH + timedelta(microseconds=time_us)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def moment_from(time_of_day: str, after_us: int, zone: tzinfo | None = None) -> int | None:
    """The first moment, from another one on, at which clocks show `14:02` or `14:02:11`; microseconds since the epoch, UTC.

    What is written without seconds means all of that minute: where the other moment lies in it, that one is given.

    Args:
        time_of_day: As it was typed; None is given where it is none.
        after_us: The other moment.
        zone: That of the clocks; the system's own where None.
    """
    parts = time_of_day.strip().split(":")
    if len(parts) not in (2, 3) or not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts):
        return None
    hour, minute, second = (*map(int, parts), 0)[:3]
    if hour > 23 or minute > 59 or second > 59:
        return None
    after = (_EPOCH + timedelta(microseconds=after_us)).astimezone(zone)
    shown = after.replace(second=after.second if len(parts) == 3 else 0, microsecond=0)
    found = after.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if found < shown:
        found += timedelta(days=1)
    return max(after_us, (found - _EPOCH) // timedelta(microseconds=1))


def ago(time_us: int, now_us: int) -> str:
    """How long before now, in one unit: `now`, `12s ago`, `3m ago`, `2h ago`, `5d ago`."""
    seconds = max(0, (now_us - time_us) // SECOND_US)
    if seconds < 1:
        return "now"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"


def duration(length_us: int | None) -> str:
    """A duration in at most seven characters (for up to 999 days): `4ms`, `1.2s`, `3m05s`, `2h07m`, `5d04h`; `–` where there is none."""
    if length_us is None:
        return "–"
    if length_us < SECOND_US:
        return f"{length_us / 1000:.0f}ms"
    seconds = length_us / SECOND_US
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    minutes = whole // 60
    hours = minutes // 60
    return f"{hours}h{minutes % 60:02d}m" if hours < 100 else f"{hours // 24}d{hours % 24:02d}h"
