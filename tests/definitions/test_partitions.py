"""Assets with partitions, as users write them: what a function is told, what it reads, and what is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assettui import (
    AllPartitionMapping,
    AssetDep,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetOut,
    AssetSpec,
    BackfillPolicy,
    DailyPartitionsDefinition,
    Definitions,
    DefinitionsError,
    DynamicPartitionsDefinition,
    FilesystemIOManager,
    InputContext,
    Instance,
    IOManager,
    LastPartitionMapping,
    MaterializeResult,
    MonthlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    Output,
    OutputContext,
    PartitionKeyRange,
    PartitionMapping,
    PartitionsDefinition,
    PartitionsSubset,
    StaticPartitionsDefinition,
    StepFailed,
    TimeWindowPartitionMapping,
    UpstreamPartitionsResult,
    asset,
    build_asset_context,
    define_asset_job,
    graph_asset,
    job,
    materialize,
    materialize_to_memory,
    multi_asset,
    op,
)
from assettui.core.partitions.space import UnknownPartition
from assettui.definitions.describe.project import describe
from assettui.model.errors import LaunchError

DAYS = DailyPartitionsDefinition("2013-01-01", end_date="2013-03-01")
MONTHS = MonthlyPartitionsDefinition("2013-01-01", end_date="2013-03-01")
LETTERS = StaticPartitionsDefinition(["a", "b"])


@asset(partitions_def=DAYS)
def numbers(context: AssetExecutionContext) -> int:
    """The day of the month."""
    return int(context.partition_key[-2:])


@pytest.fixture
def instance(tmp_path: Path) -> Any:
    """A store of its own."""
    with Instance.open(tmp_path / "store") as opened:
        yield opened


def make(instance: Instance, *assets: Any, days: range = range(1, 6)) -> None:
    """Materialize some days of January."""
    for day in days:
        materialize(list(assets), partition_key=f"2013-01-{day:02}", instance=instance)


# What a function is told.


def test_a_function_is_told_its_partition() -> None:
    told: dict[str, Any] = {}

    @asset(partitions_def=DAYS)
    def day(context: AssetExecutionContext) -> None:
        told.update(
            has=(context.has_partition_key, context.has_partition_key_range),
            key=context.partition_key,
            keys=context.partition_keys,
            range=context.partition_key_range,
            window=context.partition_time_window,
            output=context.asset_partition_key_for_output(),
            output_window=context.asset_partitions_time_window_for_output(),
            definition=context.asset_partitions_def_for_output(),
        )

    result = materialize([day], partition_key="2013-01-02")
    assert told == {
        "has": (True, True),
        "key": "2013-01-02",
        "keys": ["2013-01-02"],
        "range": PartitionKeyRange("2013-01-02", "2013-01-02"),
        "window": (datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 3, tzinfo=UTC)),
        "output": "2013-01-02",
        "output_window": (datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 3, tzinfo=UTC)),
        "definition": DAYS,
    }
    assert result.asset_materializations_for_node("day")[0].partition == "2013-01-02"


def test_a_partition_of_two_dimensions_knows_its_parts() -> None:
    @asset(partitions_def=MultiPartitionsDefinition({"date": DAYS, "letter": LETTERS}))
    def cell(context: AssetExecutionContext) -> str:
        key = context.partition_key
        assert isinstance(key, MultiPartitionKey)
        assert context.partition_time_window.start.day == 3
        return key.keys_by_dimension["letter"]

    assert materialize([cell], partition_key="2013-01-03|b").output_for_node("cell") == "b"


def test_ops_of_a_graph_are_told_the_partition_of_the_asset() -> None:
    @op
    def first(context: AssetExecutionContext) -> str:
        return context.partition_key

    @op
    def second(said: str, numbers: int) -> str:
        return f"{said}: {numbers}"

    @graph_asset(partitions_def=DAYS)
    def made(numbers: Any) -> Any:
        return second(first(), numbers)

    result = materialize([numbers, made], partition_key="2013-01-07")
    assert result.asset_value("made") == "2013-01-07: 7"


def test_a_job_of_ops_may_have_partitions() -> None:
    @op
    def say(context: AssetExecutionContext) -> str:
        return context.partition_key

    @job(partitions_def=LETTERS)
    def saying() -> None:
        say()

    assert saying.execute_in_process(partition_key="a").output_for_node("say") == "a"
    with pytest.raises(UnknownPartition, match="has no partition 'q'"):
        saying.execute_in_process(partition_key="q")
    with pytest.raises(LaunchError, match="has partitions, and none was named"):
        saying.execute_in_process()


def test_a_context_for_a_direct_call_may_have_partitions() -> None:
    context = build_asset_context(partition_key="2013-01-09", partitions_def=DAYS)
    assert numbers(context) == 9
    assert context.partition_time_window.start.day == 9
    ranged = build_asset_context(partition_key_range=PartitionKeyRange("2013-01-09", "2013-01-11"), partitions_def=DAYS)
    assert ranged.partition_keys == ["2013-01-09", "2013-01-10", "2013-01-11"]
    with pytest.raises(AttributeError, match="is of 3 partitions"):
        _ = ranged.partition_key
    with pytest.raises(AttributeError, match="has no partition key"):
        _ = build_asset_context().partition_key


# What it reads.


def test_it_reads_the_matching_partition_never_the_latest(instance: Instance) -> None:
    @asset(partitions_def=DAYS)
    def doubled(numbers: int) -> int:
        return 2 * numbers

    make(instance, numbers)
    assert (
        materialize([numbers, doubled], partition_key="2013-01-02", instance=instance, selection="doubled").asset_value(
            "doubled"
        )
        == 4
    )


def test_several_are_a_mapping_by_key(instance: Instance) -> None:
    seen: dict[str, Any] = {}

    @asset(partitions_def=MONTHS)
    def total(context: AssetExecutionContext, numbers: dict[str, int]) -> int:
        seen["keys"] = context.asset_partition_keys_for_input("numbers")
        seen["range"] = context.asset_partition_key_range_for_input("numbers")
        seen["window"] = context.asset_partitions_time_window_for_input("numbers")
        return sum(numbers.values())

    make(instance, numbers, days=range(1, 32))
    result = materialize([numbers, total], partition_key="2013-01-01", instance=instance, selection="total")
    assert result.asset_value("total") == sum(range(1, 32))
    assert len(seen["keys"]) == 31
    assert seen["range"] == ("2013-01-01", "2013-01-31")
    assert seen["window"].end == datetime(2013, 2, 1, tzinfo=UTC)


def test_several_frames_are_put_together_where_that_is_said(instance: Instance) -> None:
    @asset(partitions_def=DAYS)
    def rows(context: AssetExecutionContext) -> pl.DataFrame:
        return pl.DataFrame({"day": [int(context.partition_key[-2:])]})

    @asset(ins={"rows": AssetIn(metadata={"concat_partitions": True, "allow_missing_partitions": True})})
    def whole(rows: pl.DataFrame) -> pl.DataFrame:
        return rows

    @asset(ins={"rows": AssetIn(metadata={"allow_missing_partitions": True})})
    def unsaid(rows: pl.DataFrame) -> pl.DataFrame:
        return rows

    make(instance, rows, days=range(1, 4))
    result = materialize([rows, whole], instance=instance, selection="whole")
    assert result.asset_value("whole")["day"].to_list() == [1, 2, 3]
    with pytest.raises(StepFailed, match="is read for 3 partitions, and the parameter is annotated as one frame"):
        materialize([rows, unsaid], instance=instance, selection="unsaid")


def test_a_rolling_window_reads_the_days_before_as_far_as_there_are_any(instance: Instance) -> None:
    @asset(partitions_def=DAYS, ins={"numbers": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-2))})
    def rolling(numbers: dict[str, int]) -> float:
        return sum(numbers.values()) / len(numbers)

    make(instance, numbers)
    values = [
        materialize(
            [numbers, rolling], partition_key=f"2013-01-{day:02}", instance=instance, selection="rolling"
        ).asset_value("rolling")
        for day in (1, 2, 3, 5)
    ]
    assert values == [1.0, 1.5, 2.0, 4.0]


def test_an_asset_may_need_its_own_partition_of_yesterday(instance: Instance) -> None:
    @asset(
        partitions_def=DAYS,
        ins={"balance": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))},
    )
    def balance(context: AssetExecutionContext, balance: int | None, numbers: int) -> int:
        assert (balance is None) == (not context.asset_partition_keys_for_input("balance"))
        return (balance or 0) + numbers

    make(instance, numbers, balance)
    assert instance.get_latest_materialization("balance") is not None
    defs = Definitions([numbers, balance])
    assert defs.load_asset_value("balance", partition_key="2013-01-05", instance=instance) == 1 + 2 + 3 + 4 + 5
    with pytest.raises(LaunchError, match="reads 1 partition of balance that was never materialized: 2013-01-19"):
        materialize([numbers, balance], partition_key="2013-01-20", instance=instance)


def test_all_last_and_another_dimension(instance: Instance) -> None:
    @asset(partitions_def=LETTERS)
    def letters(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset(ins={"letters": AssetIn(partition_mapping=LastPartitionMapping())})
    def last(letters: str) -> str:
        return letters

    @asset
    def every(letters: dict[str, str]) -> list[str]:
        return sorted(letters.values())

    @asset(partitions_def=MultiPartitionsDefinition({"date": DAYS, "letter": LETTERS}))
    def cell(numbers: int, letters: str) -> str:
        return f"{letters}{numbers}"

    @asset(partitions_def=DAYS, deps=[AssetDep("letters", partition_mapping=AllPartitionMapping())])
    def after(context: AssetExecutionContext) -> None: ...

    for letter in "ab":
        materialize([letters], partition_key=letter, instance=instance)
    make(instance, numbers)
    every_asset = [numbers, letters, last, every, cell, after]
    run = materialize(every_asset, instance=instance, selection="last or every")
    assert (run.asset_value("last"), run.asset_value("every")) == ("b", ["a", "b"])
    result = materialize(every_asset, partition_key="2013-01-04|b", instance=instance, selection="cell")
    assert result.asset_value("cell") == "b4"
    assert materialize(every_asset, partition_key="2013-01-04", instance=instance, selection="after").success


def test_what_was_never_materialized_is_told_before_anything_runs(instance: Instance) -> None:
    @asset(partitions_def=MONTHS)
    def total(numbers: dict[str, int]) -> int:
        return sum(numbers.values())

    make(instance, numbers, days=range(1, 30))
    with pytest.raises(
        LaunchError, match="reads 2 partitions of numbers that were never materialized: 2013-01-30...2013-01-31"
    ):
        materialize([numbers, total], partition_key="2013-01-01", instance=instance, selection="total")


# Several at once.


def test_a_step_may_make_many_partitions_and_each_is_recorded(instance: Instance) -> None:
    @asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.single_run())
    def many(context: AssetExecutionContext, numbers: dict[str, int]) -> dict[str, int]:
        assert not context.has_partition_key
        assert context.partition_key_range == ("2013-01-02", "2013-01-04")
        assert (context.partition_time_window.end - context.partition_time_window.start).days == 3
        return {key: 10 * numbers[key] for key in context.partition_keys}

    make(instance, numbers)
    tags = {
        "dagster/asset_partition_range_start": "2013-01-02",
        "dagster/asset_partition_range_end": "2013-01-04",
    }
    result = materialize([numbers, many], instance=instance, tags=tags, selection="many")
    made = result.asset_materializations_for_node("many")
    assert [each.partition for each in made] == ["2013-01-02", "2013-01-03", "2013-01-04"]
    assert len({each.data_version for each in made}) == 3
    assert made[0].input_versions != made[1].input_versions, "each is derived from its own day"
    assert instance.get_materialized_partitions("many") == {"2013-01-02", "2013-01-03", "2013-01-04"}
    defs = Definitions([numbers, many])
    assert defs.load_asset_value("many", partition_key="2013-01-03", instance=instance) == 30


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "its value is one int"),
        ({"2013-01-02": 1}, "lacks 2013-01-03"),
        ({"2013-01-02": 1, "2013-01-03": 2, "2014-01-01": 3}, "holds '2014-01-01', which was not asked for"),
    ],
)
def test_a_value_that_does_not_say_which_partition_is_which_is_refused(value: Any, said: str) -> None:
    @asset(partitions_def=DAYS)
    def many() -> Any:
        return value

    tags = {"dagster/asset_partition_range_start": "2013-01-02", "dagster/asset_partition_range_end": "2013-01-03"}
    with pytest.raises(StepFailed, match=said):
        materialize([many], tags=tags)


def test_several_assets_of_one_function_have_the_same_partitions(instance: Instance) -> None:
    @multi_asset(outs={"one": AssetOut(), "two": AssetOut()}, partitions_def=DAYS)
    def both(context: AssetExecutionContext) -> Any:
        yield Output(context.partition_key, "one")
        yield Output(len(context.partition_key), "two")

    @multi_asset(specs=[AssetSpec("x"), AssetSpec("y", deps=["x"])], partitions_def=DAYS)
    def stored() -> Any:
        yield MaterializeResult("x", metadata={"n": 1})
        yield MaterializeResult("y")

    result = materialize([both, stored], partition_key="2013-01-02", instance=instance)
    assert result.asset_value("one") == "2013-01-02"
    assert instance.get_materialized_partitions("y") == {"2013-01-02"}
    (made,) = instance.fetch_materializations("y")
    (above,) = instance.fetch_materializations("x")
    assert made.input_versions == {"x": above.data_version}


# IO managers.


class Recorder(IOManager):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.stored: list[OutputContext] = []
        self.loaded: list[InputContext] = []

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        self.stored.append(context)

    def load_input(self, context: InputContext) -> Any:
        self.loaded.append(context)
        return dict.fromkeys(context.asset_partition_keys, 1)


def test_an_io_manager_is_told_which_partitions_a_value_is_of() -> None:
    recorder = Recorder()

    @asset(partitions_def=DAYS, io_manager_key="recorder")
    def day() -> int:
        return 1

    @asset(partitions_def=MONTHS)
    def month(day: dict[str, int]) -> int:
        return len(day)

    materialize([day], partition_key="2013-01-02", resources={"recorder": recorder})
    result = materialize([day, month], partition_key="2013-02-01", resources={"recorder": recorder}, selection="month")
    assert result.asset_value("month") == 28
    (stored,), (loaded,) = recorder.stored, recorder.loaded
    assert stored.has_asset_partitions
    assert (stored.asset_partition_key, stored.asset_partition_keys) == ("2013-01-02", ["2013-01-02"])
    assert stored.asset_partitions_time_window.start == datetime(2013, 1, 2, tzinfo=UTC)
    assert stored.asset_partitions_def == DAYS
    assert stored.get_identifier() == ["day", "2013-01-02"]
    assert loaded.asset_partition_key_range == ("2013-02-01", "2013-02-28")
    assert loaded.asset_partitions_time_window.end == datetime(2013, 3, 1, tzinfo=UTC)
    assert loaded.partition_key == "2013-02-01", "the run is of a month"
    assert loaded.upstream_output is not None
    assert len(loaded.upstream_output.asset_partition_keys) == 28


def test_files_are_stored_partition_by_partition(tmp_path: Path) -> None:
    files = FilesystemIOManager(base_dir=str(tmp_path))

    @asset(partitions_def=LETTERS)
    def letters(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset
    def both(letters: dict[str, str]) -> str:
        return "".join(letters.values())

    for letter in "ab":
        materialize([letters], partition_key=letter, resources={"io_manager": files})
    result = materialize([letters, both], resources={"io_manager": files}, selection="both")
    assert result.asset_value("both") == "ab"
    assert sorted(path.name for path in (tmp_path / "letters").iterdir()) == ["a", "a.form.json", "b", "b.form.json"]


def test_values_are_held_in_memory_partition_by_partition() -> None:
    @asset(partitions_def=DAYS)
    def doubled(numbers: int) -> int:
        return 2 * numbers

    assert materialize_to_memory([numbers, doubled], partition_key="2013-01-04").asset_value("doubled") == 8


def test_a_key_that_no_file_can_be_called_is_stored_all_the_same(instance: Instance) -> None:
    keys = ["a/b", "..", "=", "x" * 255, "ü" * 200, "a|b", "@1"]

    @asset(partitions_def=StaticPartitionsDefinition(keys))
    def odd(context: AssetExecutionContext) -> str:
        return context.partition_key

    for key in keys:
        materialize([odd], partition_key=key, instance=instance)
    defs = Definitions([odd])
    assert [defs.load_asset_value("odd", partition_key=key, instance=instance) for key in keys] == keys


# Dynamic partitions.


def test_dynamic_keys_are_added_and_removed_by_code(instance: Instance) -> None:
    @asset(partitions_def=DynamicPartitionsDefinition(name="customers"))
    def customer(context: AssetExecutionContext) -> str:
        return context.partition_key

    with pytest.raises(UnknownPartition, match="'customers' has no partition 'acme'"):
        materialize([customer], partition_key="acme", instance=instance)
    instance.add_dynamic_partitions("customers", ["acme", "bolt"])
    instance.add_dynamic_partitions("customers", ["bolt", "crux"])
    assert instance.get_dynamic_partitions("customers") == ["acme", "bolt", "crux"]
    assert materialize([customer], partition_key="acme", instance=instance).success
    instance.delete_dynamic_partition("customers", "acme")
    assert not instance.has_dynamic_partition("customers", "acme")
    definition = DynamicPartitionsDefinition(name="customers")
    assert definition.get_partition_keys(dynamic_partitions_store=instance) == ["bolt", "crux"]
    with pytest.raises(ValueError, match="which is how ranges are written"):
        instance.add_dynamic_partitions("customers", ["a...b"])


# What is wrong is told at once, with its place.


def problems(*assets: Any, **options: Any) -> str:
    """What is said of definitions that are wrong."""
    with pytest.raises(DefinitionsError) as caught:
        describe("project", Definitions(list(assets), **options))
    assert "test_partitions.py:" in str(caught.value)
    return str(caught.value)


def test_wrong_definitions_are_told() -> None:
    with pytest.raises(DefinitionsError, match="partitions_def is 'daily', a str\n +it takes a PartitionsDefinition"):
        asset(partitions_def="daily")  # pyright: ignore[reportArgumentType]

    @asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.multi_run(0))
    def none_in_a_run() -> None: ...

    assert "its backfill policy makes 0 partitions in a run" in problems(none_in_a_run)

    @asset(partitions_def=LETTERS, ins={"numbers": AssetIn(partition_mapping=TimeWindowPartitionMapping())})
    def mismatched(numbers: int) -> None: ...

    assert "the asset downstream has no partitions of time" in problems(numbers, mismatched)

    @asset(partitions_def=LETTERS, deps=[AssetDep("outside", partition_mapping=AllPartitionMapping())])
    def of_nothing() -> None: ...

    assert "says which partitions it needs, and outside has none" in problems(of_nothing)

    @multi_asset(specs=[AssetSpec("p", partitions_def=DAYS), AssetSpec("q", partitions_def=LETTERS)])
    def two_kinds() -> None: ...

    assert "assets p and q are made by one function, and their partitions differ" in problems(two_kinds)

    @asset(partitions_def=StaticPartitionsDefinition(["z"]))
    def unlike(context: AssetExecutionContext, cells: Any) -> None: ...

    @asset(partitions_def=MultiPartitionsDefinition({"date": DAYS, "letter": LETTERS}))
    def cells() -> int:
        return 1

    assert "which partitions of cells it needs cannot be told" in problems(cells, unlike)


def test_an_asset_that_needs_its_own_partition_is_a_cycle() -> None:
    @asset(partitions_def=DAYS, ins={"balance": AssetIn("balance")})
    def balance(balance: int) -> int:
        return balance

    said = problems(balance)
    assert "balance → balance" in said
    assert "TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)" in said


class DayBefore(PartitionMapping):
    """A mapping of the user's own."""

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: PartitionsDefinition | None,
        upstream_partitions_def: PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: Any = None,
    ) -> UpstreamPartitionsResult:
        assert downstream_partitions_subset is not None
        numbers = [DAYS.index_of(key) or 0 for key in downstream_partitions_subset.get_partition_keys()]
        keys = [DAYS.key_of(number - 1) for number in numbers if number > 0]
        return UpstreamPartitionsResult(upstream_partitions_def.subset_with_partition_keys(keys))


