"""A calendar has every day once, on its weekday, and no label over another."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assettui.core.partitions.usual_windows import DailyPartitionsDefinition
from assettui.render.calendar import WEEK, Calendar
from assettui.render.grid_axis import TimeAxis, zooms_of

FIRST = st.dates(date(1990, 1, 1), date(2040, 1, 1))


def axis_of(first: date, days: int) -> TimeAxis:
    definition = DailyPartitionsDefinition(f"{first}", end_date=f"{first + timedelta(days)}")
    return TimeAxis(zooms_of([definition])[0], definition.begins(0), definition.begins(days))


@given(FIRST, st.integers(1, 900))
def test_each_day_stands_once_on_its_weekday(first: date, days: int) -> None:
    axis = axis_of(first, days)
    calendar = Calendar(axis)
    places = {
        column: (week, weekday)
        for week in range(calendar.weeks)
        for weekday in range(WEEK)
        if (column := calendar.column(week, weekday)) is not None
    }
    assert sorted(places) == list(range(days))
    for column, (week, weekday) in places.items():
        assert axis.local(column).weekday() == weekday
        assert calendar.week_of(column) == week


@given(FIRST, st.integers(1, 900), st.integers(0, 60), st.integers(1, 60), st.integers(1, 3))
def test_labels_stand_above_the_week_in_which_their_month_begins(
    first: date, days: int, from_week: int, weeks: int, wide: int
) -> None:
    axis = axis_of(first, days)
    calendar = Calendar(axis)
    text = calendar.months(from_week, weeks, wide)
    assert len(text) <= weeks * wide
    begin, count = calendar.span(from_week, weeks)
    months = [f"{axis.local(column):%b}" for column in range(begin, begin + count)]
    names = [word for word in text.split() if not word.isdigit()]
    remaining = iter(months)
    assert all(name in remaining for name in names), "in order, and all of days that are shown"
