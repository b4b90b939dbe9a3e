"""Days as a calendar: a column for each week, Monday on top, the names of the months above. Pure.

The columns of the partition grid are days here; a calendar lays out the same columns in sevens, so that cursor, selection
and cells of the grid serve both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from assettui.render.grid_axis import TimeAxis

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK: Final = 7


class Calendar:
    """The weeks of an axis whose columns are days.

    Args:
        axis: The days.
    """

    def __init__(self, axis: TimeAxis) -> None:
        self._axis = axis
        self._offset = axis.local(0).weekday()
        """How many days of the first week lie before the first column."""

    @property
    def weeks(self) -> int:
        """How many there are."""
        return -(-(self._axis.count + self._offset) // WEEK)

    def week_of(self, column: int) -> int:
        """The week that a day lies in, counted from 0."""
        return (column + self._offset) // WEEK

    def column(self, week: int, weekday: int) -> int | None:
        """The day of a week, 0 for Monday; None where it lies before the first day or after the last."""
        column = week * WEEK + weekday - self._offset
        return column if 0 <= column < self._axis.count else None

    def span(self, first_week: int, weeks: int) -> tuple[int, int]:
        """The first day of some weeks, and how many days they have."""
        first = max(0, first_week * WEEK - self._offset)
        end = min(self._axis.count, (first_week + weeks) * WEEK - self._offset)
        return first, max(0, end - first)

    def months(self, first_week: int, weeks: int, wide: int) -> str:
        """The names of the months, each above the first week that begins in it; of January and of the first one with the year.

        Args:
            first_week: The first that is shown.
            weeks: How many are.
            wide: How many cells a week takes.
        """
        line = ""
        before: tuple[int, int] | None = None
        for week in range(first_week, min(self.weeks, first_week + weeks)):
            day = self._axis.local(max(0, week * WEEK - self._offset))
            month = (day.year, day.month)
            if month == before:
                continue
            is_new_year = before is None or before[0] != day.year
            at, before = (week - first_week) * wide, month
            name = f"{day:%b}{f' {day.year}' if is_new_year else ''}"
            room = weeks * wide - at
            if len(name) > room or (line and at <= len(line)):
                continue
            line = line.ljust(at) + name
        return line
