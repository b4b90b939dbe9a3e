"""dbt projects: models, seeds and snapshots as assets, tests as their checks. Needs `pip install 'assettui[dbt]'` and an adapter."""

from __future__ import annotations

from assettui.integrations.dbt.assets import (
    build_dbt_asset_selection,
    dbt_assets,
    get_asset_key_for_model,
    get_asset_key_for_source,
    get_asset_keys_by_output_name_for_source,
)
from assettui.integrations.dbt.cli import DbtCliInvocation, DbtCliResource
from assettui.integrations.dbt.fetching import DbtEventIterator
from assettui.integrations.dbt.project import DbtProject
from assettui.integrations.dbt.schedules import build_schedule_from_dbt_selection
from assettui.integrations.dbt.sources import build_dbt_source_checks, build_dbt_source_specs
from assettui.integrations.dbt.translator import DagsterDbtTranslator, DagsterDbtTranslatorSettings

__all__ = [
    "DagsterDbtTranslator",
    "DagsterDbtTranslatorSettings",
    "DbtCliInvocation",
    "DbtCliResource",
    "DbtEventIterator",
    "DbtProject",
    "build_dbt_asset_selection",
    "build_dbt_source_checks",
    "build_dbt_source_specs",
    "build_schedule_from_dbt_selection",
    "dbt_assets",
    "get_asset_key_for_model",
    "get_asset_key_for_source",
    "get_asset_keys_by_output_name_for_source",
]
