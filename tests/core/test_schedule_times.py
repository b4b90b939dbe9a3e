"""When schedules are due: on ordinary days, on those on which clocks are changed, and at the ends of months."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from assettui.core.cron import BadCron, parse_cron
from assettui.core.schedule_times import ScheduleTimes
from assettui.core.timeline import BadTimeZone

SECOND = 1_000_000
PARIS, NEW_YORK, LORD_HOWE = "Europe/Paris", "America/New_York", "Australia/Lord_Howe"


def us(text: str, zone: str = "UTC") -> int:
    """A moment, as it is written on the clock of a zone."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def shown(crons: str | tuple[str, ...], zone: str, first: str, last: str) -> list[str]:
    """The times that are due from one to another, on the zone's clock, with its offset."""
    times = ScheduleTimes((crons,) if isinstance(crons, str) else crons, zone)
    return [
        datetime.fromtimestamp(each // SECOND, ZoneInfo(zone)).strftime("%d %H:%M%z")
        for each in times.within(us(first, zone) - SECOND, us(last, zone))
    ]


@pytest.mark.parametrize(
    ("wraps", "plain"),
    [
        ("0 22-2 * * *", "0 0,1,2,22,23 * * *"),
        ("0 22-4/2 * * *", "0 0,2,4,22 * * *"),
        ("55-5 * * * *", "0-5,55-59 * * * *"),
        ("0 0 * * mon-sun", "0 0 * * *"),
        ("0 0 * * fri-mon", "0 0 * * 0,1,5,6"),
        ("0 0 * * 7-2", "0 0 * * 0-2"),
        ("0 0 * * 6-7", "0 0 * * 0,6"),
        ("0 0 * * SAT-SUN", "0 0 * * 0,6"),
        ("0 0 1 nov-feb *", "0 0 1 1,2,11,12 *"),
        ("0 0 28-3 * *", "0 0 1-3,28-31 * *"),
        ("0 0 * * 1,fri-sun,3", "0 0 * * 0,1,3,5,6"),
    ],
)
def test_ranges_that_pass_over_the_end(wraps: str, plain: str) -> None:
    one, other = ScheduleTimes((wraps,), "UTC"), ScheduleTimes((plain,), "UTC")
    time_us = 1_704_067_200_000_000
    for _ in range(60):
        assert one.next_after(time_us) == other.next_after(time_us)
        time_us = one.next_after(time_us)


@pytest.mark.parametrize(
    "expression", ["0 25-2 * * *", "0 2-25 * * *", "0 0 * * 8-1", "0 a-2 * * *", "0 5-2/0 * * *", "0 2-² * * *"]
)
def test_ranges_that_are_none(expression: str) -> None:
    with pytest.raises(BadCron, match="has a wrong"):
        parse_cron(expression)


def test_half_past_two_in_paris_on_both_changes() -> None:
    assert shown("30 2 * * *", PARIS, "2024-03-30", "2024-04-02") == ["30 02:30+0100", "31 03:00+0200", "01 02:30+0200"]
    assert shown("30 2 * * *", PARIS, "2024-10-26", "2024-10-29") == ["26 02:30+0200", "27 02:30+0200", "28 02:30+0100"]


def test_half_past_two_in_new_york_on_both_changes() -> None:
    assert shown("30 2 * * *", NEW_YORK, "2024-03-09", "2024-03-12") == [
        "09 02:30-0500",
        "10 03:00-0400",
        "11 02:30-0400",
    ]
    assert shown("30 1 * * *", NEW_YORK, "2024-11-02", "2024-11-05") == [
        "02 01:30-0400",
        "03 01:30-0400",
        "04 01:30-0500",
    ]
    assert shown("30 2 * * *", NEW_YORK, "2024-11-02", "2024-11-05") == [
        "02 02:30-0400",
        "03 02:30-0500",
        "04 02:30-0500",
    ]


def test_half_past_two_on_lord_howe_where_the_clock_is_changed_by_half_an_hour() -> None:
    assert shown("30 2 * * *", LORD_HOWE, "2024-10-05", "2024-10-08") == [
        "05 02:30+1030",
        "06 02:30+1100",
        "07 02:30+1100",
    ]
    assert shown("15 2 * * *", LORD_HOWE, "2024-10-05", "2024-10-08") == [
        "05 02:15+1030",
        "06 02:30+1100",
        "07 02:15+1100",
    ]
    assert shown("45 1 * * *", LORD_HOWE, "2024-04-06", "2024-04-09") == [
        "06 01:45+1100",
        "07 01:45+1100",
        "08 01:45+1030",
    ]


def test_every_hour_across_both_changes() -> None:
    assert shown("0 * * * *", PARIS, "2024-03-31", "2024-03-31T05:00") == [
        "31 00:00+0100",
        "31 01:00+0100",
        "31 03:00+0200",
        "31 04:00+0200",
        "31 05:00+0200",
    ]
    assert shown("0 * * * *", PARIS, "2024-10-27", "2024-10-27T04:00") == [
        "27 00:00+0200",
        "27 01:00+0200",
        "27 02:00+0200",
        "27 02:00+0100",
        "27 03:00+0100",
        "27 04:00+0100",
    ]


def test_the_29th_of_february_and_the_31st() -> None:
    leap = ScheduleTimes(("0 0 29 2 *",))
    assert leap.next_after(us("2023-01-01")) == us("2024-02-29")
    assert leap.next_after(us("2024-02-29")) == us("2028-02-29")
    assert leap.next_after(us("2097-01-01")) == us("2104-02-29")  # 2100 is no leap year
    last = ScheduleTimes(("0 12 31 * *",))
    found = [
        datetime.fromtimestamp(each // SECOND, UTC).month for each in last.within(us("2024-01-01"), us("2025-01-01"))
    ]
    assert found == [1, 3, 5, 7, 8, 10, 12]


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        ("@hourly", "2024-05-15T13:00"),
        ("@daily", "2024-05-16"),
        ("@midnight", "2024-05-16"),
        ("@weekly", "2024-05-19"),
        ("@monthly", "2024-06-01"),
        ("@yearly", "2025-01-01"),
        ("@annually", "2025-01-01"),
    ],
)
def test_macros(macro: str, expected: str) -> None:
    assert ScheduleTimes((macro,)).next_after(us("2024-05-15T12:00")) == us(expected)


