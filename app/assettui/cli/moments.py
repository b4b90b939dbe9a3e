"""Times as people write them on a command line: so long ago, or a moment on the clock of a time zone."""

from __future__ import annotations

from datetime import datetime

import click

from assettui.core.timeline import seconds_of, zone_named
from assettui.model.timing import SECOND_US

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def parsed_span(text: str, option: str) -> int:
    """A span of time such as `30d`, in microseconds.

    Raises:
        BadParameter: It is something else; `option` is named.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS_S or not (number.isdigit() and number.isascii()):
        raise click.BadParameter(f"{text!r} is not a span such as 30d, 12h or 90m", param_hint=option)
    return int(number) * _UNITS_S[unit] * SECOND_US


def parsed_moment(text: str, option: str, zone_name: str | None = None) -> int:
    """A moment, in microseconds since the epoch; without an offset on the clock of that zone, or of this machine.

    Raises:
        BadParameter: It is none; `option` is named.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone_named(zone_name)) if zone_name else moment.astimezone()
        return seconds_of(moment) * SECOND_US + moment.microsecond
    except (ValueError, OverflowError, OSError) as error:
        raise click.BadParameter(
            f"{text!r} is no time; write it as 2013-01-31T02:30, with an offset or without", param_hint=option
        ) from error


def parsed_ago(text: str, option: str, now_us: int) -> int:
    """A moment as such, or so long ago; as `parsed_moment`."""
    return now_us - parsed_span(text, option) if text[-1:] in _UNITS_S else parsed_moment(text, option)
