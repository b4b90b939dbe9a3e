"""How two runs differ."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ProjectFolder

PROJECT = """
    import time
    from assettui import Config, asset

    class Wanted(Config):
        days: int = 1

    @asset(code_version="{version}")
    def orders(config: Wanted):
        time.sleep({sleep})
        if {fails}:
            raise ValueError("no")
"""


@pytest.fixture
def twice(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT.format(version="1", sleep=0.02, fails=False))
    assert folder.run("materialize", "orders").returncode == 0
    folder.write(PROJECT.format(version="2", sleep=0.3, fails=True))
    folder.write("ops:\n  orders: {config: {days: 7}}\n", "week.yaml")
    folder.run("materialize", "orders", "--config", "week.yaml", "--tag", "why=test")
    return folder


def test_status_configuration_tags_versions_and_times_are_told(twice: ProjectFolder) -> None:
    last = twice.runs()[0]["run_id"]
    found = json.loads(twice.run("run", "diff", last, "--json").stdout)
    told = {(each["kind"], each["name"]): (each["first"], each["second"]) for each in found["differences"]}
    assert told["status", ""] == ("success", "failure")
    assert told["config", "ops.orders.config.days"] == ("–", "7")
    assert told["tag", "why"] == ("–", "test")
    assert told["code version", "orders"] == ("1", "2")
    assert told["step", "orders"] == ("success", "failure")
    assert ("took", "orders") in told


def test_the_older_one_comes_first_however_they_are_named(twice: ProjectFolder) -> None:
    after, before = (each["run_id"] for each in twice.runs())
    one, other = (
        json.loads(twice.run("run", "diff", *ids, "--json").stdout) for ids in ((after, before), (before, after))
    )
    assert one == other
    assert (one["first"], one["second"]) == (before, after)


def test_where_there_is_none_before_that_is_told(twice: ProjectFolder) -> None:
    first = twice.runs()[-1]["run_id"]
    done = twice.run("run", "diff", first)
    assert done.returncode == 2
    assert "assettui run diff A B" in done.stderr
