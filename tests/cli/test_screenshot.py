"""`assettui screenshot`: any screen as a picture, without a terminal."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import ProjectFolder


def words(path: Path) -> str:
    """What stands in a picture."""
    text = "".join(ElementTree.parse(path).getroot().itertext())
    return text.replace("\xa0", " ")


@pytest.fixture
def built(sales: ProjectFolder) -> ProjectFolder:
    assert sales.run("materialize", "*").returncode == 0
    return sales


@pytest.mark.parametrize(
    ("screen", "shown"),
    [
        (["catalog"], "total_by_country"),
        (["lineage"], "total_by_country"),
        (["partitions"], "no asset has partitions"),
        (["runs"], "success"),
        (["automation"], "Automation"),
        (["health"], "all is well"),
        (["data"], "Data"),
        (["backfills"], "no backfill yet"),
        (["asset", "sales", "--tab", "code"], "def sales"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_screen_is_drawn(built: ProjectFolder, screen: list[str], shown: str) -> None:
    done = built.run("screenshot", *screen, "--size", "100x30", "--theme", "light", "--out", "shot.svg")
    assert (done.returncode, done.stderr) == (0, "")
    assert shown in words(built.path / "shot.svg")


def test_a_run_is_named_by_the_beginning_of_its_id_and_keys_are_pressed_first(built: ProjectFolder) -> None:
    run_id = built.runs()[0]["run_id"]
    done = built.run("screenshot", "run", run_id[:6], "--keys", "x", "--out", "shot.svg")
    assert done.returncode == 0
    assert "the step has not failed" in words(built.path / "shot.svg")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["cataloge"], "did you mean 'catalog'?"),
        (["asset"], "name the asset"),
        (["asset", "sale"], "did you mean 'sales'?"),
        (["asset", "sales", "--tab", "cod"], "did you mean 'code'?"),
        (["catalog", "--theme", "drak"], "did you mean 'dark'?"),
        (["catalog", "--size", "1x1"], "write 120x40"),
        (["catalog", "--out", "no/such/folder/x.svg"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_told(built: ProjectFolder, wrong: list[str], said: str) -> None:
    done = built.run("screenshot", *wrong)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_it_leaves_no_trace_of_how_the_screens_were_left(built: ProjectFolder) -> None:
    before = sorted(path.name for path in built.path.rglob("*") if ".assettui" not in path.parts)
    assert built.run("screenshot", "runs", "--out", "shot.svg").returncode == 0
    after = sorted(path.name for path in built.path.rglob("*") if ".assettui" not in path.parts)
    assert [name for name in after if name not in before] == ["shot.svg"]
