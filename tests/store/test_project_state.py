"""What is known of a project is read as far as it is asked for, and its graph is made once a version."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from assettui.core.launching import plan_launch
from assettui.model.events import Materialization, RunQueued, StepStarted
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot, InputSnapshot, ProjectSnapshot
from assettui.model.run import RunPlan, RunRequest, StepPlan
from assettui.store import projects
from assettui.store.database import open_for_writing, writing
from assettui.store.folder import StoreFolder
from assettui.store.project_state import ProjectState, graph_of
from assettui.store.recording import record

COUNT = 1_000
KEYS = [AssetKey(f"a{number}") for number in range(COUNT)]
ASSETS = tuple(
    AssetSnapshot(key, step=str(key), upstream=(KEYS[number - 1],), inputs=(InputSnapshot("x", KEYS[number - 1]),))
    if number
    else AssetSnapshot(key, step=str(key))
    for number, key in enumerate(KEYS)
)


@pytest.fixture
def store(tmp_path: Path) -> Generator[sqlite3.Connection]:
    """A store in which every asset but the last was materialized."""
    connection = open_for_writing(StoreFolder.at(tmp_path / "store"))
    with writing(connection):
        projects.save_loaded(connection, "p", ProjectSnapshot("p", ASSETS).encode(), {}, 1)
        record(connection, [Materialization(1, "r", asset_key=key, data_version="v") for key in KEYS[:-1]])
    yield connection
    connection.close()


def test_a_run_of_one_asset_is_planned_without_reading_the_others(store: sqlite3.Connection) -> None:
    state = ProjectState(store, "p", 2)
    assert len(state.graph.assets) == COUNT
    statements: list[str] = []
    store.set_trace_callback(statements.append)
    plan = plan_launch(RunRequest((KEYS[-1],)), state)
    store.set_trace_callback(None)
    assert [step.key for step in plan.steps] == [str(KEYS[-1])]
    assert len(statements) <= 5
    assert not [each for each in statements if "FROM assets" in each and "WHERE" not in each]


def test_the_graph_of_a_version_is_made_once(store: sqlite3.Connection) -> None:
    one, other = ProjectState(store, "p", 2), ProjectState(store, "p", 3)
    assert one.graph is other.graph
    with writing(store):
        projects.save_loaded(store, "p", ProjectSnapshot("p", ASSETS[:1]).encode(), {}, 4)
    assert list(ProjectState(store, "p", 5).graph.assets) == KEYS[:1]
    assert one.graph is other.graph
    assert graph_of(one.snapshot) is not one.graph  # of one version, the last, it is kept


def test_without_a_leader_nothing_runs(store: sqlite3.Connection) -> None:
    with writing(store):
        plan = RunPlan((StepPlan(str(KEYS[0]), (KEYS[0],)),))
        record(store, [RunQueued(2, "r1", plan=plan), StepStarted(3, "r1", str(KEYS[0]))])
    assert ProjectState(store, "p", 4).states[KEYS[0]].running_run == "r1"
    assert ProjectState(store, "p", 4, is_led=False).states[KEYS[0]].running_run is None


def test_a_project_that_was_never_loaded_is_empty(store: sqlite3.Connection) -> None:
    state = ProjectState(store, "another", 2)
    assert (state.known, state.snapshot.assets, dict(state.standings)) == (None, (), {})
