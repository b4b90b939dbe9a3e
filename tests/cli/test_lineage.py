"""`assettui lineage`: the drawing of the screen, for people and for other programs."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.conftest import ProjectFolder

PROJECT = """
    from assettui import TableColumnDep, TableColumnLineage, asset

    @asset(group_name="raw")
    def orders(): ...

    @asset(
        group_name="marts",
        metadata={"dagster/column_lineage": TableColumnLineage({"total": [TableColumnDep("orders", "price")]})},
    )
    def revenue(orders): ...

    @asset(group_name="marts")
    def report(revenue): ...
"""


@pytest.fixture
def shop(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


def test_it_is_drawn_in_lines_or_in_boxes(shop: ProjectFolder) -> None:
    lines = shop.run("lineage", "--lines").stdout.splitlines()
    assert [line.split() for line in lines] == [["○", "orders", "───▸○", "revenue", "───▸○", "report"]]
    boxes = shop.run("lineage", "orders+").stdout
    assert "│○ revenue" in boxes
    assert "╭" in boxes


def test_a_selection_and_levels_around_it(shop: ProjectFolder) -> None:
    assert "report" not in shop.run("lineage", "orders", "--down", "1").stdout
    assert "orders" in shop.run("lineage", "report", "--up", "2").stdout


def test_other_programs_read_it(shop: ProjectFolder) -> None:
    found = json.loads(shop.run("lineage", "--json").stdout)
    assert [node["name"] for node in found["nodes"]] == ["orders", "revenue", "report"]
    assert found["edges"] == [[0, 1], [1, 2]]
    assert json.loads(shop.run("lineage", "--format", "json").stdout) == found
    ElementTree.fromstring(shop.run("lineage", "--format", "svg").stdout)
    assert "n0 -> n1;" in shop.run("lineage", "--format", "dot").stdout
    assert shop.run("lineage", "--format", "mermaid").stdout.startswith("flowchart LR\n")


def test_groups_are_folded(shop: ProjectFolder) -> None:
    assert "▸ marts (2)" in shop.run("lineage", "--fold", "marts", "--lines").stdout
    wrong = shop.run("lineage", "--fold", "nope")
    assert wrong.returncode == 2
    assert "there are marts, raw" in wrong.stderr


def test_the_way_of_a_column(shop: ProjectFolder) -> None:
    assert shop.run("lineage", "--column", "revenue:total", "--lines").stdout.split() == [
        "○", "orders:price", "───▸○", "revenue:total",
    ]  # fmt: skip
    wrong = shop.run("lineage", "--column", "revenue:totl")
    assert wrong.returncode == 2
    assert "did you mean 'total'?" in wrong.stderr
    assert shop.run("lineage", "revenue", "--column", "revenue:total").returncode == 2
