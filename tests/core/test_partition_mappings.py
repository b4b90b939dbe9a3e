"""Mappings of partitions: documented cases, and laws that hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assettui.core.partitions.defaults import default_mapping
from assettui.core.partitions.definition import AsOf, NeedsStore, PartitionsDefinition
from assettui.core.partitions.evaluated_mapping import EvaluatedPartitionMapping, evaluate, partitions_fingerprint
from assettui.core.partitions.json_forms import mapping_from_json
from assettui.core.partitions.keyed import DynamicPartitionsDefinition, StaticPartitionsDefinition
from assettui.core.partitions.mapping import (
    AllPartitionMapping,
    BadMapping,
    IdentityPartitionMapping,
    LastPartitionMapping,
    PartitionMapping,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
    UpstreamPartitionsResult,
)
from assettui.core.partitions.multi import MultiPartitionsDefinition
from assettui.core.partitions.multi_mapping import (
    DimensionPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
)
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS, PartitionSpace
from assettui.core.partitions.subset import PartitionsSubset
from assettui.core.partitions.time_space import TimeSpace
from assettui.core.partitions.usual_windows import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping

NOW = datetime(2013, 3, 20, tzinfo=UTC)
MOMENT = AsOf(int(NOW.timestamp()) * 1_000_000)
DAYS = DailyPartitionsDefinition("2013-03-01")
HOURS = HourlyPartitionsDefinition("2013-03-01-00:00")
WEEKS = WeeklyPartitionsDefinition("2013-03-01")
MONTHS = MonthlyPartitionsDefinition("2013-01-01")
LETTERS = StaticPartitionsDefinition(["a", "b", "c"])
PAIRS = MultiPartitionsDefinition({"date": DAYS, "letter": LETTERS})
WEEK_PAIRS = MultiPartitionsDefinition({"week": WEEKS, "letter": LETTERS})
Window = TimeWindowPartitionMapping


def space(definition: PartitionsDefinition | None) -> PartitionSpace:
    """What there is of a definition; None is an asset without partitions."""
    return NO_PARTITIONS if definition is None else definition.at(MOMENT)


def above(
    mapping: PartitionMapping, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition, *keys: str
) -> tuple[list[str], list[str]]:
    """What these partitions depend on, and what of it does not exist."""
    down, up = space(downstream), space(upstream)
    found = mapping.upstream(down.set_of(keys) if downstream else down.all, down, up)
    return up.keys(found.partitions), list(found.missing)


def below(
    mapping: PartitionMapping, upstream: PartitionsDefinition, downstream: PartitionsDefinition, *keys: str
) -> list[str]:
    """What depends on these partitions."""
    down, up = space(downstream), space(upstream)
    return down.keys(mapping.downstream(up.set_of(keys), up, down))


def days(*numbers: int) -> list[str]:
    """Days of March 2013."""
    return [f"2013-03-{number:02}" for number in numbers]


def test_a_day_needs_its_hours_a_week_its_days_and_an_hour_its_day() -> None:
    assert len(above(Window(), DAYS, HOURS, "2013-03-02")[0]) == 24
    assert above(Window(), WEEKS, DAYS, "2013-03-03") == (days(*range(3, 10)), [])
    assert above(Window(), HOURS, DAYS, "2013-03-02-05:00") == (["2013-03-02"], [])
    assert below(Window(), HOURS, DAYS, "2013-03-02-05:00") == ["2013-03-02"]
    assert below(Window(), DAYS, WEEKS, "2013-03-02", "2013-03-03") == ["2013-03-03"]


def test_a_day_needs_23_or_25_hours_where_the_clock_is_changed() -> None:
    hours = HourlyPartitionsDefinition("2013-01-01-00:00", timezone="Europe/Paris", end_date="2014-01-01-00:00")
    of_days = DailyPartitionsDefinition("2013-01-01", timezone="Europe/Paris", end_date="2014-01-01")
    later = AsOf(int(datetime(2014, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000)
    down, up = of_days.at(later), hours.at(later)
    counts = {
        key: len(Window().upstream(down.set_of([key]), down, up).partitions) for key in ("2013-03-31", "2013-10-27")
    }
    assert counts == {"2013-03-31": 23, "2013-10-27": 25}


def test_offsets_move_the_window_and_what_lies_beyond_the_ends_is_not_needed() -> None:
    yesterday, week = Window(-1, -1), Window(-6, 0)
    assert above(yesterday, DAYS, DAYS, "2013-03-02") == (["2013-03-01"], [])
    assert above(yesterday, DAYS, DAYS, "2013-03-01") == ([], [])
    assert above(week, DAYS, DAYS, "2013-03-08") == (days(*range(2, 9)), [])
    assert above(week, DAYS, DAYS, "2013-03-04") == (days(1, 2, 3, 4), [])
    assert above(Window(-1, -1), WEEKS, DAYS, "2013-03-10") == (days(*range(3, 10)), []), "by a week, not by a day"
    assert len(above(Window(-1, 0), DAYS, HOURS, "2013-03-08")[0]) == 48
    assert below(yesterday, DAYS, DAYS, "2013-03-02") == ["2013-03-03"]
    assert below(week, DAYS, DAYS, "2013-03-02") == days(*range(2, 9))
    assert len(above(Window(-2, 0), MONTHS, DAYS, "2013-02-01")[0]) == 0, "February is before the first day"


def test_what_does_not_exist_upstream_is_told_unless_it_may_be_missing() -> None:
    later = DailyPartitionsDefinition("2013-03-05")
    ended = DailyPartitionsDefinition("2013-03-01", end_date="2013-03-05")
    assert above(Window(), DAYS, later, "2013-03-02", "2013-03-05") == (["2013-03-05"], ["2013-03-02"])
    lax = Window(allow_nonexistent_upstream_partitions=True)
    assert above(lax, DAYS, later, "2013-03-02", "2013-03-05") == (["2013-03-05"], [])
    assert above(Window(), DAYS, ended, "2013-03-04", "2013-03-10") == (["2013-03-04"], ["2013-03-10"])
    assert above(Window(), WEEKS, later, "2013-03-03") == (days(5, 6, 7, 8, 9), days(3, 4))
    current = WeeklyPartitionsDefinition("2013-03-01", end_offset=1)
    assert above(Window(), current, DAYS, "2013-03-17") == (days(17, 18, 19), days(20, 21, 22, 23))
    down, up = space(DAYS), space(later)
    assert down.keys(Window().upstream(down.all, down, up).incomplete) == days(1, 2, 3, 4)


def test_identity_all_last_specific_and_static() -> None:
    other = StaticPartitionsDefinition(["a", "b", "d"])
    assert above(IdentityPartitionMapping(), other, LETTERS, "a", "d") == (["a"], ["d"])
    assert above(
        IdentityPartitionMapping(), DailyPartitionsDefinition("2013-02-27"), DAYS, "2013-02-28", "2013-03-02"
    ) == (
        ["2013-03-02"],
        ["2013-02-28"],
    )
    assert len(above(AllPartitionMapping(), LETTERS, DAYS, "a")[0]) == 19
    assert above(LastPartitionMapping(), None, DAYS) == (["2013-03-19"], [])
    assert below(LastPartitionMapping(), DAYS, LETTERS, "2013-03-02") == []
    assert below(LastPartitionMapping(), DAYS, LETTERS, "2013-03-19") == ["a", "b", "c"]
    specific = SpecificPartitionsPartitionMapping(["2013-03-02"])
    assert above(specific, None, DAYS) == (["2013-03-02"], [])
    assert above(SpecificPartitionsPartitionMapping(["2014-01-01"]), LETTERS, DAYS, "a") == ([], ["2014-01-01"])
    static = StaticPartitionMapping({"x": ["a", "b"], "y": "c"})
    assert above(static, LETTERS, StaticPartitionsDefinition(["x", "y"]), "a") == (["x"], [])
    assert below(static, StaticPartitionsDefinition(["x", "y"]), LETTERS, "x") == ["a", "b"]


def test_two_dimensions_and_one() -> None:
    one = MultiToSingleDimensionPartitionMapping()
    assert above(one, DAYS, PAIRS, "2013-03-02")[0] == ["2013-03-02|a", "2013-03-02|b", "2013-03-02|c"]
    assert above(one, PAIRS, LETTERS, "2013-03-02|a")[0] == ["a"]
    assert below(one, LETTERS, PAIRS, "a") == [f"{day}|a" for day in days(*range(1, 20))]
    by_name = MultiToSingleDimensionPartitionMapping("date")
    assert above(by_name, PAIRS, WEEKS, "2013-03-04|a") == (["2013-03-03"], [])
    assert len(below(by_name, WEEKS, PAIRS, "2013-03-03")) == 21


def test_two_dimensions_on_both_sides() -> None:
    mapping = MultiPartitionMapping(
        {
            "date": DimensionPartitionMapping("week", Window()),
            "letter": DimensionPartitionMapping("letter", IdentityPartitionMapping()),
        }
    )
    assert above(mapping, WEEK_PAIRS, PAIRS, "a|2013-03-03") == ([f"{day}|a" for day in days(*range(3, 10))], [])
    assert below(mapping, PAIRS, WEEK_PAIRS, "2013-03-05|b") == ["b|2013-03-03"]
    dates_alone = MultiPartitionMapping({"date": DimensionPartitionMapping("date", Window(-1, -1))})
    assert above(dates_alone, PAIRS, PAIRS, "2013-03-02|a")[0] == ["2013-03-01|a", "2013-03-01|b", "2013-03-01|c"]


ALL = {
    "days of hours": (Window(), DAYS, HOURS),
    "hours of days": (Window(), HOURS, DAYS),
    "weeks of days": (Window(), WEEKS, DAYS),
    "a week of days": (Window(-6, 0), DAYS, DAYS),
    "yesterday": (Window(-1, -1), DAYS, DAYS),
    "days of hours, two": (Window(-1, 0), DAYS, HOURS),
    "identity": (IdentityPartitionMapping(), PAIRS, PAIRS),
    "all": (AllPartitionMapping(), DAYS, LETTERS),
    "last": (LastPartitionMapping(), LETTERS, DAYS),
    "specific": (SpecificPartitionsPartitionMapping(["2013-03-02", "2013-03-07"]), LETTERS, DAYS),
    "static": (StaticPartitionMapping({"a": ["b", "c"], "b": ["c"]}), LETTERS, LETTERS),
    "one of two": (MultiToSingleDimensionPartitionMapping(), PAIRS, LETTERS),
    "two of one": (MultiToSingleDimensionPartitionMapping(), DAYS, PAIRS),
    "two of two": (
        MultiPartitionMapping(
            {
                "date": DimensionPartitionMapping("week", Window()),
                "letter": DimensionPartitionMapping("letter", IdentityPartitionMapping()),
            }
        ),
        WEEK_PAIRS,
        PAIRS,
    ),
}


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(ALL)), data=st.data())
def test_what_holds_for_every_mapping(name: str, data: st.DataObject) -> None:
    mapping, downstream, upstream = ALL[name]
    down, up = space(downstream), space(upstream)
    chosen = PartitionSet.of(data.draw(st.sets(st.sampled_from(list(down.all)), max_size=8)))
    sources = PartitionSet.of(data.draw(st.sets(st.sampled_from(list(up.all)), max_size=8)))

    # A set depends on what its members depend on.
    one_by_one = PartitionSet()
    for index in chosen:
        one_by_one |= mapping.upstream(PartitionSet(1 << index), down, up).partitions
    found = mapping.upstream(chosen, down, up)
    assert found.partitions == one_by_one <= up.all
    assert found.incomplete <= chosen

    # The two directions say the same.
    dependents = mapping.downstream(sources, up, down)
    assert dependents <= down.all
    expected = {
        index
        for index in down.all
        if not mapping.upstream(PartitionSet(1 << index), down, up).partitions.isdisjoint(sources)
    }
    assert set(dependents) == expected

    assert mapping_from_json(mapping.to_json()) == mapping
    mapping.check(downstream, upstream)


def test_many_spans_are_mapped_as_few_are() -> None:
    hours = HourlyPartitionsDefinition("2013-01-01-00:00", timezone="Europe/Paris", end_date="2014-01-01-00:00")
    of_days = DailyPartitionsDefinition("2013-01-01", timezone="Europe/Paris", end_date="2014-01-01")
    later = AsOf(int(datetime(2014, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000)
    up, down = hours.at(later), of_days.at(later)
    every_other = PartitionSet.of(range(0, up.size, 3))
    for mapping in (Window(), Window(-2, -1)):
        one_by_one = PartitionSet()
        for index in every_other:
            one_by_one |= mapping.downstream(PartitionSet(1 << index), up, down)
        assert mapping.downstream(every_other, up, down) == one_by_one


@pytest.mark.parametrize(
    ("downstream", "upstream", "expected"),
    [
        (DAYS, DAYS, "TimeWindow"),
        (DAYS, HOURS, "TimeWindow"),
        (MONTHS, WEEKS, "TimeWindow"),
        (None, DAYS, "All"),
        (DAYS, None, "All"),
        (DAYS, PAIRS, "MultiToSingleDimension"),
        (PAIRS, LETTERS, "MultiToSingleDimension"),
        (PAIRS, PAIRS, "Identity"),
        (LETTERS, LETTERS, "Identity"),
        (PAIRS, MultiPartitionsDefinition({"date": HOURS, "letter": LETTERS}), "Multi"),
    ],
)
def test_defaults(
    downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None, expected: str
) -> None:
    assert type(default_mapping(downstream, upstream)).__name__ == f"{expected}PartitionMapping"


class TwoDaysBefore(PartitionMapping):
    """A mapping of a user's own, as Dagster documents how to write one."""

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: PartitionsDefinition | None,
        upstream_partitions_def: PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: object = None,
    ) -> UpstreamPartitionsResult:
        assert downstream_partitions_subset is not None
        keys = [f"2013-03-{int(key[-2:]) - 2:02}" for key in downstream_partitions_subset.get_partition_keys()]
        there = [key for key in keys if key >= "2013-03-01"]
        return UpstreamPartitionsResult(
            upstream_partitions_def.subset_with_partition_keys(there),
            required_but_nonexistent_partition_keys=[key for key in keys if key not in there],
        )


