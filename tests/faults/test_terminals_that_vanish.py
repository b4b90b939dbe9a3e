"""Signals and terminals that vanish: each has one outcome, work goes on or ends in order, and the terminal is left sane."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, is_alive, wait_until
from tests.terminal import Terminal

PROJECT = """
    import os, time
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent

    @asset
    def slow():
        (HERE / "pid").write_text(str(os.getpid()))
        while not (HERE / "go").exists():
            time.sleep(0.01)

    @asset
    def ticked():
        with (HERE / "ticks").open("a") as file:
            file.write("x")

    @sensor(asset_selection="ticked", minimum_interval_seconds=1)
    def looking(context):
        return RunRequest()
"""


@pytest.fixture
def project(folder: ProjectFolder) -> Generator[ProjectFolder]:
    folder.write(PROJECT)
    yield folder
    (folder.path / "go").touch()


@pytest.fixture
def terminal(project: ProjectFolder) -> Generator[Terminal]:
    opened = Terminal([sys.executable, "-m", "assettui"], cwd=project.path, size=(100, 30))
    yield opened
    opened.close()


def leader_pid(project: ProjectFolder) -> int | None:
    leader = project.session.leader()
    return leader.pid if leader is not None else None


def begun(project: ProjectFolder, terminal: Terminal) -> None:
    """The screens are there, lead, and a step runs."""
    terminal.wait_for("leader")
    terminal.wait_for("slow")
    assert leader_pid(project) == terminal.pid
    project.start("materialize", "slow")
    wait_until(lambda: (project.path / "pid").is_file())


def has_left_its_terminal(pid: int) -> bool:
    """Whether a process reads from nowhere by now."""
    return str(Path(f"/proc/{pid}/fd/0").readlink()) == os.devnull


@pytest.mark.parametrize("how", ["hang-up", "vanishes"])
def test_without_its_terminal_work_goes_on_and_the_next_screen_shows_it(
    project: ProjectFolder, terminal: Terminal, how: str
) -> None:
    begun(project, terminal)
    if how == "hang-up":
        os.kill(terminal.pid, signal.SIGHUP)
    else:
        terminal.vanish()
    wait_until(lambda: has_left_its_terminal(terminal.pid))
    assert leader_pid(project) == terminal.pid
    (running,) = project.json("run", "ls")
    assert running["status"] == "started"
    following = Terminal([sys.executable, "-m", "assettui"], cwd=project.path, size=(100, 30))
    following.wait_for(f"follows tui {terminal.pid}")
    (project.path / "go").touch()
    wait_until(lambda: project.json("run", "ls")[0]["status"] == "success")
    following.press("q")
    assert following.wait_for_end() == 0
    following.close()
    wait_until(lambda: leader_pid(project) is None)  # nothing is left to do
    wait_until(lambda: not is_alive(terminal.pid))


def test_what_is_scheduled_goes_on_without_a_terminal(project: ProjectFolder, terminal: Terminal) -> None:
    terminal.wait_for("leader")
    terminal.wait_for("ticked")
    project.json("sensor", "on", "looking")
    os.kill(terminal.pid, signal.SIGHUP)
    wait_until(lambda: has_left_its_terminal(terminal.pid))
    before = len((project.path / "ticks").read_text()) if (project.path / "ticks").exists() else 0
    wait_until(lambda: (project.path / "ticks").exists() and len((project.path / "ticks").read_text()) >= before + 2)
    assert leader_pid(project) == terminal.pid
    os.kill(terminal.pid, signal.SIGTERM)
    wait_until(lambda: leader_pid(project) is None)
    wait_until(lambda: not is_alive(terminal.pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_cancels_what_runs_and_leaves_the_terminal_sane(
    project: ProjectFolder, terminal: Terminal, number: signal.Signals
) -> None:
    before = terminal.modes()
    begun(project, terminal)
    assert terminal.modes() != before
    os.kill(terminal.pid, number)
    terminal.wait_for_end()
    assert terminal.modes() == before
    said = bytes(terminal.raw)
    assert said.rindex(b"\x1b[?1049l") > said.rindex(b"\x1b[?1049h")  # the shell has its screen again
    assert said.rindex(b"\x1b[?25h") > said.rindex(b"\x1b[?25l")  # and its cursor
    assert project.json("run", "ls")[0]["status"] == "canceled"
    assert not is_alive(int((project.path / "pid").read_text()))


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


@pytest.mark.parametrize("how", ["signal", "key"])
def test_stopped_it_leads_on_and_continued_it_draws_again(project: ProjectFolder, terminal: Terminal, how: str) -> None:
    before = terminal.modes()
    begun(project, terminal)
    if how == "key":
        terminal.press("ctrl+z")
    else:
        os.kill(terminal.pid, signal.SIGTSTP)
    terminal.wait_for_bytes(b"\x1b[?1049l")  # the shell has its screen again
    wait_until(lambda: is_stopped(terminal.pid))
    assert terminal.modes() == before
    assert leader_pid(project) == terminal.pid
    (project.path / "go").touch()
    terminal.forget()
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait_for("leader", "slow", "ticked", "Filter")  # all of it, not only what has changed
    assert terminal.modes() != before
    wait_until(lambda: terminal.read() or project.json("run", "ls")[0]["status"] == "success")
    wait_until(lambda: project.json("run", "ls")[0]["status"] == "success")


def test_stopped_and_continued_from_without_it_draws_again(project: ProjectFolder, terminal: Terminal) -> None:
    begun(project, terminal)
    os.kill(terminal.pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(terminal.pid))
    terminal.forget()
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait_for("leader", "slow", "ticked", "Filter")
    (project.path / "go").touch()


def test_a_stop_in_the_middle_of_drawing_is_no_deadlock(project: ProjectFolder, terminal: Terminal) -> None:
    """A signal's handler runs between any two steps, also while what is to be written is locked: it must not write."""
    begun(project, terminal)
    for _ in range(12):
        terminal.forget()
        terminal.press("down", "up")  # something is drawn
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.wait_for_bytes(b"\x1b[?1049l")
        wait_until(lambda: is_stopped(terminal.pid))
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for_bytes(b"\x1b[?1049h")
    (project.path / "go").touch()


