"""The cells of the grid: at every zoom they hold every partition exactly once, but for one that is longer than a cell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assettui.core.partition_status import PartitionStatuses
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.time_space import TimeSpace
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.model.keys import AssetKey
from assettui.render.grid_axis import TimeAxis, zooms_of
from assettui.render.grid_cells import GridRow, bounds_of, row_of

MINUTES_A_YEAR = 525_949
ZONES = ("UTC", "Pacific/Auckland", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia")
CALENDARS = (
    *("0 0 * * *", "30 6 * * *", "0 0 * * 1", "0 12 * * 4", "0 0 1 * *", "0 0 15 * *", "0 0 1 1,4,7,10 *"),
    *("0 0 1 1 *", "0 9 * * 1-5", "0 */6 * * *", "0 * * * *", "0 0 29 2 *", "15 3 10-20 * *"),
)


@st.composite
def definitions(draw: st.DrawFn) -> TimeWindowPartitionsDefinition:
    """Windows of any calendar, zone and start, up to some hundreds of them."""
    minutes = draw(st.integers(-40 * MINUTES_A_YEAR, 130 * MINUTES_A_YEAR))
    start = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    cron = draw(st.sampled_from(CALENDARS))
    days = draw(st.integers(1, 40 if "*/6" in cron or cron.startswith("0 * *") else 3_000))
    return TimeWindowPartitionsDefinition(
        start=start,
        end=start + timedelta(days=days),
        fmt="%Y-%m-%d-%H:%M",
        cron_schedule=cron,
        timezone=draw(st.sampled_from(ZONES)),
    )


def row(definition: TimeWindowPartitionsDefinition) -> GridRow:
    space = definition.at(AsOf(int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())))
    assert isinstance(space, TimeSpace)
    return row_of(AssetKey("a"), space, PartitionStatuses(space.all))


def axes(rows: list[GridRow]) -> list[TimeAxis]:
    """An axis for each zoom, as the grid makes it."""
    known = [each.definition for each in rows if each.definition is not None]
    start = min(each.first_moment_s for each in known)
    end = max(each.definition.begins(each.windows) for each in rows if each.definition is not None)
    return [TimeAxis(zoom, start, end) for zoom in zooms_of(known)]


@settings(max_examples=60, deadline=None)
@example(TimeWindowPartitionsDefinition("2013-01-01", "%Y-%m-%d", end="2013-07-20", cron_schedule="0 0 * * *"))
@given(definitions())
def test_each_partition_is_in_exactly_one_cell(definition: TimeWindowPartitionsDefinition) -> None:
    line = row(definition)
    for axis in axes([line]):
        cells = [
            bounds
            for first in range(0, axis.count, 90)  # as they are drawn, a screen at a time
            for bounds in bounds_of(line, axis, first, 90)
        ]
        assert len(cells) == axis.count
        reached = 0
        for column, (low, high) in enumerate(cells):
            if (low, high) == (reached - 1, reached):  # it goes on from the cell before
                assert definition.begins(high) > axis.begins(column), axis.unit
            elif high > low:
                assert low == reached, axis.unit
                reached = high
        assert reached == line.space.size, axis.unit


@settings(max_examples=40, deadline=None)
@given(st.lists(definitions(), min_size=2, max_size=3))
def test_lines_of_several_calendars_leave_no_partition_out(
    several: list[TimeWindowPartitionsDefinition],
) -> None:
    lines = [row(each) for each in several]
    for axis in axes(lines):
        if axis.count > 20_000:
            continue
        for line in lines:
            bounds = bounds_of(line, axis, 0, axis.count)
            assert _union([line.partitions_between(*each) for each in bounds]) == line.space.all, axis.unit


def _union(sets: list[PartitionSet]) -> PartitionSet:
    found = EMPTY
    for each in sets:
        found = found | each
    return found
