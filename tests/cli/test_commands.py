"""Every command, as its user would run it: a process, its output, its exit status."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from assettui.main import commands
from assettui.store.database import open_for_writing
from tests.conftest import ProjectFolder, command, wait_until

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_materialize_prints_a_line_for_each_asset(sales: ProjectFolder) -> None:
    done = sales.run("materialize", "*")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"✓ sales  \d+ms  2 rows", lines[0])
    assert re.fullmatch(r"✓ total_by_country  \d+ms", lines[1])
    assert re.fullmatch(r"run [0-9a-f]{8} success: 2 assets materialized in \d+ms", lines[2])
    assert done.stderr == ""


def test_materialize_prints_one_object(sales: ProjectFolder) -> None:
    done = sales.run("materialize", "*", "--json", "--tag", "why=test")
    result = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch("[0-9a-f]{16}", result["run_id"])
    assert (result["status"], result["tags"], result["error"]) == ("success", {"why": "test"}, None)
    assert [step["asset_keys"] for step in result["steps"]] == [["sales"], ["total_by_country"]]
    assert all(
        step["status"] == "success" and step["duration_s"] > 0 and step["error"] is None for step in result["steps"]
    )
    assert result["duration_s"] >= sum(step["duration_s"] for step in result["steps"]) * 0.9
    assert ISO.fullmatch(result["created"])


def test_assets_are_listed_with_their_status_before_and_after(sales: ProjectFolder) -> None:
    before = sales.json("asset", "ls")
    assert [(each["key"], each["status"], each["last_materialized"]) for each in before] == [
        ("sales", "never", None),
        ("total_by_country", "never", None),
    ]
    sales.json("materialize", "sales")
    first, second = sales.json("asset", "ls")
    assert (first["status"], second["status"]) == ("fresh", "never")
    assert ISO.fullmatch(first["last_materialized"])
    assert (first["rows"], first["group"], first["downstream"]) == (2, "default", ["total_by_country"])
    assert second["upstream"] == ["sales"]
    assert {"owners", "kinds", "tags", "description", "metadata"} <= first.keys()
    table = sales.run("asset", "ls", "sales").stdout.splitlines()
    assert table[0].split()[:3] == ["ASSET", "GROUP", "STATUS"]
    assert table[1].split()[:3] == ["sales", "default", "fresh"]
    assert len(table) == 2


def test_an_asset_becomes_stale_when_what_it_reads_has_new_data(sales: ProjectFolder) -> None:
    sales.json("materialize", "*")
    sales.json("materialize", "sales")
    second = sales.json("asset", "ls")[1]
    assert (second["status"], second["reasons"]) == ("stale", ["sales has new data"])


def test_one_asset_is_shown_whole(sales: ProjectFolder) -> None:
    sales.json("materialize", "*")
    sales.json("materialize", "*")
    shown = sales.json("asset", "show", "sales")
    assert [made["rows"] for made in shown["materializations"]] == [2, 2]
    text = sales.run("asset", "show", "sales").stdout
    assert text.startswith("sales  fresh\n")
    assert f"defined at   {sales.path / 'pipeline.py'}:4" in text
    assert "past materializations" in text


def test_runs_are_listed_shown_and_read(sales: ProjectFolder) -> None:
    run_id = sales.json("materialize", "*")["run_id"]
    (run,) = sales.json("run", "ls")
    assert (run["run_id"], run["status"], run["assets"]) == (run_id, "success", ["sales", "total_by_country"])
    assert {"created", "started", "ended", "job", "partition", "tags", "error"} <= run.keys()
    assert sales.json("run", "ls", "--status", "failure") == []
    assert sales.run("run", "show", run_id[:4]).stdout.startswith(f"run {run_id[:8]}  success  ")
    logs = sales.run("run", "logs", run_id, "-f").stdout
    assert "total_by_country  INFO     summing 2" in logs
    assert "sales out| two sales" in logs
    assert sales.json("run", "logs", run_id)["output"][0]["stdout"] == "two sales\n"
    assert "summing" not in sales.run("run", "logs", run_id, "--step", "sales").stdout


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "run ls",
        "run show 1",
        "run logs 1",
        "run cancel 1",
        "tick ls",
        "backfill ls",
        "queue ls",
        "queue limit",
    ],
)
def test_where_there_is_no_store_that_is_said_and_none_is_made(sales: ProjectFolder, command: str) -> None:
    for target in ([], ["--store", "typo"]):
        done = sales.run(*command.split(), *target)
        assert (done.returncode, done.stdout) == (1, "")
        assert "there is no store at" in done.stderr
    assert sorted(path.name for path in sales.path.iterdir()) == ["pipeline.py"]


@pytest.mark.parametrize("command", ["asset ls", "asset show sales", "job ls", "schedule ls", "sensor ls", "upcoming"])
def test_to_look_at_the_project_makes_no_store(sales: ProjectFolder, command: str) -> None:
    assert sales.run(*command.split(), "--store", "typo").returncode == 0
    assert sorted(path.name for path in sales.path.iterdir() if path.name != "__pycache__") == ["pipeline.py"]


def test_runs_of_a_project_that_never_ran_are_none(sales: ProjectFolder) -> None:
    open_for_writing(sales.store).close()
    assert sales.json("run", "ls") == []
    assert sales.json("status") == {
        "leader": None,
        "running": 0,
        "left_behind": 0,
        "queued": 0,
        "last_failures": [],
    }


def test_status_names_the_last_failures(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import asset
        @asset
        def boom():
            raise RuntimeError("no luck")
    """)
    folder.run("materialize", "boom")
    assert folder.json("status")["last_failures"][0]["error"] == "boom: RuntimeError: no luck"
    assert "RuntimeError: no luck" in folder.run("status").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["materialize", "sale"], 2, "no asset is called 'sale'\n    did you mean 'sales'?"),
        (["materialize", "total_by_country"], 2, "total_by_country reads sales, which was never materialized"),
        (["materialize"], 2, "Missing argument 'SELECTION...'"),
        (["materialize", "sales", "--tag", "x"], 2, "'x' is not NAME=VALUE"),
        (["asset", "show", "nothing"], 2, "no asset is called 'nothing'"),
        (["run", "show", "123"], 2, "no run is called '123'"),
        (["run", "cancel", "123"], 2, "no run is called '123'"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["asset", "ls", "--wrong"], 2, "No such option '--wrong'"),
        (["asset", "ls", "-f", "nothing.py"], 2, "there is no file"),
        (["asset", "ls", "-f", "a.py", "-m", "b"], 2, "a file and a module were both named"),
        (["asset", "ls", "--project", "/nowhere"], 2, "/nowhere is not a folder"),
        (["asset", "ls", "-m", "no_such_module"], 2, "there is no module no_such_module"),
        ([], 2, "the screens need a terminal"),
    ],
)
def test_wrong_usage_is_told_on_stderr_without_a_traceback(
    sales: ProjectFolder, arguments: list[str], status: int, words: str
) -> None:
    open_for_writing(sales.store).close()
    done = sales.run(*arguments)
    assert done.returncode == status
    assert words in done.stderr
    assert done.stdout == ""
    assert "assettui/" not in done.stderr


