"""Runs that fail, take too long or are stopped, with real processes: tried again, ended in time, told why."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conftest import ProjectFolder, is_alive, wait_until

PROJECT = """
    import os, signal, subprocess, time
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent

    def note(name):
        with (HERE / "calls").open("a") as file:
            file.write(name + " ")

    def may_fail():
        left = int((HERE / "failures").read_text()) if (HERE / "failures").exists() else 0
        if left:
            (HERE / "failures").write_text(str(left - 1))
            raise ValueError("boom")

    @asset
    def first():
        note("first")
        return 1

    @asset
    def second(first):
        note("second")
        may_fail()
        return first + 1

    @asset
    def third(second):
        note("third")
        return second + 1

    @asset
    def beside():
        note("beside")

    @op(out=DynamicOut())
    def numbers():
        note("numbers")
        for n in (1, 2, 3):
            yield DynamicOutput(n, mapping_key=str(n))

    @op
    def double(n):
        note(f"double{n}")
        if n == 2:
            may_fail()
        return 2 * n

    @op
    def total(ns):
        note("total")
        (HERE / "total").write_text(str(sum(ns)))

    @job
    def sums():
        total(numbers().map(double).collect())

    @asset(timeout=0.5)
    def slow():
        note("slow")
        if (HERE / "patient").exists():
            return
        child = subprocess.Popen(["sleep", "600"])
        (HERE / "pids").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)

    @asset(timeout=0.5, retry_policy=RetryPolicy(delay=0.1))
    def hasty(context):
        note("hasty")
        if context.retry_number == 0 or (HERE / "hopeless").exists():
            time.sleep(600)

    @asset(retry_policy=RetryPolicy(max_retries=2))
    def fatal(context):
        note("fatal")
        if context.retry_number < 2 or (HERE / "hopeless").exists():
            os.kill(os.getpid(), signal.SIGKILL)

    @asset
    def stubborn():
        (HERE / "pids").write_text(str(os.getpid()))
        while True:
            try:
                time.sleep(600)
            except BaseException:
                note("asked")

    trying = define_asset_job("trying", "+second+", tags={"dagster/max_retries": "2"})
    all_again = define_asset_job(
        "all_again", "+second", tags={"dagster/max_retries": "1", "dagster/retry_strategy": "ALL_STEPS"}
    )
    short = define_asset_job("short", "stubborn", tags={"dagster/max_runtime": "0.5"})
"""


@pytest.fixture
def project(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    folder.write("cancel_grace = 0.5\n", "assettui.toml")
    return folder


def calls(project: ProjectFolder) -> list[str]:
    """The functions that were called since this was last asked, in order."""
    path = project.path / "calls"
    found = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def steps(run: Any) -> dict[str, str]:
    return {step["step"]: step["status"] for step in run["steps"]}


def test_from_the_failure_on_with_what_succeeded(project: ProjectFolder) -> None:
    (project.path / "failures").write_text("1")
    failed = project.json("materialize", "first", "second", "third", "beside")
    assert failed["status"] == "failure"
    assert sorted(calls(project)) == ["beside", "first", "second"]
    again = project.json("run", "retry", failed["run_id"], "--from-failure")
    assert again["status"] == "success"
    assert steps(again) == {"second": "success", "third": "success"}
    assert calls(project) == ["second", "third"]
    assert again["tags"]["dagster/parent_run_id"] == again["tags"]["dagster/root_run_id"] == failed["run_id"]
    whole = project.json("run", "retry", failed["run_id"][:8])
    assert steps(whole) == dict.fromkeys(["first", "second", "third", "beside"], "success")
    refused = project.run("run", "retry", again["run_id"], "--from-failure")
    assert refused.returncode == 2
    assert "has failed" in refused.stderr


def test_what_ops_have_output_is_used_again(project: ProjectFolder) -> None:
    (project.path / "failures").write_text("1")
    failed = project.json("job", "run", "sums")
    assert failed["status"] == "failure"
    calls(project)
    again = project.json("run", "retry", failed["run_id"], "--from-failure")
    assert again["status"] == "success"
    assert calls(project) == ["double2", "total"]
    assert (project.path / "total").read_text() == "12"
    assert list((project.path / ".assettui" / "values").glob("*runs/*")) == []  # nothing is left of either


def test_a_run_tries_itself_again_as_often_as_its_tags_say(project: ProjectFolder) -> None:
    (project.path / "failures").write_text("2")
    done = project.json("job", "run", "trying")
    assert done["status"] == "success"
    assert done["tags"]["dagster/retry_number"] == "2"
    assert calls(project) == ["first", "second", "second", "second", "third"]
    assert [run["status"] for run in project.json("run", "ls")] == ["success", "failure", "failure"]
    (project.path / "failures").write_text("9")
    assert project.json("job", "run", "trying")["status"] == "failure"
    assert len(project.json("run", "ls")) == 6


def test_all_of_it_again_and_by_the_settings(project: ProjectFolder) -> None:
    (project.path / "failures").write_text("1")
    assert project.json("job", "run", "all_again")["status"] == "success"
    assert calls(project) == ["first", "second", "first", "second"]
    project.write("run_retries = 1\n", "assettui.toml")
    (project.path / "failures").write_text("1")
    done = project.run("materialize", "second")
    assert done.returncode == 0
    assert "it is tried again" in done.stderr


@pytest.mark.parametrize("by", ["tag", "setting"])
def test_the_runs_of_a_backfill_try_themselves_again_too(folder: ProjectFolder, by: str) -> None:
    folder.write("""
        from pathlib import Path
        from assettui import StaticPartitionsDefinition, asset
        parts = StaticPartitionsDefinition(["x", "y"])

        @asset(partitions_def=parts)
        def up(context):
            with Path("calls").open("a") as file:
                file.write(f"up-{context.partition_key} ")

        @asset(partitions_def=parts, deps=[up])
        def down(context):
            first = Path(f"seen_{context.partition_key}")
            if not first.exists():
                first.touch()
                raise RuntimeError("the first time")
    """)
    (folder.path / "assettui.toml").write_text(f"max_workers = 1\nrun_retries = {int(by == 'setting')}\n")
    tags = ("--tag", "dagster/max_retries=1") if by == "tag" else ()
    assert folder.run("backfill", "start", "*", *tags, "--wait").returncode == 0
    (backfill,) = folder.json("backfill", "ls")
    assert (backfill["status"], backfill["counts"]["materialized"]) == ("success", 4)
    assert calls(folder) == ["up-x", "up-y"], "what succeeded is not made again"
    runs = folder.json("run", "ls")
    assert sorted(run["status"] for run in runs) == ["failure", "failure", "success", "success"]
    assert "failure" not in folder.run("backfill", "show", backfill["backfill_id"]).stdout


def test_a_run_that_would_fail_again_is_not_tried_again(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import EnvVar, asset
        @asset
        def one():
            return EnvVar("NOT_SET").resolved()
    """)
    folder.json("materialize", "one", "--tag", "dagster/max_retries=3")
    assert len(folder.json("run", "ls")) == 1