def test_a_mapping_of_the_users_own_is_evaluated_once_and_travels() -> None:
    evaluated = mapping_from_json(evaluate(TwoDaysBefore(), DAYS, DAYS, MOMENT).to_json())
    assert above(evaluated, DAYS, DAYS, "2013-03-05", "2013-03-09") == (days(3, 7), [])
    assert above(evaluated, DAYS, DAYS, "2013-03-02") == ([], ["2013-03-00"])
    assert below(evaluated, DAYS, DAYS, "2013-03-05") == ["2013-03-07"]
    assert evaluated.description == "TwoDaysBefore"
    tomorrow = DAYS.at(AsOf(MOMENT.time_us + 86_400_000_000))
    assert isinstance(tomorrow, TimeSpace)
    with pytest.raises(BadMapping, match="has not been evaluated for the partition '2013-03-20', which is new"):
        evaluated.upstream(tomorrow.set_of(["2013-03-20"]), tomorrow, tomorrow)


def test_what_a_mapping_of_the_users_own_needs_and_there_is_not_is_lacking() -> None:
    mapping = EvaluatedPartitionMapping({"a": ["a", "zoe"], "b": ["b"]}, {"b": ["bob"]})
    assert above(mapping, LETTERS, LETTERS, "a", "b") == (["a", "b"], ["zoe", "bob"])


