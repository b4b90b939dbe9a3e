"""`assettui asset preview` and `asset export`: values are read by a process of their own, by the project's code where it must."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from assettui.executors.viewing import Stopped, ViewerProcess
from assettui.model.keys import AssetKey
from assettui.model.preview import Document, Page, Query, ReadPage, Refused
from assettui.service.previews import present_data
from assettui.store import queries
from assettui.store.database import open_for_reading
from assettui.store.profiles import profile_of
from tests.conftest import ProjectFolder, is_alive, made_folder, wait_until

PROJECT = """
    import os
    from pathlib import Path
    import polars as pl
    from assettui import *

    HERE = Path(__file__).parent

    class Model:
        def __repr__(self):
            return f"Model(\\x1b[31m[bold]{'x' * 3_000_000})"

    class Hanging:
        def __reduce__(self):
            return exec, ("import time, os, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(600)",)

    class Raising:
        def __reduce__(self):
            return exec, ("raise ValueError('cannot be built again')",)

    class Ending:
        def __reduce__(self):
            return exec, ("import os; os._exit(3)",)

    class Mine(IOManager):
        def handle_output(self, context, obj):
            (HERE / "mine.txt").write_text(str(obj))
        def load_input(self, context):
            return pl.DataFrame({"mine": [(HERE / "mine.txt").read_text()], "of": [str(context.asset_key)]})

    @asset
    def sales():
        return pl.DataFrame({"id": [1, 2, 3], "country": ["PE", "US", None], "amount": [1.5, 250.0, 300.0]})

    @asset
    def model(): return Model()

    @asset
    def hanging(): return Hanging()

    @asset
    def raising(): return Raising()

    @asset
    def ending(): return Ending()

    @asset(io_manager_key="mine")
    def mine() -> int: return 7

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b", "c"]))
    def parts(context):
        return pl.DataFrame({"part": [context.partition_key]})

    @asset
    def by_itself():
        pl.DataFrame({"n": [1, 2]}).write_csv(HERE / "own.csv")
        return MaterializeResult(metadata={"path": MetadataValue.path("own.csv")})

    @asset
    def silent() -> None: pass

    @asset
    def never(): return 1

    defs = Definitions(
        [sales, model, hanging, raising, ending, mine, parts, by_itself, silent, never], resources={"mine": Mine()}
    )
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    folder = made_folder(tmp_path_factory, "previewed")
    folder.write(PROJECT)
    done = folder.run(
        "materialize", "sales", "model", "hanging", "raising", "ending", "mine", "by_itself", "silent", "--json"
    )
    assert done.returncode == 0, done.stderr
    for partition in ("c", "a"):
        assert folder.run("materialize", "parts", "--partition", partition).returncode == 0
    return folder


def test_rows_are_shown_and_which_they_are(made: ProjectFolder) -> None:
    done = made.run("asset", "preview", "sales")
    assert done.stdout.splitlines() == [
        " id  country  amount",
        "i64  str         f64",
        "  1  PE          1.5",
        "  2  US        250.0",
        "  3  ·         300.0",
    ]
    assert done.stderr == "sales: rows 1–3 of 3, 3 columns\n"
    some = made.run("asset", "preview", "sales", "--where", "amount > 100", "--sort", "-id", "--columns", "id,amount")
    assert [line.split() for line in some.stdout.splitlines()[2:]] == [["3", "300.0"], ["2", "250.0"]]
    assert "rows 1–2 of 2, of 3 stored" in some.stderr
    assert json.loads(made.run("asset", "preview", "sales", "--tail", "--rows", "1", "--json").stdout) == [
        {"id": 3, "country": None, "amount": 300.0}
    ]
    assert made.run("asset", "preview", "sales", "--rows", "1", "--csv").stdout == "id,country,amount\n1,PE,1.5\n"
    assert not (made.store.root / "previews").exists(), "nothing is left behind"


def test_a_file_is_written_whole(made: ProjectFolder, tmp_path: Path) -> None:
    done = made.run("asset", "export", "sales", str(tmp_path / "out.parquet"), "--where", "id > 1")
    assert "2 rows" in done.stderr
    assert pl.read_parquet(tmp_path / "out.parquet")["id"].to_list() == [2, 3]
    refused = made.run("asset", "export", "sales", str(tmp_path / "out.xlsx"))
    assert (refused.returncode, "let its name end in" in refused.stderr) == (1, True)
    nowhere = made.run("asset", "export", "sales", str(tmp_path / "no" / "out.csv"))
    assert "cannot be written: No such file" in nowhere.stderr


