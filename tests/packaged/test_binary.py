"""One file to carry: it unpacks itself once, however it is started, and does what the program does from source."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import assettui
from tests.conftest import wait_until

pytestmark = pytest.mark.slow
MOST_MB = 85
PLAIN = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}


class Carried:
    """The program as somebody has it who was sent it.

    Args:
        program: The file.
        home: Theirs.
    """

    def __init__(self, program: Path, home: Path, cache: Path | None = None) -> None:
        self.program, self.home = program, home
        self.environment = {**PLAIN, "HOME": str(home)} | ({"ASSETTUI_CACHE": str(cache)} if cache else {})

    def run(self, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.program), *arguments],
            cwd=cwd or self.home,
            env={**self.environment, **more},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def json(self, *arguments: str, cwd: Path) -> Any:
        done = self.run(*arguments, "--json", cwd=cwd)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def carried(dist: Path, cache: Path, tmp_path: Path) -> Carried:
    return Carried(dist / "assettui", tmp_path, cache)


def test_what_the_build_writes(dist: Path) -> None:
    program = dist / "assettui"
    assert program.stat().st_size <= MOST_MB * 1_000_000
    assert f"{hashlib.sha256(program.read_bytes()).hexdigest()}  assettui\n" in (dist / "SHA256SUMS").read_text()
    bill: Mapping[str, Any] = json.loads((dist / "assettui.cdx.json").read_text())
    held = {each["name"].lower() for each in bill["components"]}
    assert {"polars", "polars-runtime-32", "textual", "msgspec", "pillow", "python"} <= held
    assert not held & {"pip", "pytest", "duckdb", "pandas"}
    for name in ("textual", "polars", "python"):
        assert list((dist / "LICENSES" / name).iterdir()), name
    assert not list((dist / "LICENSES").glob("*readline*")), "its licence would hold for the whole file"
    assert f", {platform.system().lower()}-{platform.machine()}. ".encode() in program.read_bytes()[:200]


def test_it_unpacks_itself_once_also_where_two_start_at_once(dist: Path, tmp_path: Path) -> None:
    carried = Carried(dist / "assettui", tmp_path)
    both = [
        subprocess.Popen([carried.program, "--version"], env=carried.environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [each.communicate(timeout=120)[0] for each in both]
    assert said == [f"assettui, version {assettui.__version__}\n"] * 2
    (unpacked,) = (tmp_path / ".cache" / "assettui").iterdir()  # nothing else is left
    before = (unpacked / "assettui").stat()
    assert carried.run("--version").returncode == 0
    assert (unpacked / "assettui").stat().st_ino == before.st_ino


def test_other_versions_that_nobody_uses_are_removed(dist: Path, tmp_path: Path) -> None:
    carried = Carried(dist / "assettui", tmp_path)
    old = tmp_path / ".cache" / "assettui" / "0123456789abcdef"
    old.mkdir(parents=True)
    (old / ".lock").touch()
    foreign = old.with_name("mine")
    foreign.mkdir()
    assert carried.run("health").returncode != 0  # there is no project: but it has started
    assert not old.exists()
    assert foreign.exists()


def test_a_home_that_cannot_be_written_to(dist: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    carried = Carried(dist / "assettui", Path("/proc"))  # nobody, not even root, makes folders there
    done = carried.run("--version", cwd=tmp_path, TMPDIR=str(away), HOME="/proc/nobody")
    assert done.returncode == 0, done.stderr
    done = carried.run("--version", cwd=tmp_path, ASSETTUI_CACHE="/proc/cache")
    assert done.returncode == 0, done.stderr


def test_an_example_is_built_and_looked_at(carried: Carried, tmp_path: Path) -> None:
    done = carried.run("demo", "flights", "--dir", "flights", "--no-ui", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "flights"
    rows = carried.json("asset", "preview", "marts/worst_routes", "--rows", "2", cwd=folder)
    assert len(rows) == 2
    found = carried.json("sql", "select count(*) as n from raw.airlines", cwd=folder)
    assert found == [{"n": 16}]
    history = carried.run("asset", "history", "marts/worst_routes", "--plot", "rows", cwd=folder)
    assert re.search("[\u2801-\u28ff]", history.stdout), "a chart is drawn"
    assert carried.json("store", "verify", cwd=folder)["problems"] == []


def test_user_code_has_the_whole_standard_library_and_processes_of_its_own(carried: Carried, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        """
import csv, decimal, difflib, html.parser, http.client, multiprocessing, sqlite3, ssl, statistics, subprocess, sys
import unittest, urllib.request, wave, xml.etree.ElementTree, zipfile, zoneinfo
import pydantic
from assettui import asset

