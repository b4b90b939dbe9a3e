"""`run logs`: what is said, in the order of time, as much of it as is asked for."""

from __future__ import annotations

import os
import re
import threading

import pytest

from assettui.model.print_times import MARK
from tests.conftest import ProjectFolder, command, wait_until
from tests.terminal import Terminal

PROJECT = r"""
    import subprocess, sys, time
    from pathlib import Path
    from assettui import asset

    HERE = Path(__file__).parent

    def wait_for(name):
        while not (HERE / name).exists():
            time.sleep(0.01)

    @asset
    def first(context):
        print("printed one")
        context.log.info("logged one")
        print("printed two", file=sys.stderr)
        subprocess.run(["sh", "-c", "echo error of a child >&2"])
        context.log.info("logged two")
        print("printed three")
        (HERE / "said").touch()
        wait_for("answered")
        print("printed last")

    @asset
    def second(context):
        wait_for("said")
        print("meanwhile")
        (HERE / "answered").touch()

    @asset(deps=[first])
    def bar():
        for done in range(0, 101, 20):
            print(f"\r\x1b[32m{done:3d}%\x1b[0m {'#' * (done // 10):10s}", end="")
        print()
        print("\x1b]52;c;RVZJTA==\x07\x1b[2J\x1b[1;31mred\x1b[0m \x9b2J")
        raise ValueError("why not")
"""
SAID = [
    "first out| printed one",
    "first  INFO     logged one",
    "first err| printed two",
    "first err| error of a child",
    "first  INFO     logged two",
    "first out| printed three",
    "second out| meanwhile",
    "first out| printed last",
    "bar out| 100% ##########",
    "bar out| red \ufffd2J",
]


