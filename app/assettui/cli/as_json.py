"""The shapes of `--json`. Times are ISO 8601 in UTC, durations in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.partitions.space import partitions_text
from assettui.model import codec
from assettui.model.timing import iso, iso_or_none

if TYPE_CHECKING:
    from assettui.model.backfill import BackfillPlan, BackfillRecord
    from assettui.model.events import Event, Materialization, Observation
    from assettui.model.run import RunRecord, StepError, StepRecord
    from assettui.service.backfills import BackfillDetail
    from assettui.service.catalog import AssetDetail, AssetRow, Catalog
    from assettui.service.jobs import JobRow
    from assettui.service.partitions import PartitionRow
    from assettui.service.runs import RunDetail
    from assettui.service.status import Status


def seconds(duration_us: int | None) -> float | None:
    return None if duration_us is None else duration_us / 1_000_000


def asset_json(row: AssetRow, catalog: Catalog) -> dict[str, Any]:
    asset, last = row.asset, row.state.last
    return {
        "key": str(asset.key),
        "group": asset.group,
        "status": row.status.value,
        "reasons": list(row.reasons()),
        "is_external": asset.is_external,
        "is_observable": asset.is_observable,
        "last_materialized": iso_or_none(last.time_us if last else None),
        "last_run": last.run_id if last else None,
        "duration_s": seconds(last.duration_us if last else None),
        "rows": last.rows if last else None,
        "partitions": partition_counts_json(row),
        "code_version": asset.code_version,
        "data_version": row.state.data_version,
        "last_observed": iso_or_none(row.state.observed.time_us if row.state.observed else None),
        "upstream": [str(key) for key in catalog.graph.upstream[asset.key]],
        "downstream": [str(key) for key in catalog.graph.downstream[asset.key]],
        "owners": list(asset.owners),
        "kinds": list(asset.kinds),
        "tags": dict(asset.tags),
        "description": asset.description,
        "metadata": {name: codec.builtins(value) for name, value in row.metadata.items()},
        "source": str(asset.at) if asset.at else None,
    }


def partition_counts_json(row: AssetRow) -> dict[str, Any] | None:
    """How many partitions of an asset have each status; None where it has none."""
    definition, statuses = row.asset.partitions, row.statuses
    if definition is None or statuses is None:
        return None
    return {
        "definition": definition.summary,
        "total": len(statuses.all),
        "materialized": len(statuses.materialized),
        "failed": len(statuses.failed),
        "stale": len(statuses.stale),
        "missing": len(statuses.missing),
        "running": len(statuses.running),
        "queued": len(statuses.queued),
    }


def partition_json(row: PartitionRow) -> dict[str, Any]:
    state = row.state
    last = state.last if state is not None else None
    return {
        "partition": row.partition,
        "status": row.status.value,
        "last_materialized": iso_or_none(last.time_us if last else None),
        "last_run": last.run_id if last else None,
        "duration_s": seconds(last.duration_us if last else None),
        "rows": last.rows if last else None,
        "data_version": last.data_version if last else None,
        "failed_run": state.failed_run if state is not None else None,
        "error": state.error if state is not None else None,
    }


def backfill_json(backfill: BackfillRecord) -> dict[str, Any]:
    return {
        "backfill_id": backfill.backfill_id,
        "status": backfill.status.value,
        "title": backfill.plan.title,
        "created": iso(backfill.created_us),
        "started": iso_or_none(backfill.started_us),
        "ended": iso_or_none(backfill.ended_us),
        "assets": [str(key) for key in backfill.plan.keys],
        "counts": codec.builtins(backfill.counts),
        "max_concurrent": backfill.plan.max_concurrent,
        "priority": backfill.plan.priority,
        "tags": dict(backfill.plan.tags),
        "error": backfill.error,
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
    counts = codec.builtins(backfill.counts)
    del counts["running"]
    begun = backfill.started_us or backfill.created_us
    return {
        "backfill_id": backfill.backfill_id,
        "status": backfill.status.value,
        "counts": counts,
        "duration_s": seconds(backfill.ended_us - begun if backfill.ended_us is not None else None),
        "error": backfill.error,
    }


def backfill_detail_json(detail: BackfillDetail) -> dict[str, Any]:
    return {
        **backfill_json(detail.backfill),
        "progress": [
            {"asset_key": str(key), "requested": count, "materialized": made} for key, count, made in detail.assets
        ],
        "failures": [
            {
                "error": group.error,
                "count": group.count,
                "examples": [
                    {"step": step, "partition": partitions or None, "run_id": run_id}
                    for step, partitions, run_id in group.examples
                ],
            }
            for group in detail.failures
        ],
    }


def preview_json(preview: BackfillPlan) -> dict[str, Any]:
    return {
        "requested": preview.count,
        "runs": preview.runs,
        "estimate_s": seconds(preview.estimate_us),
        "assets": [
            {
                "asset_key": str(each.key),
                "count": each.count,
                "partitions": each.shown or None,
                "runs": each.runs,
                "duration_s": seconds(each.duration_us),
            }
            for each in preview.assets
        ],
        "skipped": [
            {"asset_key": str(each.key), "partitions": each.shown, "count": each.count, "why": each.why}
            for each in preview.skipped
        ],
    }


def detail_json(detail: AssetDetail, catalog: Catalog) -> dict[str, Any]:
    """One asset with its past."""
    return {
        **asset_json(detail.row, catalog),
        "config_schema": catalog.config_schema(detail.row.key),
        "materializations": [materialization_json(made) for made in detail.history],
        "observations": [observation_json(seen) for seen in detail.observations],
    }


def observation_json(seen: Observation) -> dict[str, Any]:
    return {
        "time": iso(seen.time_us),
        "run_id": seen.run_id,
        "partition": seen.partition,
        "data_version": seen.data_version,
        "metadata": {name: codec.builtins(value) for name, value in seen.metadata.items()},
    }


def materialization_json(made: Materialization) -> dict[str, Any]:
    return {
        "time": iso(made.time_us),
        "run_id": made.run_id,
        "partition": made.partition,
        "duration_s": seconds(made.duration_us),
        "rows": made.rows,
        "data_version": made.data_version,
        "code_version": made.code_version,
        "input_versions": dict(made.input_versions),
        "metadata": {name: codec.builtins(value) for name, value in made.metadata.items()},
    }


def run_json(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "status": run.status.value,
        "created": iso(run.created_us),
        "started": iso_or_none(run.started_us),
        "ended": iso_or_none(run.ended_us),
        "assets": [str(key) for key in run.assets],
        "job": run.job,
        "partition": partitions_text(run.partitions) or None,
        "backfill_id": run.backfill,
        "tags": dict(run.tags),
        "error": run.error,
    }


def step_json(step: StepRecord) -> dict[str, Any]:
    return {
        "step": step.step_key,
        "asset_keys": [str(key) for key in step.assets],
        "status": step.status.value,
        "started": iso_or_none(step.started_us),
        "ended": iso_or_none(step.ended_us),
        "duration_s": seconds(step.duration_us),
        "retries": step.retries,
        "error": error_json(step.error),
    }


def error_json(error: StepError | None) -> dict[str, Any] | None:
    """Why a step failed, was skipped or was canceled."""
    return None if error is None else {"message": error.message, "kind": error.kind, **codec.builtins(error)}


def run_detail_json(detail: RunDetail) -> dict[str, Any]:
    run = detail.run
    ended_us, started_us = run.ended_us, run.created_us
    return {
        **run_json(run),
        "duration_s": seconds(ended_us - started_us if ended_us is not None else None),
        "waits_for": detail.waits_for,
        "config": detail.config,
        "steps": [step_json(step) for step in detail.steps],
    }


def job_json(row: JobRow) -> dict[str, Any]:
    job = row.job
    return {
        "name": job.name,
        "selection": job.selection,
        "assets": [str(key) for key in row.assets],
        "steps": list(row.steps),
        "problem": row.problem,
        "description": job.description,
        "tags": dict(job.tags),
        "config": job.config,
        "hooks": list(job.hooks),
        "max_concurrent": job.max_concurrent,
        "metadata": {name: codec.builtins(value) for name, value in job.metadata.items()},
        "source": str(job.at) if job.at else None,
        "runs": [run_json(run) for run in row.runs],
    }


def event_json(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "time": iso(event.time_us),
        "kind": event.kind.value,
        "run_id": event.run_id or None,
        "step": event.step_key,
        "asset": str(event.asset_key) if event.asset_key is not None else None,
        **{name: value for name, value in event.payload.items() if name not in ("plan", "version", "handed")},
    }


def status_json(status: Status) -> dict[str, Any]:
    leader = status.leader
    return {
        "leader": {"pid": leader.pid, "host": leader.host, "since": iso(leader.since_us), "face": leader.face}
        if leader
        else None,
        "running": status.running,
        "left_behind": status.orphaned,
        "queued": status.queued,
        "last_failures": [run_json(run) for run in status.failed_runs],
    }
