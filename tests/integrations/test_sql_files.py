"""SQL files as assets, in each database that they run in."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assettui as at
from assettui.executors.result import MaterializeInProcessResult
from assettui.integrations.database import DatabaseIOManager
from assettui.integrations.sql import load_sql_assets
from assettui.integrations.sql.assets import NoSqlFiles
from assettui.integrations.sql.connection import BadConnection
from assettui.integrations.sql.head import read_head
from assettui.integrations.sql.source import BadSql, plain, read_source
from assettui.values.tables import TableName
from tests.conftest import ProjectFolder
from tests.postgres import PostgresServer, programs

DAYS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "amount": [10.0, 5.0, 1.0, 2.0],
        "day": [dt.date(2024, 1, 1), dt.date(2024, 1, 1), dt.date(2024, 1, 2), dt.date(2024, 1, 3)],
    }
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[PostgresServer]:
    found = PostgresServer(tmp_path_factory.mktemp("postgres"))
    yield found
    found.close()


@pytest.fixture(params=["duckdb", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which nothing is."""
    if request.param != "postgresql":
        return f"{request.param}:///{tmp_path}/data.{request.param}"
    if programs() is None:
        pytest.skip("there is no PostgreSQL on this machine")
    server: PostgresServer = request.getfixturevalue("server")
    with DatabaseIOManager(url=server.url()).transaction("a test") as transaction:
        transaction.run("DROP SCHEMA public CASCADE")
        transaction.run("CREATE SCHEMA public")
    return server.url()


