"""A store in which schedules and sensors have ticked, for the screens that show them."""

from __future__ import annotations

from pathlib import Path

from assettui.core.instigators import InstigatorKind, InstigatorSnapshot, Watching
from assettui.core.keys import AssetKey
from assettui.core.planning import plan_ops
from assettui.core.records import Event, EventKind, StepError
from assettui.core.snapshot import JobSnapshot, ProjectSnapshot, StepSnapshot
from assettui.core.ticks import LogLine, TickOutcome, TickRecord
from assettui.service.session import Session
from assettui.store import projects, ticks
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.tui.world import NOW_US, session

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


def tick(name: str, kind: InstigatorKind, ago_us: int, outcome: TickOutcome, **said: object) -> Event:
    at_us = NOW_US - ago_us
    found = TickRecord(0, name, kind, outcome, at_us, at_us, at_us + 20_000, **said)  # pyright: ignore[reportArgumentType]
    return Event(ticks.KIND_OF[outcome], at_us + 20_000, payload=found.payload())


def automated_world(folder: Path) -> Session:
    """A store with a schedule that ran last night, a sensor that fails, and one that is off."""
    made = session(folder)
    job = JobSnapshot("report", steps=(StepSnapshot("send", is_op=True),))
    snapshot = ProjectSnapshot("shop", jobs=(job,), instigators=(NIGHTLY, INBOX, ON_SALES))
    plan = {"plan": plan_ops(job).to_json() | {"job": "report"}}
    hour = 60 * MINUTE
    db = open_for_writing(made.folder)
    with writing(db):
        projects.save_loaded(db.conn, made.project.id, snapshot, {}, NOW_US)
        for name, kind in (("nightly", "schedule"), ("inbox", "sensor")):
            on = {"instigator": name, "kind": kind, "by": "default"}
            record(db.conn, [Event(EventKind.INSTIGATOR_ON, NOW_US - 2 * 24 * hour, payload=dict(on))])
        record(
            db.conn,
            [
                tick("nightly", InstigatorKind.SCHEDULE, 2 * hour, TickOutcome.SUCCESS, runs=(("ab" * 8, None),)),
                Event(EventKind.RUN_QUEUED, NOW_US - 2 * hour, "ab" * 8, payload=plan),
                Event(EventKind.RUN_STARTED, NOW_US - 2 * hour, "ab" * 8),
                Event(EventKind.RUN_SUCCESS, NOW_US - hour, "ab" * 8),
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
                Event(EventKind.CURSOR_SET, NOW_US, payload={"instigator": "inbox", "kind": "sensor", "cursor": "7"}),
            ],
        )
    db.conn.close()
    return made