def test_options_may_stand_before_or_after_the_command(sales: ProjectFolder, tmp_path: Path) -> None:
    store = tmp_path / "elsewhere"
    for arguments in (
        ["-f", "pipeline.py", "--store", str(store), "asset", "ls"],
        ["asset", "ls", "--file", "pipeline.py", "--store", str(store)],
        ["asset", "ls", "-m", "pipeline", "--store", str(store)],
    ):
        done = sales.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert "total_by_country" in done.stdout
    assert sales.run("-f", "pipeline.py", "--store", str(store), "materialize", "sales").returncode == 0
    assert (store / "store.db").is_file()
    assert not (sales.path / ".assettui").exists()


def all_commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command, and all that are below it, with their names."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from all_commands(below, (*path, name))


def test_every_command_and_option_has_help() -> None:
    found = dict(all_commands(commands))
    assert ("queue", "limit") in found
    for path, each in found.items():
        done = CliRunner().invoke(commands, [*path, "--help"])
        assert done.exit_code == 0
        assert done.stdout.startswith(f"Usage: {' '.join(('commands', *path))} ")
        assert each.help, path
        assert "\\" not in done.stdout, path
        options = [option for option in each.params if isinstance(option, click.Option)]
        assert all(option.help for option in options), path


def test_wrong_definitions_are_told_all_at_once_with_their_places(folder: ProjectFolder) -> None:
    file = folder.write("""
        from assettui import asset

        @asset(owners=["bob"])
        def sales():
            return 1

        @asset
        def total(sale):
            return sale
    """)
    done = folder.run("materialize", "*")
    assert done.returncode == 1
    assert f"{file}:4: asset sales: 'bob' is not an owner" in done.stderr
    assert f"{file}:8: asset total reads 'sale', which nothing defines\n" in done.stderr
    assert "did you mean 'sales'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_that_cannot_be_imported_shows_the_users_traceback_only(folder: ProjectFolder) -> None:
    file = folder.write("import nothing_of_that_name\n")
    done = folder.run("asset", "ls")
    assert done.returncode == 1
    assert f'File "{file}", line 1' in done.stderr
    assert "assettui/worker" not in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def x(:\n", "SyntaxError"),
        ("import os; os._exit(3)", "the worker process exited with status 3 while it imported the project"),
        ("import sys; sys.exit('bye')", "called sys.exit('bye')"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("x = 1", "defines no asset"),
    ],
)
def test_a_project_that_breaks_the_worker_is_told(folder: ProjectFolder, text: str, words: str) -> None:
    folder.write(text)
    for arguments in (["asset", "ls"], ["materialize", "*"]):
        done = folder.run(*arguments)
        assert done.returncode == 1
        assert words in done.stderr


