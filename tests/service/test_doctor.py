"""What is not as it should be where assettui runs is found, and said with what mends it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from assettui.service.doctor import Finding, clock, file_system, store, terminal
from assettui.store.folder import StoreFolder
from tests.conftest import ProjectFolder

MOUNTS = """\
21 1 253:0 / / rw,relatime - ext4 /dev/root rw
22 21 0:5 / /mnt/shared\\040disk rw - nfs4 server:/x rw
23 21 0:6 / /home/ada/box rw - fuse.sshfs box: rw
24 22 0:7 / /mnt/shared\\040disk/local rw - xfs /dev/sdb rw
"""
SIZE = os.terminal_size((160, 50))


def worst(findings: list[Finding]) -> Finding:
    return max(findings, key=lambda each: ("good", "doubtful", "bad").index(each.verdict))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv", "ext4"),
        ("/mnt/shared disk/a", "nfs4"),
        ("/mnt/shared disk/local", "xfs"),
        ("/home/ada/box/a", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_without_the_list_of_mounts_it_is_not_known() -> None:
    assert file_system(Path("/srv"), "") == ""


def test_terminals_and_locales() -> None:
    good = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_US.UTF-8"}
    assert worst(list(terminal(good, True, SIZE))).verdict == "good"
    dumb = worst(list(terminal({**good, "TERM": "dumb"}, True, SIZE)))
    assert (dumb.verdict, dumb.what) == ("bad", "TERM is 'dumb': nothing can be placed on it")
    small = worst(list(terminal(good, True, os.terminal_size((70, 20)))))
    assert "made for 80 × 24" in (small.hint or "")
    old = worst(list(terminal({**good, "LANG": "C"}, True, SIZE)))
    assert old.what == "LANG=C: only ASCII is drawn"
    assert "no terminal" in worst(list(terminal(good, False, SIZE))).what


def test_a_clock_that_was_never_set() -> None:
    assert worst(list(clock(0))).hint == "set the clock: `timedatectl set-ntp true`"


def test_a_store_whose_events_are_of_the_future(sales: ProjectFolder) -> None:
    sales.run("materialize", "*")
    assert worst(list(store(sales.store, time.time_ns() // 1000))).verdict == "good"
    with sqlite3.connect(sales.store.database) as connection:
        connection.execute("UPDATE events SET time = time + 3600 * 1000000 WHERE id = (SELECT max(id) FROM events)")
    connection.close()
    assert "the clock was set back" in worst(list(store(sales.store, time.time_ns() // 1000))).what


def test_a_store_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("no database, for sure, but a text that is long enough to be read as a page")
    assert worst(list(store(StoreFolder.at(tmp_path), 0))).verdict == "bad"


def test_the_command_says_what_is_to_be_mended(sales: ProjectFolder, tmp_path: Path) -> None:
    done = sales.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "✓ workers" in done.stdout
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 'start.Unfit: it is Python 3.9, and a worker needs 3.11' >&2\nexit 1\n")
    old.chmod(0o755)
    done = sales.run("--python", str(old), "doctor", "--json")
    assert done.returncode == 1
    (bad,) = (each for each in json.loads(done.stdout) if each["verdict"] == "bad")
    assert (bad["subject"], bad["what"]) == ("workers", "it is Python 3.9, and a worker needs 3.11")
    elsewhere = sales.run("--project", str(tmp_path), "doctor")
    assert "! project    there is no project in" in elsewhere.stdout
