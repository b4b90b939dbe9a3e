"""A store in which things are not as they should be, at fixed times: for the screens that say what, and why.

It is noon on the 15th of January 2026. `revenue` is overdue, one of its checks has failed just now, another one warns; the
attempt at `churn` has failed; `report` is stale.
"""

from __future__ import annotations

from pathlib import Path

from assettui import AssetKey, AutomationCondition, FreshnessPolicy
from assettui.core.graph import AssetGraph
from assettui.core.planning import plan_run
from assettui.model.automation import KeptEvaluation, TreeNode
from assettui.model.check import AssetCheckKey, AssetCheckSeverity, CheckOutcome, CheckSnapshot
from assettui.model.events import (
    CheckEvaluation,
    Event,
    FreshnessChanged,
    InstigatorTurned,
    Materialization,
    RunChanged,
    RunQueued,
    StepEnded,
)
from assettui.model.freshness import FreshnessStatus
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind, InstigatorSnapshot
from assettui.model.metadata import as_metadata
from assettui.model.project import ProjectSnapshot, StepSnapshot
from assettui.model.run import RunStatus, StepError, StepStatus
from assettui.service.session import Session
from assettui.store import automation, projects
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.worlds.shop import NOW_US, asset, session

HOUR_US = 3_600 * 1_000_000
REVENUE = AssetKey("marts/revenue")
FILLED, POSITIVE = AssetCheckKey(REVENUE, "filled"), AssetCheckKey(REVENUE, "positive")
ASSETS = (
    asset("raw/orders", line=12, group="raw"),
    asset(
        "marts/revenue",
        "raw/orders",
        line=20,
        group="marts",
        freshness_policy=FreshnessPolicy(maximum_lag_minutes=60 * 24),
        condition=AutomationCondition.eager(),
    ),
    asset("marts/churn", "raw/orders", line=30, group="marts"),
    asset("report", "marts/revenue", line=40),
)
CHECKS = (
    CheckSnapshot(FILLED, str(FILLED), is_blocking=True, description="Every month has its revenue."),
    CheckSnapshot(POSITIVE, str(POSITIVE)),
)
GRAPH = AssetGraph(ASSETS)
AUTOMATION = InstigatorSnapshot(
    DEFAULT_AUTOMATION, InstigatorKind.AUTOMATION, is_on_by_default=True, assets=(REVENUE,), selection="*"
)


def run(run_id: str, time_us: int, key: str, *events: Event, status: RunStatus = RunStatus.SUCCESS) -> list[Event]:
    """A run of one asset, and what happens in it."""
    plan = plan_run(GRAPH, [AssetKey(key)], frozenset(GRAPH.assets), checks=())
    return [
        RunQueued(time_us, run_id, plan=plan),
        RunChanged(time_us, run_id, status=RunStatus.STARTED),
        *events,
        RunChanged(time_us + 900_000, run_id, status=status),
    ]


def made(run_id: str, time_us: int, key: str, version: str, data_us: int | None = None, **inputs: str) -> Event:
    """A materialization; inputs by the last part of their keys."""
    above = {str(each): inputs[each.parts[-1]] for each in GRAPH.upstream[AssetKey(key)]}
    return Materialization(
        time_us,
        run_id,
        key,
        asset_key=AssetKey(key),
        data_version=version,
        input_versions=above,
        duration_us=120_000,
        rows=144,
        data_time_us=data_us,
    )


def evaluated(run_id: str, time_us: int, check: AssetCheckKey, passed: bool, said: str, **metadata: int) -> Event:
    """A result of a check; `positive` only warns."""
    is_warning = check == POSITIVE
    bad = CheckOutcome.WARNED if is_warning else CheckOutcome.FAILED
    return CheckEvaluation(
        time_us,
        run_id,
        str(check),
        asset_key=check.asset_key,
        check_name=check.name,
        outcome=CheckOutcome.PASSED if passed else bad,
        severity=AssetCheckSeverity.WARN if is_warning else AssetCheckSeverity.ERROR,
        is_blocking=not is_warning,
        description=said,
        metadata=as_metadata(metadata),
    )


def happen() -> list[Event]:
    """What has happened, in order."""
    days_ago = NOW_US - 52 * HOUR_US
    failed_us = NOW_US - 2 * HOUR_US
    return [
        *run("01" * 8, days_ago, "raw/orders", made("01" * 8, days_ago, "raw/orders", "o1")),
        *run(
            "02" * 8,
            days_ago,
            "marts/revenue",
            made("02" * 8, days_ago + 1, "marts/revenue", "r1", days_ago - 120_000, orders="o1"),
            evaluated("02" * 8, days_ago + 2, FILLED, True, "144 months", gaps=0),
            evaluated("02" * 8, days_ago + 2, POSITIVE, True, "all above zero", negative=0),
        ),
        *run("03" * 8, days_ago + 5, "report", made("03" * 8, days_ago + 5, "report", "p1", days_ago, revenue="r1")),
        FreshnessChanged(days_ago + 6, asset_key=REVENUE, freshness=FreshnessStatus.PASS, data_time_us=days_ago),
        FreshnessChanged(
            days_ago + 24 * HOUR_US, asset_key=REVENUE, freshness=FreshnessStatus.FAIL, data_time_us=days_ago
        ),
        *run(
            "04" * 8,
            failed_us,
            "marts/churn",
            StepEnded(
                failed_us,
                "04" * 8,
                "marts/churn",
                status=StepStatus.FAILURE,
                error=StepError("ZeroDivisionError: division by zero", "exception"),
            ),
            status=RunStatus.FAILURE,
        ),
        *run(
            "05" * 8,
            NOW_US - HOUR_US,
            "marts/revenue",
            made("05" * 8, NOW_US - HOUR_US, "marts/revenue", "r2", days_ago - 120_000, orders="o1"),
            evaluated("05" * 8, NOW_US - HOUR_US + 1, FILLED, False, "2 months are empty", gaps=2),
            evaluated("05" * 8, NOW_US - HOUR_US + 1, POSITIVE, False, "one is below zero", negative=1),
        ),
    ]


def ailing_world(folder: Path) -> Session:
    """The store, made."""
    found = session(folder)
    steps = tuple(StepSnapshot(each.step) for each in CHECKS)
    snapshot = ProjectSnapshot("shop", ASSETS, instigators=(AUTOMATION,), checks=CHECKS, steps=steps)
    db = open_for_writing(found.folder)
    with writing(db):
        projects.save_loaded(db, found.project.id, snapshot.encode(), {}, NOW_US)
        on = InstigatorTurned(
            NOW_US - 52 * HOUR_US,
            status="on",
            instigator=AUTOMATION.name,
            instigator_kind=AUTOMATION.kind,
            by="default",
        )
        record(db, [on, *happen()])
        leaf = TreeNode("any_deps_updated", "marts/revenue", 1, 1)
        tree = TreeNode("and", "marts/revenue", 1, 1, label="eager", inner=(leaf,))
        automation.keep_evaluations(
            db, [KeptEvaluation(0, "marts/revenue", NOW_US - HOUR_US, 1, tree, run_id="05" * 8)]
        )
    db.close()
    return found