def test_a_condition_that_is_wrong_is_shown_with_the_place(made: ProjectFolder) -> None:
    done = made.run("asset", "preview", "sales", "--where", "id > 0 and contry = 'PE'")
    assert done.returncode == 1
    assert done.stderr.splitlines()[:3] == [
        "assettui: there is no column 'contry'",
        "    id > 0 and contry = 'PE'",
        "               ^",
    ]
    assert "did you mean 'country'?" in done.stderr


def test_of_partitions_the_last_one_that_was_made_or_the_one_that_is_named(made: ProjectFolder) -> None:
    assert made.run("asset", "preview", "parts").stdout.split() == ["part", "str", "a"]
    assert made.run("asset", "preview", "parts", "--partition", "c").stdout.split() == ["part", "str", "c"]
    for partition, what in (("b", "parts b was never materialized"), ("d", "no partition 'd'")):
        refused = made.run("asset", "preview", "parts", "--partition", partition)
        assert (refused.returncode, what in refused.stderr) == (2, True), refused.stderr


def test_values_that_only_the_projects_code_can_read(made: ProjectFolder) -> None:
    assert made.run("asset", "preview", "mine").stdout.split() == ["mine", "of", "str", "str", "7", "mine"]
    shown = made.run("asset", "preview", "model")
    assert shown.stdout.startswith("Model(␛[31m[bold]xxx")
    assert "there is more of it" in shown.stderr
    raising = made.run("asset", "preview", "raising")
    assert raising.returncode == 1
    assert "cannot be built again" in raising.stderr
    ending = made.run("asset", "preview", "ending")
    assert "the process that reads values ended: the worker process exited with status 3" in ending.stderr


def test_data_that_a_function_has_stored_itself(made: ProjectFolder) -> None:
    assert made.run("asset", "preview", "by_itself").stdout.split() == ["n", "i64", "1", "2"]
    silent = made.run("asset", "preview", "silent")
    assert (silent.stdout, silent.returncode) == ("None\n", 0)
    never = made.run("asset", "preview", "never")
    assert (never.returncode, "was never materialized" in never.stderr) == (2, True)


def test_a_value_that_hangs_is_stopped_and_the_next_one_is_read(made: ProjectFolder) -> None:
    session = made.session
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        heard: list[BaseException] = []

        def wait() -> None:
            try:
                viewer.ask(ReadPage(present_data(session, AssetKey("hanging")).value))
            except Stopped as error:
                heard.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        pid = int(wait_until(lambda: (made.path / "pid").exists() and (made.path / "pid").read_text()))
        viewer.stop()
        waiting.join(5)
        assert heard
        wait_until(lambda: not is_alive(pid))
        answer = viewer.ask(ReadPage(present_data(session, AssetKey("sales")).value))
        assert isinstance(answer, Page)


def test_it_dies_with_whoever_asked(made: ProjectFolder) -> None:
    (made.path / "pid").unlink(missing_ok=True)
    asking = made.start("asset", "preview", "hanging")
    pid = int(wait_until(lambda: (made.path / "pid").exists() and (made.path / "pid").read_text()))
    asking.kill()
    asking.communicate()
    wait_until(lambda: not is_alive(pid))
    assert made.run("asset", "preview", "sales").returncode == 0
    assert not (made.store.root / "previews").exists(), "what the dead one has left is removed"


def test_a_file_that_is_written_anew_is_read_anew(made: ProjectFolder) -> None:
    session = made.session
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        value = present_data(session, AssetKey("by_itself")).value
        asked = ReadPage(value, Query("n > 1"), is_counted=True)
        first = viewer.ask(asked)
        assert isinstance(first, Page)
        assert first.cells == (("2",),)
        before = (made.path / "own.csv").read_text()
        (made.path / "own.csv").write_text("n,m\n5,a\n6,b\n")
        second = viewer.ask(asked)
        assert isinstance(second, Page)
        assert second.cells == (("5", "a"), ("6", "b"))
        (made.path / "own.csv").unlink()
        gone = viewer.ask(asked)
        assert isinstance(gone, Refused)
        assert "is gone" in gone.what
        (made.path / "own.csv").write_text(before)
        answer = viewer.ask(ReadPage(present_data(session, AssetKey("silent")).value))
        assert isinstance(answer, Document)


# In numbers.

KEYS = ("sales", "parts", "secret", "model")


