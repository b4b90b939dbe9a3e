"""A local-first data orchestrator, built around assets, that lives in the terminal.

from assettui import asset

@asset
def sales(): ...

@asset
def total_by_country(sales): ...
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Eager, since the package of that name would stand in its place.
from assettui.definitions.lazy import definitions

__version__ = "0.1.0"

# Every name is imported when it is first asked for: a command of ours needs none of them, a project needs few.
_MODULES = {
    "model.check": "AssetCheckKey AssetCheckSeverity",
    "model.errors": "AssettuiError DefinitionsError StepFailed",
    "model.events": "CheckEvaluation",
    "model.freshness": "FreshnessPolicy",
    "model.instigator": "CatchUp",
    "model.keys": "AssetKey",
    "model.metadata": "MetadataValue TableColumn TableColumnDep TableColumnLineage TableRecord TableSchema",
    "core.conditions.condition": "AutomationCondition",
    "core.partitions.definition": "PartitionsDefinition",
    "core.partitions.keyed": "AddDynamicPartitionsRequest DeleteDynamicPartitionsRequest DynamicPartitionsDefinition StaticPartitionsDefinition",
    "core.partitions.mapping": "AllPartitionMapping IdentityPartitionMapping LastPartitionMapping PartitionMapping SpecificPartitionsPartitionMapping StaticPartitionMapping UpstreamPartitionsResult",
    "core.partitions.multi": "MultiPartitionKey MultiPartitionsDefinition PartitionDimensionDefinition",
    "core.partitions.multi_mapping": "DimensionPartitionMapping MultiPartitionMapping MultiToSingleDimensionPartitionMapping",
    "core.partitions.space": "PartitionKeyRange TimeWindow",
    "core.partitions.subset": "PartitionsSubset",
    "core.partitions.time_windows": "TimeWindowPartitionsDefinition",
    "core.partitions.usual_windows": "DailyPartitionsDefinition HourlyPartitionsDefinition MonthlyPartitionsDefinition WeeklyPartitionsDefinition",
    "core.partitions.window_keys": "ScheduleType",
    "core.partitions.window_mapping": "TimeWindowPartitionMapping",
    "model.run": "RunStatus",
    "core.selection.algebra": "AssetSelection",
    "definitions.asset": "asset AssetsDefinition",
    "definitions.asset_sensors": "asset_sensor AssetSensorDefinition build_multi_asset_sensor_context multi_asset_sensor MultiAssetSensorDefinition MultiAssetSensorEvaluationContext",
    "definitions.auto_materialize": "AutoMaterializePolicy AutoMaterializeRule",
    "definitions.backfill_policy": "BackfillPolicy",
    "definitions.checks": "asset_check AssetCheckResult AssetChecksDefinition AssetCheckSpec multi_asset_check",
    "definitions.config": "Config Field PermissiveConfig",
    "definitions.configurable": "ConfigurableIOManager ConfigurableIOManagerFactory ConfigurableResource ConfigurableResourceFactory",
    "definitions.building_contexts": "build_asset_context build_op_context",
    "definitions.context": "AssetCheckExecutionContext AssetExecutionContext OpExecutionContext",
    "definitions.definitions": "Definitions",
    "definitions.env_var": "EnvVar",
    "definitions.evaluation": "SensorResult",
    "definitions.event_records": "AssetEventRecord DagsterEvent DagsterRun",
    "definitions.file_sensor": "file_sensor FileSeen",
    "definitions.ops.graph": "graph graph_asset graph_multi_asset GraphDefinition GraphOut",
    "definitions.hooks": "build_hook_context failure_hook HookContext HookDefinition success_hook",
    "definitions.inputs": "Nothing AssetIn In",
    "definitions.io_managers": "build_input_context build_output_context InMemoryIOManager InputContext io_manager IOManager IOManagerDefinition mem_io_manager OutputContext",
    "definitions.job": "define_asset_job JobDefinition",
    "definitions.ops.job": "job",
    "definitions.loading": "file_relative_path load_asset_checks_from_current_module load_asset_checks_from_modules load_asset_checks_from_package_module load_asset_checks_from_package_name load_assets_from_current_module load_assets_from_modules load_assets_from_package_module load_assets_from_package_name load_definitions_from_module load_from_defs_folder",
    "definitions.multi_asset": "multi_asset",
    "definitions.ops.op": "op OpDefinition",
    "definitions.outputs": "AssetOut DynamicOut Out",
    "definitions.partitioned_schedule": "build_schedule_from_partitioned_job",
    "integrations.pipes.injectors": "PipesContextInjector PipesEnvContextInjector PipesFileContextInjector PipesTempFileContextInjector",
    "integrations.pipes.processes": "PipesClientCompletedInvocation PipesExecutionError PipesSubprocessClient",
    "integrations.pipes.readers": "PipesFileMessageReader PipesMessageReader PipesStdoutMessageReader PipesTempFileMessageReader",
    "integrations.pipes.session": "open_pipes_session PipesMessageHandler PipesSession",
    "integrations.table_checks": "build_accepted_values_checks build_null_rate_checks build_referential_checks build_row_count_drop_checks build_uniqueness_checks",
    "definitions.ready_checks.freshness": "build_last_update_freshness_checks build_sensor_for_freshness_checks build_time_partition_freshness_checks",
    "definitions.ready_checks.metadata": "build_column_schema_change_checks build_metadata_bounds_checks",
    "definitions.resources": "build_init_resource_context InitResourceContext resource ResourceDefinition ResourceDependency ResourceParam",
    "definitions.results": "AssetMaterialization AssetObservation DataVersion DynamicOutput Failure MaterializeResult ObserveResult Output",
    "definitions.retries": "Backoff Jitter RetryPolicy RetryRequested",
    "definitions.run_config": "RunConfig RunRequest SkipReason",
    "definitions.run_status_sensors": "build_run_status_sensor_context run_failure_sensor run_status_sensor RunFailureSensorContext RunStatusSensorContext RunStatusSensorDefinition",
    "definitions.schedule": "build_schedule_context DefaultScheduleStatus schedule ScheduleDefinition ScheduleEvaluationContext",
    "definitions.sensor": "build_sensor_context DefaultSensorStatus sensor SensorDefinition SensorEvaluationContext",
    "definitions.types": "DagsterType make_python_type_usable_as_dagster_type PythonObjectDagsterType TypeCheck TypeCheckContext usable_as_dagster_type",
    "definitions.value_types": "check_dagster_type",
    "definitions.source": "observable_source_asset",
    "definitions.spec": "apply_freshness_policy AssetDep AssetSpec map_asset_specs SourceAsset",
    "definitions.automation_context": "AutomationContext AutomationResult",
    "definitions.automation_sensor": "AutomationConditionSensorDefinition",
    "executors.automation": "evaluate_automation_conditions EvaluateAutomationConditionsResult",
    "executors.fake_clock": "FakeClock FakeTick",
    "executors.in_process": "materialize materialize_to_memory observe",
    "executors.instance": "Instance",
    "executors.result": "MaterializeInProcessResult",
    "values.filesystem": "FilesystemIOManager FsspecIOManager",
}
_MODULE_OF = {name: f"assettui.{module}" for module, names in _MODULES.items() for name in names.split()}

__all__ = ["definitions", *_MODULE_OF]  # pyright: ignore[reportUnsupportedDunderAll] - the stub beside it says what they are


# The names by which Dagster knows them.
_ALSO = {
    "DagsterRunStatus": "RunStatus",
    "EventLogEntry": "AssetEventRecord",
    "EventLogRecord": "AssetEventRecord",
    "AssetCheckEvaluation": "CheckEvaluation",
}


def __getattr__(name: str) -> Any:
    name = _ALSO.get(name, name)
    module = _MODULE_OF.get(name)
    if module is None:
        from assettui.model.vocabulary import refuse_name  # deferred: seldom needed

        refuse_name(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ALSO})
