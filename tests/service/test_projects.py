"""Many projects at a glance: those that were opened here, and those of other machines, of which some do not answer."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from assettui.model.errors import ProjectError
from assettui.project.locate import locate
from assettui.project.opened import forget_opened, note_opened, opened_projects
from assettui.project.user_settings import Host, read_hosts, user_settings_file
from assettui.service.projects import all_projects, ask, here, opening_command
from tests.conftest import ProjectFolder

SSH = """#!/bin/sh
# Stands for ssh: runs the command here, but for some machines that are not as they should be.
while [ "$1" = -o ] || [ "$1" = -t ]; do [ "$1" = -o ] && shift; shift; done
host=$1; shift
case $host in
    asleep) sleep 30 ;;
    closed) echo "warning: old key" >&2; echo "ssh: connect to host closed port 22: Connection refused" >&2; exit 255 ;;
    bare) echo "sh: 1: assettui: not found" >&2; exit 127 ;;
    strange) echo "welcome to strange" ;;
    *) eval "$@" ;;
esac
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssh that needs no other machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ssh"
    program.write_text(SSH)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def opened(folder: ProjectFolder) -> None:
    note_opened(folder.project, folder.store.named)


def test_what_was_opened_is_remembered_the_last_first_and_once(sales: ProjectFolder, tmp_path: Path) -> None:
    other = ProjectFolder(tmp_path / "other")
    other.path.mkdir()
    other.write("", "definitions.py")
    opened(sales)
    opened(other)
    opened(sales)
    assert [each.folder for each in opened_projects()] == [str(sales.path), str(other.path)]
    assert opened_projects()[0].arguments == ("--project", str(sales.path))
    forget_opened(opened_projects()[0].arguments)
    assert [each.folder for each in opened_projects()] == [str(other.path)]


def test_it_is_opened_again_with_the_python_that_was_told(sales: ProjectFolder) -> None:
    opened(sales)
    note_opened(
        locate(sales.path, python="/bin/sh"), sales.store.named
    )  # a program: whether it is a Python is seen later
    assert [each.arguments for each in opened_projects()] == [("--project", str(sales.path), "--python", "/bin/sh")]
    assert here(opened_projects()[0]).problem == "nothing of it was built yet"
    note_opened(locate(sales.path, python="own"), sales.store.named)
    assert [each.arguments[2:] for each in opened_projects()] == [("--python", "own")]


def test_a_project_is_opened_again_as_it_was(sales: ProjectFolder) -> None:
    sales.write("", "other.py")
    from assettui.project.locate import locate

    note_opened(locate(sales.path, file="other.py"), sales.path / "elsewhere")
    (found,) = opened_projects()
    assert found.arguments == ("--file", f"{sales.path}/other.py", "--store", f"{sales.path}/elsewhere")


def test_a_list_that_cannot_be_written_is_left(sales: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    opened(sales)
    assert opened_projects() == ()


def test_a_project_here_is_as_its_store_says(sales: ProjectFolder) -> None:
    opened(sales)
    (known,) = opened_projects()
    assert here(known).problem == "nothing of it was built yet"
    assert sales.run("materialize", "sales").returncode == 0
    found = here(known)
    assert (found.fresh, found.never, found.failed, found.leader, found.problem) == (1, 1, 0, "", "")


def test_machines_answer_each_in_its_own_time(sales: ProjectFolder, ssh: None) -> None:
    sales.run("materialize", "*")
    command = f"PYTHONPATH={os.environ.get('PYTHONPATH', '')} {os.sys.executable} -m assettui"  # pyright: ignore[reportAttributeAccessIssue]
    hosts = [
        Host("asleep", timeout=1.0),
        Host("closed"),
        Host("bare"),
        Host("strange"),
        Host("box", dir=str(sales.path), command=command),
        Host("all", command=command),
    ]
    opened(sales)
    began = time.monotonic()
    found = [each for answer in all_projects(hosts) for each in answer]
    assert time.monotonic() - began < 20
    assert (found[0].host, found[0].fresh) == ("", 2)
    by_host = {each.host: each for each in found}
    assert by_host["asleep"].problem == "no answer within 1 s"
    assert by_host["closed"].problem == "ssh: connect to host closed port 22: Connection refused"
    assert "there is no program assettui there" in by_host["bare"].problem
    assert "cannot be read" in by_host["strange"].problem
    assert (by_host["box"].fresh, by_host["box"].place) == (2, str(sales.path))
    assert (by_host["all"].fresh, by_host["all"].arguments) == (2, ("--project", str(sales.path)))
    assert opening_command(by_host["box"], hosts) == ["ssh", "-t", "box", f"cd {sales.path} && {command}"]
    assert opening_command(by_host["all"], hosts)[-1].endswith(f"-m assettui --project {sales.path}")


def test_a_machine_without_ssh_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (found,) = ask(Host("box"))
    assert found.problem.startswith("ssh cannot be started")


def test_machines_are_named_in_the_users_settings() -> None:
    assert read_hosts() == ()
    user_settings_file().parent.mkdir(parents=True)
    user_settings_file().write_text('[[projects]]\nssh = "-p 2222 user@box"\ndir = "/srv/shop"\ntimeout = 3\n')
    (host,) = read_hosts()
    assert host.destination == ["-p", "2222", "user@box"]
    assert host.remote("health") == "cd /srv/shop && assettui health"
    for text, said in (
        ('[[projects]]\nhost = "box"\n', "unknown field `host`"),
        ('[[projects]]\nssh = ""\n', "ssh is empty"),
        ("[[projects]\n", "cannot be read"),
    ):
        user_settings_file().write_text(text)
        with pytest.raises(ProjectError, match=said):
            read_hosts()


def test_the_command_prints_them(sales: ProjectFolder) -> None:
    nothing = sales.run("projects")
    assert "no project was opened here yet" in nothing.stderr
    sales.run("materialize", "*")
    opened(sales)
    printed = sales.run("projects").stdout
    assert "project" in printed.lower()
    assert str(sales.path) in printed
    (found,) = json.loads(sales.run("projects", "--json").stdout)
    assert (found["fresh"], found["host"], found["problem"]) == (2, "", "")
