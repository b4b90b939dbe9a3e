"""The columns of the partition grid: spans of time at some zoom, or the keys of a definition. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from rich.cells import cell_len

from assettui.core.timeline import Timeline, moment_of, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from assettui.core.partitions.space import PartitionSpace
    from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition

UNITS = (
    ("hour", "0 * * * *", 3_600),
    ("day", "0 0 * * *", 86_400),
    ("week", "0 0 * * 1", 7 * 86_400),
    ("month", "0 0 1 * *", 30 * 86_400),
    ("quarter", "0 0 1 1,4,7,10 *", 91 * 86_400),
    ("year", "0 0 1 1 *", 365 * 86_400),
)
"""What a cell may stand for: its name, its cron expression, and about how long it is in seconds."""
_LABELS = {
    # Of cells about so long: the format of the upper labels, and of the lower ones.
    "minute": ("%a %d %b %Y", "%H:%M"),
    "hour": ("%a %d %b %Y", "%H"),
    "day": ("%b %Y", "%d"),
    "week": ("%Y", "%b"),
    "month": ("%Y", "%b"),
    "quarter": ("%Y", "%m"),
    "year": ("", "%Y"),
}


class Axis(Protocol):
    """Columns, counted from 0."""

    @property
    def count(self) -> int:
        """How many columns there are."""
        ...

    @property
    def unit(self) -> str:
        """What a column stands for, in a word or two."""
        ...

    def labels(self, first: int, width: int) -> tuple[str, str]:
        """Two lines above the columns from the first one on; no two labels touch."""
        ...


class Zoom(Struct, frozen=True):
    """What one cell stands for."""

    unit: str
    line: Timeline
    style: str
    """Which labels suit it: `minute`, or the unit that is about as long."""


class TimeAxis:
    """Spans of time, one after the other.

    Args:
        zoom: What a column stands for.
        start_s: When the first column must have begun, in seconds since the epoch.
        end_s: When the last one must not have ended before.
    """

    def __init__(self, zoom: Zoom, start_s: int, end_s: int) -> None:
        self.zoom = zoom
        self._first = zoom.line.floor(start_s)
        self._count = max(1, zoom.line.ceiling(end_s) - self._first)

    @property
    def count(self) -> int:
        return self._count

    @property
    def unit(self) -> str:
        return self.zoom.unit

    def begins(self, column: int) -> int:
        """When a column begins, in seconds since the epoch."""
        return self.zoom.line.moment(self._first + column)

    def column_at(self, moment_s: int) -> int:
        """The column that holds a moment; the first or the last where none does."""
        return max(0, min(self._count - 1, self.zoom.line.floor(moment_s) - self._first))

    def local(self, column: int) -> datetime:
        """When a column begins, on its own clock."""
        return moment_of(self.begins(column), self.zoom.line.zone)

    def labels(self, first: int, width: int) -> tuple[str, str]:
        style = self.zoom.style
        upper_format, lower_format = _LABELS[style]
        moments = [self.local(column) for column in range(first, min(self._count, first + width))]
        upper = [moment.strftime(upper_format) for moment in moments] if upper_format else []
        lower = [moment.strftime(lower_format) for moment in moments]
        if style == "quarter":
            lower = [f"Q{(moment.month + 2) // 3}" for moment in moments]
        round_ones = [(place, text) for place, text in _changes(lower) if _is_round(style, moments[place])]
        return _placed(_changes(upper), width, is_cut=True), _placed(round_ones, width)


def _is_round(style: str, moment: datetime) -> bool:
    """Whether a moment deserves a label: every one would not have room."""
    match style:
        case "minute":
            return moment.minute == 0
        case "hour":
            return moment.hour % 6 == 0
        case "day":
            return moment.day in (1, 8, 15, 22)
        case _:
            return True


class KeyAxis:
    """The partitions of a definition that have names.

    Args:
        space: The partitions.
    """

    def __init__(self, space: PartitionSpace) -> None:
        self.space = space
        self.indices = list(space.all)

    @property
    def count(self) -> int:
        return len(self.indices)

    @property
    def unit(self) -> str:
        return "partition"

    def labels(self, first: int, width: int) -> tuple[str, str]:
        keys = [self.space.key(index) for index in self.indices[first : first + width]]
        return "", _placed(list(enumerate(keys)), width)


def zooms_of(definitions: Iterable[TimeWindowPartitionsDefinition]) -> list[Zoom]:
    """What a cell may stand for where these are shown together: from a partition of the finest of them to a year."""
    known = sorted(definitions, key=_length_s)
    if not known:
        return []
    finest = known[0]
    # Columns begin before what they hold: with a Monday of the year before, or on a clock that is behind.
    year = max(1, min(moment_of(each.first_moment_s).year for each in known) - 1)
    length = _length_s(finest)
    zone = finest.timezone
    usual = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
    name = usual.get(finest.frequency, "partition")
    style = next((unit for unit, _, size in reversed(UNITS) if size <= 1.1 * length), "minute")
    first = Zoom(name, timeline(finest.cron_schedule, zone, year), style)
    coarser = [Zoom(unit, timeline(cron, zone, year), unit) for unit, cron, size in UNITS if size > 1.5 * length]
    return [first, *coarser]


def _length_s(definition: TimeWindowPartitionsDefinition) -> float:
    """About how long a window is."""
    return (definition.begins(20) - definition.begins(0)) / 20


def _changes(texts: Sequence[str]) -> list[tuple[int, str]]:
    """Each text that is another than the one before it, with its place."""
    return [(place, text) for place, text in enumerate(texts) if not place or text != texts[place - 1]]


def _placed(labels: Sequence[tuple[int, str]], width: int, *, is_cut: bool = False) -> str:
    """The labels in a line, each where it belongs; one for which there is no room is left out.

    Where the first one is of a span whose beginning is out of sight (`is_cut`), it gives way to the next.
    """
    line: list[str] = []
    length = 0
    starts = [place for place, _ in labels] + [width + 1]
    for number, (place, text) in enumerate(labels):
        if length and place < length + 1:
            continue
        size = cell_len(text)
        if is_cut and number == 0 and size > starts[1] - place - 1:
            continue
        if place + size > width:
            continue
        line.append(" " * (place - length) + text)
        length = place + size
    return "".join(line) + " " * (width - length)
