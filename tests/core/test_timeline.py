"""Moments of cron expressions, counted: by arithmetic, and yet right on every day on which a clock is changed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assettui.core.cron import BadCron, parse_cron
from assettui.core.timeline import BadTimeZone, Timeline, moment_of, seconds_of, timeline, zone_named

ZONES = [
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "America/Sao_Paulo",  # changed at midnight
    "Pacific/Apia",  # left out a day, 2011-12-30
    "Africa/Casablanca",  # four changes a year
    "Asia/Kolkata",
    "Europe/London",
]
CRONS = [
    "0 * * * *",
    "15 * * * *",
    "*/20 * * * *",
    "0 0 * * *",
    "30 2 * * *",
    "30 1 * * *",
    "0 1,2,3 * * *",
    "0 */6 * * *",
    "45 23 * * *",
    "0 0 * * 0",
    "15 3 * * 1-5",
    "0 0 1 * *",
    "0 12 31 * *",
    "0 0 L * *",
    "0 0 29 2 *",
    "5 4 13 * 5",
]


def fires_by_looking(expression: str, zone_name: str, first: datetime, days: int) -> list[int]:
    """Every moment of an expression, found by looking at each minute: what the arithmetic must agree with."""
    cron, zone = parse_cron(expression), zone_named(zone_name)
    found: list[int] = []
    if cron.is_wild:
        start = seconds_of(first)
        for moment in range(start, start + days * 86_400, 60):
            shown = moment_of(moment, zone)
            if shown.hour * 3600 + shown.minute * 60 in cron.times and cron.matches(shown.date()):
                found.append(moment)
        return found
    for day in range(days + 1):
        date_of_day = first.date() + timedelta(days=day)
        if not cron.matches(date_of_day):
            continue
        for time in cron.times:
            naive = datetime(date_of_day.year, date_of_day.month, date_of_day.day) + timedelta(seconds=time)  # noqa: DTZ001
            while True:  # a time that the clock leaves out: as soon as it goes on
                aware = naive.replace(tzinfo=zone)
                if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive:
                    break
                naive += timedelta(minutes=1)
            found.append(seconds_of(aware))
    return sorted(set(found))


@settings(max_examples=50, deadline=None)
@given(
    expression=st.sampled_from(CRONS),
    zone_name=st.sampled_from(ZONES),
    day=st.dates(date(1968, 1, 1), date(2040, 12, 1)),
)
def test_arithmetic_agrees_with_looking_at_every_minute(expression: str, zone_name: str, day: date) -> None:
    zone = zone_named(zone_name)
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    line = Timeline(parse_cron(expression), zone, day.year)
    expected = [each for each in fires_by_looking(expression, zone_name, first, 40) if each >= seconds_of(first)]

    number = line.ceiling(seconds_of(first))

    assert [line.moment(number + i) for i in range(len(expected))] == expected
    for i, moment in enumerate(expected):
        assert line.floor(moment) == line.ceiling(moment) == number + i
        assert line.ceiling(moment + 1) == number + i + 1


def shown(expression: str, zone_name: str, day: str, count: int) -> list[str]:
    """The first moments from a day on, as the zone's clock shows them."""
    zone = zone_named(zone_name)
    start = datetime.fromisoformat(day).replace(tzinfo=zone)
    line = Timeline(parse_cron(expression), zone, start.year)
    number = line.ceiling(seconds_of(start))
    return [moment_of(line.moment(number + i), zone).strftime("%d %H:%M%z") for i in range(count)]


def test_half_past_two_comes_at_three_where_the_clock_leaves_it_out() -> None:
    assert shown("30 2 * * *", "America/New_York", "2013-03-09", 3) == [
        "09 02:30-0500",
        "10 03:00-0400",
        "11 02:30-0400",
    ]
    assert shown("30 2 * * *", "Europe/Paris", "2013-03-30", 3) == ["30 02:30+0100", "31 03:00+0200", "01 02:30+0200"]
    assert shown("15 2 * * *", "Australia/Lord_Howe", "2013-10-05", 2) == ["05 02:15+1030", "06 02:30+1100"]