@pytest.fixture
def ran(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    folder.run("materialize", "first", "second", "bar")
    return folder


def logs(folder: ProjectFolder, *arguments: str) -> list[str]:
    """What is said, without the times of events."""
    said = folder.run("run", "logs", folder.runs()[0]["run_id"], *arguments).stdout
    return [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", "", line) for line in said.splitlines()]


def test_events_and_output_are_in_the_order_of_time(ran: ProjectFolder) -> None:
    said = logs(ran)
    places = [said.index(line) for line in SAID]
    assert places == sorted(places)
    assert said[0].endswith("run queued")
    assert said[-1].startswith("–  run failure")
    assert all(
        said.index(f"{step}  step started") < said.index(f"{step} out| {text}")
        for step, text in (("first", "printed one"), ("second", "meanwhile"), ("bar", "red \ufffd2J"))
    )


def test_the_last_ones_are_read_from_the_end(ran: ProjectFolder) -> None:
    whole = logs(ran, "--stream", "stdout", "--stream", "stderr")
    for count in range(len(whole) + 2):
        assert (
            logs(ran, "--stream", "stdout", "--stream", "stderr", "--tail", str(count))
            == whole[len(whole) - min(count, len(whole)) :]
        )
    assert logs(ran, "--tail", "1") == [logs(ran)[-1]]
    (failed,) = [
        line for line in logs(ran, "--tail", "2", "--step", "bar") if "why not" in line and "step failure" in line
    ]
    assert failed.startswith("bar  step failure: ")


def test_what_is_found_is_what_is_shown(ran: ProjectFolder) -> None:
    assert logs(ran, "--grep", "printed (one|last)$") == [SAID[0], SAID[7]]
    assert logs(ran, "--grep", "(?i)LOGGED") == [SAID[1], SAID[4]]
    assert logs(ran, "--grep", "logged", "--tail", "1") == [SAID[4]]
    assert logs(ran, "--grep", "100%") == ["bar out| 100% ##########"]
    assert logs(ran, "--grep", " 20%") == []  # it was overwritten
    assert logs(ran, "--grep", "of a child", "--stream", "stderr") == [SAID[3]]
    refused = ran.run("run", "logs", ran.runs()[0]["run_id"], "--grep", "(")
    assert refused.returncode == 2
    assert "--grep" in refused.stderr
    assert "'(' is no regular expression" in refused.stderr


def test_json_has_what_is_asked_for(ran: ProjectFolder) -> None:
    run_id = ran.runs()[0]["run_id"]
    found = ran.json("run", "logs", run_id, "--grep", "one", "--step", "first")
    assert [event["message"] for event in found["events"]] == ["logged one"]
    assert found["output"] == [{"step": "first", "stdout": "printed one\n", "stderr": ""}]
    found = ran.json("run", "logs", run_id, "--tail", "1", "--stream", "stderr")
    assert found["events"] == []
    assert [each["stderr"] for each in found["output"] if each["stderr"]] == ["error of a child\n"]


def test_since_leaves_out_what_was_said_before(ran: ProjectFolder) -> None:
    (run,) = ran.runs()
    marks = ran.store.step_log(run["run_id"], "first", "times")
    whole = logs(ran)
    hour_us = 3_600_000_000
    moved = [(time_us - hour_us, *sizes) for time_us, *sizes in MARK.iter_unpack(marks.read_bytes())]
    marks.write_bytes(b"".join(MARK.pack(*mark) for mark in moved))
    assert [line for line in whole if line not in logs(ran, "--since", "30m")] == [
        line for line in whole if line.startswith("first ") and "|" in line
    ]
    assert logs(ran, "--since", "2h", "--stream", "stdout", "--step", "first") == [
        line for line in whole if line.startswith("first out|")
    ]
    assert logs(ran, "--since", "2100-01-01") == []


def test_without_marks_what_was_printed_comes_as_the_step_begins(ran: ProjectFolder) -> None:
    (run,) = ran.runs()
    for step in ("first", "second", "bar"):
        ran.store.step_log(run["run_id"], step, "times").unlink()
    said = logs(ran)
    assert said.index("first  step started") < said.index(SAID[0]) < said.index(SAID[7]) < said.index(SAID[1])


def test_a_terminal_shows_the_colors_and_obeys_nothing_else(ran: ProjectFolder) -> None:
    arguments = command("run", "logs", ran.runs()[0]["run_id"], "--step", "bar", "--stream", "stdout")
    for env, is_colored in (({}, True), ({"NO_COLOR": "1"}, False)):
        terminal = Terminal(arguments, cwd=ran.path, env={**os.environ, **env})
        assert terminal.wait_for_end() == 0
        said = bytes(terminal.raw)
        assert (b"\x1b[1;31mred\x1b[0m" in said) is is_colored
        assert (b"bar out| \x1b[32m100%\x1b[0m ##########" in said) is is_colored
        assert b"red" in said
        assert set(re.findall(rb"\x1b[^m]*.", said)) <= {b"\x1b[1;31m", b"\x1b[32m", b"\x1b[0m"}
        assert "\x9b".encode() not in said


def test_what_comes_is_followed_behind_the_last_ones(folder: ProjectFolder) -> None:
    folder.write(
        r"""
        import sys, time
        from pathlib import Path
        from assettui import asset

        @asset
        def slow(context):
            for number in range(5):
                print("before", number)
            print("not ", end="", flush=True, file=sys.stderr)
            (Path(__file__).parent / "begun").touch()
            while not (Path(__file__).parent / "go").exists():
                time.sleep(0.01)
            for number in range(5):
                print("after", number)
            print("cut", file=sys.stderr)
            print("not ended", end="")
        """
    )
    building = folder.start("materialize", "slow")
    wait_until((folder.path / "begun").exists)
    following = folder.start(
        "run", "logs", folder.runs()[0]["run_id"], "--follow", "--tail", "2", "--stream", "stdout", "--stream", "stderr"
    )
    assert following.stdout is not None
    end_if_stuck = threading.Timer(20, following.kill)
    end_if_stuck.start()
    lines = [following.stdout.readline() for _ in range(2)]
    end_if_stuck.cancel()
    (folder.path / "go").touch()
    rest, _ = following.communicate(timeout=20)
    building.communicate(timeout=20)
    assert lines == [b"slow out| before 3\n", b"slow out| before 4\n"]
    said = rest.decode().splitlines()
    assert [line for line in said if " out| " in line] == [
        *(f"slow out| after {n}" for n in range(5)),
        "slow out| not ended",
    ]
    assert [line for line in said if " err| " in line] == ["slow err| not cut"]
