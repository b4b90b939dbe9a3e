"""What other programs, and other people, do to a store: noticed, told, and never made worse."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, command, environment, wait_until

PROJECT = "from assettui import asset\n@asset\ndef a(): return 1\n"


@pytest.fixture
def used(folder: ProjectFolder) -> ProjectFolder:
    """A project with a store in which something has happened."""
    folder.write(PROJECT)
    assert folder.run("materialize", "a").returncode == 0
    return folder


def remove(folder: ProjectFolder) -> None:
    for file in folder.store.root.glob("store.db*"):
        file.unlink()


def replace(folder: ProjectFolder) -> None:
    copy = folder.path / "copy"
    shutil.copy(folder.store.database, copy)
    copy.rename(folder.store.database)


def empty(folder: ProjectFolder) -> None:
    os.truncate(folder.store.database, 0)


def remove_log(folder: ProjectFolder) -> None:
    (folder.store.root / "store.db-wal").unlink()


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (remove, "store.db was removed by another program"),
        (replace, "store.db was replaced by another program"),
        (empty, "is damaged: the file is empty"),
        (remove_log, "store.db-wal was removed by another program"),
    ],
)
def test_a_leader_whose_store_is_touched_ends_and_says_so(
    used: ProjectFolder, happens: Callable[[ProjectFolder], None], said: str
) -> None:
    leader = used.lead()
    wait_until(used.store.socket.exists)
    happens(used)
    output, _ = leader.communicate(timeout=10)
    assert leader.returncode == 1
    assert said in output.decode()
    assert "Traceback" not in output.decode()


@pytest.mark.slow
def test_no_command_begins_a_new_store_where_one_is_led(used: ProjectFolder) -> None:
    leader = used.lead()
    wait_until(used.store.socket.exists)
    os.kill(leader.pid, signal.SIGSTOP)  # it is slow to notice
    try:
        remove(used)
        for arguments in (["run", "ls"], ["status"], ["backfill", "start", "a"], ["materialize", "a"]):
            done = used.run(*arguments, timeout=15)
            assert done.returncode == 1
            assert f"is gone, though up, pid {leader.pid} leads it" in done.stderr
        assert list(used.store.root.glob("store.db*")) == []
    finally:
        os.kill(leader.pid, signal.SIGCONT)


def test_a_store_that_was_emptied_is_told_as_damaged_and_left_as_it_is(used: ProjectFolder) -> None:
    remove(used)
    used.store.database.touch()
    for arguments in (["run", "ls"], ["materialize", "a"]):
        done = used.run(*arguments)
        assert done.returncode == 1
        assert "is damaged: the file is empty" in done.stderr
    assert used.store.database.stat().st_size == 0


@pytest.mark.parametrize("table", ["runs", "steps", "events", "assets", "intents", "projects"])
def test_damage_is_told_wherever_it_is_met(used: ProjectFolder, table: str) -> None:
    with sqlite3.connect(used.store.database) as db:
        db.execute(f"DROP TABLE {table}")
    for arguments in (["materialize", "a"], ["status"], ["run", "ls"], ["asset", "ls"], ["up"]):
        process = used.start(*arguments)
        if arguments == ["up"]:
            wait_until(lambda process=process: process.poll() is not None or used.session.leader() is not None)
            process.terminate()
        output = process.communicate(timeout=20)[0].decode()
        assert "Traceback" not in output
        assert process.returncode in (0, 1)
        assert process.returncode == 0 or f"is damaged: no such table: {table}" in output
    assert "is damaged" in used.run("materialize", "a").stderr


def test_pages_that_were_overwritten_are_told(used: ProjectFolder) -> None:
    with used.store.database.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 65536)
    done = used.run("materialize", "a")
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert "store repair" in done.stderr


def test_a_log_that_is_not_sqlites_is_named(used: ProjectFolder) -> None:
    (used.store.root / "store.db-wal").mkdir()
    done = used.run("run", "ls")
    assert done.returncode == 1
    assert "(store.db-wal beside it is no file)" in done.stderr


# Other people.


def test_a_folder_that_others_may_write_to_is_refused(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    shared = folder.path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for arguments in (["materialize", "a"], ["up"], ["queue", "limit", "runs", "2"]):
        done = folder.run(*arguments, "--store", "shared")
        assert done.returncode == 1
        assert "others may write to the store's folder" in done.stderr
        assert "chmod go-w" in done.stderr
    assert list(shared.iterdir()) == []


def link(lock: Path, victim: Path) -> None:
    lock.symlink_to(victim)


def hard_link(lock: Path, victim: Path) -> None:
    lock.hardlink_to(victim)


def pipe(lock: Path, victim: Path) -> None:
    os.mkfifo(lock)


def directory(lock: Path, victim: Path) -> None:
    lock.mkdir()


@pytest.mark.parametrize("make", [link, hard_link, pipe, directory])
def test_what_stands_in_the_place_of_the_lease_is_neither_followed_nor_waited_for(
    used: ProjectFolder, make: Callable[[Path, Path], None]
) -> None:
    victim = used.path / "victim"
    victim.write_text("precious")
    used.store.lease.unlink()
    make(used.store.lease, victim)
    assert used.run("status", timeout=10).returncode == 0
    done = used.run("materialize", "a", timeout=10)
    assert (done.returncode, victim.read_text()) == (1, "precious")
    assert "is no file of its own" in done.stderr


@pytest.mark.parametrize("make", [link, pipe, directory])
def test_what_stands_in_the_place_of_the_socket_is_not_used(
    used: ProjectFolder, make: Callable[[Path, Path], None]
) -> None:
    victim = used.path / "victim"
    victim.write_text("precious")
    make(used.store.socket, victim)
    assert used.run("materialize", "a", timeout=10).returncode == 0
    assert used.run("queue", "limit", "runs", "2", timeout=10).returncode == 0
    assert victim.read_text() == "precious"


@pytest.fixture
def outside() -> Generator[ProjectFolder]:
    """A project in a folder that any user may enter, which pytest's own are not."""
    path = Path(f"/tmp/assettui-outside-{os.getpid()}")
    path.mkdir(mode=0o755)
    folder = ProjectFolder(path)
    folder.write(PROJECT)
    yield folder
    shutil.rmtree(path)


