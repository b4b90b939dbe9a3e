"""`assettui store` and `asset wipe`, with real stores: sound or not, copied, put back, saved, made smaller."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, made_folder, wait_until

PROJECT = """
    import time
    from pathlib import Path
    from assettui import StaticPartitionsDefinition, asset, define_asset_job, op, job

    @asset
    def a():
        print("printed")
        return [1]

    @asset
    def b(a): return a

    @asset(partitions_def=StaticPartitionsDefinition(["x", "y"]))
    def parts(): return 1

    @asset
    def fails(): raise ValueError("no")

    @asset
    def held():
        Path("begun").touch()
        while not Path("go").exists():
            time.sleep(0.01)
        return 1
"""


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which things have happened, made once."""
    folder = made_folder(tmp_path_factory, "pattern")
    folder.write(PROJECT)
    folder.run("materialize", "a", "b")
    folder.run("materialize", "a", "fails")
    folder.run("materialize", "parts", "--range", "x...y")
    folder.run("queue", "limit", "runs", "3")
    return folder.path


@pytest.fixture
def used(folder: ProjectFolder, pattern: Path) -> ProjectFolder:
    """The same, to be changed."""
    shutil.copytree(pattern, folder.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    return folder


def values(folder: ProjectFolder) -> list[str]:
    return sorted(str(path.relative_to(folder.store.values)) for path in folder.store.values.rglob("@*"))


def problems(folder: ProjectFolder) -> list[str]:
    done = folder.json("store", "verify")
    return done["problems"]


def test_path(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    assert folder.run("store", "path").stdout.strip() == str(folder.store.database)
    assert folder.json("store", "path") == {"path": str(folder.store.database), "exists": False}
    assert not folder.store.root.exists()


def test_a_sound_store_is_told_so(used: ProjectFolder) -> None:
    done = used.run("store", "verify")
    assert done.returncode == 0
    assert done.stdout.startswith("✓ ")
    used.lead()
    assert used.run("store", "verify").returncode == 0


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE runs SET status = 'success'", "runs say something else than the events"),
        ("DELETE FROM steps WHERE step = 'b'", "steps say something else than the events"),
        ("UPDATE assets SET version = 'x' WHERE key = 'b'", "assets say something else than the events: b"),
        ("DELETE FROM partitions WHERE partition = 'x'", "partitions say something else than the events: parts x"),
        ("DELETE FROM events WHERE kind = 'run_queued'", "runs say something else than the events"),
    ],
)
def test_a_state_that_the_events_do_not_say_is_told(used: ProjectFolder, harm: str, said: str) -> None:
    with sqlite3.connect(used.store.database) as db:
        db.execute(harm)
    done = used.run("store", "verify")
    assert done.returncode == 1
    assert said in done.stdout


def test_a_value_that_is_gone_is_told(used: ProjectFolder) -> None:
    gone = values(used)[0]
    (used.store.values / gone).unlink()
    assert problems(used) == [f"the value {gone} is gone"]


# Room.


def test_what_nothing_refers_to_is_removed(used: ProjectFolder) -> None:
    before = values(used)
    left = used.store.values / "renamed" / "@1-abc.json"
    left.parent.mkdir()
    left.write_text("1")
    (used.store.values / "a" / "@9-def.tmp").write_text("half")
    found = used.json("store", "vacuum")
    assert found["values"]["files"] == 2
    assert values(used) == before
    assert not left.parent.exists()
    assert problems(used) == []


def test_what_a_step_is_writing_now_is_left(used: ProjectFolder) -> None:
    leader = used.lead()
    used.start("materialize", "held")
    wait_until((used.path / "begun").exists)
    fresh = used.store.values / "held" / "@1-abc.json"
    fresh.parent.mkdir()
    fresh.write_text("1")
    old = used.store.values / "a" / "@1-old.json"
    old.write_text("1")
    os.utime(old, (1, 1))
    found = used.json("store", "vacuum")
    assert (found["values"]["files"], found["database_bytes"]) == (1, None)
    assert fresh.exists()
    (used.path / "go").touch()
    wait_until(lambda: used.runs()[0]["status"] == "success")
    leader.terminate()
    leader.communicate(timeout=10)


def test_logs_go_by_age_and_by_size(used: ProjectFolder) -> None:
    logs = sorted(used.store.logs.rglob("*.out"), key=lambda path: path.stat().st_mtime)
    assert len(logs) == 2
    marks = [log.with_suffix(".times") for log in logs]
    os.utime(logs[0], (1, 1))
    os.utime(marks[0], (1, 1))
    assert used.json("store", "vacuum")["logs"]["files"] == 2
    assert not logs[0].parent.exists()
    size = marks[1].stat().st_size
    used.write("log_megabytes = 1\n", "assettui.toml")
    with logs[1].open("a") as file:
        file.write("x" * 2_000_000)
    assert used.json("store", "vacuum")["logs"] == {"files": 2, "bytes": 2_000_008 + size}


