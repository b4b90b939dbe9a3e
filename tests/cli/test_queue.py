"""The queue with real processes: limits by run, tag and pool, changed while a leader is at work."""

from __future__ import annotations

import signal
from collections.abc import Generator
from typing import Any

import pytest

from assettui.store.database import open_for_writing
from tests.conftest import ProjectFolder, wait_until

PROJECT = """
    import time
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent

    def hold():
        while not (HERE / "go").exists():
            time.sleep(0.01)

    @asset(pool="warehouse")
    def first(): hold()

    @asset(pool="warehouse")
    def second(): hold()

    @asset
    def free(): hold()

    @asset
    def quick(): ...

    team = define_asset_job("team", "quick", tags={"team": "ops"})
    team_held = define_asset_job("team_held", "free", tags={"team": "ops"})
"""


@pytest.fixture
def led(folder: ProjectFolder) -> Generator[ProjectFolder]:
    folder.write(PROJECT)
    folder.write("max_workers = 3\n", "assettui.toml")
    leader = folder.lead()
    yield folder
    (folder.path / "go").touch()
    leader.send_signal(signal.SIGTERM)
    leader.wait(timeout=10)


def queue(project: ProjectFolder) -> dict[str, Any]:
    return project.json("queue", "ls")


def limits(project: ProjectFolder, *arguments: str) -> dict[str, Any]:
    return {f"{each['kind']} {each['name'] or ''}".strip(): each for each in project.json("queue", "limit", *arguments)}


def test_a_pool_is_shared_by_all_runs_and_changed_while_they_wait(led: ProjectFolder) -> None:
    assert limits(led, "pool", "warehouse", "1")["pool warehouse"]["slots"] == 1
    led.start("materialize", "first")
    wait_until(lambda: limits(led)["pool warehouse"]["used"] == 1)
    led.start("materialize", "second")
    (waiting,) = wait_until(lambda: queue(led)["runs"])
    assert waiting["waits_for"].startswith("pool warehouse 1/1 held by ")
    assert waiting["waits_for"].endswith(" first")
    assert led.json("run", "show", waiting["run_id"])["status"] == "queued"
    assert f"waits for {waiting['waits_for']}" in led.run("run", "show", waiting["run_id"]).stdout
    limits(led, "pool", "warehouse", "none")
    wait_until(lambda: queue(led)["waiting"] == 0)
    wait_until(lambda: limits(led)["pool warehouse"]["used"] == 2)


def test_so_many_runs_at_once_and_with_a_tag(led: ProjectFolder) -> None:
    limits(led, "tag", "team=*", "1")
    led.start("job", "run", "team_held")
    wait_until(lambda: limits(led)["tag team=*"]["used"] == 1)
    led.start("job", "run", "team")
    (waiting,) = wait_until(lambda: queue(led)["runs"])
    assert waiting["waits_for"].startswith("tag team=ops 1/1 held by ")
    assert led.json("materialize", "quick")["status"] == "success"  # it has no such tag
    limits(led, "runs", "1")
    led.start("materialize", "quick")
    wait_until(lambda: {each["waits_for"] for each in queue(led)["runs"]} == {"runs 1/1"})
    assert limits(led)["runs"]["slots"] == 1
    limits(led, "runs", "default")
    wait_until(lambda: queue(led)["waiting"] == 1)
    assert led.run("run", "cancel", waiting["run_id"]).returncode == 0  # one that never began
    assert led.json("run", "show", waiting["run_id"])["status"] == "canceled"
    assert queue(led)["waiting"] == 0


def test_the_highest_priority_is_taken_first(led: ProjectFolder) -> None:
    limits(led, "runs", "1")
    led.start("materialize", "free")
    wait_until(lambda: limits(led)["runs"]["used"] == 1)
    led.start("materialize", "quick")
    wait_until(lambda: queue(led)["waiting"] == 1)
    led.start("materialize", "quick", "--tag", "dagster/priority=3")
    wait_until(lambda: queue(led)["waiting"] == 2)
    assert [each["priority"] for each in queue(led)["runs"]] == [3, 0]


def test_wrong_limits_are_told(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    assert "'x' is no limit" in folder.run("queue", "limit", "runs", "x").stderr
    assert "write: queue limit pool POOL SLOTS" in folder.run("queue", "limit", "pool", "warehouse").stderr
    folder.write("[pools]\nwarehouse = -1\n", "assettui.toml")
    assert "pools.warehouse is -1" in folder.run("queue", "ls").stderr
    folder.write("max_runs = 2\n[pools]\nwarehouse = 4\n", "assettui.toml")
    open_for_writing(folder.store).close()
    found = {each["kind"]: each for each in folder.json("queue", "limit")}
    assert (found["runs"]["slots"], found["pool"]["slots"], found["pool"]["is_set"]) == (2, 4, False)
