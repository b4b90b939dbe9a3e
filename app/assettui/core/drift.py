"""Drift: what was made is compared with what was made before it under the same circumstances. Pure functions.

A row count goes with the day of the week (of hourly partitions with the hour of the day), grows, and scatters. So it is
compared with the same day of the weeks before, at the level of the week before; and it is unusual only where it lies below
the median by the share that is asked for, and further than all of them scatter themselves. A range is unusual where it reaches further than all
that there was, by more than it ever went in one step: what grows steadily is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from math import log
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, ValidationError, convert

from assettui.model.drift import Drift, DriftKind
from assettui.model.timing import local

if TYPE_CHECKING:
    from assettui.model.metadata import MetadataValue

SWITCH: Final = "drift"
"""Metadata of an asset: False, or thresholds."""
COMPARED: Final = 8
"""With so many cycles a row count is compared,"""
LEAST: Final = 4
"""and with no fewer of its own season than these."""
RECENT: Final = 20
"""So many that were made before are looked at where the season does not matter."""
FAR_BELOW: Final = 0.5
"""Less than this share of the least in a whole cycle is unusual before a season is known."""
DAYS, HOURS = 7, 24
"""How long a cycle is. Hours are seasons from 7 on: hour 0 is season 7."""
SCATTER: Final = 3.0
"""So many times as far from the median as they usually scatter."""
_SCALE: Final = 1.4826
"""From the median of the distances from the median to a standard deviation, of what is distributed normally."""


HOUR_US: Final = 3_600 * 1_000_000
MIN_PAUSE_US: Final = HOUR_US // 6
"""What is made more often than this by the median, is made by no rhythm that could be missed."""


class DriftRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds, as metadata of an asset says them: `metadata={"drift": {"rows": 0.5, "range": false}}`.

    Each may be false: that is not looked at then.
    """

    rows: float | bool = 0.2
    """Fewer rows than usual by this share."""
    columns: bool = True
    """Columns that are gone or have another type."""
    nulls: float | bool = 0.05
    """A share of missing values that is higher than ever by this."""
    range: float | bool = 0.5
    """Values beyond all that there were by this share of their range."""
    nothing_new: float | bool = 3.0
    """Not made for so many times as long as it usually takes."""


def nothing_new(made_us: int, next_by_us: int) -> Drift:
    """What is said of an asset that was not made again by then."""
    what = f"not made since {local(made_us)}, and as it always was it would have been by {local(next_by_us)}"
    return Drift(DriftKind.NOTHING_NEW, what)


class ColumnFacts(Struct, frozen=True):
    """What is compared of a column."""

    name: str
    type: str
    nulls: int = 0
    low: float | None = None
    high: float | None = None


class DataFacts(Struct, frozen=True):
    """What is compared of data that was made."""

    rows: int
    columns: tuple[ColumnFacts, ...] = ()
    season: int | None = None
    """The day of the week, or the hour of the day as `season_of` gives it; None where neither matters."""
    is_whole: bool = True
    """Whether all columns are told of."""

    def within(self, season: int | None) -> DataFacts:
        """The same, of a season."""
        return DataFacts(self.rows, self.columns, season, self.is_whole)


def rules_of(metadata: Mapping[str, MetadataValue]) -> DriftRules | None:
    """The thresholds that an asset's metadata says; None where nothing is to be looked at.

    Raises:
        ValueError: They cannot be understood.
    """
    said = metadata.get(SWITCH)
    if said is None or not isinstance(said.value, bool | Mapping):
        return DriftRules()
    if said.value is False:
        return None
    if said.value is True:
        return DriftRules()
    try:
        return convert(said.value, DriftRules)
    except ValidationError as error:
        raise ValueError(str(error)) from None


def drifts(found: DataFacts, past: Sequence[DataFacts], rules: DriftRules) -> tuple[Drift, ...]:
    """What is unusual about data.

    Args:
        found: What it is.
        past: What was made before it, the newest first.
        rules: The thresholds.
    """
    if not past:
        return ()
    unusual: list[Drift] = []
    if rules.rows is not False:
        unusual += _rows(found, past, _number(rules.rows, 0.2))
    if rules.columns and found.is_whole:
        unusual += _columns(found, past[0])
    recent = [(each.rows, {column.name: column for column in each.columns}) for each in past[:RECENT] if each.rows]
    for column in found.columns:
        before = [(rows, columns[column.name]) for rows, columns in recent if column.name in columns]
        if rules.nulls is not False:
            rates = [facts.nulls / rows for rows, facts in before]
            unusual += _nulls(column, found.rows, rates, _number(rules.nulls, 0.05))
        if rules.range is not False:
            unusual += _range(column, [facts for _, facts in before], _number(rules.range, 0.5))
    return tuple(unusual)


def _number(said: float | bool, default: float) -> float:
    return default if said is True else float(said)


def _rows(found: DataFacts, past: Sequence[DataFacts], share: float) -> list[Drift]:
    usual = _usual_rows(found.season, past)
    if usual is None:
        cycle = _cycle(past)
        recent = [each.rows for each in past[: max(RECENT, cycle)]]
        if len(recent) >= (LEAST if found.season is None else cycle) and found.rows < min(recent) * FAR_BELOW:
            return [_fewer(found.rows, median(recent), f"the least of the last {len(recent)} was {min(recent):,}")]
        return []
    is_less = found.rows <= usual.rows * (1 - share)
    if usual.rows and is_less and (not found.rows or log(found.rows / usual.rows) < -SCATTER * usual.scatter):
        return [_fewer(found.rows, usual.rows, f"of {usual.compared} that are comparable")]
    return []