class Files:
    """SQL files in a folder, and the database that they run in."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder / "models", url
        self.manager = DatabaseIOManager(url=url)

    def write(self, name: str, text: str) -> None:
        path = self.folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def assets(self) -> list[at.AssetsDefinition]:
        return load_sql_assets(self.folder, connection=self.manager)

    def build(self, **more: Any) -> MaterializeInProcessResult:
        return at.materialize(self.assets(), raise_on_error=False, **more)

    def store(self, table: str, frame: pl.DataFrame) -> None:
        self.manager.write(TableName(None, table), frame, "polars")

    def rows(self, table: str, order: str = "id") -> list[dict[str, Any]]:
        found: pl.DataFrame = self.manager.read(TableName(None, table), None, "polars")
        return found.sort(order).to_dicts()

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        with self.manager.transaction("a test") as transaction:
            return transaction.run(sql)


@pytest.fixture
def files(tmp_path: Path, url: str) -> Files:
    found = Files(tmp_path, url)
    found.store("orders", DAYS)
    return found


def error(result: MaterializeInProcessResult) -> str:
    """What the only step that failed has failed by."""
    (name,) = result.failures
    failed = result.error_for_node(name)
    assert failed is not None
    return failed.message


def test_a_file_is_a_table_and_one_that_reads_it_depends_on_it(files: Files) -> None:
    files.write("big", "select id, amount from orders where amount >= 2")
    files.write("total", "-- All of it.\nselect sum(amount) as amount, count(*) as n from big")
    by_key = {str(each.key): each for each in files.assets()}
    assert [str(dep) for dep in by_key["total"].specs[0].deps] == ["big"]
    assert by_key["total"].specs[0].description == "All of it."
    assert [str(dep) for dep in by_key["big"].specs[0].deps] == ["orders"]
    result = files.build()
    assert result.success
    made = result.asset_materializations_for_node("big")[0].metadata
    assert made["row_count"].value == 3
    columns: Any = made["columns"].value
    assert [each["name"] for each in columns["columns"]] == ["id", "amount"]
    assert [tuple(map(float, row)) for row in files.run("select amount, n from total")] == [(17.0, 3.0)]


def test_a_function_reads_what_a_file_makes_by_a_parameter(files: Files) -> None:
    files.write("marts/big", "select id, amount from orders where amount >= 5")
    files.write("marts/days", DAILY)
    seen: dict[str, list[Any]] = {}

    @at.asset(ins={"big": at.AssetIn(["marts", "big"])})
    def report(big: pl.DataFrame) -> None:
        seen["big"] = big.sort("id")["id"].to_list()

    @at.asset(
        ins={"days": at.AssetIn(["marts", "days"])},
        partitions_def=at.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-05"),
    )
    def of_day(days: pl.DataFrame) -> None:
        seen["days"] = days["total"].to_list()

    definitions = files.assets()
    assert at.materialize([report, *definitions], selection="marts/big+").success
    for key in ("2024-01-01", "2024-01-02"):
        assert at.materialize([of_day, *definitions], selection="marts/days+", partition_key=key).success
    assert seen == {"big": [1, 2], "days": [1.0]}


def test_a_table_is_made_anew_and_what_depends_on_it_stays(files: Files) -> None:
    files.write("small", "select id from orders where amount < 10")
    assert files.build().success
    files.run("create view few as select id from small")
    files.store("orders", DAYS.head(3))
    assert files.build().success
    assert sorted(files.run("select id from few")) == [(2,), (3,)]
    files.write("small", "select id, amount, 'x' as more from orders where amount < 10")
    result = files.build()
    if "postgresql" in files.url:  # it drops no table that a view reads
        assert "something depends on it" in error(result)
        files.run("drop view few")
        result = files.build()
    assert result.success
    assert [row["more"] for row in files.rows("small")] == ["x", "x"]


def test_a_view_is_a_view_and_becomes_a_table_where_that_is_said(files: Files) -> None:
    files.write("recent", "/* materialization: view */ select id, day from orders")
    assert files.build().success
    files.store("orders", DAYS.head(1))
    assert len(files.run("select * from recent")) == 1, "it is asked anew"
    files.write("recent", "/* materialization: view */ select day, id, 1 as one from orders")
    assert files.build().success
    files.write("recent", "select id from orders")
    assert files.build().success
    files.run("delete from orders")
    assert len(files.run("select * from recent")) == 1, "it is a table"
    files.write("recent", "/* materialization: view */ select id from orders")
    assert files.build().success
    assert files.run("select * from recent") == []


DAILY = """/*
partitions: {daily: 2024-01-01, end: 2024-01-05}
partition_expr: day
checks: [{expression: total > 0}]
*/
select day, sum(amount) as total, max({{ partition_key }}) as made_for
from orders where day >= {{ partition_start }} and day < {{ partition_end }} group by day
"""


def test_partitions_take_the_place_of_their_rows(files: Files) -> None:
    files.write("daily", DAILY)
    for key in ("2024-01-01", "2024-01-02", "2024-01-01"):
        assert files.build(partition_key=key).success
    found = [(str(row["day"])[:10], row["total"], row["made_for"]) for row in files.rows("daily", "day")]
    assert found == [("2024-01-01", 15.0, "2024-01-01"), ("2024-01-02", 1.0, "2024-01-02")]


def test_partitions_of_two_dimensions_take_the_place_of_their_rows(files: Files) -> None:
    files.write(
        "by_both",
        """/*
        partitions: {day: {daily: 2024-01-01, end: 2024-01-05}, size: {static: [big, small]}}
        partition_expr: {day: day, size: size}
        */
        select id, day, {{ partition_key.size }} as size from orders
        where day >= {{ partition_start }} and day < {{ partition_end }} and (amount >= 5) = ({{ partition_key.size }} = 'big')
        """,
    )
    for day, size in (("2024-01-01", "big"), ("2024-01-02", "big"), ("2024-01-02", "small"), ("2024-01-02", "small")):
        key = at.MultiPartitionKey({"day": day, "size": size})
        assert files.build(partition_key=key).success
    assert [(row["id"], row["size"]) for row in files.rows("by_both")] == [(1, "big"), (2, "big"), (3, "small")]


def test_rows_of_other_partitions_are_refused_and_nothing_is_changed(files: Files) -> None:
    files.write("daily", DAILY)
    assert files.build(partition_key="2024-01-01").success
    files.write("daily", DAILY.replace("day >= {{ partition_start }} and ", ""))
    result = files.build(partition_key="2024-01-02")
    assert "would lie outside the partitions" in error(result)
    assert [row["total"] for row in files.rows("daily", "day")] == [15.0]


def test_an_incremental_table_gains_columns_and_loses_none(files: Files) -> None:
    files.write("daily", DAILY)
    assert files.build(partition_key="2024-01-01").success
    files.write("daily", DAILY.replace("select day,", "select day, count(*) as n,"))
    assert files.build(partition_key="2024-01-02").success
    assert [row["n"] for row in files.rows("daily", "day")] == [None, 1]
    files.write("daily", DAILY)
    assert "1 column that the query no longer gives: n" in error(files.build(partition_key="2024-01-03"))


def test_rows_take_the_place_of_those_of_the_same_key(files: Files) -> None:
    files.write("latest", "-- unique_key: id\nselect id, amount from orders")
    assert files.build().success
    files.store("orders", DAYS.filter(pl.col("id") > 2).with_columns(amount=pl.lit(99.0)))
    assert files.build().success
    assert [(row["id"], row["amount"]) for row in files.rows("latest")] == [(1, 10.0), (2, 5.0), (3, 99.0), (4, 99.0)]
    files.write("latest", "-- unique_key: id\nselect 1 as id, amount from orders")
    assert "1 key of id would be in" in error(files.build())
    assert len(files.rows("latest")) == 4


KEYS = ["a'b", "x; drop table orders; --", '"', "é", "a\\b", "%s", "$1", "?", "{{ run_id }}"]


def test_a_value_is_never_a_part_of_the_statement(files: Files) -> None:
    files.write(
        "by_shop",
        "/* partitions: {dynamic: shops}\npartition_expr: shop */\nselect {{ partition_key }} as shop, id from orders",
    )
    with at.Instance.ephemeral() as instance:
        instance.add_dynamic_partitions("shops", KEYS)
        for key in (*KEYS, KEYS[0]):
            assert files.build(partition_key=key, instance=instance).success
    assert sorted(row["shop"] for row in files.rows("by_shop")) == sorted(4 * KEYS)


def test_checks_count_the_rows_that_should_not_be_there(files: Files) -> None:
    files.write(
        "checked",
        """/*
        checks:
          - unique: id
          - not_null: [id, amount]
          - accepted_values: {column: kind, values: [a, b]}
          - relationships: {column: id, to: orders}
          - expression: amount < 10
            severity: warn
          - query: select * from checked where amount > 4
            name: few_big
        */
        select id, nullif(amount, 1.0) as amount, case when id = 4 then 'c' else 'a' end as kind from orders
        """,
    )
    result = files.build()
    assert result.success
    found = {
        each.check_name: (each.passed, each.metadata["wrong_rows"].value)
        for each in result.get_asset_check_evaluations()
    }
    assert found == {
        "unique_id": (True, 0),
        "not_null_id_amount": (False, 1),
        "accepted_values_kind": (False, 1),
        "relationships_id": (True, 0),
        "amount_10": (False, 1),
        "few_big": (False, 2),
    }


def test_what_the_database_refuses_is_told_with_the_file(files: Files) -> None:
    files.write("odd", "select nothing from orders")
    message = error(files.build())
    assert message.startswith("odd.sql: ")
    assert "nothing" in message
    assert "assettui_new_rows" not in message


def test_a_table_that_somebody_else_has_locked_is_told(tmp_path: Path, url: str) -> None:
    files = Files(tmp_path, url)
    files.manager = DatabaseIOManager(url=url, wait_s=0.2)
    files.store("orders", DAYS)
    files.write("big", "select id from orders")
    assert files.build().success
    release, ready = threading.Event(), threading.Event()

    def hold() -> None:
        with DatabaseIOManager(url=url).transaction("another") as transaction:
            transaction.run("delete from big")
            ready.set()
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert ready.wait(30)
        message = error(files.build())
    finally:
        release.set()
        holder.join()
    assert "big" in message
    assert any(word in message for word in ("locked", "cannot be opened")), message
    assert files.build().success, "and it goes on once that is over"


def test_a_file_that_cannot_be_read_fails_alone(files: Files) -> None:
    files.write("fine", "select id from orders")
    files.write("broken", "select id\nfrom orders\nwhere (id = 1")
    files.write("headless", "-- grup: x\n-- key: y\nselect 1 as one")
    files.write("my orders", "select 1 as one")
    files.write("keyed", "-- key: a b\nselect 1 as one")
    (files.folder / "latin.sql").write_bytes(b"select 'caf\xe9' as x")
    by_key = {str(each.key): each for each in files.assets()}
    warned = {key: each.specs[0].warnings[0] for key, each in by_key.items() if each.specs[0].warnings}
    assert (
        warned["broken"].what == "broken.sql, line 3, column 13: expecting ) near '1'"
        or "line 3" in warned["broken"].what
    )
    assert str(warned["broken"].at).endswith("broken.sql:3")
    assert "grup" in warned["headless"].what
    assert warned["headless"].hint == "did you mean group?"
    assert "no UTF-8" in warned["latin"].what
    assert "its key holds 'a b'" in warned["keyed"].what
    assert "my_orders" in by_key
    assert at.materialize([by_key["fine"]]).success
    result = at.materialize([by_key["broken"]], raise_on_error=False)
    assert "line 3" in error(result)


def source(text: str) -> Any:
    return read_source(Path("/x/odd.sql"), text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select '{{ partition_key }}'", "line 1, column 8: a parameter stands in quotes"),
        (
            "select 1,\n  {{ partition_ky }}",
            "line 2, column 3: {{ partition_ky }} is no parameter\n    did you mean partition_key?",
        ),
        ('select "a {{ run_id }}"', "put the text together"),
    ],
)
def test_parameters_are_refused_where_they_mean_nothing(text: str, said: str) -> None:
    with pytest.raises(BadSql) as raised:
        source(text)
    assert said in str(raised.value)


def test_what_stands_in_comments_is_no_parameter() -> None:
    found = source("-- {{ nothing }}\nselect {{run_id}} /* {{ x }} */ as a, 'it''s' as b, $$ {% x %} $$")
    assert [each.name for each in found.parameters] == ["run_id"]
    assert found.readable.index("as a") == "-- {{ nothing }}\nselect {{run_id}} /* {{ x }} */ as a".index("as a")


@given(
    st.lists(
        st.sampled_from(["a", "'{'", " ", "\n", "--x\n", "/*{{y}}*/", "{{ run_id }}", "{{partition_key}}", ";", '"q"'])
    )
)
def test_marks_change_no_place_of_a_query(parts: list[str]) -> None:
    """What sqlglot is shown is as long as the file, line by line, so that it tells lines and columns as they are."""
    text = "".join(parts)
    found = source(text)
    assert [len(line) for line in found.readable.split("\n")] == [len(line) for line in text.split("\n")]
    assert len(found.parameters) == sum(each.startswith("{{") for each in parts)


HEADS = [
    ("partitions: {daily: 2024-01-01}", "does not say which rows are whose"),
    ("materialization: view\npartitions: {daily: 2024-01-01}\npartition_expr: d", "a view has no partitions"),
    ("materialization: incremental", "says neither partitions nor unique_key"),
    ("materialization: tabel", "materialization: invalid enum value 'tabel'"),
    ("partitions: {dayly: 2024-01-01}\npartition_expr: d", "says nothing of its kind"),
    ("partitions: {daily: 2024-13-01}\npartition_expr: d", "does not fit the format"),
    ("partitions: {daily: 2024-01-01, zone: UTC}\npartition_expr: d", "zone means nothing beside daily"),
    ("checks: [{uniq: id}]", "uniq means nothing"),
    ("checks: [{unique: id}, {unique: id}]", "two are called unique_id"),
    ("checks: [{unique: id, severity: bad}]", "severity is 'bad'"),
    ("automation: sometimes", "automation: 'sometimes' means nothing"),
    ("freshness: soon", "'soon' is no span of time"),
    ("group: [a", "the head is no YAML"),
    ("ownrs: [x]\ngroup: a", "the head says ownrs, which means nothing"),
    ("group: 3", "the head says group: expected"),
]


@pytest.mark.parametrize(("head", "said"), HEADS)
def test_a_head_that_means_nothing_says_what_and_where(head: str, said: str) -> None:
    with pytest.raises(BadSql) as raised:
        read_head(source(f"/*\n{head}\n*/\nselect 1 as id"))
    assert said in str(raised.value)
    assert str(raised.value).startswith("odd.sql, line ")


def test_a_head_says_everything_that_an_asset_may_have() -> None:
    read = read_head(
        source(
            """
            -- key: marts/sales
            -- owners: [team:sales]
            -- partitions: {day: {daily: 2024-01-01}, shop: {static: [1, 2]}}
            -- partition_expr: {day: d, shop: s}
            -- automation: {on_cron: "0 6 * * *"}
            -- freshness: 36h
            select 1
            """
        )
    )
    assert read.said.key == "marts/sales"
    assert isinstance(read.partitions_def, at.MultiPartitionsDefinition)
    assert read.freshness_policy is not None
    assert read.freshness_policy.allowed_us == 36 * 3_600_000_000
    assert read.automation_condition is not None


def test_prose_is_a_description() -> None:
    assert read_head(source("/*\n * Orders: by day.\n *\n * Two lines.\n */ select 1")).said.description == (
        "Orders: by day.\n\nTwo lines."
    )
    assert read_head(source("select 1 -- no head")).said.description is None


def test_comments_and_white_space_are_no_other_code() -> None:
    assert source("select a  -- why\n from t").code_version == source("/* x */ select a from t").code_version
    assert source("select {{ run_id }}").code_version != source("select {{ partition_key }}").code_version
    assert plain("select '-- no' /* yes */ as a") == "select '-- no' as a"


def test_columns_are_followed_through_the_files(tmp_path: Path) -> None:
    files = Files(tmp_path, f"duckdb:///{tmp_path}/x.duckdb")
    files.write("staging/orders", "select id, price * quantity as amount, customer from raw.orders")
    files.write(
        "marts/all_of_it",
        "select o.*, upper(c.name) as name from staging.orders o join raw.customers c on c.id = o.customer",
    )
    files.write(
        "marts/top", "with t as (select * from marts.all_of_it) select name, max(amount) as most from t group by 1"
    )
    specs = {str(each.key): each.specs[0] for each in files.assets()}
    assert [str(dep) for dep in specs["marts/all_of_it"].deps] == ["staging/orders", "raw/customers"]
    columns = specs["marts/all_of_it"].metadata["columns"].value
    assert [each["name"] for each in columns["columns"]] == ["id", "amount", "customer", "name"]
    assert specs["marts/top"].metadata["column_lineage"].value == {
        "name": [["marts/all_of_it", "name"]],
        "most": [["marts/all_of_it", "amount"]],
    }
    of_amount = specs["staging/orders"].metadata["column_lineage"].value["amount"]
    assert sorted(column for _, column in of_amount) == ["price", "quantity"]
    assert specs["marts/top"].group_name == "marts"


def test_the_usual_schema_need_not_be_said_and_a_table_does_not_read_itself(tmp_path: Path) -> None:
    files = Files(tmp_path, f"duckdb:///{tmp_path}/x.duckdb")
    files.write("orders", "select 1 as id")
    files.write("totals", "select count(*) as n from MAIN.orders join main.others using (id)")
    files.write("again", "select id from orders where id > (select max(id) from main.again)")
    specs = {str(each.key): each.specs[0] for each in files.assets()}
    assert [str(dep) for dep in specs["totals"].deps] == ["orders", "others"]
    assert specs["again"].warnings[0].what == "again.sql, line 1: it reads main.again, the table that it makes"


def test_what_is_known_of_a_query_is_kept_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETTUI_CACHE", str(tmp_path / "cache"))
    files = Files(tmp_path, f"duckdb:///{tmp_path}/x.duckdb")
    files.write("a", "select id, x from raw")
    files.write("b", "select * from a")

    def columns() -> list[str]:
        b = next(each for each in files.assets() if str(each.key) == "b")
        return [each["name"] for each in b.specs[0].metadata["columns"].value["columns"]]

    assert columns() == ["id", "x"]
    looked: list[str] = []
    from assettui.integrations.sql import queries

    parsed = queries.parsed

    def noting(sql: str, *more: Any) -> Any:
        looked.append(sql)
        return parsed(sql, *more)

    monkeypatch.setattr(queries, "parsed", noting)
    assert columns() == ["id", "x"]
    assert looked == []
    files.write("a", "select id, x, y from raw")
    assert columns() == ["id", "x", "y"], "what reads it is looked at again, since its columns are others"
    assert looked == ["select id, x, y from raw", "select * from a"]


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("mysql://localhost/x", "and not in 'mysql'"),
        ("warehouse.duckdb", "the connection of the SQL files is no URL"),
        ("postgresql://u:$NO_SUCH_PASSWORD@localhost/x", "$NO_SUCH_PASSWORD, which is not set"),
        (at.EnvVar("NO_SUCH_URL"), "$NO_SUCH_URL is not set"),
        (3, "connection is a int"),
    ],
)
def test_where_files_cannot_run_is_told(tmp_path: Path, connection: Any, said: str) -> None:
    (tmp_path / "a.sql").write_text("select 1 as one")
    with pytest.raises(BadConnection) as raised:
        load_sql_assets(tmp_path, connection=connection)
    assert said in str(raised.value)


def test_there_must_be_files(tmp_path: Path) -> None:
    with pytest.raises(NoSqlFiles, match="there is no folder"):
        load_sql_assets(tmp_path / "none")
    with pytest.raises(NoSqlFiles, match="there is no SQL file"):
        load_sql_assets(tmp_path)


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("select 1 as one")
    assets = load_sql_assets(tmp_path, connection="postgresql://u:s3cret@127.0.0.1:1/x")
    result = at.materialize(assets, raise_on_error=False)
    assert "127.0.0.1:1/x cannot be reached" in error(result)
    assert "s3cret" not in str(result.error_for_node("a"))


def test_a_folder_of_files_is_a_project_without_python(folder: ProjectFolder) -> None:
    folder.write('[tool.assettui]\nsql = "models"\n', "pyproject.toml")
    folder.write("select 1 as id, 2 as x", "models/raw/numbers.sql")
    folder.write("-- materialization: view\nselect id + x as y from raw.numbers", "models/sums.sql")
    folder.write("select x from", "models/broken.sql")
    done = folder.run("materialize", "raw/numbers", "sums")
    assert done.returncode == 0, done
    assert "broken.sql, line 1" in done.stderr + done.stdout
    assert (folder.path / "warehouse.duckdb").exists()
    assert folder.json("asset", "preview", "sums") == [{"y": 3}]
    assert folder.json("asset", "preview", "raw/numbers") == [{"id": 1, "x": 2}]
    asset = folder.json("asset", "show", "sums")
    assert asset["upstream"] == ["raw/numbers"]
    failed = folder.run("materialize", "broken")
    assert failed.returncode != 0
    assert "broken.sql, line 1" in failed.stderr + failed.stdout
    assert "Traceback" not in failed.stderr + failed.stdout
