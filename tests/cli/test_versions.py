"""Versions of values and the past of assets, by command: listed, looked at, gone back to, plotted."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from assettui.engine.value_removal import ValueRemoval
from assettui.executors.viewing import ViewerProcess
from assettui.model.asset import ValueRef
from assettui.model.events import Materialization
from assettui.model.keys import AssetKey
from assettui.model.preview import Page, ReadPage
from assettui.service.versions import plan_rollback, rollback, versions
from assettui.store import superseded
from assettui.store.database import open_for_reading, open_for_writing, writing
from assettui.store.recording import record
from assettui.values.files import FileValues
from tests.conftest import ProjectFolder

PROJECT = """
    from pathlib import Path
    import polars as pl
    from assettui import *

    HERE = Path(__file__).parent

    @asset(data_version="content")
    def sales(context):
        n = int((HERE / "n").read_text())
        context.add_output_metadata({"mean": n / 3, "note": "text"})
        return pl.DataFrame({"id": range(n)})

    @asset
    def total(sales):
        return sales["id"].sum()

    @asset
    def report(total):
        return f"total {total}"

    @asset(metadata={"versions_kept": 1})
    def only_last():
        return (HERE / "n").read_text()

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
    def parts(context):
        return [context.partition_key, (HERE / "n").read_text()]

    @asset
    def sums(parts):
        return len(parts)
