"""The labels above the partition grid: never one over another, each above the column that it names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.keyed import StaticPartitionsDefinition
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.core.partitions.usual_windows import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from assettui.render.grid_axis import KeyAxis, TimeAxis, zooms_of

DEFINITIONS = {
    "quarters of an hour": TimeWindowPartitionsDefinition(
        start="2013-03-01-00:00", end="2013-04-15-00:00", cron_schedule="*/15 * * * *", fmt="%Y-%m-%d-%H:%M"
    ),
    "hours": HourlyPartitionsDefinition("2013-03-01-00:00", end_date="2014-04-01-00:00", timezone="Europe/Paris"),
    "days": DailyPartitionsDefinition("2013-01-01", end_date="2020-01-01", timezone="Australia/Lord_Howe"),
    "weeks": WeeklyPartitionsDefinition("2013-01-01", end_date="2020-01-01"),
    "months": MonthlyPartitionsDefinition("1950-01-01", end_date="2050-01-01"),
}
FORMATS = {
    "minute": ("%a %d %b %Y", "%H:%M"),
    "hour": ("%a %d %b %Y", "%H"),
    "day": ("%b %Y", "%d"),
    "week": ("%Y", "%b"),
    "month": ("%Y", "%b"),
    "year": ("", "%Y"),
}


def axis_of(definition: TimeWindowPartitionsDefinition, zoom: int) -> TimeAxis:
    """The axis of a definition at one of its zooms."""
    zooms = zooms_of([definition])
    last = definition.index_of(definition.get_last_partition_key() or "") or 0
    return TimeAxis(zooms[zoom % len(zooms)], definition.begins(0), definition.begins(last + 1))


def words(line: str, size: int) -> list[tuple[int, str]]:
    """The labels of a line, of so many words each, with the columns at which they stand."""
    found = [(match.start(), match.group()) for match in re.finditer(r"\S+", line)]
    return [
        (found[place][0], " ".join(word for _, word in found[place : place + size]))
        for place in range(0, len(found), size)
    ]


@given(
    name=st.sampled_from(sorted(DEFINITIONS)),
    zoom=st.integers(0, 5),
    first=st.integers(0, 100_000),
    width=st.integers(1, 200),
)
def test_each_label_stands_above_what_it_names_with_room_around_it(
    name: str, zoom: int, first: int, width: int
) -> None:
    axis = axis_of(DEFINITIONS[name], zoom)
    first %= axis.count
    lines = axis.labels(first, width)
    assert [len(line) for line in lines] == [width, width]
    for line, form in zip(lines, FORMATS.get(axis.zoom.style, ("%Y", "")), strict=True):
        if form:
            for column, label in words(line, len(form.split())):
                assert label == axis.local(first + column).strftime(form), (line, column)


@given(
    keys=st.lists(st.text("ab漢字é-", min_size=1, max_size=12), min_size=1, max_size=60, unique=True),
    first=st.integers(0, 59),
    width=st.integers(1, 60),
)
def test_names_do_not_touch_however_wide_they_are(keys: list[str], first: int, width: int) -> None:
    axis = KeyAxis(StaticPartitionsDefinition(keys).at(AsOf(0)))
    _, line = axis.labels(min(first, axis.count - 1), width)
    assert cell_len(line) == width
    assert set(line.split()) <= set(keys)


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("quarters of an hour", ["partition", "hour", "day", "week", "month", "quarter", "year"]),
        ("hours", ["hour", "day", "week", "month", "quarter", "year"]),
        ("weeks", ["week", "month", "quarter", "year"]),
        ("months", ["month", "quarter", "year"]),
    ],
)
def test_zooms_go_from_a_partition_to_a_year(name: str, units: list[str]) -> None:
    assert [zoom.unit for zoom in zooms_of([DEFINITIONS[name]])] == units


def test_partitions_shorter_than_an_hour_are_labelled_by_the_hour() -> None:
    upper, lower = axis_of(DEFINITIONS["quarters of an hour"], 0).labels(90, 32)
    assert upper.rstrip() == "      Sat 02 Mar 2013"
    assert lower == "  23:00   01:00   03:00   05:00 "