def doubled(n):
    return 2 * n

@asset
def spawned():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.map(doubled, range(5))

@asset
def forked():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(doubled, range(5))

@asset
def run():
    return subprocess.run([sys.executable, "-c", "import polars; print(6 * 7)"], capture_output=True, text=True).stdout

@asset
def zone():
    return str(zoneinfo.ZoneInfo("America/Lima"))

@asset
def library():
    return next(line.split()[-1] for line in open("/proc/self/maps") if "libsqlite3" in line)

@asset
def authorities():
    return len(ssl.create_default_context().get_ca_certs())
"""
    )
    done = carried.run("materialize", "*", cwd=tmp_path, PYTHONTZPATH="")
    assert done.returncode == 0, done.stdout + done.stderr
    values = {
        key: carried.run("asset", "preview", key, cwd=tmp_path).stdout.split()
        for key in ("spawned", "forked", "run", "zone", "library")
    }
    assert [each for each in values["spawned"] if each.strip("[],").isdigit()] == ["0,", "2,", "4,", "6,", "8"]
    assert values["spawned"] == values["forked"]
    assert (values["run"], values["zone"]) == (["42"], ["America/Lima"])
    assert values["library"][0].startswith(carried.environment["ASSETTUI_CACHE"]), "not that of this machine"
    assert int(carried.run("asset", "preview", "authorities", cwd=tmp_path).stdout) > 50


def test_user_code_runs_in_the_environment_beside_it(carried: Carried, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (tmp_path / "pipeline.py").write_text(
        "import multiprocessing, sys\nfrom assettui import asset\n\ndef twice(n):\n    return 2 * n\n\n"
        "@asset\ndef rows():\n    return [{'prefix': sys.prefix}]\n\n"
        "@asset\ndef spawned():\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        return sum(pool.map(twice, range(3)))\n"
    )
    done = carried.run("materialize", "*", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert carried.json("asset", "preview", "rows", cwd=tmp_path) == [{"prefix": str(tmp_path / ".venv")}]
    assert carried.run("asset", "preview", "spawned", cwd=tmp_path).stdout.strip() == "6"
    found = {each["subject"]: each for each in carried.json("doctor", cwd=tmp_path)}
    assert found["workers"]["verdict"] == "good"
    assert str(tmp_path / ".venv") in found["workers"]["what"]


def test_what_the_user_has_done_wrong_is_told_with_their_file_and_line(carried: Carried, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("from assettui import asset\n\n@asset\ndef a():\n    return 1 / 0\n")
    done = carried.run("materialize", "a", cwd=tmp_path)
    assert done.returncode == 1
    assert "pipeline.py" in done.stdout + done.stderr
    assert "ZeroDivisionError" in done.stdout + done.stderr
    (run,) = carried.json("run", "ls", cwd=tmp_path)
    logs = carried.run("run", "logs", run["run_id"], cwd=tmp_path).stdout
    assert f'File "{tmp_path}/pipeline.py", line 5' in logs
    assert "assettui/worker" not in logs, "the frames are the user's"


def test_a_leader_that_is_killed_takes_its_workers_along(carried: Carried, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "import os, time, pathlib\nfrom assettui import asset\n\n@asset\ndef slow():\n"
        "    pathlib.Path('pid').write_text(str(os.getpid()))\n    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [carried.program, "materialize", "slow"], cwd=tmp_path, env=carried.environment, stdout=subprocess.DEVNULL
    )
    pid = int(wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 60))
    process.kill()
    process.wait()
    wait_until(lambda: not Path(f"/proc/{pid}").exists() or "zombie" in Path(f"/proc/{pid}/status").read_text())
    assert carried.json("run", "ls", cwd=tmp_path)[0]["status"] == "failure"
    assert os.listdir(tmp_path / ".assettui")  # noqa: PTH208 - as a person would look
