"""What looks wrong about data, and what does not though it is not as yesterday."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assettui.core.drift import ColumnFacts, DataFacts, DriftRules, drifts, next_by_us, rules_of, season_of
from assettui.model.drift import DriftKind
from assettui.model.metadata import as_metadata

HOUR_US = 3_600_000_000


def weeks(count: int, *, weekday: int = 1_000, weekend: int = 100, growth: float = 0.0) -> list[DataFacts]:
    """Row counts of days, the newest first; the day after them is a Monday."""
    days = range(7 * count)
    rows = [round((weekend if day % 7 >= 5 else weekday) * (1 + growth) ** day) + day * 7 % 5 for day in days]
    return [DataFacts(number, (), day % 7) for day, number in zip(days, rows, strict=True)][::-1]


def kinds(found: DataFacts, past: list[DataFacts], rules: DriftRules | None = None) -> list[DriftKind]:
    return [each.kind for each in drifts(found, past, rules or DriftRules())]


def test_fewer_rows_than_on_such_a_day() -> None:
    past = weeks(10)
    assert kinds(DataFacts(780, (), 0), past) == [DriftKind.ROWS]
    assert kinds(DataFacts(850, (), 0), past) == []
    assert kinds(DataFacts(850, (), 0), past, DriftRules(rows=0.1)) == [DriftKind.ROWS]
    assert kinds(DataFacts(0, (), 0), past, DriftRules(rows=False)) == []
    (found,) = drifts(DataFacts(400, (), 0), past, DriftRules())
    assert found.what.startswith("400 rows, 60 % fewer than the usual 1,0")


def test_a_weekend_is_no_drop_and_a_weekday_like_a_weekend_is() -> None:
    past = weeks(10)
    friday_evening = past[2:]  # the day after them is a Saturday
    assert kinds(DataFacts(100, (), 5), friday_evening) == []
    assert kinds(DataFacts(100, (), 0), past) == [DriftKind.ROWS]


def test_growth_and_decline_are_no_drop_and_hide_none() -> None:
    for growth in (0.01, -0.01):
        past = weeks(12, growth=growth)
        usual = past[6].rows * (1 + growth) ** 7
        assert kinds(DataFacts(round(usual), (), 0), past) == []
        assert kinds(DataFacts(round(usual * 0.6), (), 0), past) == [DriftKind.ROWS]


def test_what_scatters_may_scatter() -> None:
    past = [DataFacts(1_000 if day % 2 else 400, (), None) for day in range(70)]
    assert kinds(DataFacts(400), past) == []
    assert kinds(DataFacts(1), past) == [DriftKind.ROWS]


def test_before_a_season_is_known_only_what_is_far_below_all_is_told() -> None:
    past = weeks(2)
    assert kinds(DataFacts(700, (), 0), past) == []
    assert kinds(DataFacts(40, (), 0), past) == [DriftKind.ROWS]
    assert kinds(DataFacts(0, (), 0), past[:3]) == []
    assert kinds(DataFacts(0), []) == []
    week = weeks(1)
    assert kinds(DataFacts(100, (), 5), week[2:]) == []  # the first Saturday that there ever was


def column(name: str = "a", *, nulls: int = 0, low: float = 0, high: float = 100, type: str = "Int64") -> ColumnFacts:
    return ColumnFacts(name, type, nulls, low, high)


def of_columns(*columns: ColumnFacts) -> DataFacts:
    return DataFacts(1_000, columns)


def test_columns_that_are_gone_or_of_another_type() -> None:
    past = [of_columns(column("a"), column("b"), column("c", type="Null"))] * 5
    found = of_columns(column("a", type="String"), column("c"), column("new"))
    assert kinds(found, past) == [DriftKind.COLUMN_RETYPED, DriftKind.COLUMN_GONE]
    assert kinds(found, past, DriftRules(columns=False)) == []


def test_a_column_that_is_emptier_than_ever() -> None:
    past = [of_columns(column(nulls=n)) for n in (10, 20, 30, 20, 10)]
    assert kinds(of_columns(column(nulls=60)), past) == []
    assert kinds(of_columns(column(nulls=80)), past) == [DriftKind.NULLS]
    once_empty = [of_columns(column(nulls=n)) for n in (10, 20, 500, 20, 10)]
    assert kinds(of_columns(column(nulls=400)), once_empty) == []


def test_a_range_that_is_broken_and_one_that_grows() -> None:
    past = [of_columns(column(low=0, high=high)) for high in (99, 100, 98, 100)]
    assert kinds(of_columns(column(low=0, high=140)), past) == []
    assert kinds(of_columns(column(low=0, high=9_900)), past) == [DriftKind.RANGE]
    assert kinds(of_columns(column(low=-200, high=100)), past) == [DriftKind.RANGE]
    ids = [of_columns(column(low=1_000 * n, high=1_000 * n + 999)) for n in range(4, 0, -1)]
    assert kinds(of_columns(column(low=5_000, high=5_999)), ids) == []


def test_not_made_for_longer_than_ever() -> None:
    days = [(30 - day) * 24 * HOUR_US for day in range(10)]
    assert next_by_us(days, DriftRules()) == days[0] + 3 * 24 * HOUR_US
    assert next_by_us(days, DriftRules(nothing_new=2)) == days[0] + 2 * 24 * HOUR_US
    assert next_by_us(days, DriftRules(nothing_new=False)) is None
    assert next_by_us(days[:4], DriftRules()) is None
    by_hand = [1_000_000 * n for n in range(20, 0, -1)]
    assert next_by_us(by_hand, DriftRules()) is None
    with_a_pause = [*days, days[-1] - 10 * 24 * HOUR_US]
    assert next_by_us(with_a_pause, DriftRules()) == days[0] + 15 * 24 * HOUR_US


def test_seasons() -> None:
    monday = datetime(2026, 11, 30, 5, tzinfo=UTC)
    start_us = round(monday.timestamp() * 1e6)
    assert season_of(start_us, 24 * HOUR_US, UTC) == 0
    assert season_of(start_us, 23 * HOUR_US, UTC) == 0  # when the clock changes
    assert season_of(start_us, HOUR_US, UTC) == 7 + 5
    assert season_of(start_us, 7 * 24 * HOUR_US, UTC) is None


def test_hours_are_compared_with_hours() -> None:
    hours = [DataFacts(1_000 if 8 <= hour % 24 < 20 else 10, (), 7 + hour % 24) for hour in range(24 * 6)][::-1]
    assert kinds(DataFacts(10, (), 7), hours) == []
    assert kinds(DataFacts(10, (), 7 + 12), hours[11:]) == [DriftKind.ROWS]


def test_thresholds_are_metadata() -> None:
    def rules(said: object) -> DriftRules | None:
        return rules_of(as_metadata({"drift": said}))  # pyright: ignore[reportArgumentType]

    assert rules({"rows": 0.5, "range": False}) == DriftRules(rows=0.5, range=False)
    assert rules(False) is None
    assert rules(True) == rules_of({}) == rules("of the continents") == DriftRules()
    with pytest.raises(ValueError, match="unknown field `row`"):
        rules({"row": 0.5})
