"""Every IO manager, by the same suite: what a function gives is what the next one is given."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from pandas.testing import assert_frame_equal as assert_pandas_equal
from polars.testing import assert_frame_equal

from assettui import (
    AssetIn,
    AssetOut,
    AssetSpec,
    ConfigurableIOManager,
    DailyPartitionsDefinition,
    Definitions,
    DefinitionsError,
    DynamicOut,
    DynamicOutput,
    FilesystemIOManager,
    FsspecIOManager,
    InMemoryIOManager,
    InputContext,
    Instance,
    IOManager,
    Out,
    Output,
    OutputContext,
    ResourceDefinition,
    SourceAsset,
    StepFailed,
    TableSchema,
    asset,
    build_input_context,
    build_output_context,
    io_manager,
    job,
    materialize,
    materialize_to_memory,
    mem_io_manager,
    multi_asset,
    op,
)
from assettui.integrations.duckdb import DuckDBIOManager
from assettui.integrations.sqlite import SQLiteIOManager
from assettui.model.errors import LaunchError, NotFound, ValueStorageError
from assettui.model.metadata import MetadataValue
from assettui.values.tables import TableName
from tests.s3_server import s3_server

FRAME = pl.DataFrame(
    {
        "id": [1, 2, None],
        "share": [0.5, None, 2.0],
        "name": ["a", "b", None],
        "day": [dt.date(2024, 2, 29), None, dt.date(2024, 3, 1)],
        "seen": [dt.datetime(2024, 2, 29, 12, 30, 0, 5, tzinfo=dt.UTC)] * 3,
        "good": [True, False, None],
    }
)


def in_memory(_: Path) -> Any:
    return InMemoryIOManager()


def files(folder: Path) -> Any:
    return FilesystemIOManager(base_dir=str(folder / "values"))


def memory_files(folder: Path) -> Any:
    return FsspecIOManager(base_path=f"memory://{folder.name}")


def duckdb(folder: Path) -> Any:
    return DuckDBIOManager(database=str(folder / "it.duckdb"))


def sqlite(folder: Path) -> Any:
    return SQLiteIOManager(database=str(folder / "it.sqlite"))


every = pytest.mark.parametrize("make", [in_memory, files, memory_files, duckdb, sqlite])
every_that_converts = pytest.mark.parametrize("make", [files, memory_files, duckdb, sqlite])


@every
def test_a_frame_is_given_back_as_it_was(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    @asset(key_prefix="raw")
    def events() -> pl.DataFrame:
        return FRAME

    @asset
    def copied(events: pl.DataFrame) -> pl.DataFrame:
        assert_frame_equal(events, FRAME)
        return events.filter(pl.col("id") == 1)

    result = materialize([events, copied], resources={"io_manager": make(tmp_path)})
    assert_frame_equal(result.asset_value("raw/events"), FRAME)
    assert result.asset_value("copied").height == 1


@every_that_converts
def test_a_reader_is_given_the_kind_of_frame_that_its_annotation_names(
    tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    plain = FRAME.select("id", "name").drop_nulls()

    @asset
    def events() -> pl.DataFrame:
        return plain

    @asset
    def of_pandas(events: pd.DataFrame) -> pd.DataFrame:
        assert_pandas_equal(events, plain.to_pandas(), check_dtype=False)
        return events

    @asset
    def lazy(of_pandas: pl.LazyFrame) -> int:
        return of_pandas.select(pl.len()).collect().item()

    class Numbers(InMemoryIOManager):
        """What is no table is kept elsewhere."""

    resources = {"io_manager": make(tmp_path), "numbers": Numbers()}
    result = materialize(
        [events, of_pandas, lazy.map_asset_specs(lambda spec: spec.with_io_manager_key("numbers"))],
        resources=resources,
    )
    assert result.asset_value("lazy") == 2


@pytest.mark.parametrize("make", [duckdb, sqlite])
def test_tables_say_how_many_rows_and_which_columns_they_have_and_replace_what_was_there(
    tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    manager = make(tmp_path)
    rows = [{"id": 1, "name": "a"}]

    @asset(key=["marts", "users"])
    def users() -> list[dict[str, Any]]:
        return rows

    @asset(ins={"users": AssetIn("marts/users", metadata={"columns": ["name"]})}, io_manager_key="memory")
    def names(users: list[dict[str, Any]]) -> list[str]:
        return [row["name"] for row in users if list(row) == ["name"]]

    resources = {"io_manager": manager, "memory": InMemoryIOManager()}
    materialize([users, names], resources=resources)
    rows = [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}]
    result = materialize([users, names], resources=resources)
    assert result.asset_value("names") == ["b", "c"]
    (made,) = result.asset_materializations_for_node("users")
    assert made.rows == 2
    assert made.metadata["table"].value == "marts.users"
    assert [column["column"] for column in made.metadata["columns"].rows()] == ["id", "name"]


@pytest.mark.parametrize("make", [duckdb, sqlite])
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    @asset
    def model() -> object:
        return object()

    with pytest.raises(StepFailed, match="the value of model is a object, which is no table"):
        materialize([model], resources={"io_manager": make(tmp_path)})


@pytest.mark.parametrize("make", [duckdb, sqlite])
def test_a_table_or_column_that_is_not_there_is_told(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    manager = make(tmp_path)
    manager.handle_output(build_output_context("users"), FRAME)
    with pytest.raises(ValueStorageError, match="others"):
        manager.load_input(build_input_context("others"))
    with pytest.raises(ValueStorageError, match="colour"):
        manager.load_input(build_input_context("users", metadata={"columns": ["colour"]}))


def test_two_processes_take_turns_with_a_file_of_duckdb(tmp_path: Path) -> None:
    database = tmp_path / "shared.duckdb"
    hold = f"import duckdb, time; c = duckdb.connect({str(database)!r}); print('held', flush=True); time.sleep(1)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        manager = DuckDBIOManager(database=str(database))
        manager.handle_output(build_output_context("users"), FRAME)
        assert_frame_equal(manager.load_input(build_input_context("users")), FRAME)
        assert holder.wait() == 0

    impatient = DuckDBIOManager(database=str(tmp_path / "missing" / "no.duckdb"), wait_s=0)
    with pytest.raises(ValueStorageError, match="cannot be opened"):
        impatient.handle_output(build_output_context("users"), FRAME)


@pytest.fixture(scope="session")
def s3() -> Generator[dict[str, Any]]:
    """A server of S3, with a bucket."""
    with s3_server() as address:
        options: dict[str, Any] = {
            "key": "test",
            "secret": "test",
            "client_kwargs": {"endpoint_url": address, "region_name": "us-east-1"},
        }
        import s3fs

        s3fs.S3FileSystem(**options).call_s3("create_bucket", Bucket="values")
        yield options


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_values_are_kept_in_s3(s3: dict[str, Any]) -> None:
    @asset(key_prefix="raw")
    def events() -> pl.DataFrame:
        return FRAME

    @asset
    def summary(events: pl.DataFrame) -> dict[str, int]:
        return {"rows": events.height}

    manager = FsspecIOManager(base_path="s3://values/of/tests", storage_options=s3)
    result = materialize([events, summary], resources={"io_manager": manager})
    assert result.asset_value("summary") == {"rows": 3}
    import s3fs

    listed = s3fs.S3FileSystem(**s3).find("values/of/tests")
    assert "values/of/tests/raw/events" in listed
    assert Definitions([events, summary], resources={"io_manager": manager}).load_asset_value(
        "summary", instance=Instance.ephemeral()
    ) == {"rows": 3}


class Recorder(IOManager):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.stored: list[OutputContext] = []
        self.loaded: list[InputContext] = []

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        self.stored.append(context)
        context.add_output_metadata({"stored": True})

    def load_input(self, context: InputContext) -> Any:
        self.loaded.append(context)
        return 7


def test_contexts_tell_all_that_is_known_of_a_value() -> None:
    recorder = Recorder()

    days = DailyPartitionsDefinition("2024-01-01")

    @asset(key_prefix="raw", metadata={"schema": "lake"}, io_manager_key="recorder", partitions_def=days)
    def events() -> Output[int]:
        return Output(1, metadata={"said": 2})

    @asset(ins={"events": AssetIn("raw/events", metadata={"columns": ["a"]})}, partitions_def=days)
    def doubled(events: int) -> int:
        return 2 * events

    result = materialize([events, doubled], resources={"recorder": recorder}, partition_key="2024-01-01")
    (stored,), (loaded,) = recorder.stored, recorder.loaded
    assert (stored.asset_key.path, stored.name, stored.step_key) == (["raw", "events"], "result", "raw/events")
    assert stored.run_id == result.run_id
    assert stored.definition_metadata == {"schema": "lake"}
    assert stored.output_metadata == {"said": 2}
    assert stored.annotation is int
    assert stored.dagster_type.typing_type is int
    assert stored.partition_key == "2024-01-01"
    assert stored.get_identifier() == ["raw", "events", "2024-01-01"]
    assert (loaded.name, loaded.asset_key.path, loaded.step_key) == ("events", ["raw", "events"], "doubled")
    assert loaded.definition_metadata == {"columns": ["a"]}
    assert loaded.annotation is int
    assert loaded.upstream_output is not None
    assert loaded.upstream_output.definition_metadata == {"schema": "lake"}
    assert result.asset_materializations_for_node("events")[0].metadata["stored"] == MetadataValue.bool(True)
    assert result.asset_value("doubled") == 14


def test_an_input_may_be_loaded_by_another_io_manager_than_stored_it() -> None:
    @asset
    def events() -> int:
        return 1

    @asset(ins={"events": AssetIn(input_manager_key="sevens")})
    def doubled(events: int) -> int:
        return 2 * events

    assert materialize([events, doubled], resources={"sevens": Recorder()}).asset_value("doubled") == 14


def test_an_io_manager_may_be_configured_need_resources_and_be_made_by_a_function() -> None:
    class Prefixed(ConfigurableIOManager):
        prefix: str
        kept: dict[str, Any] = {}

        def handle_output(self, context: OutputContext, obj: Any) -> None:
            self.kept[f"{self.prefix}{context.asset_key}"] = obj

        def load_input(self, context: InputContext) -> Any:
            return self.kept[f"{self.prefix}{context.asset_key}"]

    made: list[str] = []

    @io_manager(required_resource_keys={"where"}, config_schema={"suffix": str})
    def by_function(context: Any) -> IOManager:
        made.append(f"{context.resources.where}{context.resource_config['suffix']}")
        return InMemoryIOManager()

    @asset
    def events() -> int:
        return 1

    @asset(io_manager_key="other")
    def doubled(events: int) -> int:
        return 2 * events

    resources = {
        "io_manager": Prefixed(prefix="p/"),
        "other": by_function.configured({"suffix": "!"}),
        "where": "here",
    }
    assert materialize([events, doubled], resources=resources).asset_value("doubled") == 2
    assert made == ["here!"]


def test_a_function_that_says_it_returns_none_has_nothing_to_store() -> None:
    recorder = Recorder()

    @asset
    def side_effect() -> None:
        return None

    assert materialize([side_effect], resources={"io_manager": recorder}).success
    assert recorder.stored == []


def test_each_of_several_assets_may_have_an_io_manager_of_its_own() -> None:
    memory, recorder = InMemoryIOManager(), Recorder()

    @multi_asset(specs=[AssetSpec("a").with_io_manager_key("memory"), AssetSpec("b").with_io_manager_key("recorder")])
    def both() -> Any:
        yield Output(1, "a")
        yield Output(2, "b")

    materialize([both], resources={"memory": memory, "recorder": recorder})
    assert memory.values == {("a",): 1}
    assert [str(each.asset_key) for each in recorder.stored] == ["b"]


def test_a_source_asset_is_read_by_its_io_manager_though_nothing_here_made_it() -> None:
    lake = SourceAsset("lake/events", io_manager_key="lake")

    @asset(ins={"events": AssetIn("lake/events")})
    def doubled(events: int) -> int:
        return 2 * events

    assert materialize([lake, doubled], resources={"lake": Recorder()}).asset_value("doubled") == 14


def test_values_are_loaded_outside_of_runs_as_the_project_stores_them(tmp_path: Path) -> None:
    @asset
    def by_default() -> dict[str, int]:
        return {"a": 1}

    @asset(io_manager_key="tables")
    def frame() -> pl.DataFrame:
        return FRAME

    defs = Definitions([by_default, frame], resources={"tables": sqlite(tmp_path)})
    with Instance.ephemeral() as instance:
        with pytest.raises(ValueStorageError, match="materialize the asset first"):
            defs.load_asset_value("frame", instance=instance)
        materialize([by_default, frame], resources=defs.resources, instance=instance)
        assert defs.load_asset_value("by_default", instance=instance) == {"a": 1}
        assert_frame_equal(defs.load_asset_value("frame", instance=instance), FRAME)
        as_pandas = defs.load_asset_value("frame", python_type=pd.DataFrame, instance=instance)
        assert isinstance(as_pandas, pd.DataFrame)
        with pytest.raises(NotFound, match="defines no asset nothing"):
            defs.load_asset_value("nothing", instance=instance)


def test_materialize_to_memory_stores_nothing_anywhere_else() -> None:
    recorder = Recorder()

    @asset(io_manager_key="warehouse")
    def events() -> int:
        return 1

    @asset
    def doubled(events: int) -> int:
        return 2 * events

    assert materialize_to_memory([events, doubled]).asset_value("doubled") == 2

    @multi_asset(outs={"a": AssetOut(io_manager_key="one"), "b": AssetOut(io_manager_key="two")})
    def several() -> tuple[int, int]:
        return 1, 2

    assert materialize_to_memory([several]).asset_value("b") == 2
    with pytest.raises(LaunchError, match="given the IO manager 'warehouse', which would not be used"):
        materialize_to_memory([events, doubled], resources={"warehouse": recorder})


def test_the_manager_in_memory_is_a_resource_too() -> None:
    @asset
    def events() -> int:
        return 1

    @asset
    def doubled(events: int) -> int:
        return 2 * events

    assert materialize([events, doubled], resources={"io_manager": mem_io_manager}).asset_value("doubled") == 2


def test_io_managers_are_tried_without_any_run(tmp_path: Path) -> None:
    manager = files(tmp_path)
    context = build_output_context("raw/events", metadata={"a": 1})
    manager.handle_output(context, FRAME)
    assert context.said["path"].value == f"{tmp_path}/values/raw/events"
    assert_frame_equal(manager.load_input(build_input_context("raw/events")), FRAME)
    lazy = manager.load_input(build_input_context("raw/events", annotation=pl.LazyFrame))
    assert_frame_equal(lazy.collect(), FRAME)
    with pytest.raises(ValueStorageError, match="there is no value at"):
        manager.load_input(build_input_context("raw/nothing"))


def test_a_resource_that_cannot_store_values_is_told() -> None:
    @asset
    def events() -> int:
        return 1

    with pytest.raises(DefinitionsError, match="asset events is stored by the resource 'io_manager', which is a str"):
        materialize([events], resources={"io_manager": "nothing of the kind"})
    made = ResourceDefinition.hardcoded_resource("neither is this")
    with pytest.raises(StepFailed, match="the resource 'io_manager' is to store values, and is a str"):
        materialize([events], resources={"io_manager": made})


def test_what_ops_hand_to_each_other_may_be_stored_by_an_io_manager_too() -> None:
    manager = InMemoryIOManager()

    @op(out=Out(io_manager_key="memory"))
    def made() -> int:
        return 20

    @op(out=DynamicOut(io_manager_key="memory"))
    def parts(value: int) -> Iterator[DynamicOutput[int]]:
        yield DynamicOutput(value + 1, "a")
        yield DynamicOutput(value + 2, "b")

    @op
    def total(values: list[int]) -> int:
        return sum(values)

    @job(resource_defs={"memory": manager})
    def summing() -> None:
        total(parts(made()).collect())

    result = summing.execute_in_process()
    assert result.output_for_node("total") == 43
    assert sorted(manager.values.values()) == [20, 21, 22]


def test_a_schema_is_written_by_hand_too() -> None:
    assert TableSchema.from_name_type_dict({"a": "int"}).to_json() == {"columns": [{"name": "a", "type": "int"}]}


def test_who_writes_to_a_file_of_duckdb_waits_until_no_other_process_has_it_open(tmp_path: Path) -> None:
    manager = DuckDBIOManager(database=str(tmp_path / "x.duckdb"), wait_s=0.2)
    name = TableName(None, "t")
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(ValueStorageError, match="another process of assettui has it open"):
        manager.write(name, [{"a": 1}], "rows")
    os.close(folder)
    assert manager.write(name, [{"a": 1}], "rows")[0] == 1
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_SH)  # another one that reads
    assert manager.read(name, None, "rows") == [{"a": 1}]
    with pytest.raises(ValueStorageError, match="cannot be opened"):
        manager.write(name, [{"a": 2}], "rows")
    os.close(folder)