def _cycle(past: Sequence[DataFacts]) -> int:
    return HOURS if any(each.season is not None and each.season >= DAYS for each in past) else DAYS


class _Usual(NamedTuple):
    rows: float
    scatter: float
    """How far these scatter: a standard deviation, of the logarithm."""
    compared: int


def _usual_rows(season: int | None, past: Sequence[DataFacts]) -> _Usual | None:
    """How many rows there usually are, at this level and in this season; None where too little is known.

    Each count is taken as a multiple of the level before it, the median of a whole cycle: so neither growth nor the
    season counts as scatter.
    """
    rows = [each.rows for each in past]
    cycle = _cycle(past)
    by_season: dict[int | None, list[float]] = {}
    multiples: list[tuple[int | None, float]] = []
    for index in range(min(cycle * COMPARED, len(rows) - cycle)):
        level = median(rows[index + 1 : index + 1 + cycle])
        if level:
            multiples.append((past[index].season, rows[index] / level))
            by_season.setdefault(past[index].season, []).append(rows[index] / level)
    alike = by_season.get(season, [])
    if len(alike) < LEAST:
        return None
    usual = {each: median(found) for each, found in by_season.items()}
    distances = [abs(log(multiple / usual[each])) for each, multiple in multiples if multiple and usual[each]]
    scatter = _SCALE * median(distances) if distances else 0.0
    return _Usual(usual[season] * median(rows[:cycle]), scatter, len(alike))


def _fewer(rows: int, usual: float, of: str) -> Drift:
    share = (1 - rows / usual) * 100
    return Drift(
        DriftKind.ROWS,
        f"{rows:,} rows, {share:.0f} % fewer than the usual {usual:,.0f} ({of})",
        None,
        float(rows),
        float(usual),
    )


def _columns(found: DataFacts, last: DataFacts) -> list[Drift]:
    unusual: list[Drift] = []
    columns = {column.name: column for column in found.columns}
    for before in last.columns if last.is_whole else ():
        now = columns.get(before.name)
        if now is None:
            unusual.append(
                Drift(DriftKind.COLUMN_GONE, f"the column {before.name} ({before.type}) is gone", before.name)
            )
        elif now.type != before.type and "Null" not in (now.type, before.type):
            what = f"the column {now.name} is {now.type}, and was {before.type}"
            unusual.append(Drift(DriftKind.COLUMN_RETYPED, what, now.name))
    return unusual


def _nulls(column: ColumnFacts, rows: int, rates: Sequence[float], more: float) -> list[Drift]:
    if not rows or len(rates) < LEAST:
        return []
    rate, most, usual = column.nulls / rows, max(rates), median(rates)
    scatter = _SCALE * median(abs(each - usual) for each in rates)
    if rate < usual + more or rate <= most or rate < usual + SCATTER * scatter:
        return []
    if most - usual >= more and rate < most + more:  # it has been nearly as empty before
        return []
    what = (
        f"{rate:.1%} of {column.name} is missing, and usually {usual:.1%} (at most {most:.1%} of the last {len(rates)})"
    )
    return [Drift(DriftKind.NULLS, what, column.name, rate, usual)]


def _range(column: ColumnFacts, before: Sequence[ColumnFacts], share: float) -> list[Drift]:
    if column.low is None or column.high is None:
        return []
    lows = [each.low for each in before if each.low is not None]
    highs = [each.high for each in before if each.high is not None]
    if len(lows) < LEAST:
        return []
    span = max(highs) - min(lows)
    room = share * span
    unusual: list[Drift] = []
    if column.high > max(highs) + max(room, _SCALE * 2 * _step(highs)):
        what = f"{column.name} goes up to {column.high:,.6g}, and never went beyond {max(highs):,.6g}"
        unusual.append(Drift(DriftKind.RANGE, what, column.name, column.high, max(highs)))
    if column.low < min(lows) - max(room, _SCALE * 2 * _step(lows)):
        what = f"{column.name} goes down to {column.low:,.6g}, and never went below {min(lows):,.6g}"
        unusual.append(Drift(DriftKind.RANGE, what, column.name, column.low, min(lows)))
    return unusual


def _step(ends: Sequence[float]) -> float:
    """The furthest that an end of a range ever went from one to the next."""
    return max((abs(one - other) for one, other in pairwise(ends)), default=0.0)


def season_of(start_us: int, length_us: int, zone: tzinfo) -> int | None:
    """The season of what is of a window of time, or was made once in so long: its weekday where that is a day, its hour where it is an hour.

    Args:
        start_us: When it begins; microseconds since the epoch, UTC.
        length_us: How long it is.
        zone: In whose days and hours.
    """
    start = datetime.fromtimestamp(start_us / 1e6, zone)
    if 20 * HOUR_US <= length_us <= 28 * HOUR_US:
        return start.weekday()
    return DAYS + start.hour if length_us == HOUR_US else None


def next_by_us(made_us: Sequence[int], rules: DriftRules) -> int | None:
    """By when the asset is made again, where it is made as it always was; None where that cannot be told.

    Args:
        made_us: When it was made, the newest first; microseconds since the epoch, UTC.
        rules: The thresholds.
    """
    if rules.nothing_new is False or len(made_us) < LEAST + 1:
        return None
    times = made_us[: RECENT + 1]
    pauses = [later - earlier for later, earlier in pairwise(times)]
    usual, longest = median(pauses), max(pauses)
    if usual < MIN_PAUSE_US:  # made by hand, or in one go
        return None
    return times[0] + int(max(usual * _number(rules.nothing_new, 3.0), longest * 1.5))
