"""A store in which something of everything has happened, at fixed times.

It is noon on the 15th of January 2026. `orders` was built anew after `revenue` had read it, `churn` has failed,
`forecast` is being built, `letters` waits for it, `clicks` comes from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assettui import AssetKey, MetadataValue
from assettui.core.graph import AssetGraph
from assettui.core.planning import plan_run
from assettui.core.versions import default_data_version
from assettui.model.errors import Location
from assettui.model.events import (
    Event,
    LogEntry,
    Materialization,
    RunChanged,
    RunQueued,
    StepEnded,
    StepStarted,
)
from assettui.model.project import AssetSnapshot, InputSnapshot, ProjectSnapshot
from assettui.model.run import RunStatus, StepError, StepStatus
from assettui.project.locate import Project
from assettui.project.settings import Settings
from assettui.service.session import Session
from assettui.store import lease, projects
from assettui.store.database import open_for_writing, writing
from assettui.store.folder import StoreFolder
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from assettui.store.lease import Lease

MINUTE_US = 60 * 1_000_000
NOW_US = 1_768_478_400 * 1_000_000  # 2026-01-15T12:00:00Z
CODE = "/home/ada/shop/definitions.py"
RUNNING = "0a11000000000000"
"""The run that is on its way."""


def asset(key: str, *upstream: str, line: int, **more: object) -> AssetSnapshot:
    keys = tuple(map(AssetKey, upstream))
    return AssetSnapshot(
        AssetKey(key),
        step=key,
        upstream=keys,
        inputs=tuple(InputSnapshot(each.parts[-1], each) for each in keys if each.parts[0] != "web"),
        at=Location(CODE, line),
        **more,  # pyright: ignore[reportArgumentType]
    )


ASSETS = (
    asset(
        "raw/orders", line=12, group="raw", kinds=("csv",), owners=("team:shop",), description="All orders since 2019."
    ),
    asset("raw/customers", "web/clicks", line=20, group="raw", kinds=("postgres",)),
    asset(
        "marts/revenue",
        "raw/orders",
        "raw/customers",
        line=31,
        group="marts",
        kinds=("polars",),
        owners=("ada@example.com",),
        tags={"tier": "gold"},
        description="Revenue by month and country.\n\nRefunds are taken off the month in which the order was placed.",
        code_version="3",
    ),
    asset("marts/churn", "raw/customers", line=44, group="marts", kinds=("polars",)),
    asset("models/forecast", "marts/revenue", line=58, group="models", kinds=("sklearn",)),
    asset("models/letters", "models/forecast", "marts/churn", line=70, group="models"),
    AssetSnapshot(AssetKey("web/clicks")),
)
GRAPH = AssetGraph(ASSETS)


@dataclass
class History:
    """Writes what has happened, as the engine does."""

    connection: sqlite3.Connection
    versions: dict[str, str] = field(default_factory=dict)

    def tell(self, *events: Event) -> None:
        record(self.connection, events)

    def begin(self, run_id: str, time_us: int, *keys: str) -> None:
        plan = plan_run(GRAPH, map(AssetKey, keys))
        self.tell(
            RunQueued(time_us, run_id, plan=plan),
            RunChanged(time_us, run_id, status=RunStatus.STARTING),
            RunChanged(time_us, run_id, status=RunStatus.STARTED),
        )

    def build(self, run_id: str, time_us: int, took_us: int, key: str, rows: int | None, **metadata: object) -> None:
        at = AssetKey(key)
        self.tell(StepStarted(time_us, run_id, key, worker=4711))
        inputs = {str(each): self.versions.get(str(each)) for each in GRAPH.upstream[at]}
        self.versions[key] = default_data_version(GRAPH.assets[at].code_version, inputs, run_id)
        made = Materialization(
            time_us + took_us,
            run_id,
            key,
            asset_key=at,
            data_version=self.versions[key],
            code_version=GRAPH.assets[at].code_version,
            input_versions=inputs,
            duration_us=took_us,
            rows=rows,
            metadata=metadata,  # pyright: ignore[reportArgumentType]
        )
        self.tell(made, StepEnded(time_us + took_us, run_id, key, status=StepStatus.SUCCESS))


def happen(history: History) -> None:
    """All that has happened by noon."""
    for days in range(8, 0, -1):
        run_id, began_us = f"{days:x}0000000000000aa", NOW_US - (days * 1440 + 30) * MINUTE_US
        history.begin(run_id, began_us, "raw/orders", "raw/customers", "marts/revenue", "marts/churn")
        history.build(run_id, began_us, 900_000, "raw/orders", 48_000 - days * days * 300)
        history.build(run_id, began_us, 2_400_000, "raw/customers", 1_204)
        share = MetadataValue.float(0.031)
        history.build(run_id, began_us + 2_400_000, 310_000, "marts/revenue", 144, refund_share=share)
        history.build(run_id, began_us + 2_400_000, 45_000, "marts/churn", 12)
        history.tell(RunChanged(began_us + 2_800_000, run_id, status=RunStatus.SUCCESS))

    began_us = NOW_US - 12 * MINUTE_US
    history.begin("fa11000000000000", began_us, "raw/orders", "marts/churn")
    history.build("fa11000000000000", began_us, 950_000, "raw/orders", 48_012)
    history.tell(StepStarted(began_us, "fa11000000000000", "marts/churn", worker=4712))
    error = StepError(
        "ZeroDivisionError: division by zero",
        "exception",
        "ZeroDivisionError",
        f'Traceback (most recent call last):\n  File "{CODE}", line 47, in churn\n    return lost / len(customers)\n'
        "ZeroDivisionError: division by zero\n",
    )
    history.tell(
        StepEnded(began_us + 120_000, "fa11000000000000", "marts/churn", status=StepStatus.FAILURE, error=error),
        RunChanged(
            began_us + 950_000, "fa11000000000000", status=RunStatus.FAILURE, error=f"marts/churn: {error.message}"
        ),
    )

    began_us = NOW_US - 1 * MINUTE_US
    history.begin(RUNNING, began_us, "models/forecast", "models/letters")
    history.tell(StepStarted(began_us, RUNNING, "models/forecast", worker=4711))
    for seconds, level, message in ((1, "INFO", "144 months"), (40, "WARNING", "the fit has not converged [yet]")):
        history.tell(LogEntry(began_us + seconds * 1_000_000, RUNNING, "models/forecast", level=level, message=message))


def project(root: Path) -> Project:
    """A project of which only the name is looked at."""
    folder = root / "shop"
    folder.mkdir(exist_ok=True)
    return Project(folder, folder / "definitions.py", None, Settings())


def session(root: Path) -> Session:
    """A session on a store that is yet to be made."""
    return Session(project(root), StoreFolder.at(root / "store"))


def world(root: Path) -> Session:
    """The store, made."""
    made = session(root)
    db = open_for_writing(made.folder)
    with writing(db):
        projects.save_loaded(db, made.project.id, ProjectSnapshot("shop", ASSETS).encode(), {}, NOW_US - MINUTE_US)
        happen(History(db))
    db.close()
    out = made.folder.step_log(RUNNING, "models/forecast", "out")
    out.parent.mkdir(parents=True)
    out.write_text("".join(f"epoch {number}: loss {1 / number:.4f}\n" for number in range(1, 61)))
    return made


def lead(on: Session) -> Lease:
    """Hold the lease, as the process does that builds the forecast."""
    held = lease.acquire(on.folder.lease, face="tui", project_id=on.project.id, now_us=NOW_US - MINUTE_US)
    assert held is not None
    return held