def test_a_mapping_is_to_be_evaluated_again_where_partitions_have_come_or_gone_on_either_side() -> None:
    customers = DynamicPartitionsDefinition(name="customers")

    def fingerprint(keys: dict[str, int], day: int) -> str:
        moment = AsOf(MOMENT.time_us + 86_400_000_000 * day, {"customers": keys})
        return partitions_fingerprint(customers.at(moment), DAYS.at(moment))

    before = fingerprint({"acme": 0, "bolt": 1}, 0)
    assert fingerprint({"acme": 0, "bolt": 1}, 0) == before
    assert (
        len({before, fingerprint({"acme": 0}, 0), fingerprint({"bolt": 1}, 0), fingerprint({"acme": 0, "bolt": 1}, 1)})
        == 4
    )


KEYS = st.frozensets(st.sampled_from(["a", "b", "c", "x", "y"]))


@given(KEYS, KEYS, st.booleans())
def test_subsets_are_sets_of_keys_also_of_those_that_are_no_partitions(
    these: frozenset[str], those: frozenset[str], is_known: bool
) -> None:
    known = StaticPartitionsDefinition(["a", "b", "c"])
    other = known if is_known else StaticPartitionsDefinition(["c", "x"])
    left, right = known.subset_with_partition_keys(these), other.subset_with_partition_keys(those)
    assert set((left | right).get_partition_keys()) == these | those
    assert set((left & right).get_partition_keys()) == these & those
    assert set((left - right).get_partition_keys()) == these - those
    assert set(known.empty_subset().with_partition_keys(these).get_partition_keys()) == these
    assert (len(left), left.is_empty) == (len(these), not these)
    assert {key for key in "abcxy" if key in left} == these