def test_a_mapping_of_the_users_own_is_evaluated_when_the_project_is_described(instance: Instance) -> None:
    @asset(partitions_def=DAYS, ins={"numbers": AssetIn(partition_mapping=DayBefore())})
    def before(numbers: int | None) -> int:
        return numbers or 0

    make(instance, numbers)
    result = materialize([numbers, before], partition_key="2013-01-04", instance=instance, selection="before")
    assert result.asset_value("before") == 3
    described = describe("project", Definitions([numbers, before]))
    snapshot = next(each for each in described.snapshot.assets if each.key == AssetKey("before"))
    assert snapshot.mappings[AssetKey("numbers")].description == "DayBefore"


class SameInitial(PartitionMapping):
    """A mapping of the user's own, between partitions that come and go."""

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: PartitionsDefinition | None,
        upstream_partitions_def: PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: Any = None,
    ) -> UpstreamPartitionsResult:
        assert downstream_partitions_subset is not None
        (shop,) = downstream_partitions_subset.get_partition_keys()
        customers = upstream_partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
        keys = [customer for customer in customers if customer[0] == shop[0]]
        return UpstreamPartitionsResult(upstream_partitions_def.subset_with_partition_keys(keys))


def test_a_mapping_of_the_users_own_between_dynamic_partitions(instance: Instance) -> None:
    @asset(partitions_def=DynamicPartitionsDefinition(name="customers"))
    def customer(context: AssetExecutionContext) -> str:
        return context.partition_key.upper()

    @asset(
        partitions_def=DynamicPartitionsDefinition(name="shops"),
        ins={"customer": AssetIn(partition_mapping=SameInitial())},
    )
    def shop(customer: dict[str, str]) -> list[str]:
        return sorted(customer.values())

    instance.add_dynamic_partitions("customers", ["anna", "axel", "bob"])
    instance.add_dynamic_partitions("shops", ["alpha", "beta"])
    for key in ("anna", "axel", "bob"):
        materialize([customer], partition_key=key, instance=instance)
    run = materialize([customer, shop], partition_key="alpha", instance=instance, selection="shop")
    assert run.asset_value("shop") == ["ANNA", "AXEL"]
    instance.delete_dynamic_partition("customers", "axel")
    run = materialize([customer, shop], partition_key="alpha", instance=instance, selection="shop")
    assert run.asset_value("shop") == ["ANNA"]


