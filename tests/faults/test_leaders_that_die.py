"""Kill the leader at any instant: its workers go with it, nothing finished is lost, nothing is shown as running."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, children, is_alive, wait_until

PROJECT = """
    import ctypes, os, subprocess, time
    from pathlib import Path
    from assettui import asset

    HERE = Path(__file__).parent

    @asset
    def first():
        return {"done": True}

    @asset
    def slow(first):
        child = subprocess.Popen(["sleep", "600"])
        (HERE / "pids").write_text(f"{os.getpid()} {child.pid}")
        if (HERE / "stubborn").exists():
            ctypes.PyDLL(None).sleep(600)  # holds the interpreter: no Python code can run beside it
        time.sleep(600)

    @asset
    def last(slow):
        return 1

    @asset
    def other():
        return 2
"""


@pytest.fixture
def project(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


def pids_of(folder: ProjectFolder) -> list[int]:
    path = folder.path / "pids"
    return [int(pid) for pid in wait_until(lambda: path.is_file() and path.read_text()).split()]


@pytest.mark.parametrize("is_stubborn", [False, True])
def test_workers_are_gone_within_two_seconds_of_a_killed_leader(project: ProjectFolder, is_stubborn: bool) -> None:
    if is_stubborn:
        (project.path / "stubborn").touch()
    leader = project.start("materialize", "+last")
    pids = pids_of(project)
    killed = time.monotonic()
    leader.kill()
    wait_until(lambda: not any(map(is_alive, pids)))
    assert time.monotonic() - killed < 2


def test_an_orphaned_run_is_closed_and_what_was_finished_is_kept(project: ProjectFolder) -> None:
    leader = project.start("materialize", "+last")
    pids_of(project)
    leader.kill()
    leader.wait()
    (left,) = project.json("run", "ls")
    assert left["status"] == "failure"  # nobody has recorded it yet, and nobody leads, which every face says
    assert "the leader of 1 run shown here has died" in project.run("run", "ls").stderr
    status = project.json("status")
    assert (status["leader"], status["running"], status["left_behind"]) == (None, 0, 1)
    assert {asset["status"] for asset in project.json("asset", "ls")} == {"fresh", "never"}

    assert project.json("materialize", "other")["status"] == "success"
    detail = project.json("run", "show", left["run_id"])
    assert detail["status"] == "failure"
    assert detail["error"] == f"the process that carried it out (materialize, pid {leader.pid}) is gone"
    assert [(step["step"], step["status"]) for step in detail["steps"]] == [
        ("first", "success"),
        ("slow", "failure"),
        ("last", "skipped"),
    ]
    assert detail["steps"][1]["error"]["kind"] == "lost"
    statuses = {asset["key"]: asset["status"] for asset in project.json("asset", "ls")}
    assert statuses == {"first": "fresh", "slow": "failed", "last": "never", "other": "fresh"}


def test_a_follower_takes_over_when_the_leader_dies_and_its_queued_run_is_carried_out_once(
    project: ProjectFolder,
) -> None:
    leader = project.lead()
    os.kill(leader.pid, signal.SIGSTOP)  # it leads, but carries out nothing
    follower = project.start("materialize", "other")
    wait_until(lambda: len(project.json("run", "ls")) == 1)
    leader.kill()
    assert follower.wait(20) == 0
    (run,) = project.json("run", "ls")
    assert run["status"] == "success"
    detail = project.json("asset", "show", "other")
    assert len(detail["materializations"]) == 1


def test_of_two_that_start_in_the_same_instant_exactly_one_leads(project: ProjectFolder) -> None:
    for _ in range(3):
        both = [project.start("up"), project.start("up")]
        wait_until(lambda both=both: sum(process.poll() is not None for process in both) == 1)
        (loser,) = [process for process in both if process.poll() is not None]
        (winner,) = [process for process in both if process.poll() is None]
        assert loser.returncode == 1
        assert project.session.leader().pid == winner.pid  # pyright: ignore[reportOptionalMemberAccess]
        winner.terminate()
        assert winner.wait(10) == 0
        assert project.session.leader() is None


def test_a_leader_that_is_asked_to_end_cancels_what_runs_and_ends_in_order(project: ProjectFolder) -> None:
    leader = project.lead()
    waiting = project.start("materialize", "+last")
    pids = pids_of(project)
    leader.send_signal(signal.SIGTERM)
    assert leader.wait(10) == 0
    assert waiting.wait(10) == 1
    assert project.json("run", "ls")[0]["status"] == "canceled"
    assert not any(map(is_alive, pids))
    assert not project.store.socket.exists()


def test_the_leader_carries_out_what_followers_ask_for(project: ProjectFolder) -> None:
    leader = project.lead()
    assert project.json("materialize", "other")["status"] == "success"
    status = project.json("status")
    assert status["leader"]["pid"] == leader.pid
    assert (status["running"], status["queued"]) == (0, 0)


def test_many_followers_at_once_each_get_their_run(project: ProjectFolder) -> None:
    project.lead()
    followers = [project.start("materialize", "other") for _ in range(4)]
    assert [follower.wait(30) for follower in followers] == [0, 0, 0, 0]
    assert [run["status"] for run in project.json("run", "ls")] == ["success"] * 4


def test_several_that_start_without_a_leader_share_the_work(project: ProjectFolder) -> None:
    both: list[subprocess.Popen[bytes]] = [project.start("materialize", "other") for _ in range(3)]
    assert [process.wait(40) for process in both] == [0, 0, 0]
    assert [run["status"] for run in project.json("run", "ls")] == ["success"] * 3


def test_a_killed_guard_is_no_loss(project: ProjectFolder) -> None:
    leader = project.lead()
    assert project.json("materialize", "other")["status"] == "success"
    guards = [pid for pid in children(leader.pid) if b"while read" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert guards, "of its workers, and of the process that looks at what they have made"
    for guard in guards:
        os.kill(guard, signal.SIGKILL)
    project.start("materialize", "+last", "other")
    pids = pids_of(project)
    leader.kill()
    wait_until(lambda: not any(map(is_alive, pids)), timeout_s=3)