def test_dynamic_partitions_are_known_to_a_store_alone() -> None:
    customers = DynamicPartitionsDefinition(name="customers")
    with pytest.raises(NeedsStore, match="which partitions 'customers' has is known to the store alone"):
        customers.get_partition_keys()
    assert customers.subset_with_partition_keys(["acme"]).get_partition_keys() == ["acme"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Window(0, -1), "end_offset -1 is before start_offset 0"),
        (lambda: Window().check(DAYS, LETTERS), "the asset upstream has no partitions of time"),
        (lambda: StaticPartitionMapping({"q": "a"}).check(LETTERS, LETTERS), "'q' is no partition upstream"),
        (lambda: StaticPartitionMapping({"a": "q"}).check(LETTERS, LETTERS), "'q' is no partition downstream"),
        (lambda: MultiToSingleDimensionPartitionMapping().check(DAYS, DAYS), "of two dimensions and of one"),
        (lambda: MultiToSingleDimensionPartitionMapping("x").check(DAYS, PAIRS), "there is no dimension 'x'"),
        (
            lambda: MultiToSingleDimensionPartitionMapping().check(StaticPartitionsDefinition(["q"]), PAIRS),
            "cannot be told",
        ),
        (lambda: MultiPartitionMapping({}).check(DAYS, PAIRS), "on both sides"),
        (
            lambda: MultiPartitionMapping({"x": DimensionPartitionMapping("date", Window())}).check(PAIRS, PAIRS),
            "there is no dimension 'x' upstream",
        ),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(make: object, said: str) -> None:
    with pytest.raises(BadMapping, match=said):
        make()  # pyright: ignore[reportCallIssue]


def test_offsets_that_reach_past_the_end_need_what_is_not_there() -> None:
    until = DailyPartitionsDefinition("2013-03-01", end_date="2013-03-06")
    days = until.at(MOMENT)
    for mapping in (Window(1, 1), Window(0, 1), Window(-1, 1)):
        found = mapping.upstream(days.all, days, days)
        assert (days.keys(found.incomplete), found.missing) == (["2013-03-05"], ("2013-03-06",))
    lax = Window(1, 1, allow_nonexistent_upstream_partitions=True).upstream(days.all, days, days)
    assert not lax.incomplete
    longer = DailyPartitionsDefinition("2013-03-01", end_date="2013-03-09").at(MOMENT)
    before = Window(-1, -1).upstream(longer.all, longer, days)
    assert longer.keys(before.incomplete) == ["2013-03-07", "2013-03-08"]
    assert days.keys(Window(-2, 0).upstream(days.known_of(["2013-03-02"]), days, days).partitions) == [
        "2013-03-01",
        "2013-03-02",
    ], "of what lies before the start, what there is"
    assert not Window(-1, -1).upstream(days.known_of(["2013-03-01"]), days, days).incomplete