@pytest.mark.parametrize("command", [("asset", "ls"), ("materialize", "one")])
def test_a_worker_that_is_killed_while_it_imports_says_nothing_of_the_project(
    folder: ProjectFolder, command: tuple[str, ...]
) -> None:
    folder.write("""
        import os, signal
        from pathlib import Path
        from assettui import asset
        if not Path("killed").exists():
            Path("killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)

        @asset
        def one(): return 1
    """)
    done = folder.run(*command)
    told = done.stderr.replace("the project is being imported\n", "")  # said where it takes more than a second
    assert (done.returncode, "one" in done.stdout, told) == (0, True, "")


@pytest.mark.parametrize("command", [("asset", "ls"), ("materialize", "one")])
def test_an_import_that_does_not_end_is_told(folder: ProjectFolder, command: tuple[str, ...]) -> None:
    folder.write("import time\nfrom assettui import asset\n@asset\ndef one(): return 1\ntime.sleep(600)\n")
    (folder.path / "assettui.toml").write_text('file = "pipeline.py"\nimport_timeout = 0.5\n')
    done = folder.run(*command)
    assert done.returncode == 1
    assert "importing the project took longer than 0.5 s" in done.stderr


def test_a_broken_edit_leaves_the_last_good_catalog_with_a_word_about_it(sales: ProjectFolder) -> None:
    sales.json("materialize", "*")
    sales.write("def broken(:")
    done = sales.run("asset", "ls")
    assert done.returncode == 0
    assert "total_by_country" in done.stdout
    assert "SyntaxError" in done.stderr
    assert sales.run("materialize", "*").returncode == 1


def test_an_edit_is_seen_by_the_next_command(sales: ProjectFolder) -> None:
    assert len(sales.json("asset", "ls")) == 2
    sales.write("from assettui import asset\n@asset\ndef only(): return 1\n")
    assert [each["key"] for each in sales.json("asset", "ls")] == ["only"]


def test_a_leader_sees_an_edit_by_itself_and_runs_the_new_code(sales: ProjectFolder) -> None:
    sales.lead()
    sales.write("from assettui import asset\n@asset\ndef only(): return [1, 2, 3]\n")
    assert sales.json("materialize", "*")["steps"][0]["asset_keys"] == ["only"]
    assert sales.json("asset", "ls")[0]["rows"] == 3


def test_an_external_asset_is_shown_as_such_with_a_warning_where_a_name_is_close(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import asset
        @asset
        def sales(): return 1
        @asset(deps=["sale", "warehouse/orders"])
        def total(): return 1
    """)
    done = folder.run("asset", "ls")
    assert "did you mean 'sales'?" in done.stderr
    assert re.search(r"^warehouse/orders +default +external", done.stdout, re.MULTILINE)
    assert done.stderr.count("warning:") == 1
    assert "external" in folder.run("materialize", "warehouse/orders").stderr


def test_a_declared_external_asset_is_shown_and_cannot_be_read_as_a_value(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import AssetSpec, asset
        orders = AssetSpec("orders", group_name="warehouse", description="From the shop.")
        @asset(deps=[orders])
        def total(): return 1
        @asset
        def reads(orders): return 2
    """)
    assert folder.json("materialize", "total")["status"] == "success"
    assert "reads reads orders, which is external" in folder.run("materialize", "reads").stderr
    shown = folder.json("asset", "show", "orders")
    assert (shown["group"], shown["description"], shown["downstream"]) == (
        "warehouse",
        "From the shop.",
        ["total", "reads"],
    )