def test_several_expressions_are_due_whenever_one_of_them_is_and_once() -> None:
    crons = ("0 6 * * *", "30 18 * * *", "0 6 * * 1-5")
    assert shown(crons, "UTC", "2024-05-17", "2024-05-18T23:00") == [
        "17 06:00+0000",
        "17 18:30+0000",
        "18 06:00+0000",
        "18 18:30+0000",
    ]


def test_what_was_missed_is_counted_without_being_listed() -> None:
    minutely = ScheduleTimes(("* * * * *",))
    due = minutely.due(us("2014-01-01"), us("2024-01-01"), 2)
    assert due.times == (us("2023-12-31T23:59"), us("2024-01-01"))
    assert due.count == 3652 * 24 * 60
    assert minutely.due(us("2024-01-01"), us("2024-01-01"), 5).times == ()
    assert minutely.due(us("2024-01-02"), us("2024-01-01"), 5).times == ()


ZONES = st.sampled_from(["UTC", PARIS, NEW_YORK, LORD_HOWE, "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo"])
CRONS = st.sampled_from(
    ["*/15 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * 1", "5 4 1,15 * *", "0 12 * 2 *", "59 23 31 12 *"]
)


@given(CRONS, ZONES, st.integers(us("1999-01-01"), us("2037-01-01")), st.integers(1, 40))
def test_the_next_times_are_those_that_lie_between(cron: str, zone: str, start: int, days: int) -> None:
    times = ScheduleTimes((cron,), zone)
    end = start + days * 86_400 * SECOND
    found = list(times.within(start, end))
    assert found == sorted(set(found))
    assert all(start < each <= end for each in found)
    due = times.due(start, end, 10_000)
    assert list(due.times) == found
    assert due.count == len(found)
    assert list(times.due(start, end, 3).times) == found[-3:]


@given(CRONS, st.integers(us("1999-01-01"), us("2037-01-01")))
def test_in_utc_they_are_those_of_the_library(cron: str, start: int) -> None:
    library = CronSim(cron, datetime.fromtimestamp(start / SECOND, UTC))
    assert ScheduleTimes((cron,)).next_after(start) == int(next(library).timestamp()) * SECOND


def test_wrong_expressions_name_the_field_and_wrong_zones_themselves() -> None:
    with pytest.raises(BadCron, match="wrong hour: '25'"):
        ScheduleTimes(("0 25 * * *",)).next_after(0)
    with pytest.raises(BadTimeZone, match="'Mars/Olympus' is no time zone"):
        ScheduleTimes(("0 2 * * *",), "Mars/Olympus").next_after(0)