def as_nobody(folder: ProjectFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command, without the right of root to read and write whatever there is."""
    drop = "-dac_override,-dac_read_search"
    return subprocess.run(
        ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}", *command(*arguments)],
        cwd=folder.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=environment(),
    )


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give up its rights")


@needs_root
def test_a_folder_without_permission_is_told(outside: ProjectFolder) -> None:
    outside.run("materialize", "a")
    outside.store.root.chmod(0)
    for arguments in (["status"], ["materialize", "a"], ["asset", "ls"]):
        done = as_nobody(outside, *arguments)
        assert done.returncode == 1
        assert "cannot be reached: Permission denied" in done.stderr
        assert "Traceback" not in done.stderr


@needs_root
def test_a_folder_that_cannot_be_written_to_can_be_looked_at(outside: ProjectFolder) -> None:
    outside.run("materialize", "a")
    outside.store.root.chmod(0o500)
    done = as_nobody(outside, "run", "ls")
    assert (done.returncode, done.stdout.count("success")) == (0, 1)
    assert "cannot be written to: this is the store as it was left" in done.stderr
    assert "fresh" in as_nobody(outside, "asset", "ls").stdout
    refused = as_nobody(outside, "materialize", "a")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr


@needs_root
def test_one_that_is_left_with_changes_in_its_log_is_looked_at_whole(outside: ProjectFolder) -> None:
    leader = outside.lead()
    outside.run("materialize", "a")
    leader.kill()
    leader.communicate(timeout=10)
    assert (outside.store.root / "store.db-wal").stat().st_size
    (outside.store.root / "store.db-shm").unlink()
    outside.store.root.chmod(0o500)
    assert as_nobody(outside, "run", "ls").stdout.count("success") == 1


@needs_root
def test_one_that_is_led_is_looked_at_as_it_is(outside: ProjectFolder) -> None:
    leader = outside.lead()
    wait_until(outside.store.socket.exists)
    outside.store.root.chmod(0o500)
    assert as_nobody(outside, "materialize", "a").returncode == 0
    done = as_nobody(outside, "run", "ls")
    assert (done.stdout.count("success"), done.stderr) == (1, "")
    outside.store.root.chmod(0o700)
    leader.terminate()
    leader.communicate(timeout=10)
    assert leader.returncode == 0


def test_a_run_whose_leader_died_is_shown_as_ended_before_anybody_leads_again(folder: ProjectFolder) -> None:
    folder.write("import time\nfrom assettui import asset\n@asset\ndef slow(): time.sleep(60)\n")
    leader = folder.start("materialize", "slow")
    wait_until(lambda: [run["status"] for run in folder.runs()] == ["started"])
    leader.kill()
    leader.wait(10)
    (run,) = folder.json("run", "ls")
    assert run["status"] == "failure"
    assert run["error"] == f"the process that carried it out (materialize, pid {leader.pid}) is gone"
    (step,) = folder.json("run", "show", run["run_id"])["steps"]
    assert (step["status"], step["error"]["kind"]) == ("failure", "lost")
    with sqlite3.connect(folder.store.database) as db:
        assert db.execute("SELECT status FROM runs").fetchall() == [("started",)], "to look writes nothing"
