"""Every key that the help of a screen lists is pressed there: it is bound, and does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from assettui.project.screen_memory import CatalogMemory
from assettui.render.actions import ACTIONS
from assettui.service.session import Session
from assettui.tui import editor
from assettui.tui.app import AssettuiApp
from assettui.tui.key_bar import own_bindings
from tests.tui.looking import app

SCREENS: dict[str, tuple[str, Sequence[str]]] = {
    "catalog": ("shop", ["1"]),
    "filter": ("shop", ["1", "slash"]),
    "lineage": ("shop", ["2"]),
    "partitions": ("of_partitions", ["3"]),
    "runs": ("shop", ["4"]),
    "run": ("shop", ["4", "down", "enter"]),
    "search in a run": ("shop", ["4", "enter", "slash"]),
    "comparison of runs": ("shop", ["4", "down", "space", "space", "equals_sign"]),
    "automation": ("automated", ["5"]),
    "schedule or sensor": ("automated", ["5", "enter"]),
    "timeline": ("automated", ["5", "u"]),
    "conditions": ("ailing", ["5", "enter"]),
    "health": ("ailing", ["6"]),
    "data": ("shop", ["7"]),
    "data, result": ("shop", ["7", "escape"]),
    "backfills": ("of_partitions", ["B"]),
    "backfill": ("of_partitions", ["B", "enter"]),
    "plan of a backfill": ("of_partitions", ["1", "down", "b"]),
    "asset": ("shop", ["1", "enter"]),
    "preview": ("shop", ["1", "enter", "tab"]),
    "profile": ("shop", ["1", "enter", "tab", "tab"]),
    "history": ("shop", ["1", "enter", "tab", "tab", "tab"]),
    "checks": ("shop", ["1", "enter", *["tab"] * 4]),
    "versions": ("shop", ["1", "enter", *["tab"] * 5]),
    "lineage of an asset": ("shop", ["1", "enter", *["shift+tab"] * 4]),
    "automation of an asset": ("automated", ["1", "enter", *["shift+tab"] * 3]),
    "runs of an asset": ("shop", ["1", "enter", *["shift+tab"] * 2]),
    "partitions of an asset": ("of_partitions", ["1", "down", "enter", *["tab"] * 3]),
    "calendars": ("of_partitions", ["3", "C"]),
    "code": ("shop", ["1", "enter", "shift+tab"]),
    "launchpad": ("shop", ["1", "ctrl+r"]),
    "keys": ("shop", ["1", "question_mark"]),
    "places": ("shop", ["1", "colon"]),
    "columns": ("shop", ["1", "C"]),
    "page of help": ("shop", ["1", "f1"]),
    "question": ("shop", ["1", "M"]),
}
NOT_HERE = {
    "value",  # a value that is there: test_preview
    "cells",
    "prompt",  # test_sql
    "tree",  # test_preview
    "condition",
    "difference",  # test_preview
    "projects",  # test_projects
    "alone",
}
"""Places whose keys are pressed elsewhere, since they need a stored value or another app."""
LEAVING = {"leave", "suspend_process"}
"""What ends or stops the program is tried in a real terminal."""


async def go(pilot: Pilot[Any], keys: Sequence[str]) -> None:
    """To a screen from wherever one is."""
    shown: AssettuiApp = pilot.app  # pyright: ignore[reportAssignmentType]
    while len(shown.screen_stack) > 1:
        shown.pop_screen()
    await pilot.pause()
    for key in keys:
        await pilot.press(key)
        await shown.workers.wait_for_complete()
        await pilot.pause()


FAST = ("catalog", "runs")


@pytest.mark.parametrize(
    "screen", [each if each in FAST else pytest.param(each, marks=pytest.mark.slow) for each in SCREENS]
)
async def test_each_key_is_bound_and_does_no_harm(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    world, keys = SCREENS[screen]
    session: Session = request.getfixturevalue(world)
    monkeypatch.setattr(editor, "in_foreground", lambda command: 0)  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setenv("EDITOR", "true")
    shown = app(session, memory=CatalogMemory())

    @contextmanager
    def suspended() -> Any:
        yield

    monkeypatch.setattr(shown, "suspend", suspended)
    async with shown.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await go(pilot, keys)
        wanted = {
            active.binding.action: active.binding.key
            for active in own_bindings(shown.screen)
            if active.binding.action not in LEAVING
            and (screen == "catalog" or not (active.binding.id or "").startswith("everywhere."))
        }
        assert wanted
        for action, key in sorted(wanted.items()):
            await go(pilot, keys)
            bound = {active.binding.key: active.binding.action for active in own_bindings(shown.screen)}
            if bound.get(key) != action:  # what went before has changed what can be done: a run that was canceled, say
                continue
            await pilot.press(key)
            await shown.workers.wait_for_complete()
            await pilot.pause()
            assert shown.is_running, f"{key} ({action}) has ended it"


PLACES = {
    "everywhere", "catalog", "asset_list", "filter", "lineage", "lineage_view", "lineage_tab", "partitions", "grid", "runs", "run",
    "search", "log", "list", "run_comparison", "automation", "instigator", "timeline", "conditions", "health", "sql", "backfills",
    "backfill", "plan", "asset", "preview", "profile", "history", "versions", "code", "launchpad", "config_text", "finder", "columns",
    "window", "question", "calendar", "asset_automation", "asset_partitions", "asset_runs", "asset_checks",
}  # fmt: skip
"""The places of the table that the screens above are made of."""


def test_every_place_of_the_table_is_tried_here_or_elsewhere() -> None:
    assert set(ACTIONS) == PLACES | NOT_HERE