"""


@pytest.fixture
def project(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


def made(project: ProjectFolder, n: int, *arguments: str) -> None:
    (project.path / "n").write_text(str(n))
    done = project.run("materialize", *arguments)
    assert done.returncode == 0, done.stderr


def listed(project: ProjectFolder, key: str, *options: str) -> list[tuple[int, bool]]:
    found = json.loads(project.run("asset", "versions", key, *options, "--json").stdout)
    return [(each["version"], each["is_current"]) for each in found]


def status(project: ProjectFolder) -> dict[str, str]:
    return {each["key"]: each["status"] for each in json.loads(project.run("asset", "ls", "--json").stdout)}


def value(project: ProjectFolder, key: str) -> str:
    return project.run("asset", "preview", key, "--csv").stdout


def test_going_back_and_forth(project: ProjectFolder) -> None:
    for n in (1, 2, 3, 4):
        made(project, n, "sales", "total", "report")
    assert listed(project, "sales") == [(4, True), (3, False), (2, False)]

    done = project.run("asset", "rollback", "sales", "--to", "2")
    assert done.returncode == 0
    assert "sales is version 2 again" in done.stdout
    assert "stale by it: total, report" in done.stdout
    assert "asset rollback sales --to 4" in done.stderr
    assert value(project, "sales") == "id\n0\n1\n"
    assert status(project) | {"parts": "", "sums": "", "only_last": ""} == {
        "sales": "fresh",
        "total": "stale",
        "report": "stale",
        "parts": "",
        "sums": "",
        "only_last": "",
    }
    assert listed(project, "sales") == [(2, True), (4, False), (3, False)]

    assert project.run("asset", "rollback", "sales", "--to", "4").returncode == 0
    assert listed(project, "sales") == [(4, True), (2, False), (3, False)]
    assert status(project)["total"] == "fresh"  # what it was made of is there again
    assert project.run("store", "verify").returncode == 0

    past = json.loads(project.run("asset", "history", "sales", "--json").stdout)
    assert [(each["version"], each["restores"], each["rows"]) for each in past[:3]] == [
        (6, 4, 4),
        (5, 2, 2),
        (4, None, 4),
    ]


def test_what_cannot_be_gone_back_to_is_told(project: ProjectFolder) -> None:
    made(project, 1, "sales", "only_last")
    for arguments, said in (
        (("sales", "--to", "1"), "version 1 of sales is current already"),
        (("sales", "--to", "7"), "version 7 of sales is not kept"),
        (("parts", "--to", "1"), "parts has partitions, and none was named"),
        (("parts", "--partition", "a", "--to", "1"), "no version of parts a is kept"),
        (("sales", "--partition", "a", "--to", "1"), "sales has no partitions, and a was named"),
        (("sale", "--to", "1"), "no asset is called 'sale'"),
    ):
        done = project.run("asset", "rollback", *arguments)
        assert done.returncode != 0
        assert said in done.stderr
    (file,) = (project.session.folder.values / "sales").iterdir()
    made(project, 2, "sales")
    file.unlink()
    assert "is gone" in project.run("asset", "rollback", "sales", "--to", "1").stderr


def test_a_partition_goes_back_alone(project: ProjectFolder) -> None:
    for n in (1, 2):
        made(project, n, "parts", "--partition", "a")
        made(project, n, "parts", "--partition", "b")
    made(project, 2, "sums")
    assert project.run("asset", "rollback", "parts", "--partition", "a", "--to", "1").returncode == 0
    session = project.session
    found = {name: versions(session, AssetKey("parts"), name).current for name in ("a", "b")}
    assert {name: each.number for name, each in found.items() if each} == {"a": 1, "b": 2}
    assert status(project)["sums"] == "stale"


def test_how_many_are_kept_is_a_setting_and_metadata(project: ProjectFolder) -> None:
    (project.path / "assettui.toml").write_text("versions_kept = 2\n")
    for n in (1, 2, 3):
        made(project, n, "sales", "only_last")
    assert [number for number, _ in listed(project, "sales")] == [3, 2]
    assert [number for number, _ in listed(project, "only_last")] == [3]
    values = project.session.folder.values
    assert [len(list((values / key).iterdir())) for key in ("sales", "only_last")] == [2, 1]
    project.write(PROJECT.replace('"versions_kept": 1', '"versions_kept": 0'))
    assert "asset only_last: versions_kept is 0" in project.run("asset", "ls").stderr


def test_a_version_that_is_looked_at_is_not_removed(project: ProjectFolder) -> None:
    made(project, 1, "sales")
    session = project.session
    first = versions(session, AssetKey("sales")).version(1)
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        assert isinstance(viewer.ask(ReadPage(first.value)), Page)
        for n in (2, 3, 4, 5):
            made(project, n, "sales")
        assert isinstance(viewer.ask(ReadPage(first.value, first=0, rows=1)), Page)
        files = {each.name for each in (session.folder.values / "sales").iterdir()}
        assert len(files) == 4  # three that are kept, and the one that is looked at
    with closing(open_for_reading(session.folder)) as store:
        assert ValueRef("", first.value.ref.path) in superseded.superseded(store)


def test_what_a_killed_leader_has_left_is_removed(project: ProjectFolder) -> None:
    for n in (1, 2, 3):
        made(project, n, "sales")
    session = project.session
    last = versions(session, AssetKey("sales")).version(3).made
    with (
        closing(open_for_writing(session.folder)) as db,
        writing(db),
    ):  # it has committed, and has died before it removed
        event = Materialization(last.time_us + 1, asset_key=last.asset_key, data_version="x", value=ValueRef("none"))
        record(db, [event, event])
        assert record(
            db,
            [
                Materialization(
                    last.time_us + 2,
                    asset_key=last.asset_key,
                    data_version="y",
                    value=ValueRef("json", "sales/@z.json"),
                )
            ],
        )
    assert len(list((session.folder.values / "sales").iterdir())) == 3

    with closing(open_for_writing(session.folder)) as db:
        ValueRemoval(db, FileValues(session.folder.values)).remove_left()
    assert len(list((session.folder.values / "sales").iterdir())) == 2
    with closing(open_for_reading(session.folder)) as store:
        assert superseded.superseded(store) == []


def test_a_lazy_frame_holds_its_file_until_the_step_is_over(tmp_path: Path) -> None:
    reader, remover = FileValues(tmp_path), FileValues(tmp_path)
    refs = [reader.store(AssetKey("a"), pl.DataFrame({"x": [n]}), f"v{n}", f"p{n}") for n in range(40)]
    frames = [reader.load(ref, pl.LazyFrame) for ref in refs]
    assert not any(remover.remove(ref) for ref in refs)
    assert pl.concat(frames).collect().height == 40
    reader.release()
    assert all(remover.remove(ref) for ref in refs)
    assert all(remover.remove(ref) for ref in refs)  # gone already


def test_a_plan_that_is_overtaken_is_refused(project: ProjectFolder) -> None:
    for n in (1, 2):
        made(project, n, "sales")
    plan = plan_rollback(project.session, AssetKey("sales"), 1)
    rollback(project.session, plan)
    with pytest.raises(Exception, match="current already"):
        rollback(project.session, plan)


def test_the_past_as_a_list_and_as_a_chart(project: ProjectFolder) -> None:
    for n in (5, 50, 20):
        made(project, n, "sales")
    done = project.run("asset", "history", "sales")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["3", "2", "1"]
    assert "mean 16.6667" in done.stdout
    chart = project.run("asset", "history", "sales", "--plot", "rows", "--plot", "mean").stdout
    assert "rows  5 … 50" in chart
    assert "mean  1.667 … 16.67" in chart
    assert "40 ┤" in chart
    done = project.run("asset", "history", "sales", "--plot", "meen")
    assert "did you mean 'mean'?" in done.stderr
    for partition in ("b", "a"):
        made(project, 1, "parts", "--partition", partition)
    chart = project.run("asset", "history", "parts", "--plot", "duration", "--over", "partitions").stdout
    assert chart.splitlines()[-2].split() == ["a", "b"]
    assert "sales has no partitions" in project.run("asset", "history", "sales", "--over", "partitions").stderr


def test_what_differs(project: ProjectFolder) -> None:
    for n in (2, 4):
        made(project, n, "sales", "total", "report", "only_last")
    done = project.run("asset", "diff", "sales")
    assert "from  sales, version 1  2 rows" in done.stdout
    assert "+ 2 added  - 0 removed  ~ 0 changed  2 the same" in done.stdout
    assert project.run("asset", "diff", "sales", "1", "2", "--exit-code").returncode == 1
    assert project.run("asset", "diff", "sales", "2", "2", "--exit-code").returncode == 0
    assert "-total 1\n+total 6" in project.run("asset", "diff", "report").stdout
    found = json.loads(project.run("asset", "diff", "sales", "1", "--json").stdout)
    assert (found["added"], found["key"], found["key_source"]) == (2, ["id"], "guessed")

    for partition in ("a", "b"):
        made(project, 4, "parts", "--partition", partition)
    assert "-" in project.run("asset", "diff", "parts", "a", "b").stdout
    other = project.path / "other"
    assert project.run("materialize", "sales", "--store", str(other)).returncode == 0
    assert "no difference" in project.run("asset", "diff", "sales", "--other-store", str(other)).stdout
    assert "added" in project.run("asset", "diff", "sales", "1", "--other-store", str(other)).stdout
    for arguments, said in (
        (("parts",), "it is not said what is compared"),
        (("only_last",), "there is only one version of only_last"),
        (("sales", "x"), "'x' is no version of sales"),
        (("sales", "1", "2", "3"), "too many sides"),
        (("sales", "--with", "total"), "total is no table"),
        (("sales", "--by", "idd"), "there is no column 'idd'"),
        (("sales", "--other-store", "nowhere"), "there is no store at nowhere"),
    ):
        done = project.run("asset", "diff", *arguments)
        assert said in done.stderr, done.stderr
        assert done.returncode != 0


def test_which_of_two_is_damaged_is_told(project: ProjectFolder) -> None:
    for n in (1, 2):
        made(project, n, "sales")
    last = versions(project.session, AssetKey("sales")).version(2)
    file = project.session.folder.values / last.value.ref.path
    file.write_bytes(file.read_bytes()[:-20])
    assert f"{file.name} cannot be read" in project.run("asset", "diff", "sales").stderr
    file.unlink()
    assert f"the value is gone: {file}" in project.run("asset", "diff", "sales").stderr
