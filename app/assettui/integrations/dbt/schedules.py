"""Schedules of what dbt's words select."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.job import define_asset_job
from assettui.definitions.schedule import DefaultScheduleStatus, ScheduleDefinition
from assettui.integrations.dbt.assets import build_dbt_asset_selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.definitions.asset import AssetsDefinition


def build_schedule_from_dbt_selection(
    dbt_assets: Sequence[AssetsDefinition],
    job_name: str,
    cron_schedule: str,
    dbt_select: str = "fqn:*",
    dbt_exclude: str | None = None,
    schedule_name: str | None = None,
    tags: Mapping[str, str] | None = None,
    config: Any = None,
    execution_timezone: str | None = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
) -> ScheduleDefinition:
    """A schedule that builds what is selected of dbt projects.

    Args:
        dbt_assets: Functions that were declared by `@dbt_assets`.
        job_name: Of the job that it runs.
        cron_schedule: When.
        dbt_select: Which of their assets, in dbt's words; by default all.
        dbt_exclude: Which of them not.
        schedule_name: By default the job's, with `_schedule` behind it.
        tags: Of its runs.
        config: What its runs are configured with.
        execution_timezone: An IANA name; by default UTC.
        default_status: Whether it runs as soon as the project is loaded.

    Raises:
        SelectionError: The selection cannot be understood.
        NoSuchNode: A function was not declared by `@dbt_assets`.
    """
    job = define_asset_job(
        job_name,
        selection=build_dbt_asset_selection(dbt_assets, dbt_select, dbt_exclude),
        config=config,
        tags=tags or {},
    )
    return ScheduleDefinition(
        name=schedule_name,
        cron_schedule=cron_schedule,
        job=job,
        execution_timezone=execution_timezone,
        default_status=default_status,
    )