def test_a_run_that_prints_nothing_leaves_no_log(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    folder.run("materialize", "b", "a")
    folder.run("materialize", "b")
    assert sorted(path.name for path in folder.store.logs.rglob("*") if path.is_file()) == ["a.out", "a.times"]
    assert [path.name for path in folder.store.logs.iterdir() if path.name != "workers"] == [
        run["run_id"] for run in folder.runs() if "a" in run["assets"]
    ]
    run_id = folder.runs()[0]["run_id"]
    (output,) = folder.json("run", "logs", run_id)["output"] or [{"stdout": "", "stderr": ""}]
    assert (output["stdout"], output["stderr"]) == ("", "")


@pytest.mark.slow  # it is looked for ten seconds after the start
def test_what_a_killed_leader_has_left_is_removed_by_the_next_that_stays(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    leader = folder.start("materialize", "held")
    wait_until((folder.path / "begun").exists)
    left = folder.store.values / "gone" / "@1-abc.json"
    left.parent.mkdir(parents=True)
    left.write_text("1")
    leader.kill()
    leader.communicate(timeout=10)
    (folder.path / "go").touch()
    assert folder.run("materialize", "a").returncode == 0  # it leads for a moment only
    assert left.exists()
    again = folder.start("up")
    wait_until(lambda: not left.exists(), timeout_s=30)
    again.terminate()
    again.communicate(timeout=10)


# Copies.


def test_a_copy_is_put_back(used: ProjectFolder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert used.run("store", "backup", str(copy)).returncode == 0
    before = (used.runs(), values(used))
    used.run("materialize", "a")
    kept = used.json("store", "restore", str(copy))["kept"]
    assert (used.runs(), values(used)) == before
    assert problems(used) == []
    assert (Path(kept) / "store.db").is_file()
    assert used.run("materialize", "b").returncode == 0


def test_a_store_that_is_led_is_copied_whole(used: ProjectFolder, tmp_path: Path) -> None:
    used.lead()
    for number in range(3):
        used.run("materialize", "a", "b")
        assert used.run("store", "backup", str(tmp_path / str(number))).returncode == 0
        assert used.run("store", "verify", "--store", str(tmp_path / str(number))).returncode == 0


def test_what_cannot_be_copied_or_put_back_is_told(used: ProjectFolder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    used.run("store", "backup", str(copy))
    assert "is there already" in used.run("store", "backup", str(copy)).stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "there is no copy of a store" in used.run("store", "restore", str(empty)).stderr
    with (copy / "store.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 40_000)
    assert "damaged" in used.run("store", "restore", str(copy)).stderr
    used.lead()
    for command in (["restore", str(copy)], ["repair"]):
        done = used.run("store", *command)
        assert done.returncode == 2
        assert "the store is led" in done.stderr


# Damage.


@pytest.mark.parametrize("table", ["runs", "steps", "assets", "partitions", "events", "projects", "queue_limits"])
def test_a_table_that_is_gone_is_made_again_from_the_events(used: ProjectFolder, table: str) -> None:
    before = used.runs()
    with sqlite3.connect(used.store.database) as db:
        db.execute(f"DROP TABLE {table}")
    done = used.run("store", "repair")
    assert done.returncode == 1, "something was lost"
    assert f"✗ {table}" in done.stdout
    assert used.runs() == before
    if table == "events":  # with them, what was made when is lost
        assert used.run("materialize", "a", "b").returncode == 0
    else:
        assert used.run("materialize", "b").returncode == 0
        assert problems(used) == []


def test_pages_that_were_overwritten_cost_what_stood_there(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    folder.run("materialize", "a")
    with closing(sqlite3.connect(folder.store.database, isolation_level=None)) as db:
        last = db.execute("SELECT max(id) FROM events").fetchone()[0]
        db.executemany(
            "INSERT INTO events (id, time, kind, run, step, payload) VALUES (?, ?, 'log', 'r', 's', ?)",
            [(last + number, number, '{"message":"' + "x" * 200 + '"}') for number in range(1, 4_001)],
        )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    with folder.store.database.open("r+b") as file:
        for page in range(pages // 2, pages // 2 + 5):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    assert problems(folder) != []
    found = {each["table"]: each for each in folder.json("store", "repair")["tables"]}
    assert 3_800 < found["events"]["rows"] < 4_000 + last
    assert "row" in found["events"]["lost"]
    assert [run["status"] for run in folder.runs()] == ["success"]
    assert folder.run("materialize", "a").returncode == 0


def test_a_file_of_which_nothing_is_left_is_told(used: ProjectFolder) -> None:
    used.store.database.write_bytes(os.urandom(50_000))
    done = used.run("store", "repair")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert re.search("can(not)? be read", done.stderr)


# Forgetting.


def test_an_asset_is_forgotten_with_its_values(used: ProjectFolder) -> None:
    done = used.run("asset", "wipe", "a")
    assert done.returncode == 2
    assert "this would forget a, and remove 2 stored values" in done.stderr
    assert used.json("asset", "wipe", "a", "--yes") == {"wiped": [{"asset": "a", "partition": None}]}
    assert not any(path.startswith("a/") for path in values(used))
    assert used.json("asset", "show", "a")["status"] == "never"
    assert "never materialized" in used.run("materialize", "b").stderr
    assert problems(used) == []
    assert used.run("materialize", "a", "b").returncode == 0


def test_a_partition_is_forgotten(used: ProjectFolder) -> None:
    used.run("asset", "wipe", "parts", "--partition", "x", "-y")
    assert {each["partition"]: each["status"] for each in used.json("partition", "ls", "parts")} == {
        "x": "never",
        "y": "materialized",
    }
    assert problems(used) == []
    assert "was never materialized" in used.run("asset", "wipe", "parts", "--partition", "x", "-y").stderr


def test_what_the_project_no_longer_has_can_be_forgotten(used: ProjectFolder) -> None:
    used.write(PROJECT.replace("def parts(", "def renamed("))
    used.run("asset", "ls")
    assert used.run("asset", "wipe", "parts", "-y").returncode == 0
    assert not any(path.startswith("parts/") for path in values(used))
    assert "no asset nothing was ever materialized" in used.run("asset", "wipe", "nothing", "-y").stderr
