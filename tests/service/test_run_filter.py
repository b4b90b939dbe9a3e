"""The filter of the runs: what is typed, which runs it finds, and what it may be meant to become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assettui.model.errors import SelectionError
from assettui.model.run import RunRecord
from assettui.service.catalog import catalog
from assettui.service.run_filter import run_filter, run_filter_completion
from assettui.service.runs import run_page
from tests.worlds.shop import lead, world

MEANT: list[tuple[str, Callable[[RunRecord], bool]]] = [
    ("status:failed", lambda run: run.status.value == "failure"),
    ("status:fail", lambda run: run.status.value == "failure"),
    ("status:running", lambda run: run.status.value in ("starting", "started")),
    ("status:success status:failure", lambda run: run.status.value in ("success", "failure")),
    ("asset:marts/revenue", lambda run: "marts/revenue" in map(str, run.assets)),
    ("REVENUE", lambda run: any("revenue" in str(key) for key in run.assets)),
    ("asset:marts/", lambda run: any("marts/" in str(key) for key in run.assets)),
    ("0a11", lambda run: run.run_id.startswith("0a11")),
    ("marts status:failed", lambda run: run.status.value == "failure" and "marts" in str(run.assets)),
]


@pytest.mark.parametrize(("text", "is_meant"), MEANT)
def test_all_of_it_must_be_so(tmp_path: Path, text: str, is_meant: Callable[[RunRecord], bool]) -> None:
    shop = world(tmp_path)
    held = lead(shop)
    everything = run_page(shop, limit=100)
    found = run_page(shop, run_filter(text, catalog(shop)), limit=100)
    expected = [run.run_id for run in everything.runs if is_meant(run)]
    assert [run.run_id for run in found.runs] == expected
    assert 0 < found.total == len(expected) < everything.total
    held.release()


def test_what_is_quoted_or_a_pattern_elsewhere_is_text_here(tmp_path: Path) -> None:
    shop = world(tmp_path)
    for text in ("%", "_____", "'", "*", "a:b"):
        assert not run_page(shop, run_filter(text, catalog(shop)), limit=10).runs


def test_a_status_that_there_is_not_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="no status is called 'broken'") as told:
        run_filter("marts status:broken", catalog(world(tmp_path)))
    assert told.value.position == 6


@pytest.mark.parametrize(
    ("text", "longer"),
    [
        ("st", "status:"),
        ("status:suc", "status:success"),
        ("revenue asset:ra", "revenue asset:raw/orders"),
        ("tag:a", None),
        ("zz", None),
        ("", None),
    ],
)
def test_the_last_word_is_completed(tmp_path: Path, text: str, longer: str | None) -> None:
    assert run_filter_completion(text, catalog(world(tmp_path))) == longer