def test_a_step_that_takes_too_long_is_stopped_with_all_that_it_started(project: ProjectFolder) -> None:
    began = time.monotonic()
    run = project.json("materialize", "slow")
    assert run["status"] == "failure"
    assert run["steps"][0]["error"]["message"] == "the step took longer than 0.5 s, and was stopped"
    assert run["steps"][0]["error"]["kind"] == "timeout"
    assert time.monotonic() - began < 15
    pids = [int(pid) for pid in (project.path / "pids").read_text().split()]
    wait_until(lambda: not any(map(is_alive, pids)))
    (project.path / "patient").touch()
    assert project.json("run", "retry", run["run_id"], "--from-failure")["status"] == "success"


def test_by_its_policy_a_step_is_tried_again_that_takes_too_long_or_ends_its_worker(project: ProjectFolder) -> None:
    run = project.json("materialize", "hasty", "fatal")
    assert run["status"] == "success"
    assert sorted(calls(project)) == ["fatal", "fatal", "fatal", "hasty", "hasty"]


def test_a_policy_ends_too(project: ProjectFolder) -> None:
    (project.path / "hopeless").touch()
    run = project.json("materialize", "hasty", "fatal")
    errors = {step["step"]: step["error"]["message"] for step in run["steps"]}
    assert errors["hasty"] == "the step took longer than 0.5 s, and was stopped"
    assert "SIGKILL" in errors["fatal"]
    assert sorted(calls(project)) == ["fatal", "fatal", "fatal", "hasty", "hasty"]


def test_a_run_that_takes_too_long_fails_and_what_will_not_end_is_killed(project: ProjectFolder) -> None:
    run = project.json("job", "run", "short")
    assert run["status"] == "failure"
    assert run["error"] == "the run took longer than 0.5 s, and was stopped"
    assert calls(project) == ["asked"]  # it was asked, and then it was killed
    assert not is_alive(int((project.path / "pids").read_text()))


def test_settings_that_cannot_be(project: ProjectFolder) -> None:
    for text, told in (
        ("step_timeout = 0", "step_timeout is 0"),
        ('run_timeout = "5"', "run_timeout is '5', not a number of seconds"),
        ("run_retries = -1", "run_retries is -1"),
    ):
        project.write(f"{text}\n", "assettui.toml")
        done = project.run("run", "ls")
        assert done.returncode == 2
        assert told in done.stderr


SECRETS = """
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent

    class Login(Config):
        password: str

    @asset
    def table(config: Login):
        with (HERE / "calls").open("a") as file:
            file.write(config.password + " ")
        raise ValueError("boom")

    plain = define_asset_job("plain", "table", tags={"dagster/max_retries": "1"})
    own = define_asset_job("own", "table", config={"ops": {"table": {"config": {"password": "its-own"}}}})
"""


@pytest.mark.parametrize("job", ["plain", "own"])
def test_secrets_are_used_again_by_the_run_itself_and_by_nobody_after_it(folder: ProjectFolder, job: str) -> None:
    folder.write(SECRETS)
    folder.write("ops: {table: {config: {password: of-the-run}}}", "given.yaml")
    run = folder.json("job", "run", job, "--config", "given.yaml")
    assert calls(folder) == ["of-the-run"] * (2 if job == "plain" else 1)
    refused = folder.run("run", "retry", run["run_id"])
    assert refused.returncode == 2
    assert "was configured with secrets, which are not kept" in refused.stderr
    assert calls(folder) == []
    assert all(b"of-the-run" not in each.read_bytes() for each in folder.store.root.glob("store.db*"))


def test_a_secret_of_the_job_itself_is_there_for_every_retry(folder: ProjectFolder) -> None:
    folder.write(SECRETS)
    run = folder.json("job", "run", "own")
    assert folder.json("run", "retry", run["run_id"])["status"] == "failure"
    assert calls(folder) == ["its-own", "its-own"]
