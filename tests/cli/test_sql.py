"""`assettui sql`: the assets of a project as tables."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import ProjectFolder, made_folder

PROJECT = """
    import polars as pl
    from assettui import *

    @asset(key=["marts", "worst_routes"])
    def worst_routes():
        return pl.DataFrame({"route": ["LIM-CUZ", "LIM-AQP"], "delay": [31.5, 12.0], "total": [1, 2]})

    @asset
    def airports():
        return pl.DataFrame({"code": ["CUZ", "AQP"], "city": ["Cusco", "Arequipa"]})

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b", "c"]))
    def parts(context):
        frame = pl.DataFrame({"n": [1, 2]})
        return frame.with_columns(more=pl.lit("x")) if context.partition_key == "b" else frame

    @asset
    def total(): return 3

    @asset
    def many(): return pl.DataFrame({"n": range(3_000)})

    @asset
    def never(): return pl.DataFrame()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    folder = made_folder(tmp_path_factory, "sql")
    folder.write(PROJECT)
    assert folder.run("materialize", "marts/worst_routes", "airports", "total", "many").returncode == 0
    for partition in ("a", "b"):
        assert folder.run("materialize", "parts", "--partition", partition).returncode == 0
    return folder


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("select route from marts.worst_routes where delay > 20", [{"route": "LIM-CUZ"}]),
        ("select sum(total) as total from worst_routes", [{"total": 3}]),
        (
            "with w as (select * from marts.worst_routes) select city from w join airports a on w.route = 'LIM-' || a.code"
            " order by city; -- parts 'never'",
            [{"city": "Arequipa"}, {"city": "Cusco"}],
        ),
        (
            'select "partition", sum(n) as n, max(more) as more from parts group by "partition" order by 1',
            [{"partition": "a", "n": 3, "more": None}, {"partition": "b", "n": 3, "more": "x"}],
        ),
    ],
)
def test_assets_are_tables(made: ProjectFolder, engine: str, statement: str, rows: list[object]) -> None:
    if engine == "duckdb":
        statement = statement.partition(";")[0]
    done = made.run("sql", statement, "--engine", engine, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == rows


def test_results_are_shown_and_written(made: ProjectFolder, tmp_path: Path) -> None:
    done = made.run("sql", "select * from airports order by code")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["code", "city"],
        ["str", "str"],
        ["AQP", "Arequipa"],
        ["CUZ", "Cusco"],
    ]
    assert "2 rows" in done.stderr
    assert "the first 1 of 2 rows" in made.run("sql", "select * from airports", "--rows", "1").stderr
    assert made.run("sql", "select code from airports", "--csv").stdout == "code\nCUZ\nAQP\n"
    made.run("sql", "select code from airports", "--parquet", str(tmp_path / "out.parquet"))
    assert pl.read_parquet(tmp_path / "out.parquet")["code"].to_list() == ["CUZ", "AQP"]


@pytest.mark.parametrize(
    ("statement", "said", "place"),
    [
        ("select * frm airports", "Expected: end of statement", None),
        ("select cdoe from airports", "there is no column 'cdoe'", 7),
        ("select * from airport", "there is no table 'airport'", 14),
        ("select * from total", "the value of total is no table", 14),
        ("drop table airports", "a statement only reads here", 0),
        ("", "a statement only reads here", 0),
        ("select * from never", "never was never materialized", None),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    made: ProjectFolder, statement: str, said: str, place: int | None
) -> None:
    done = made.run("sql", statement)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if place is not None:
        assert f"    {statement}\n    {' ' * place}^" in done.stderr


def test_a_result_of_many_rows_is_read_page_by_page(made: ProjectFolder) -> None:
    done = made.run("sql", "select n from many where n >= 10 order by n", "--rows", "3")
    assert done.stdout.split() == ["n", "i64", "10", "11", "12"]
    assert "the first 3 of 2,990 rows" in done.stderr
