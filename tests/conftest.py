"""Fixtures in one line each: a store in a temporary folder, a project in a string, the program as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from assettui.project.locate import Project, locate
from assettui.service.catalog import catalog
from assettui.service.session import Session
from assettui.store.database import store_exists
from assettui.store.folder import StoreFolder
from tests.forked import forks

settings.register_profile("assettui", deadline=None)  # how long an example takes is for the benchmarks
settings.load_profile("assettui")

SALES = """
    from assettui import asset

    @asset
    def sales():
        print("two sales")
        return [{"country": "PE", "amount": 150}, {"country": "CL", "amount": 80}]

    @asset
    def total_by_country(context, sales):
        context.log.info("summing %d", len(sales))
        return {sale["country"]: sale["amount"] for sale in sales}
"""


XDG = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "ASSETTUI_CACHE")


@pytest.fixture(autouse=True)
def _own_settings_out_of_reach(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("ASSETTUI_STORE", "ASSETTUI_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT", *XDG):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    time.tzset()


@dataclass
class ProjectFolder:
    """A project in a folder of its own, and the program to run on it."""

    path: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, text: str, name: str = "pipeline.py") -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    @property
    def project(self) -> Project:
        return locate(self.path)

    @property
    def store(self) -> StoreFolder:
        return StoreFolder.at(self.path / ".assettui")

    @property
    def session(self) -> Session:
        return Session(self.project, self.store)

    def run(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        if forks().can_run():
            return forks().run(arguments, self.path, timeout)
        return subprocess.run(
            command(*arguments), cwd=self.path, capture_output=True, text=True, timeout=timeout, check=False
        )

    def json(self, *arguments: str, timeout: float = 60) -> Any:
        """What a command prints with `--json`."""
        done = self.run(*arguments, "--json", timeout=timeout)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"no JSON: {done}") from None

    def runs(self) -> Any:
        """Its runs; none where there is no store."""
        return [] if self.session.is_new() else self.json("run", "ls")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command, which ends with the test."""
        process = subprocess.Popen(
            command(*arguments),
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        self.started.append(process)
        return process

    def lead(self) -> subprocess.Popen[bytes]:
        """Start `assettui up` and wait until it leads and has loaded the project."""
        process = self.start("up")
        wait_until(lambda: (leader := self.session.leader()) is not None and leader.pid == process.pid)
        wait_until(lambda: store_exists(self.store) and catalog(self.session).snapshot is not None)
        return process


def command(*arguments: str) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "assettui", *arguments]


def wait_until(is_so: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    """Wait for a fact, and give it."""
    deadline = time.monotonic() + timeout_s
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"did not happen within {timeout_s} s"
        time.sleep(0.01)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that are still its own."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Generator[ProjectFolder]:
    """A project's folder, empty."""
    path = tmp_path / "project"
    path.mkdir()
    made = ProjectFolder(path)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def made_folder(factory: pytest.TempPathFactory, name: str) -> ProjectFolder:
    """A project's folder for several tests: its name is on screen, and is the same however often it is made."""
    path = factory.mktemp(name) / name
    path.mkdir()
    return ProjectFolder(path)


@pytest.fixture
def sales(folder: ProjectFolder) -> ProjectFolder:
    """The project of two assets."""
    folder.write(SALES)
    return folder


def environment(**more: str) -> dict[str, str]:
    """The environment of this process, and more."""
    return {**os.environ, **more}
