"""The shapes of `--json`. A value's own fields, by their names: times as ISO 8601 in UTC, durations in seconds.

What is named here is what is promised to whoever reads it by program: a field may be added, none goes or changes its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.partitions.space import partitions_text
from assettui.model import codec
from assettui.model.events import Materialization
from assettui.model.instigator import InstigatorKind
from assettui.model.timing import SECOND_US, iso_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.model.backfill import BackfillPlan, BackfillRecord
    from assettui.model.drift import PartDrift
    from assettui.model.events import (
        Event,
        LogLine,
        Observation,
        PartitionKeysRequest,
        Tick,
    )
    from assettui.model.history import PastEvent
    from assettui.model.run import RunRecord, StepError, StepRecord
    from assettui.service.automation import DryTick, InstigatorRow, Upcoming
    from assettui.service.backfills import BackfillDetail
    from assettui.service.catalog import AssetDetail, AssetRow, Catalog
    from assettui.service.jobs import JobRow
    from assettui.service.partitions import PartitionRow
    from assettui.service.queue import LimitRow, QueueView
    from assettui.service.runs import RunDetail
    from assettui.service.status import Status

_SPANS = {"duration_us", "estimate_us"}


def fields(value: Any, names: str) -> dict[str, Any]:
    """Some fields of a value; None for each where there is no value.

    Args:
        value: What has them.
        names: The fields, with blanks between: `created_us` becomes `created`, `duration_us` becomes `duration_s`.
    """
    return dict(_field(name, None if value is None else getattr(value, name)) for name in names.split())


def _field(name: str, value: Any) -> tuple[str, Any]:
    if name in _SPANS:
        return f"{name[:-3]}_s", seconds(value)
    if name.endswith("_us"):
        return name[:-3], iso_or_none(value)
    return name, codec.builtins(value)


def seconds(duration_us: int | None) -> float | None:
    """A duration in seconds; None stays None."""
    return None if duration_us is None else duration_us / SECOND_US


# Assets.


def asset_json(row: AssetRow, catalog: Catalog) -> dict[str, Any]:
    asset, last = row.asset, row.state.last
    made = fields(last, "time_us run_id duration_us rows")
    return {
        **fields(asset, "key group is_external is_observable code_version owners kinds tags description"),
        **fields(row, "status metadata"),
        "reasons": list(row.reasons()),
        "last_materialized": made.pop("time"),
        "last_run": made.pop("run_id"),
        **made,
        "partitions": partition_counts_json(row),
        "data_version": row.state.data_version,
        "checks": [{"check": str(each.key), **fields(each, "outcome message")} for each in row.checks],
        "freshness": row.freshness.status.value if row.freshness is not None else None,
        "drifts": [drift_json(each) for each in row.drifts],
        "last_observed": fields(row.state.observed, "time_us")["time"],
        "upstream": codec.builtins(catalog.graph.upstream[asset.key]),
        "downstream": codec.builtins(catalog.graph.downstream[asset.key]),
        "source": str(asset.at) if asset.at else None,
    }


def drift_json(part: PartDrift) -> dict[str, Any]:
    return {**fields(part, "partition since_us"), "drifts": codec.builtins(part.drifts)}


def partition_counts_json(row: AssetRow) -> dict[str, Any] | None:
    """How many partitions of an asset have each status; None where it has none."""
    definition, statuses = row.asset.partitions, row.statuses
    if definition is None or statuses is None:
        return None
    names = ("materialized", "failed", "stale", "missing", "running", "queued")
    counts = {name: len(getattr(statuses, name)) for name in names}
    return {"definition": definition.summary, "total": len(statuses.all), **counts}


def asset_detail_json(detail: AssetDetail, catalog: Catalog) -> dict[str, Any]:
    return {
        **asset_json(detail.row, catalog),
        "config_schema": catalog.config_schema(detail.row.key),
        "materializations": [materialization_json(made) for made in detail.history],
        "observations": [observation_json(seen) for seen in detail.observations],
    }


def observation_json(seen: Observation) -> dict[str, Any]:
    return fields(seen, "time_us run_id partition data_version metadata")


def materialization_json(made: Materialization) -> dict[str, Any]:
    return fields(made, "time_us run_id partition duration_us rows data_version code_version input_versions metadata")


def past_json(past: PastEvent) -> dict[str, Any]:
    event = past.event
    if not isinstance(event, Materialization):
        return {"version": None, **observation_json(event)}
    size = event.value.size_bytes if event.value is not None else None
    said = {**materialization_json(event), "rows": past.rows, "size_bytes": size}
    return {"version": past.number, "is_kept": past.is_kept, "restores": event.restores, **said}


def partition_json(row: PartitionRow) -> dict[str, Any]:
    made = fields(row.state.last if row.state is not None else None, "time_us run_id duration_us rows data_version")
    return {
        **fields(row, "partition status"),
        "last_materialized": made.pop("time"),
        "last_run": made.pop("run_id"),
        **made,
        **fields(row.state, "failed_run error"),
    }


# Runs.


def run_json(run: RunRecord) -> dict[str, Any]:
    return {
        **fields(run, "run_id status created_us started_us ended_us assets job tags error"),
        "partition": partitions_text(run.partitions) or None,
        "backfill_id": run.backfill,
        "checks": list(run.checks),
    }


def step_json(step: StepRecord) -> dict[str, Any]:
    return {
        "step": step.step_key,
        "asset_keys": codec.builtins(step.assets),
        **fields(step, "status started_us ended_us duration_us retries"),
        "error": error_json(step.error),
    }


def error_json(error: StepError | None) -> dict[str, Any] | None:
    return None if error is None else {**fields(error, "message kind"), **codec.builtins(error)}


def run_detail_json(detail: RunDetail) -> dict[str, Any]:
    run = detail.run
    return {
        **run_json(run),
        "duration_s": seconds(run.ended_us - run.created_us if run.ended_us is not None else None),
        **fields(detail, "waits_for config"),
        "steps": [step_json(step) for step in detail.steps],
    }


def event_json(event: Event) -> dict[str, Any]:
    return {
        **fields(event, "id time_us kind"),
        "run_id": event.run_id or None,
        "step": event.step_key,
        "asset": codec.builtins(event.asset_key),
        **{name: value for name, value in event.payload.items() if name not in ("plan", "version", "handed")},
    }


def job_json(row: JobRow) -> dict[str, Any]:
    job = row.job
    return {
        **fields(job, "name selection description tags config hooks max_concurrent metadata"),
        **fields(row, "assets steps problem"),
        "source": str(job.at) if job.at else None,
        "runs": [run_json(run) for run in row.runs],
    }


# Backfills.


def backfill_json(backfill: BackfillRecord) -> dict[str, Any]:
    return {
        **fields(backfill, "backfill_id status created_us started_us ended_us counts error"),
        **fields(backfill.plan, "title max_concurrent priority tags"),
        "assets": codec.builtins(backfill.plan.keys),
    }


NO_BACKFILL: dict[str, Any] = {
    "backfill_id": None,
    "status": "success",
    "counts": {"requested": 0, "materialized": 0, "failed": 0, "skipped": 0, "canceled": 0},
    "duration_s": 0.0,
    "error": None,
}
"""How a backfill ended that was not begun, since there was nothing to do."""


def backfill_result_json(backfill: BackfillRecord) -> dict[str, Any]:
    found = fields(backfill, "backfill_id status counts error")
    del found["counts"]["running"]
    begun = backfill.started_us or backfill.created_us
    return {**found, "duration_s": seconds(backfill.ended_us - begun if backfill.ended_us is not None else None)}


def backfill_detail_json(detail: BackfillDetail) -> dict[str, Any]:
    return {
        **backfill_json(detail.backfill),
        "progress": [
            {"asset_key": str(key), "requested": count, "materialized": made} for key, count, made in detail.assets
        ],
        "failures": [
            {
                **fields(group, "error count"),
                "examples": [
                    {"step": step, "partition": partitions or None, "run_id": run_id}
                    for step, partitions, run_id in group.examples
                ],
            }
            for group in detail.failures
        ],
    }


def plan_json(plan: BackfillPlan) -> dict[str, Any]:
    return {
        "requested": plan.count,
        **fields(plan, "runs estimate_us"),
        "assets": [
            {
                "asset_key": str(each.key),
                "partitions": each.shown or None,
                **fields(each, "count runs duration_us"),
            }
            for each in plan.assets
        ],
        "skipped": [
            {"asset_key": str(each.key), "partitions": each.shown, **fields(each, "count why")} for each in plan.skipped
        ],
    }


# Schedules, sensors and ticks.


def instigator_json(row: InstigatorRow) -> dict[str, Any]:
    described = row.snapshot
    found: dict[str, Any] = {
        **fields(described, "name kind jobs selection description tags metadata"),
        "status": "on" if row.is_on else "off",
        "is_on": row.is_on,
        "is_by_default": not row.state.is_manual,
        **fields(row, "next_us"),
        "last": tick_json(row.last) if row.last is not None else None,
        "failures": row.state.failures,
        "source": str(described.at) if described.at else None,
    }
    if described.kind is InstigatorKind.AUTOMATION:
        return {**found, **fields(described, "assets")}
    if described.kind is InstigatorKind.SCHEDULE:
        own = {"cron_schedule": list(described.crons), "timezone": described.zone_name}
        return {**found, **own, **fields(described, "catch_up catch_up_limit")}
    return {
        **found,
        "cursor": row.state.cursor,
        "failed_items": [
            {"item": each.item, "label": each.label, "error": each.error.message, "attempts": each.attempts}
            for each in row.state.items
        ],
        "minimum_interval_s": described.interval_s,
        **fields(described, "watching assets run_statuses"),
        "monitored_jobs": list(described.watched_jobs),
    }


def tick_json(tick: Tick) -> dict[str, Any]:
    return {
        "tick_id": tick.id,
        "kind": tick.instigator_kind.value,
        **fields(tick, "instigator scheduled_us started_us ended_us outcome run_ids known_run_keys skip_reason missed"),
        **fields(tick, "is_manual cursor_before"),
        "duration_s": seconds(tick.ended_us - tick.started_us),
        "run_keys": [run.run_key for run in tick.runs if run.run_key is not None],
        **_told(tick.error, tick.keys, tick.log),
        "cursor_after": tick.cursor_after if tick.cursor_after is not None else tick.cursor_before,
    }


def dry_tick_json(dry: DryTick) -> dict[str, Any]:
    found = dry.evaluation
    return {
        "instigator": dry.name,
        "dry_run": True,
        **fields(dry, "scheduled_us started_us ended_us outcome known_run_keys"),
        "run_ids": [],
        "requests": [
            {**fields(each, "run_key job assets config tags"), "partition": each.partition_key} for each in found.runs
        ],
        **fields(found, "skip_reason cursor"),
        **_told(found.error, found.keys, found.log),
    }


def _told(error: StepError | None, keys: Iterable[PartitionKeysRequest], log: Iterable[LogLine]) -> dict[str, Any]:
    return {
        "error": error.message if error is not None else None,
        "traceback": error.traceback if error is not None else None,
        "dynamic_partitions": [
            {"definition": each.name, "added" if each.are_added else "removed": list(each.keys)} for each in keys
        ],
        "log": [fields(line, "level message") for line in log],
    }


def upcoming_json(found: Upcoming) -> dict[str, Any]:
    return fields(found, "time_us schedule target")


# The queue, and how things are.


def queue_json(found: QueueView) -> dict[str, Any]:
    return {
        "waiting": found.total,
        "running": found.running,
        "runs": [
            {
                **fields(each.run, "run_id created_us job assets tags"),
                **fields(each, "priority waits_for"),
                "partition": partitions_text(each.run.partitions) or None,
            }
            for each in found.waiting
        ],
        "steps": [fields(each, "run_id step waits_for") for each in found.steps],
        "limits": [limit_json(each) for each in found.limits],
    }


def limit_json(each: LimitRow) -> dict[str, Any]:
    return {**fields(each, "kind slots used is_set"), "name": each.name or None, "held_by": list(each.holders)}


def status_json(status: Status) -> dict[str, Any]:
    leader = fields(status.leader, "pid host since_us face") if status.leader is not None else None
    return {
        "leader": leader,
        **fields(status, "running queued"),
        "left_behind": status.orphaned,
        "last_failures": [run_json(run) for run in status.failed_runs],
    }