def test_text_from_outside_reaches_neither_terminal_nor_pipe_raw(folder: ProjectFolder) -> None:
    folder.write(r"""
        from assettui import asset
        @asset(description="\x1b[2J [red] \x9b1m \u202e")
        def nasty(context):
            context.log.info("\x1b]52;c;AAAA\x07 [red]")
            print("\x1b[2J")
            raise ValueError("\x1b[31m \u202e")
    """)
    run_id = folder.json("materialize", "nasty")["run_id"]
    shown = [
        folder.run(*arguments)
        for arguments in (
            ["asset", "show", "nasty"],
            ["asset", "ls"],
            ["run", "logs", run_id],
            ["run", "show", run_id],
            ["status"],
        )
    ]
    for done in shown:
        assert done.returncode == 0
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.stdout + done.stderr)
    assert "[red]" in shown[0].stdout


def test_a_reader_that_goes_away_is_no_error(sales: ProjectFolder) -> None:
    process = subprocess.Popen(command("asset", "ls"), cwd=sales.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=20)
    assert b"Traceback" not in errors


def test_init_makes_a_project_that_runs_and_overwrites_nothing(folder: ProjectFolder) -> None:
    assert folder.run("init").returncode == 0
    assert folder.json("materialize", "*")["status"] == "success"
    assert "holds assettui.toml" in folder.run("init").stderr
    written = folder.json("init", "new")
    assert written["directory"] == str(folder.path / "new")
    assert "test_definitions.py" in written["files"]
    assert (folder.path / "new" / "definitions.py").is_file()


@pytest.mark.parametrize(("name", "count"), [("sales", 2), ("cookies", 5)])
def test_every_example_runs(folder: ProjectFolder, name: str, count: int) -> None:
    result = folder.json("demo", name, "--dir", "example", "--no-ui")
    assert result["status"] == "success"
    assert len(result["steps"]) == count
    assets = folder.json("asset", "ls", "--project", "example")
    assert {asset["status"] for asset in assets} == {"fresh"}
    assert all(asset["description"] for asset in assets)
    assert folder.json("demo", name, "--dir", "example", "--no-ui")["status"] == "success"


def test_a_wrong_example_is_told(folder: ProjectFolder) -> None:
    assert "did you mean 'cookies'?" in folder.run("demo", "cookie").stderr
    (folder.path / "full").mkdir()
    (folder.path / "full" / "file").touch()
    done = folder.run("demo", "sales", "--dir", "full", "--no-ui")
    assert (done.returncode, "is not empty" in done.stderr) == (2, True)


def test_up_says_what_it_leads_and_ends_when_it_is_asked_to(sales: ProjectFolder) -> None:
    process = subprocess.Popen(
        command("up", "--json"), cwd=sales.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: (leader := sales.session.leader()) is not None and leader.pid == process.pid)
    wait_until(sales.store.socket.exists)
    process.terminate()
    said, talk = process.communicate(timeout=20)
    assert json.loads(said) == {"pid": process.pid, "store": str(sales.store.database), "project": "project"}
    assert process.returncode == 0
    assert "SIGTERM: canceling what runs, then ending" in talk


def test_files_that_definitions_are_read_from_are_part_of_the_project(folder: ProjectFolder) -> None:
    folder.write("""
        from pathlib import Path
        from assettui import Definitions, asset

        def query(path):
            text = path.read_text()

            @asset(name=path.stem, description=text)
            def made(): return text

            return made

        defs = Definitions([query(path) for path in sorted(Path("queries").glob("*.sql"))])
    """)
    (folder.path / "queries").mkdir()
    (folder.path / "queries" / "orders.sql").write_text("SELECT 1")

    def described() -> dict[str, str]:
        return {each["key"]: each["description"] for each in folder.json("asset", "ls")}

    assert described() == {"orders": "SELECT 1"}
    (folder.path / "queries" / "orders.sql").write_text("SELECT 12")
    assert described() == {"orders": "SELECT 12"}
    folder.lead()
    (folder.path / "queries" / "sales.sql").write_text("SELECT 3")
    wait_until(lambda: described() == {"orders": "SELECT 12", "sales": "SELECT 3"})
    (folder.path / "queries" / "orders.sql").write_text("SELECT 123")
    wait_until(lambda: described()["orders"] == "SELECT 123")
    (folder.path / "queries" / "orders.sql").unlink()
    wait_until(lambda: described() == {"sales": "SELECT 3"})


