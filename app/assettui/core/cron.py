"""Cron expressions: the days and the times of day that one names.

The one module that imports cronsim. Five fields (minute, hour, day of month, month, day of week), with names, steps,
lists, `L` and `#`, and the macros `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import cast

from cronsim import CronSim, CronSimError
from msgspec import Struct

from assettui.model.errors import AssettuiError

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS = ("minute", "hour", "day of month", "month", "day of week")
DAY_OF_WEEK = 4
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_NAMES = {
    3: ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    DAY_OF_WEEK: ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_RANGE = re.compile(r"([0-9A-Za-z]{1,4})-([0-9A-Za-z]{1,4})(?:/([0-9]{1,4}))?", re.ASCII)
_EXAMPLE = "five fields: minute, hour, day of month, month, day of week, such as `30 2 * * 1-5`"


class BadCron(AssettuiError, ValueError):
    """A cron expression that cannot be understood."""


class Cron(Struct, frozen=True):
    """A cron expression, taken apart."""

    expression: str
    """As it was written."""
    times: tuple[int, ...]
    """The times of day, in seconds since midnight, ascending."""
    is_wild: bool
    """Whether its minutes or hours begin with `*`: it then follows the passing of time rather than the clock's face,
    as Debian's cron has it, so it repeats an hour that the clock repeats, and leaves out one that the clock leaves out."""
    is_every_day: bool
    _days: CronSim

    def matches(self, day: date) -> bool:
        return day.month in self._days.months and self._days.match_day(day)


@lru_cache(maxsize=1024)
def parse_cron(expression: str) -> Cron:
    """The expression, taken apart.

    Raises:
        BadCron: It cannot be understood; the message names the field.
    """
    text = MACROS.get(expression.strip().lower(), expression)
    fields = text.split()
    if text.startswith("@"):
        raise BadCron(f"{expression!r} is no cron macro", hint=f"there are {', '.join(MACROS)}")
    if len(fields) != len(FIELDS):
        raise BadCron(f"the cron expression {expression!r} has {len(fields)} fields, not 5", hint=_EXAMPLE)
    fields = [_unwrapped(position, field) for position, field in enumerate(fields)]
    for position, (name, field) in enumerate(zip(FIELDS, fields, strict=True)):
        _check_field(expression, name, position, field)
    try:
        parsed = CronSim(" ".join(fields), datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise BadCron(
            f"the cron expression {expression!r} never comes", hint="no month that it names has such a day"
        ) from error
    hours, minutes = sorted(parsed.hours), sorted(parsed.minutes)
    return Cron(
        expression,
        tuple(hour * 3600 + minute * 60 for hour in hours for minute in minutes),
        fields[0].startswith("*") or fields[1].startswith("*"),
        fields[2] == "*" and fields[3] == "*" and fields[4] == "*",
        parsed,
    )


def _unwrapped(position: int, field: str) -> str:
    """A field whose ranges pass over the end, as `22-2` or `fri-mon`, as lists: cronsim knows no such ranges."""
    return ",".join(_unwrapped_range(position, item) for item in field.split(","))


def _unwrapped_range(position: int, item: str) -> str:
    found = _RANGE.fullmatch(item)
    if found is None:
        return item
    low, high = _LIMITS[position]
    first, last = (_number(position, found[each]) for each in (1, 2))
    step = int(found[3] or 1)
    if first is None or last is None or step < 1:
        return item
    if position == DAY_OF_WEEK and first == 7 and last < 7:  # both 0 and 7 are Sunday
        first = 0
        item = f"{first}-{last}/{step}"
    if first <= last or not (low <= last and first <= high):
        return item
    values = [*range(first, high + 1), *range(low, last + 1)][::step]
    return ",".join(map(str, values))


def _number(position: int, text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    names = _NAMES.get(position, ())
    return names.index(text.lower()) if text.lower() in names else None


def _check_field(expression: str, name: str, position: int, field: str) -> None:
    alone = ["*"] * len(FIELDS)
    alone[position] = field
    try:
        CronSim(" ".join(alone), datetime(2000, 1, 1, tzinfo=UTC))
    except (CronSimError, ValueError, AssertionError) as error:
        limits = cast("str", ("0-59", "0-23", "1-31 or L", "1-12 or JAN-DEC", "0-7 or SUN-SAT")[position])
        raise BadCron(
            f"the cron expression {expression!r} has a wrong {name}: {field!r}", hint=f"a {name} is {limits}"
        ) from error
