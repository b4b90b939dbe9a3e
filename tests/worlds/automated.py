"""A store in which schedules and sensors have ticked, for the screens that show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from assettui.core.planning import plan_ops
from assettui.model.events import (
    CursorSet,
    InstigatorTurned,
    LogLine,
    RunChanged,
    RunQueued,
    Tick,
    TickOutcome,
    TickRun,
)
from assettui.model.instigator import InstigatorKind, InstigatorSnapshot, Watching
from assettui.model.keys import AssetKey
from assettui.model.project import JobSnapshot, ProjectSnapshot, StepSnapshot
from assettui.model.run import RunStatus, StepError
from assettui.service.session import Session
from assettui.store import projects
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.worlds.shop import NOW_US, session

SECOND, MINUTE = 1_000_000, 60_000_000
NIGHTLY = InstigatorSnapshot(
    "nightly",
    InstigatorKind.SCHEDULE,
    ("report",),
    is_on_by_default=True,
    description="Everything, every night.",
    crons=("0 2 * * *",),
    zone_name="Europe/Paris",
    is_plain=True,
)
INBOX = InstigatorSnapshot("inbox", InstigatorKind.SENSOR, ("report",), is_on_by_default=True, interval_s=30.0)
ON_SALES = InstigatorSnapshot(
    "on_sales", InstigatorKind.SENSOR, ("report",), watching=Watching.ASSETS, assets=(AssetKey("sales"),)
)


def tick(name: str, kind: InstigatorKind, ago_us: int, outcome: TickOutcome, **said: Any) -> Tick:
    at_us = NOW_US - ago_us
    return Tick(
        at_us + 20_000,
        instigator=name,
        instigator_kind=kind,
        outcome=outcome,
        scheduled_us=at_us,
        started_us=at_us,
        **said,
    )


def automated_world(folder: Path) -> Session:
    """A store with a schedule that ran last night, a sensor that fails, and one that is off."""
    made = session(folder)
    job = JobSnapshot("report", steps=(StepSnapshot("send", is_op=True),))
    snapshot = ProjectSnapshot("shop", jobs=(job,), instigators=(NIGHTLY, INBOX, ON_SALES))
    plan = replace(plan_ops(job), job="report")
    hour = 60 * MINUTE
    db = open_for_writing(made.folder)
    with writing(db):
        projects.save_loaded(db, made.project.id, snapshot.encode(), {}, NOW_US)
        for each in (NIGHTLY, INBOX):
            on = InstigatorTurned(
                NOW_US - 2 * 24 * hour, status="on", instigator=each.name, instigator_kind=each.kind, by="default"
            )
            record(db, [on])
        record(
            db,
            [
                tick("nightly", InstigatorKind.SCHEDULE, 2 * hour, TickOutcome.SUCCESS, runs=(TickRun("ab" * 8),)),
                RunQueued(NOW_US - 2 * hour, "ab" * 8, plan=plan),
                RunChanged(NOW_US - 2 * hour, "ab" * 8, status=RunStatus.STARTED),
                RunChanged(NOW_US - hour, "ab" * 8, status=RunStatus.SUCCESS),
                tick("inbox", InstigatorKind.SENSOR, 60 * SECOND, TickOutcome.SKIPPED, skip_reason="nothing new"),
                tick(
                    "inbox",
                    InstigatorKind.SENSOR,
                    20 * SECOND,
                    TickOutcome.FAILURE,
                    error=StepError("ValueError: [bold]boom\x1b[31m", "exception", traceback="Traceback …"),
                    log=(LogLine("INFO", "looked"),),
                    cursor_before="7",
                ),
                CursorSet(NOW_US, instigator="inbox", instigator_kind=InstigatorKind.SENSOR, cursor="7"),
            ],
        )
    db.close()
    return made
