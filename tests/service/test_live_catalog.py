"""What is kept from look to look is what a whole look would find, whatever has happened in between."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from assettui import AssetKey, DailyPartitionsDefinition, FreshnessPolicy
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitioned_runs import with_partitions
from assettui.core.partitions.definition import AsOf
from assettui.core.planning import plan_run
from assettui.model.check import AssetCheckKey, CheckOutcome, CheckSnapshot
from assettui.model.events import (
    CheckEvaluation,
    Materialization,
    Observation,
    RunChanged,
    RunQueued,
    StepEnded,
    StepStarted,
    Wiped,
)
from assettui.model.project import AssetSnapshot, ProjectSnapshot, StepSnapshot
from assettui.model.run import RunStatus, StepError, StepStatus
from assettui.service.catalog import read_catalog
from assettui.service.live_catalog import LiveCatalog
from assettui.service.session import Session
from assettui.store import live_state, projects
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.worlds.shop import NOW_US, asset, session

DAYS = DailyPartitionsDefinition("2026-01-01")
FEED = AssetKey("feed")
CHECK = AssetCheckKey(AssetKey("b"), "good")
ASSETS = (
    AssetSnapshot(FEED, step="feed", is_observable=True),
    asset("a", "feed", line=1),
    asset("b", "a", line=2, freshness_policy=FreshnessPolicy(maximum_lag_minutes=5)),
    asset("c", "a", "b", line=3),
    asset("d", "a", line=4, partitions=DAYS),
    asset("e", "d", line=5, partitions=DAYS),
    asset("f", "e", line=6),
)
SNAPSHOT = ProjectSnapshot(
    "shop",
    ASSETS,
    checks=(CheckSnapshot(CHECK, str(CHECK), is_blocking=True),),
    steps=(StepSnapshot(str(CHECK)),),
)


class World:
    """A store in which anything may happen."""

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.session: Session = session(root)
        self.db: Any = open_for_writing(self.session.folder)
        with writing(self.db):
            projects.save_loaded(self.db, self.session.project.id, SNAPSHOT.encode(), {}, NOW_US)
        self.graph = AssetGraph.of(SNAPSHOT)
        self.partitioned = PartitionedGraph(self.graph, AsOf(NOW_US))
        self.going: list[tuple[str, AssetKey, str | None]] = []
        self.count = 0

    def tell(self, *events: Any) -> None:
        with writing(self.db):
            record(self.db, events, self.partitioned)

    def happen(self) -> None:
        """One thing."""
        self.count += 1
        time = NOW_US - 1_000_000 + self.count
        key = AssetKey(self.random.choice("abcdef"))
        day = f"2026-01-0{self.random.randint(1, 9)}" if self.graph.assets[key].partitions is not None else None
        version = f"v{self.random.randint(0, 3)}"
        match self.random.choice(
            ["made", "made", "seen", "wiped", "check", "begin", "begin", "step", "end", "end", "log"]
        ):
            case "made":
                inputs = {str(above): version for above in self.graph.upstream[key]}
                self.tell(
                    Materialization(time, asset_key=key, partition=day, data_version=version, input_versions=inputs)
                )
            case "seen":
                self.tell(Observation(time, asset_key=FEED, data_version=version))
            case "wiped":
                self.tell(Wiped(time, asset_key=key, partition=day))
            case "check":
                outcome = self.random.choice([CheckOutcome.PASSED, CheckOutcome.FAILED])
                self.tell(
                    CheckEvaluation(
                        time, asset_key=CHECK.asset_key, check_name=CHECK.name, outcome=outcome, is_blocking=True
                    )
                )
            case "begin":
                run_id = f"{self.count:016x}"
                plan = plan_run(self.graph, [key], frozenset(self.graph.assets), checks=())
                plan = with_partitions(plan, self.partitioned, ((day, day),) if day is not None else ())
                self.tell(RunQueued(time, run_id, plan=plan), RunChanged(time, run_id, status=RunStatus.STARTED))
                self.going.append((run_id, key, day))
            case "step" if self.going:
                run_id, key, _ = self.random.choice(self.going)
                self.tell(StepStarted(time, run_id, str(key), worker=1))
            case "end" if self.going:
                run_id, key, _ = self.going.pop(self.random.randrange(len(self.going)))
                status = self.random.choice([StepStatus.FAILURE, StepStatus.SUCCESS])
                error = StepError("no") if status is StepStatus.FAILURE else None
                self.tell(
                    StepEnded(time, run_id, str(key), status=status, error=error),
                    RunChanged(time, run_id, status=RunStatus(status.value)),
                )
            case _:
                pass


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_a_whole_look_finds(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed)
    live = LiveCatalog(world.session)
    for _ in range(60):
        for _ in range(world.random.randint(0, 3)):
            world.happen()
        with world.session.reading() as connection:
            assert live.read(connection).rows == read_catalog(connection, world.session).rows
    world.db.close()


def test_after_very_much_has_happened_all_of_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_state, "MOST_EVENTS", 3)
    world = World(tmp_path, 1)
    live = LiveCatalog(world.session)
    for _ in range(5):
        for _ in range(20):
            world.happen()
        with world.session.reading() as connection:
            assert live.read(connection).rows == read_catalog(connection, world.session).rows
    world.db.close()
