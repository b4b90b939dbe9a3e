from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.model.timing import ago, duration, iso, local, moment_from

S = 1_000_000


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_iso_reads_back_to_the_microsecond(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    time_us = round((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * S
    assert datetime.fromisoformat(iso(time_us)).timestamp() * S == time_us


def test_local_time_follows_the_zone_through_the_summer() -> None:
    zone = ZoneInfo("Europe/Paris")
    assert local(0, zone) == "1970-01-01 01:00:00"
    assert local(int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()) * S, zone) == "2026-07-01 02:00:00"


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (None, "–"),
        (0, "0ms"),
        (4_000, "4ms"),
        (1_200_000, "1.2s"),
        (59_960_000, "1m00s"),
        (185 * S, "3m05s"),
        (7620 * S, "2h07m"),
        (448_000 * S, "5d04h"),
    ],
)
def test_a_duration_fits_seven_characters(length: int | None, shown: str) -> None:
    assert duration(length) == shown


@given(st.integers(0, 999 * 86_400 * S))
def test_every_duration_fits_its_column(length: int) -> None:
    assert len(duration(length)) <= 7


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "now"), (12, "12s ago"), (180, "3m ago"), (7300, "2h ago"), (500_000, "5d ago")]
)
def test_ago_is_in_one_unit(seconds: int, shown: str) -> None:
    assert ago(0, seconds * S) == shown
    assert ago(10 * S, 0) == "now"


@given(
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.times(),
    st.booleans(),
)
def test_the_next_moment_of_a_time_of_day_is_within_a_day(after: datetime, clock: time, has_seconds: bool) -> None:
    after_us = round((after.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * S
    text = f"{clock:%H:%M:%S}" if has_seconds else f"{clock:%H:%M}"
    found = moment_from(text, after_us, UTC)
    assert found is not None
    assert after_us <= found < after_us + 86_400 * S
    assert local(found, UTC)[11:].startswith(text)


@pytest.mark.parametrize("text", ["", "14", "24:00", "14:60", "1:2:3:4", "nonsense", "１4:02", "-1:20", "014:02"])
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert moment_from(text, 0) is None
