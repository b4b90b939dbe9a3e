"""The shapes of `--json` for schedules, sensors and ticks. Times are ISO 8601 in UTC, durations in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.model import codec
from assettui.model.instigator import InstigatorKind
from assettui.model.timing import SECOND_US, iso, iso_or_none

if TYPE_CHECKING:
    from assettui.model.events import Tick
    from assettui.service.automation import DryTick, InstigatorRow, Upcoming


def instigator_json(row: InstigatorRow) -> dict[str, Any]:
    """One schedule or sensor."""
    described = row.snapshot
    data: dict[str, Any] = {
        "name": row.name,
        "kind": described.kind.value,
        "status": "on" if row.is_on else "off",
        "is_on": row.is_on,
        "is_by_default": not row.state.is_manual,
        "jobs": list(described.jobs),
        "selection": described.selection,
        "description": described.description,
        "tags": dict(described.tags),
        "metadata": {name: codec.builtins(value) for name, value in described.metadata.items()},
        "next": iso_or_none(row.next_us),
        "last": tick_json(row.last) if row.last is not None else None,
        "failures": row.state.failures,
        "source": str(described.at) if described.at else None,
    }
    if described.kind is InstigatorKind.SCHEDULE:
        data["cron_schedule"] = list(described.crons)
        data["timezone"] = described.zone_name
        data["catch_up"] = described.catch_up.value
        data["catch_up_limit"] = described.catch_up_limit
    else:
        data["cursor"] = row.state.cursor
        data["minimum_interval_s"] = described.interval_s
        data["watching"] = described.watching.value
        data["assets"] = [str(key) for key in described.assets]
        data["run_statuses"] = list(described.run_statuses)
        data["monitored_jobs"] = list(described.watched_jobs)
    return data


def tick_json(tick: Tick) -> dict[str, Any]:
    return {
        "tick_id": tick.id,
        "instigator": tick.instigator,
        "kind": tick.instigator_kind.value,
        "scheduled": iso(tick.scheduled_us),
        "started": iso(tick.started_us),
        "ended": iso(tick.ended_us),
        "duration_s": (tick.ended_us - tick.started_us) / SECOND_US,
        "outcome": tick.outcome.value,
        "run_ids": list(tick.run_ids),
        "run_keys": [run.run_key for run in tick.runs if run.run_key is not None],
        "known_run_keys": list(tick.known_run_keys),
        "skip_reason": tick.skip_reason,
        "error": tick.error.message if tick.error is not None else None,
        "traceback": tick.error.traceback if tick.error is not None else None,
        "cursor_before": tick.cursor_before,
        "cursor_after": tick.cursor_after if tick.cursor_after is not None else tick.cursor_before,
        "dynamic_partitions": [
            {"definition": each.name, "added" if each.are_added else "removed": list(each.keys)} for each in tick.keys
        ],
        "log": [{"level": line.level, "message": line.message} for line in tick.log],
        "missed": tick.missed,
        "is_manual": tick.is_manual,
    }


def dry_tick_json(dry: DryTick) -> dict[str, Any]:
    found = dry.evaluation
    return {
        "instigator": dry.name,
        "dry_run": True,
        "scheduled": iso(dry.scheduled_us),
        "started": iso(dry.started_us),
        "ended": iso(dry.ended_us),
        "outcome": dry.outcome.value,
        "run_ids": [],
        "requests": [
            {
                "run_key": each.run_key,
                "job": each.job,
                "assets": [str(key) for key in each.assets] if each.assets is not None else None,
                "partition": each.partition_key,
                "config": each.config,
                "tags": dict(each.tags),
            }
            for each in found.runs
        ],
        "known_run_keys": list(dry.known_run_keys),
        "skip_reason": found.skip_reason,
        "error": found.error.message if found.error is not None else None,
        "traceback": found.error.traceback if found.error is not None else None,
        "cursor": found.cursor,
        "dynamic_partitions": [
            {"definition": each.name, "added" if each.are_added else "removed": list(each.keys)} for each in found.keys
        ],
        "log": [{"level": line.level, "message": line.message} for line in found.log],
    }


def upcoming_json(found: Upcoming) -> dict[str, Any]:
    """A time at which a schedule is due."""
    return {"time": iso(found.time_us), "schedule": found.schedule, "target": found.target}
