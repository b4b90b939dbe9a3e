"""The examples `sql` and `dbt`: a folder of SQL files and nothing else, and a dbt project between assets of Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder

EXAMPLES = Path(__file__).parents[2] / "assets_examples"


def test_sql_files_are_all_there_is(folder: ProjectFolder) -> None:
    assert folder.json("demo", "sql", "--dir", "s", "--no-ui", timeout=300)["status"] == "success"
    found = {each["key"]: each for each in folder.json("asset", "ls", "--project", "s")}
    assert {each["status"] for each in found.values()} == {"fresh"}
    assert found["marts/daily"]["partitions"] is not None
    checks = {each["name"]: each["outcome"] for each in folder.json("check", "ls", "--project", "s")}
    assert checks.pop("no_long_delays") == "warned"
    assert set(checks.values()) == {"passed"}
    worst = folder.json("asset", "preview", "worst_days", "--project", "s")
    assert worst[0]["flown_on"] == "2013-03-08"


@pytest.mark.slow
def test_dbt_between_assets_of_python(folder: ProjectFolder) -> None:
    assert folder.json("demo", "dbt", "--dir", "d", "--no-ui", timeout=300)["status"] == "success"
    found = {each["key"]: each for each in folder.json("asset", "ls", "--project", "d", timeout=300)}
    assert {each["status"] for each in found.values()} == {"fresh"}
    assert found["airline_delays"]["rows"] == 16
    shown = folder.json("asset", "show", "stg_flights", "--project", "d", timeout=300)
    assert shown["upstream"] == ["raw/flights"], "a source is the asset that makes its table"


def test_what_an_example_needs_is_told_with_the_command_that_installs_it(folder: ProjectFolder) -> None:
    bare = folder.path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    python = str(bare / "bin" / "python")
    done = folder.run("demo", "dbt", "--dir", "d", "--no-ui", "--python", python)
    assert done.returncode == 2
    assert "the example dbt needs duckdb, sqlglot, dbt, dbt.adapters.duckdb" in done.stderr
    assert f"-r {folder.path}/d/requirements.txt" in done.stderr


@pytest.mark.parametrize("name", ["dbt", "sql", "spark"])
def test_each_says_what_it_needs(name: str) -> None:
    wanted = (EXAMPLES / name / "requirements.txt").read_text().split()
    assert "polars" in wanted
    assert {"dbt": "dbt-duckdb", "sql": "sqlglot[c]", "spark": "pyspark>=4"}[name] in wanted
