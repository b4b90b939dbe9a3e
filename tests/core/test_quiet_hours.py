"""Quiet hours: over midnight, over a change of the clock, and what cannot be understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.core.quiet_hours import BadQuietHours, quiet_until
from assettui.core.timeline import BadTimeZone

MINUTE_US = 60_000_000


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        ("22:00-07:00", "UTC", "2024-05-01T21:59:59", None),
        ("22:00-07:00", "UTC", "2024-05-01T22:00:00", "2024-05-02T07:00:00"),
        ("22:00-07:00", "UTC", "2024-05-02T06:59:59", "2024-05-02T07:00:00"),
        ("22:00-07:00", "UTC", "2024-05-02T07:00:00", None),
        ("12:00 - 13:30", "UTC", "2024-05-02T12:59:00", "2024-05-02T13:30:00"),
        ("22:00-07:00", "Europe/Paris", "2024-03-30T22:00:00", "2024-03-31T05:00:00"),  # the clock leaves an hour out
        ("00:00-00:00", "UTC", "2024-05-02T00:00:00", None),
    ],
)
def test_until_when_it_is_quiet(hours: str, zone: str, now: str, until: str | None) -> None:
    assert quiet_until(hours, zone, us(now)) == (us(until) if until is not None else None)


@given(
    st.tuples(st.integers(0, 23), st.integers(0, 59)),
    st.tuples(st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu"]),
    st.integers(us("2023-01-01T00:00:00"), us("2026-01-01T00:00:00")),
)
def test_when_they_are_over_it_is_quiet_no_longer(
    begins: tuple[int, int], ends: tuple[int, int], zone: str, now_us: int
) -> None:
    hours = f"{begins[0]:02}:{begins[1]:02}-{ends[0]:02}:{ends[1]:02}"
    until = quiet_until(hours, zone, now_us)
    if until is None:
        return
    assert now_us < until <= now_us + 26 * 60 * MINUTE_US
    assert quiet_until(hours, zone, until) is None


@pytest.mark.parametrize("hours", ["", "22-7", "25:00-07:00", "22:00", "22:00-07:60", "night"])
def test_what_are_no_hours_is_told(hours: str) -> None:
    with pytest.raises(BadQuietHours, match="no quiet hours"):
        quiet_until(hours, "UTC", 0)
    with pytest.raises(BadTimeZone):
        quiet_until("22:00-07:00", "Europe/Pari", 0)
