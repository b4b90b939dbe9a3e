"""Steps whose values are not what they are said to be: refused before they are stored, and before a function is given them."""

from __future__ import annotations

import polars as pl
import pytest

import assettui as at
from tests.conftest import ProjectFolder

PROJECT = """
    from typing import Annotated
    import polars as pl
    from assettui import *

    even = DagsterType(lambda _, value: TypeCheck(value % 2 == 0, f"{value} is odd", {"half": value / 2}), name="Even")

    @asset
    def number() -> int:
        return "x"

    @asset
    def fraction() -> float:
        return 3

    @asset
    def text(fraction: str):
        return fraction

    @asset(dagster_type=even)
    def pair() -> int:
        return 4

    @asset
    def odd() -> Annotated[int, even]:
        return 5

    @asset(ins={"pair": AssetIn(dagster_type=DagsterType(lambda _, value: value > 9, name="Large"))})
    def large(pair):
        return pair

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]), backfill_policy=BackfillPolicy.single_run())
    def parts(context) -> int:
        return {key: 1 if key == "a" else "x" for key in context.partition_keys}

    @op(out=Out(dagster_type=int))
    def one():
        return "1"

    @op
    def doubled(n: int) -> int:
        return n * 2

    @job
    def by_ops():
        doubled(one())
"""


@pytest.fixture
def project(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


def test_what_is_wrong_is_said_and_nothing_is_stored(project: ProjectFolder) -> None:
    done = project.run("materialize", "number")
    assert done.returncode == 1
    assert f"number is said to be int ({project.path}/pipeline.py:8), and its value is a str: 'x'" in done.stderr
    assert project.json("asset", "history", "number") == []
    assert "odd is said to be int and Even" in project.run("materialize", "odd").stderr
    assert "and its value is not: 5 is odd" in project.run("materialize", "odd").stderr


def test_what_is_read_is_held_against_the_parameter(project: ProjectFolder) -> None:
    done = project.run("materialize", "fraction", "text", "pair", "large")
    assert "text takes 'fraction' as str" in done.stderr
    assert "and it is an int: 3" in done.stderr
    assert "large takes 'pair' as Large" in done.stderr
    assert project.json("asset", "history", "pair")[0]["metadata"]["half"]["value"] == 2.0


def test_each_partition_is_held_against_the_type(project: ProjectFolder) -> None:
    done = project.run("backfill", "start", "parts", "--all", "--wait")
    assert done.returncode == 1
    (run,) = project.json("run", "ls")
    assert "parts is said to be int" in project.run("run", "show", run["run_id"]).stdout
    assert "its value of b is a str: 'x'" in project.run("run", "show", run["run_id"]).stdout


def test_of_ops_it_is_said_which_one(project: ProjectFolder) -> None:
    done = project.run("job", "run", "by_ops")
    assert "one is said to be int" in done.stderr


def test_the_settings_turn_it_off(project: ProjectFolder) -> None:
    (project.path / "assettui.toml").write_text('file = "pipeline.py"\ntype_checks = false\n')
    assert project.run("materialize", "number").returncode == 0


def test_in_process_too() -> None:
    @at.asset
    def frame() -> pl.DataFrame:
        return [1]  # pyright: ignore[reportReturnType]

    with pytest.raises(at.StepFailed, match="frame is said to be DataFrame"):
        at.materialize_to_memory([frame])