def test_what_was_made_is_looked_at_behind_the_steps_and_by_whoever_leads_next(folder: ProjectFolder) -> None:
    folder.write(
        """
        import polars as pl
        from assettui import *

        @asset
        def sales(): return pl.DataFrame({"amount": [1, None, 3]})

        @asset(metadata={"profile": False})
        def secret(): return pl.DataFrame({"amount": [1]})

        @asset
        def model(): return object()

        @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
        def parts(context): return pl.DataFrame({"part": [context.partition_key] * 2})
        """
    )
    folder.json("materialize", "sales", "secret", "model")  # it leads for this command alone, and looks at nothing

    def profiled() -> list[tuple[str, str, int]]:
        with closing(open_for_reading(folder.store)) as connection:
            made = [each for key in KEYS for each in queries.materializations(connection, AssetKey(key), 9)]
            found = [profile_of(connection, each) for each in made]
        return sorted(
            (str(each.asset_key), each.partition or "", each.profile.rows) for each in found if each is not None
        )

    assert profiled() == []
    leader = folder.lead()
    wait_until(lambda: profiled() == [("sales", "", 3)])
    folder.json("materialize", "parts", "--partition", "a")
    wait_until(lambda: ("parts", "a", 2) in profiled())
    leader.kill()
    leader.communicate()
    folder.json("materialize", "parts", "--partition", "b")
    folder.lead()
    wait_until(lambda: profiled() == [("parts", "a", 2), ("parts", "b", 2), ("sales", "", 3)])
    found = folder.json("asset", "profile", "sales")
    assert (found["rows"], found["columns"][0]["null_rate"]) == (3, pytest.approx(1 / 3))
    assert folder.json("store", "verify")["problems"] == []


def test_a_profile_is_shown_and_a_column_of_it(made: ProjectFolder) -> None:
    done = made.run("asset", "profile", "sales")
    assert [line.split()[:4] for line in done.stdout.splitlines()] == [
        ["COLUMN", "TYPE", "EMPTY", "DISTINCT"],
        ["id", "i64", "0", "%"],
        ["country", "str", "33.3", "%"],
        ["amount", "f64", "0", "%"],
    ]
    assert done.stderr.startswith("sales: 3 rows, 3 columns")
    column = made.run("asset", "profile", "sales", "--column", "amount").stdout
    assert "mean         183.8" in column
    wrong = made.run("asset", "profile", "sales", "--column", "amont")
    assert (wrong.returncode, "did you mean 'amount'?" in wrong.stderr) == (2, True)
    assert "is no table" in made.run("asset", "profile", "model").stderr
    assert made.json("asset", "profile", "parts", "--partition", "c")["rows"] == 1


DRIFTING = """
    import polars as pl
    from assettui import *

    @asset(partitions_def=DailyPartitionsDefinition("2026-01-05", end_date="2026-04-06"), metadata={"drift": {"range": False}})
    def daily(context):
        day = context.partition_time_window.start
        rows = (10 if day.weekday() >= 5 else 100) + day.day % 5
        if context.partition_key == "2026-04-01":
            rows = 40
        frame = pl.DataFrame({"id": range(rows), "kind": ["x"] * rows})
        return frame.drop("kind") if context.partition_key == "2026-04-02" else frame
"""


def test_what_looks_wrong_is_told_and_may_be_expected(folder: ProjectFolder) -> None:
    project = folder
    project.write(DRIFTING)
    project.lead()
    done = project.run("backfill", "start", "daily", "--yes")
    assert done.returncode == 0, done.stderr

    def wrong() -> list[tuple[str, str]]:
        (row,) = json.loads(project.run("asset", "ls", "--json").stdout)
        return sorted((part["partition"], each["kind"]) for part in row["drifts"] for each in part["drifts"])

    wait_until(lambda: wrong() == [("2026-04-01", "rows"), ("2026-04-02", "column gone")], 120)
    health = project.run("health").stdout
    assert "looks wrong" in health
    assert "assettui asset expect daily" in health
    assert "40 rows" in project.run("asset", "show", "daily").stdout
    done = project.run("asset", "expect", "daily", "--partition", "2026-04-01")
    assert "as it should be: 2026-04-01: 40 rows, 61 % fewer" in done.stdout
    assert wrong() == [("2026-04-02", "column gone")]
    project.run("asset", "expect", "daily")
    assert "nothing looks wrong about daily" in project.run("asset", "expect", "daily").stderr
    assert project.run("materialize", "daily", "--partition", "2026-04-03").returncode == 0
    assert wrong() == []
    assert project.run("store", "verify").returncode == 0
    project.write(DRIFTING.replace('"range": False', '"rang": False'))
    assert "asset daily: its metadata drift: Object contains unknown field `rang`" in project.run("asset", "ls").stderr
