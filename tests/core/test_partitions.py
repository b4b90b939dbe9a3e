"""Definitions of partitions: keys, windows and order as Dagster documents them, by arithmetic."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assettui.core.partitions.definition import AsOf, PartitionsDefinition
from assettui.core.partitions.json_forms import definition_from_json, set_from_json, set_to_json
from assettui.core.partitions.keyed import DynamicPartitionsDefinition, StaticPartitionsDefinition
from assettui.core.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import (
    BadRange,
    PartitionKeyRange,
    PartitionSpace,
    TimeWindow,
    UnknownPartition,
)
from assettui.core.partitions.subset import PartitionsSubset
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.core.partitions.usual_windows import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)

NOW = datetime(2013, 3, 12, 12, tzinfo=UTC)
NEW_YORK = "America/New_York"


def at(definition: PartitionsDefinition, moment: datetime = NOW, **dynamic: list[str]) -> PartitionSpace:
    """What there is of a definition at a moment, with these dynamic keys."""
    indices = {name: {key: i for i, key in enumerate(keys)} for name, keys in dynamic.items()}
    return definition.at(AsOf(int(moment.timestamp()) * 1_000_000, indices))


# Windows of time.


def test_days_there_are_those_that_have_ended() -> None:
    days = DailyPartitionsDefinition("2013-03-01")
    assert days.get_partition_keys(NOW)[0] == days.get_first_partition_key(NOW) == "2013-03-01"
    assert days.get_last_partition_key(NOW) == "2013-03-11"
    assert days.get_num_partitions(NOW) == 11
    assert days.get_num_partitions(datetime(2013, 3, 1, 23, tzinfo=UTC)) == 0
    assert days.get_last_partition_key(datetime(2013, 2, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ({"end_offset": 1}, "2013-03-01", "2013-03-12"),
        ({"end_offset": -1}, "2013-03-01", "2013-03-10"),
        ({"end_date": "2013-03-05"}, "2013-03-01", "2013-03-04"),
        ({"end_date": "2013-03-05", "end_offset": 1}, "2013-03-01", "2013-03-04"),
        ({"hour_offset": 13}, "2013-03-01", "2013-03-10"),
        ({"minute_offset": 15}, "2013-03-01", "2013-03-11"),
        ({"timezone": "Pacific/Auckland"}, "2013-03-01", "2013-03-12"),
    ],
)
def test_where_days_begin_and_end(options: dict[str, object], first: str, last: str) -> None:
    days = DailyPartitionsDefinition("2013-03-01", **options)  # pyright: ignore[reportArgumentType]
    assert (days.get_first_partition_key(NOW), days.get_last_partition_key(NOW)) == (first, last)


def test_weeks_and_months_begin_where_they_are_said_to() -> None:
    assert WeeklyPartitionsDefinition("2013-03-01").get_partition_keys(NOW) == ["2013-03-03"]
    assert WeeklyPartitionsDefinition("2013-03-01", day_offset=1).get_partition_keys(NOW) == ["2013-03-04"]
    months = MonthlyPartitionsDefinition("2013-01-05", day_offset=3)
    assert months.get_partition_keys(datetime(2013, 6, 8, tzinfo=UTC)) == [
        "2013-02-03",
        "2013-03-03",
        "2013-04-03",
        "2013-05-03",
    ]
    window = MonthlyPartitionsDefinition("2012-01-01").time_window_for_partition_key("2012-02-01")
    assert window == TimeWindow(datetime(2012, 2, 1, tzinfo=UTC), datetime(2012, 3, 1, tzinfo=UTC))


def test_hours_where_the_clock_is_changed() -> None:
    autumn = HourlyPartitionsDefinition("2013-11-03-00:00", timezone=NEW_YORK)
    assert autumn.get_partition_keys(datetime(2013, 11, 3, 8, tzinfo=UTC)) == [
        "2013-11-03-00:00",
        "2013-11-03-01:00",
        "2013-11-03-01:00-0500",  # the second time that the clock shows it
        "2013-11-03-02:00",
    ]
    window = autumn.time_window_for_partition_key("2013-11-03-01:00-0500")
    assert window.start.astimezone(UTC) == datetime(2013, 11, 3, 6, tzinfo=UTC)
    spring = HourlyPartitionsDefinition("2013-03-10-00:00", timezone=NEW_YORK)
    assert spring.get_partition_keys(datetime(2013, 3, 10, 8, tzinfo=UTC)) == [
        "2013-03-10-00:00",
        "2013-03-10-01:00",
        "2013-03-10-03:00",
    ]
    with pytest.raises(UnknownPartition, match="02:00:00 does not exist in America/New_York"):
        at(spring, NOW).index("2013-03-10-02:00")


def test_a_day_has_23_or_25_hours_where_the_clock_is_changed() -> None:
    days = DailyPartitionsDefinition("2013-01-01", timezone=NEW_YORK)
    lengths = {
        key: window.end.astimezone(UTC) - window.start.astimezone(UTC)
        for key in ("2013-03-10", "2013-03-11", "2013-11-03")
        for window in [days.time_window_for_partition_key(key)]
    }
    assert [length.total_seconds() / 3600 for length in lengths.values()] == [23, 24, 25]


DEFINITIONS = {
    "hourly, New York": HourlyPartitionsDefinition("2012-01-01-00:00", timezone=NEW_YORK),
    "daily, Paris": DailyPartitionsDefinition("1965-01-01", timezone="Europe/Paris"),
    "weekly": WeeklyPartitionsDefinition("1999-01-01", day_offset=3, hour_offset=4),
    "monthly, days as numbers": MonthlyPartitionsDefinition("2000-01", fmt="%Y-%m"),
    "weekdays, day first": TimeWindowPartitionsDefinition(
        start="01/02/2010", fmt="%d/%m/%Y", cron_schedule="0 6 * * 1-5", timezone="Australia/Lord_Howe"
    ),
    "every 20 minutes, Lord Howe": TimeWindowPartitionsDefinition(
        start="2013-01-01-00:00", fmt="%Y-%m-%d-%H:%M", cron_schedule="*/20 * * * *", timezone="Australia/Lord_Howe"
    ),
    "last day of the month": TimeWindowPartitionsDefinition(
        start="1960-01-01", fmt="%Y-%m-%d", cron_schedule="0 0 L * *", end="2100-01-01"
    ),
}


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(DEFINITIONS)), seconds=st.integers(0, 60 * 365 * 86_400))
def test_key_index_and_window_are_found_from_each_other(name: str, seconds: int) -> None:
    definition = DEFINITIONS[name]
    moment_s = definition.begins(0) + seconds
    index = definition.index_before(moment_s)
    key = definition.key_of(index)

    assert definition.index_of(key) == index
    window = definition.window_of(index)
    assert window.start.timestamp() <= moment_s < window.end.timestamp()
    assert definition.index_after(int(window.start.timestamp())) == index
    assert definition.time_window_for_partition_key(key) == window
    assert definition.window_of(index + 1).start == window.end, "windows leave no time out"


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(DEFINITIONS)), index=st.integers(0, 3000))
def test_no_key_stands_for_two_windows(name: str, index: int) -> None:
    definition = DEFINITIONS[name]
    keys = [definition.key_of(each) for each in range(index, index + 60)]
    assert len(set(keys)) == len(keys)


def test_windows_before_1970_and_after_2038() -> None:
    days = DailyPartitionsDefinition("1900-02-27", end_date="2101-01-01", timezone="Europe/Berlin")
    keys = days.get_partition_keys(datetime(2200, 1, 1, tzinfo=UTC))
    assert keys[:3] == ["1900-02-27", "1900-02-28", "1900-03-01"], "1900 was no leap year"
    assert keys[-1] == "2100-12-31"
    assert len(keys) == (datetime(2101, 1, 1) - datetime(1900, 2, 27)).days  # noqa: DTZ001
    assert days.index_of("2038-02-01") is not None


def test_what_is_left_out() -> None:
    definition = DailyPartitionsDefinition("2013-03-01", exclusions=["0 0 * * 6", datetime(2013, 3, 5, tzinfo=UTC)])
    keys = definition.get_partition_keys(NOW)
    assert keys == ["2013-03-01", *(f"2013-03-{day:02}" for day in (3, 4, 6, 7, 8, 10, 11))]
    with pytest.raises(UnknownPartition, match="left out by the definition's exclusions"):
        at(definition).index("2013-03-02")
    assert at(definition).ranges(at(definition).all) == [("2013-03-01", "2013-03-11")], "a range spans what is left out"


def test_windows_by_time() -> None:
    days = DailyPartitionsDefinition("2013-03-01", end_date="2013-03-05")
    span = TimeWindow(datetime(2013, 3, 1, 12, tzinfo=UTC), datetime(2013, 3, 4, tzinfo=UTC))
    assert days.get_partition_keys_in_time_window(span) == ["2013-03-02", "2013-03-03"]
    assert days.get_partition_key_range_for_time_window(span) == PartitionKeyRange("2013-03-02", "2013-03-03")
    assert days.get_next_partition_key("2013-03-02", NOW) == "2013-03-03"
    assert days.get_next_partition_key("2013-03-04", NOW) is None
    following = days.get_next_partition_window(datetime(2013, 3, 2, tzinfo=UTC))
    assert following is not None
    assert following.start.day == 2
    assert days.get_next_partition_window(datetime(2013, 3, 5, tzinfo=UTC)) is None
    before = days.get_prev_partition_window(datetime(2013, 3, 2, tzinfo=UTC))
    assert before is not None
    assert before.end.day == 2
    assert days.get_prev_partition_window(datetime(2013, 3, 1, tzinfo=UTC)) is None
    assert days.get_partition_key_for_timestamp(datetime(2013, 3, 2, 5, tzinfo=UTC).timestamp()) == "2013-03-02"
    boundary = datetime(2013, 3, 2, tzinfo=UTC).timestamp()
    assert days.get_partition_key_for_timestamp(boundary) == "2013-03-02"
    assert days.get_partition_key_for_timestamp(boundary, end_closed=True) == "2013-03-01"


def test_a_start_in_another_zone_means_that_moment() -> None:
    start = datetime(2013, 3, 1, 5, tzinfo=ZoneInfo(NEW_YORK))
    assert DailyPartitionsDefinition(start).get_first_partition_key(NOW) == "2013-03-02"
    assert DailyPartitionsDefinition(start, timezone=NEW_YORK).get_first_partition_key(NOW) == "2013-03-02"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DailyPartitionsDefinition("03/01/2013"), "the start '03/01/2013' does not fit the format '%Y-%m-%d'"),
        (lambda: DailyPartitionsDefinition("2013-03-05", end_date="2013-03-01"), "before it starts"),
        (lambda: DailyPartitionsDefinition("2013-03-05", hour_offset=24), "hour_offset is 24"),
        (lambda: WeeklyPartitionsDefinition("2013-03-05", day_offset=7), "day_offset is 7"),
        (lambda: MonthlyPartitionsDefinition("2013-03-05", day_offset=0), "day_offset is 0"),
        (lambda: DailyPartitionsDefinition("2013-03-05", timezone="Mars"), "'Mars' is no time zone"),
        (lambda: HourlyPartitionsDefinition("2013-03-05", fmt="%Y-%m-%d"), "gives several windows"),
        (lambda: HourlyPartitionsDefinition("2013-11-03-01:00", timezone=NEW_YORK), "the clock shows it twice"),
        (lambda: TimeWindowPartitionsDefinition(start="2013-01-01", fmt="%Y-%m-%d"), "needs a cron_schedule"),
        (
            lambda: TimeWindowPartitionsDefinition(start="2013-01-01", fmt="%Y-%m-%d", cron_schedule="0 25 * * *"),
            "wrong hour: '25'",
        ),
        (lambda: StaticPartitionsDefinition(["a", "a"]), "has the key 'a' twice"),
        (lambda: StaticPartitionsDefinition(["a...b"]), "which is how ranges are written"),
        (lambda: StaticPartitionsDefinition(["a\x1b[2J"]), "cannot be printed"),
        (lambda: StaticPartitionsDefinition([1]), r"partition_keys is \[1\], a list\n +it takes a list of texts"),  # pyright: ignore[reportArgumentType]
        (lambda: StaticPartitionsDefinition("abc"), "is 'abc', a str"),
        (lambda: DynamicPartitionsDefinition(), "needs a name"),
        (lambda: MultiPartitionsDefinition({"a": StaticPartitionsDefinition(["x"])}), "has 1 dimensions"),
        (
            lambda: MultiPartitionsDefinition(
                {"a": StaticPartitionsDefinition(["x|y"]), "b": StaticPartitionsDefinition(["z"])}
            ),
            "holds one of",
        ),
    ],
)
def test_a_definition_that_cannot_be_is_refused(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()  # pyright: ignore[reportCallIssue]


# Keys that are wrong.


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("2013-3-5", "keys are written '2013-03-05'"),
        ("20130305", "keys are written"),
        ("2013-W09-1", "keys are written"),
        ("2013-03-32", "keys are written"),
        ("2013-03-05-00:00", "keys are written"),
        ("", "keys are written"),
        ("2013-02-28", "it lies before the first"),
        ("2013-03-12", "it lies beyond the last"),
        ("9999-12-31", "is not the key"),
        ("0000-00-00", "is not the key"),
    ],
)
def test_a_key_of_no_window_is_told_apart(key: str, said: str) -> None:
    with pytest.raises(UnknownPartition, match=said) as caught:
        at(DailyPartitionsDefinition("2013-03-01")).index(key)
    assert "2013-03-01...2013-03-11" in str(caught.value)


def test_a_key_that_is_nearly_one_is_offered() -> None:
    with pytest.raises(UnknownPartition, match="did you mean 'france'"):
        at(StaticPartitionsDefinition(["france", "spain"])).index("frnace")
    with pytest.raises(UnknownPartition, match="'customers' has no partition 'x'"):
        at(DynamicPartitionsDefinition("customers"), customers=["a"]).index("x")


def test_ranges() -> None:
    days, letters = at(DailyPartitionsDefinition("2013-03-01")), at(StaticPartitionsDefinition(["a", "c", "b"]))
    assert days.keys(days.range("2013-03-09", "2013-03-11")) == ["2013-03-09", "2013-03-10", "2013-03-11"]
    assert letters.keys(letters.range("a", "c")) == ["a", "c"], "in the order of the definition"
    with pytest.raises(BadRange, match="is reversed: 2013-03-02 comes before 2013-03-03"):
        days.range("2013-03-03", "2013-03-02")
    with pytest.raises(UnknownPartition, match="beyond the last"):
        days.range("2013-03-03", "2014-03-02")
    with pytest.raises(BadRange, match="have no order"):
        at(DynamicPartitionsDefinition("d"), d=["a", "b"]).range("a", "b")


# Dynamic keys.


def test_dynamic_keys_come_and_go_and_keep_their_indices() -> None:
    customers = DynamicPartitionsDefinition(name="customers")
    before = customers.at(AsOf(0, {"customers": {"a": 0, "b": 1, "c": 2}}))
    after = customers.at(AsOf(0, {"customers": {"a": 0, "c": 2, "d": 3}}))
    assert before.identity == after.identity
    assert before.index("c") == after.index("c") == 2
    assert after.keys(after.all) == ["a", "c", "d"]
    assert customers.build_add_request(["e"]).partition_keys == ("e",)


@pytest.mark.parametrize("is_pair", [False, True])
def test_subsets_from_before_and_after_a_dynamic_key_was_removed_are_joined_by_key(is_pair: bool) -> None:
    customers = DynamicPartitionsDefinition(name="customers")
    definition = MultiPartitionsDefinition({"to": customers, "z": StaticPartitionsDefinition(["y"])})
    known = {"customers": ["a", "b", "c"]}

    class Known:
        def get_dynamic_partitions(self, partitions_def_name: str) -> list[str]:
            return known[partitions_def_name]

    def subset(*keys: str) -> PartitionsSubset:
        if is_pair:
            return definition.subset_with_partition_keys([f"{key}|y" for key in keys], Known())
        return customers.subset_with_partition_keys(keys, Known())

    before = subset("b", "c")
    known["customers"].remove("a")
    joined = before | subset("c")
    assert [key.split("|")[0] for key in joined.get_partition_keys()] == ["b", "c"]
    assert [key.split("|")[0] for key in (before & subset("c")).get_partition_keys()] == ["c"]


# Two dimensions.


def test_pairs() -> None:
    pairs = MultiPartitionsDefinition(
        {"z": StaticPartitionsDefinition(["a", "b"]), "date": DailyPartitionsDefinition("2013-03-10")}
    )
    assert pairs.get_partition_keys(NOW) == ["2013-03-10|a", "2013-03-10|b", "2013-03-11|a", "2013-03-11|b"]
    assert str(MultiPartitionKey({"z": "a", "date": "2013-03-10"})) == "2013-03-10|a"
    assert pairs.get_partition_key_from_str("2013-03-10|a").keys_by_dimension == {"date": "2013-03-10", "z": "a"}
    assert pairs.partition_dimension_names == ["date", "z"]
    assert (pairs.primary_dimension.name, pairs.secondary_dimension.name) == ("date", "z")
    assert pairs.time_window_for_partition_key("2013-03-10|a").start.day == 10
    assert pairs.get_multipartition_keys_with_dimension_value("z", "b", current_time=NOW) == [
        "2013-03-10|b",
        "2013-03-11|b",
    ]
    other_way = MultiPartitionsDefinition(
        {"a": StaticPartitionsDefinition(["x", "y"]), "date": DailyPartitionsDefinition("2013-03-10")}
    )
    assert other_way.get_partition_keys(NOW) == ["x|2013-03-10", "x|2013-03-11", "y|2013-03-10", "y|2013-03-11"]
    space = at(other_way)
    assert sorted(space.keys(space.all)) == sorted(other_way.get_partition_keys(NOW))


def test_a_range_of_pairs_is_a_rectangle() -> None:
    pairs = MultiPartitionsDefinition(
        {"z": StaticPartitionsDefinition(["a", "b", "c"]), "date": DailyPartitionsDefinition("2013-03-01")}
    )
    space = at(pairs)
    assert space.keys(space.range("2013-03-08|b", "2013-03-10|b")) == ["2013-03-08|b", "2013-03-09|b", "2013-03-10|b"]
    chosen = space.range("2013-03-08|b", "2013-03-10|c")
    assert len(chosen) == 6
    assert space.ranges(chosen) == [("2013-03-08|b", "2013-03-10|c")]
    with pytest.raises(BadRange, match="reversed"):
        space.range("2013-03-08|c", "2013-03-10|b")
    with pytest.raises(UnknownPartition, match="in the dimension 'z'.*has no partition 'q'"):
        space.index("2013-03-08|q")
    with pytest.raises(UnknownPartition, match="is not the key of a partition of date and z"):
        space.index("2013-03-08")


def test_a_new_key_of_a_dimension_that_grows_does_not_move_the_others() -> None:
    pairs = MultiPartitionsDefinition(
        {"customer": DynamicPartitionsDefinition("customers"), "date": DailyPartitionsDefinition("2013-03-01")}
    )
    before, after = at(pairs, customers=["a", "b"]), at(pairs, customers=["a", "b", "c"])
    assert before.identity == after.identity
    assert before.index("b|2013-03-09") == after.index("b|2013-03-09")


@given(st.data())
def test_pairs_as_blocks_rows_and_projections(data: st.DataObject) -> None:
    pairs = MultiPartitionsDefinition(
        {"date": DailyPartitionsDefinition("2013-03-01"), "z": StaticPartitionsDefinition(list("abcde"))}
    )
    space = pairs.at(AsOf(int(NOW.timestamp()) * 1_000_000))
    chosen = PartitionSet.of(data.draw(st.sets(st.sampled_from(list(space.all)))))
    rebuilt = PartitionSet()
    for majors, minors in space.blocks(chosen):
        rebuilt |= space.product(majors, minors)
    assert rebuilt == chosen
    assert set(space.projected("date", chosen)) == {index // space.stride for index in chosen}
    assert set(space.projected("z", chosen)) == {index % space.stride for index in chosen}
    ranges = PartitionSet()
    for first, last in space.ranges(chosen):
        ranges |= space.range(first, last)
    assert ranges == chosen


# What is recorded outlives a change of the definition.


@pytest.mark.parametrize("definition", [*DEFINITIONS.values(), StaticPartitionsDefinition(["a", "b"])])
def test_a_definition_travels_as_json(definition: PartitionsDefinition) -> None:
    again = definition_from_json(definition.to_json())
    assert again == definition
    assert at(again).identity == at(definition).identity
    assert at(again).all == at(definition).all


def reread(before: PartitionsDefinition, keys: list[str], after: PartitionsDefinition) -> list[str]:
    """The keys that a set, written under one definition, has under another."""
    moment = AsOf(int(NOW.timestamp()) * 1_000_000)
    old, new = before.at(moment), after.at(moment)
    return new.keys(set_from_json(set_to_json(old.set_of(keys), old, before), new, moment))


def test_a_set_survives_another_start_a_new_key_in_the_middle_and_another_cron() -> None:
    days = DailyPartitionsDefinition("2013-03-01")
    later, earlier = DailyPartitionsDefinition("2013-03-05"), DailyPartitionsDefinition("2013-02-20")
    keys = [f"2013-03-0{day}" for day in (3, 4, 5, 6)]
    assert reread(days, keys, days) == keys
    assert reread(days, keys, later) == keys[2:]
    assert reread(days, keys, earlier) == keys
    weeks = WeeklyPartitionsDefinition("2013-02-01")
    assert reread(weeks, ["2013-02-17", "2013-02-24", "2013-03-03"], days) == ["2013-03-03"], "not the days between"
    letters, more = StaticPartitionsDefinition(["a", "c"]), StaticPartitionsDefinition(["a", "b", "c"])
    assert reread(letters, ["a", "c"], more) == ["a", "c"], "b was never in it"
    assert reread(more, ["a", "b", "c"], letters) == ["a", "c"]
    assert reread(days, keys, letters) == []


def test_a_range_of_ten_years_of_hours_is_written_in_a_few_words() -> None:
    hours = HourlyPartitionsDefinition("2003-01-01-00:00", end_date="2013-01-01-00:00")
    space = at(hours)
    written = set_to_json(space.all, space, hours)
    assert written["ranges"] == [["2003-01-01-00:00", "2012-12-31-23:00"]]
    assert len(space.all) == (datetime(2013, 1, 1) - datetime(2003, 1, 1)) / timedelta(hours=1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Sao_Paulo", "2018-11-04"),
        ("Africa/Cairo", "2024-04-26"),
        ("Asia/Beirut", "2024-03-31"),
        ("America/Asuncion", "2023-10-01"),
        ("America/Santiago", "2024-09-08"),
        ("America/Havana", "2024-03-10"),
    ],
)
def test_a_bound_that_the_clock_leaves_out_is_the_moment_at_which_it_does(zone: str, day: str) -> None:
    before, after = (str(date.fromisoformat(day) + timedelta(days=days)) for days in (-1, 2))
    earlier = DailyPartitionsDefinition(before, timezone=zone, end_date=after).get_partition_keys()
    assert DailyPartitionsDefinition(day, timezone=zone, end_date=after).get_partition_keys() == earlier[1:]
    assert DailyPartitionsDefinition(before, timezone=zone, end_date=day).get_partition_keys() == [before]
    hours = HourlyPartitionsDefinition(f"{day}-00:00", timezone=zone, end_date=f"{day}-03:00").get_partition_keys()
    assert hours == [f"{day}-01:00", f"{day}-02:00"]
    assert HourlyPartitionsDefinition(f"{day}-00:30", timezone=zone, end_date=f"{day}-03:00").get_partition_keys() == [
        f"{day}-02:00"
    ]
