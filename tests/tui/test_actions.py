"""The table of what can be done, and the classes that do it."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import assettui.tui
from assettui.render.actions import ACTIONS
from assettui.tui.actions import bindings

CLASSES = [
    each
    for found in pkgutil.iter_modules(assettui.tui.__path__, "assettui.tui.")
    for each in vars(importlib.import_module(found.name)).values()
    if isinstance(each, type) and each.__module__ == found.name and "BINDINGS" in vars(each)
]


def test_each_place_of_the_table_belongs_to_one_class() -> None:
    places = {place: [each for each in CLASSES if vars(each)["BINDINGS"] == bindings(place)] for place in ACTIONS}
    assert all(len(found) == 1 for found in places.values()), places
    assert len(CLASSES) == len(ACTIONS)


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.__name__)
def test_every_action_has_its_method(each: type) -> None:
    for binding in vars(each)["BINDINGS"]:
        name = binding.action.partition("(")[0]
        if not name.startswith("screen."):
            assert hasattr(each, f"action_{name}"), binding


def test_no_key_means_two_things_in_one_place() -> None:
    for place, actions in ACTIONS.items():
        keys = [key for action in actions for key in action.keys.split(",")]
        assert len(keys) == len(set(keys)), place


def test_a_screen_hides_no_key_that_works_everywhere() -> None:
    everywhere = {key for action in ACTIONS["everywhere"] for key in action.keys.split(",")} - {"escape"}
    for place in (
        "catalog",
        "lineage",
        "lineage_view",
        "partitions",
        "runs",
        "run",
        "automation",
        "instigator",
        "timeline",
        "backfills",
        "backfill",
        "value",
        "preview",
        "sql",
    ):
        assert not everywhere & {key for action in ACTIONS[place] for key in action.keys.split(",")}, place