def test_up_outlives_its_terminal(project: ProjectFolder) -> None:
    terminal = Terminal([sys.executable, "-m", "assettui", "up"], cwd=project.path)
    terminal.wait_for("leading")
    terminal.vanish()
    wait_until(lambda: has_left_its_terminal(terminal.pid))
    assert project.json("materialize", "ticked")["status"] == "success"
    assert leader_pid(project) == terminal.pid
    os.kill(terminal.pid, signal.SIGTERM)
    wait_until(lambda: leader_pid(project) is None)
    terminal.close()


def test_one_that_stands_by_leads_after_a_kill(project: ProjectFolder) -> None:
    first = project.lead()
    second = Terminal([sys.executable, "-m", "assettui", "up", "--standby"], cwd=project.path)
    second.wait_for("standing by")
    refused = project.run("up")
    assert "led by another process" in refused.stderr
    assert "--standby" in refused.stderr
    assert leader_pid(project) == first.pid
    first.kill()
    wait_until(lambda: leader_pid(project) == second.pid)  # the benchmark says how soon
    assert project.json("materialize", "ticked")["status"] == "success"
    third = Terminal([sys.executable, "-m", "assettui", "up", "--standby"], cwd=project.path)
    third.wait_for("standing by")
    os.kill(third.pid, signal.SIGTERM)
    assert third.wait_for_end() == 0
    third.close()
    second.close()


def test_of_two_that_start_in_the_same_instant_one_leads(project: ProjectFolder) -> None:
    all_three = [Terminal([sys.executable, "-m", "assettui", "up", "--standby"], cwd=project.path) for _ in range(3)]
    pid = wait_until(lambda: leader_pid(project))
    (leading,) = [each for each in all_three if each.pid == pid]
    leading.wait_for("leading")
    for other in all_three:
        if other is not leading:
            other.wait_for("standing by")
    assert leader_pid(project) == pid
    for each in all_three:
        each.close()