class Raises(PartitionMapping):
    """A mapping that fails."""

    def get_upstream_mapped_partitions_result_for_partitions(self, *args: Any, **kwargs: Any) -> Any:
        raise KeyError("region")


def test_a_mapping_that_raises_is_told_with_its_asset() -> None:
    @asset(partitions_def=DAYS, ins={"numbers": AssetIn(partition_mapping=Raises())})
    def broken(numbers: int) -> int:
        return numbers

    assert "Raises raised KeyError: 'region'" in problems(numbers, broken)


# What is asked for wrongly is refused before anything runs.


@asset
def whole() -> int:
    """An asset without partitions."""
    return 1


def test_a_run_is_refused_whose_partitions_do_not_fit() -> None:
    @asset(partitions_def=MONTHS)
    def month() -> None: ...

    with pytest.raises(LaunchError, match="numbers has partitions, and none was named"):
        materialize([numbers])
    with pytest.raises(LaunchError, match="whole has no partitions, and 2013-01-01 was named"):
        materialize([whole], partition_key="2013-01-01")
    with pytest.raises(UnknownPartition, match="it lies beyond the last"):
        materialize([numbers], partition_key="2013-03-01")
    with pytest.raises(LaunchError, match="numbers and month have different partitions"):
        materialize([numbers, month], partition_key="2013-01-01")


def test_an_asset_without_partitions_may_be_made_in_the_same_run() -> None:
    result = materialize([whole, numbers], partition_key="2013-01-03")
    assert (result.asset_value("whole"), result.asset_value("numbers")) == (1, 3)
    assert result.asset_materializations_for_node("whole")[0].partition is None


def test_a_partition_that_needs_some_that_do_not_exist_is_refused() -> None:
    later = DailyPartitionsDefinition("2013-01-10", end_date="2013-03-01")

    @asset(partitions_def=later)
    def source() -> int:
        return 1

    @asset(partitions_def=DAYS)
    def reader(source: int) -> int:
        return source

    with pytest.raises(
        LaunchError, match="reader of 2013-01-05 needs partitions of source that do not exist: 2013-01-05"
    ):
        materialize([source, reader], partition_key="2013-01-05", selection="reader")


def test_a_job_of_assets_is_run_for_a_partition() -> None:
    daily = define_asset_job("daily", "numbers", partitions_def=DAYS)
    defs = Definitions([numbers, whole], jobs=[daily])
    result = defs.get_job_def("daily").execute_in_process(partition_key="2013-01-08")
    assert result.asset_value("numbers") == 8