def test_runs_are_listed_by_what_they_are(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import Definitions, asset, define_asset_job

        @asset
        def sales(): return 1

        @asset
        def fails(sales): raise ValueError("no")

        defs = Definitions([sales, fails], jobs=[define_asset_job("daily", "sales", tags={"team": "a"})])
    """)
    folder.run("materialize", "sales")
    folder.run("materialize", "fails")
    folder.run("job", "run", "daily", "--tag", "by=hand")

    def listed(*arguments: str) -> list[list[str]]:
        return [run["assets"] for run in folder.json("run", "ls", *arguments)]

    assert listed() == [["sales"], ["fails"], ["sales"]]
    assert listed("--asset", "sales") == [["sales"], ["sales"]]
    assert listed("--status", "failure") == [["fails"]]
    assert listed("--status", "failure", "--status", "success", "--limit", "2") == [["sales"], ["fails"]]
    assert listed("--job", "daily") == listed("--tag", "team=a") == listed("--tag", "by=hand") == [["sales"]]
    assert listed("--tag", "by=hand", "--tag", "team=other") == []
    assert len(listed("--since", "1h")) == 3
    assert listed("--since", "1h", "--until", "30m") == []
    assert listed("--until", "2013-01-31T02:30") == []
    assert "there are no such runs" in folder.run("run", "ls", "--job", "nightly").stderr
    for wrong in ("--since", "--until"):
        told = folder.run("run", "ls", wrong, "yesterday")
        assert (told.returncode, f"Invalid value for {wrong}: 'yesterday' is no" in told.stderr) == (2, True)


def test_a_job_of_partitions_runs_over_a_range_of_them(folder: ProjectFolder) -> None:
    folder.write("""
        from pathlib import Path
        from assettui import *

        DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-02-01")

        @success_hook
        def note(context):
            with open("noted", "a") as file:
                file.write("x")

        @asset(partitions_def=DAYS)
        def sales(): return 1

        @op
        def count(context):
            Path("counted").write_text(str(context.partition_key_range))

        @job(partitions_def=DAYS)
        def counts(): count()

        daily = define_asset_job("daily", [sales], tags={"team": "a"}, hooks={note})
        defs = Definitions([sales], jobs=[daily, counts])
    """)
    done = folder.json("job", "run", "daily", "--range", "2024-01-02...2024-01-04")
    assert (done["status"], done["counts"]["materialized"]) == ("success", 3)
    runs = folder.json("run", "ls", "--job", "daily")
    assert [(run["partition"], run["tags"]["team"]) for run in runs] == [
        ("2024-01-04", "a"),
        ("2024-01-03", "a"),
        ("2024-01-02", "a"),
    ]
    assert (folder.path / "noted").read_text() == "xxx", "the job's hooks are called"
    folder.json("job", "run", "counts", "--range", "2024-01-02...2024-01-04")
    assert "start='2024-01-02', end='2024-01-04'" in (folder.path / "counted").read_text()
    told = folder.run("job", "run", "daily", "--range", "2024-01-02...2024-01-04", "--partition", "2024-01-02")
    assert "--partition and --range do not go together" in told.stderr


def test_a_command_says_what_it_waits_for_and_what_it_is(folder: ProjectFolder) -> None:
    folder.write("""
        import time
        from pathlib import Path
        from assettui import asset

        while Path("slow").exists():
            time.sleep(0.01)

        @asset(pool="one")
        def held():
            Path("begun").touch()
            while not Path("go").exists():
                time.sleep(0.01)

        @asset(pool="one")
        def next_(): ...
    """)
    (folder.path / "slow").touch()
    leads = folder.start("materialize", "held")
    assert leads.stdout is not None
    told = ""
    while "the project is being imported" not in told:
        told += leads.stdout.readline().decode()
    (folder.path / "slow").unlink()
    wait_until((folder.path / "begun").exists)
    assert folder.json("status")["leader"]["face"] == "materialize"
    folder.run("queue", "limit", "pool", "one", "1")
    waits = folder.start("materialize", "next_")
    assert waits.stdout is not None
    told = ""
    while "waits for pool one 1/1 held by" not in told:
        told += waits.stdout.readline().decode()
    (folder.path / "go").touch()
    assert (waits.wait(20), leads.wait(20)) == (0, 0)
    folder.start("job", "run", "nothing", "--range", "x").communicate(timeout=20)


def test_one_long_key_moves_no_column_of_the_others(folder: ProjectFolder) -> None:
    folder.write(f"""
        from assettui import asset
        @asset
        def sales(): ...
        @asset(key_prefix=["{"a" * 40}", "{"b" * 40}"])
        def long(): ...
    """)
    head, *rows = folder.run("asset", "ls").stdout.splitlines()
    assert head.startswith("ASSET  GROUP")
    assert [row for row in rows if row.startswith("sales  default")]
    assert [row for row in rows if row.startswith(f"{'a' * 40}/{'b' * 40}/long  default")]
