"""Checks from the command line, with real processes: alone, with their history, by selection; and health."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFolder

PROJECT = """
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent

    @asset
    def orders():
        return [1, 2, 3]

    @asset
    def report(orders):
        return sum(orders)

    @asset_check(asset=orders, blocking=True)
    def complete(orders):
        gaps = int((HERE / "gaps").read_text()) if (HERE / "gaps").exists() else 0
        return AssetCheckResult(passed=not gaps, metadata={"gaps": gaps}, description=f"{gaps} gaps")

    @asset_check(asset=report, name="small")
    def small(report):
        return AssetCheckResult(passed=report < 5, severity=AssetCheckSeverity.WARN)

    @asset_check(asset=report)
    def reachable():
        if (HERE / "down").exists():
            raise ConnectionError("no route")
        return AssetCheckResult(passed=True)
"""


@pytest.fixture
def checked(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


def test_they_run_with_their_assets_and_a_blocking_one_stops_what_depends_on_it(checked: ProjectFolder) -> None:
    (checked.path / "gaps").write_text("2")
    done = checked.run("materialize", "*")
    assert done.returncode == 1
    assert "✗ orders:complete: the blocking check complete of orders failed: 2 gaps" in done.stderr
    assert "1 asset materialized, 3 skipped, 1 check failed" in done.stderr
    (run,) = checked.runs()
    steps = {step["step"]: step for step in checked.json("run", "show", run["run_id"])["steps"]}
    assert steps["report"]["status"] == "skipped"
    orders, report = checked.json("asset", "ls")
    assert (orders["status"], report["status"]) == ("failed", "never")
    sick = checked.run("health")
    assert sick.returncode == 1
    assert "orders:complete" in sick.stdout
    assert "assettui check run orders:complete" in sick.stdout
    assert [each["kind"] for each in checked.json("health")["ailments"]] == ["check failed"]

    (checked.path / "gaps").write_text("0")
    assert checked.run("check", "run", "orders:complete").returncode == 0
    assert checked.json("asset", "ls")[0]["status"] == "fresh"
    assert checked.run("materialize", "report").returncode == 0
    shown = checked.json("check", "show", "orders:complete")
    assert [each["outcome"] for each in shown["results"]] == ["passed", "failed"]
    assert [each["metadata"]["gaps"]["value"] for each in shown["results"]] == [0, 2]
    assert checked.run("health").returncode == 0, "what only warns is no reason to be called at night"


def test_one_that_raises_could_not_be_evaluated_and_says_so(checked: ProjectFolder) -> None:
    assert checked.run("materialize", "*").returncode == 0
    (checked.path / "down").touch()
    done = checked.run("check", "run", "report")
    assert done.returncode == 1
    assert "ConnectionError: no route" in done.stderr
    found = {row["name"]: row for row in checked.json("check", "ls")}
    assert found["reachable"]["outcome"] == "errored"
    assert found["small"]["outcome"] == "warned"
    assert checked.json("asset", "ls")[1]["status"] == "fresh", "nothing was said of the data"
    assert checked.run("health").returncode == 1


def test_a_name_that_is_not_there_is_helped_with(checked: ProjectFolder) -> None:
    checked.run("materialize", "*")
    assert "did you mean 'orders:complete'?" in checked.run("check", "show", "orders:complte").stderr
    assert "did you mean 'orders:complete'?" in checked.run("check", "run", "orders:complte").stderr
    assert checked.run("check", "run", "orders:complte").returncode == 2


def test_selections_name_checks(checked: ProjectFolder) -> None:
    assert checked.run("materialize", "orders").returncode == 0
    assert checked.run("materialize", "report and not check:report:small").returncode == 0
    assert [row["name"] for row in checked.json("check", "ls") if row["outcome"]] == ["complete", "reachable"]
    assert checked.run("check", "run", "report").returncode == 0
    assert checked.json("run", "ls")[0]["checks"] == ["report:small", "report:reachable"]