def test_half_past_one_comes_once_where_the_clock_shows_it_twice() -> None:
    assert shown("30 1 * * *", "America/New_York", "2013-11-03", 2) == ["03 01:30-0400", "04 01:30-0500"]
    assert shown("30 2 * * *", "Europe/Paris", "2013-10-27", 2) == ["27 02:30+0200", "28 02:30+0100"]


def test_every_hour_follows_the_passing_of_time() -> None:
    assert shown("0 * * * *", "America/New_York", "2013-03-10", 3) == [
        "10 00:00-0500",
        "10 01:00-0500",
        "10 03:00-0400",
    ]
    assert shown("0 * * * *", "America/New_York", "2013-11-03", 4) == [
        "03 00:00-0400",
        "03 01:00-0400",
        "03 01:00-0500",
        "03 02:00-0500",
    ]
    # Half an hour is repeated, from 01:30 to 02:00: no full hour is shown twice, and one takes an hour and a half.
    assert shown("0 * * * *", "Australia/Lord_Howe", "2013-04-07", 3) == [
        "07 00:00+1100",
        "07 01:00+1100",
        "07 02:00+1030",
    ]


def test_a_midnight_that_does_not_exist_is_one_oclock() -> None:
    assert shown("0 0 * * *", "America/Sao_Paulo", "2013-10-19", 3) == [
        "19 00:00-0300",
        "20 01:00-0200",
        "21 00:00-0200",
    ]


def test_a_day_that_does_not_exist_has_no_moment() -> None:
    assert [each[:2] for each in shown("0 0 * * *", "Pacific/Apia", "2011-12-28", 4)] == ["28", "29", "31", "01"]


def test_the_29th_of_february_and_the_31st_come_when_they_exist() -> None:
    zone = zone_named("UTC")
    line = Timeline(parse_cron("0 0 29 2 *"), zone, 1896)
    assert [moment_of(line.moment(i)).year for i in range(4)] == [1896, 1904, 1908, 1912]
    line = Timeline(parse_cron("0 0 31 * *"), zone, 2013)
    assert [moment_of(line.moment(i)).month for i in range(7)] == [1, 3, 5, 7, 8, 10, 12]


def test_moments_before_its_first_year_are_counted_backwards() -> None:
    line = Timeline(parse_cron("0 0 * * *"), zone_named("UTC"), 2013)
    assert moment_of(line.moment(-1)) == datetime(2012, 12, 31, tzinfo=UTC)
    assert moment_of(line.moment(-3000)) == datetime(2004, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 0 * *", "has 4 fields, not 5"),
        ("60 0 * * *", "wrong minute: '60'"),
        ("0 24 * * *", "wrong hour: '24'"),
        ("0 0 32 * *", "wrong day of month: '32'"),
        ("0 0 * 13 *", "wrong month: '13'"),
        ("0 0 * * 8", "wrong day of week: '8'"),
        ("0 x * * *", "wrong hour: 'x'"),
        ("@fortnightly", "is no cron macro"),
        ("0 0 31 2 *", "never comes"),
    ],
)
def test_a_wrong_expression_is_refused_by_its_field(expression: str, said: str) -> None:
    with pytest.raises(BadCron, match=said):
        parse_cron(expression)


def test_a_zone_that_is_none_is_refused() -> None:
    for name in ("Nowhere/X", "../etc/passwd", ""):
        with pytest.raises(BadTimeZone, match="is no time zone"):
            zone_named(name)


def test_threads_that_ask_at_once_are_told_the_same() -> None:
    """A leader and the command beside it read the same definitions, at the same time."""

    def told(case: tuple[str, str]) -> list[int]:
        line = timeline(*case, 2013)
        return [line.moment(number) for number in (0, 11, 400, 700)] + [
            line.ceiling(1_500_000_000),
            line.ceiling(1_700_000_000),
        ]

    cases = [("0 0 1 * *", "UTC"), ("30 2 * * 1-5", "Europe/Paris"), ("0 * * * *", "America/New_York")]
    timeline.cache_clear()
    alone = {case: told(case) for case in cases}
    switching_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(60):
                timeline.cache_clear()
                for case in cases:
                    timeline(*case, 2013)  # one for all of them
                    together = list(threads.map(told, [case] * 8))
                    assert together == [alone[case]] * 8
    finally:
        sys.setswitchinterval(switching_s)
