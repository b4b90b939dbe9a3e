"""A local-first data orchestrator, built around assets, that lives in the terminal.

from assettui import asset

@asset
def sales(): ...

@asset
def total_by_country(sales): ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Eager, since the package of that name would stand in its place.
from assettui.definitions.lazy import definitions

if TYPE_CHECKING:
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.keyed import (
        AddDynamicPartitionsRequest,
        DeleteDynamicPartitionsRequest,
        DynamicPartitionsDefinition,
        StaticPartitionsDefinition,
    )
    from assettui.core.partitions.mapping import (
        AllPartitionMapping,
        IdentityPartitionMapping,
        LastPartitionMapping,
        PartitionMapping,
        SpecificPartitionsPartitionMapping,
        StaticPartitionMapping,
        UpstreamPartitionsResult,
    )
    from assettui.core.partitions.multi import (
        MultiPartitionKey,
        MultiPartitionsDefinition,
        PartitionDimensionDefinition,
    )
    from assettui.core.partitions.multi_mapping import (
        DimensionPartitionMapping,
        MultiPartitionMapping,
        MultiToSingleDimensionPartitionMapping,
    )
    from assettui.core.partitions.space import PartitionKeyRange, TimeWindow
    from assettui.core.partitions.subset import PartitionsSubset
    from assettui.core.partitions.time_windows import (
        DailyPartitionsDefinition,
        HourlyPartitionsDefinition,
        MonthlyPartitionsDefinition,
        ScheduleType,
        TimeWindowPartitionsDefinition,
        WeeklyPartitionsDefinition,
    )
    from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping
    from assettui.core.selection.algebra import AssetSelection
    from assettui.definitions.asset import AssetsDefinition, asset, multi_asset
    from assettui.definitions.asset_sensors import (
        AssetSensorDefinition,
        MultiAssetSensorDefinition,
        MultiAssetSensorEvaluationContext,
        asset_sensor,
        build_multi_asset_sensor_context,
        multi_asset_sensor,
    )
    from assettui.definitions.backfill_policy import BackfillPolicy
    from assettui.definitions.configurable import (
        Config,
        ConfigurableIOManager,
        ConfigurableIOManagerFactory,
        ConfigurableResource,
        ConfigurableResourceFactory,
        Field,
        PermissiveConfig,
    )
    from assettui.definitions.context import (
        AssetExecutionContext,
        OpExecutionContext,
        build_asset_context,
        build_op_context,
    )
    from assettui.definitions.definitions import Definitions
    from assettui.definitions.env_var import EnvVar
    from assettui.definitions.evaluation import SensorResult
    from assettui.definitions.event_records import AssetEventRecord, DagsterEvent, DagsterRun
    from assettui.definitions.file_sensor import FileSeen, file_sensor
    from assettui.definitions.graph import GraphDefinition, GraphOut, graph, graph_asset, graph_multi_asset
    from assettui.definitions.hooks import HookContext, HookDefinition, build_hook_context, failure_hook, success_hook
    from assettui.definitions.inputs import AssetIn, In
    from assettui.definitions.io_managers import (
        InMemoryIOManager,
        InputContext,
        IOManager,
        IOManagerDefinition,
        OutputContext,
        build_input_context,
        build_output_context,
        io_manager,
        mem_io_manager,
    )
    from assettui.definitions.job import JobDefinition, define_asset_job, job
    from assettui.definitions.loading import (
        file_relative_path,
        load_assets_from_current_module,
        load_assets_from_modules,
        load_assets_from_package_module,
        load_assets_from_package_name,
        load_definitions_from_module,
        load_from_defs_folder,
    )
    from assettui.definitions.op import Nothing, OpDefinition, op
    from assettui.definitions.outputs import AssetOut, DynamicOut, Out
    from assettui.definitions.partitioned_schedule import build_schedule_from_partitioned_job
    from assettui.definitions.resources import (
        InitResourceContext,
        ResourceDefinition,
        ResourceDependency,
        ResourceParam,
        build_init_resource_context,
        resource,
    )
    from assettui.definitions.results import (
        AssetMaterialization,
        AssetObservation,
        DataVersion,
        DynamicOutput,
        Failure,
        MaterializeResult,
        ObserveResult,
        Output,
    )
    from assettui.definitions.retries import Backoff, Jitter, RetryPolicy, RetryRequested
    from assettui.definitions.run_config import RunConfig, RunRequest, SkipReason
    from assettui.definitions.run_status_sensors import (
        RunFailureSensorContext,
        RunStatusSensorContext,
        RunStatusSensorDefinition,
        build_run_status_sensor_context,
        run_failure_sensor,
        run_status_sensor,
    )
    from assettui.definitions.schedule import (
        DefaultScheduleStatus,
        ScheduleDefinition,
        ScheduleEvaluationContext,
        build_schedule_context,
        schedule,
    )
    from assettui.definitions.sensor import (
        DefaultSensorStatus,
        SensorDefinition,
        SensorEvaluationContext,
        build_sensor_context,
        sensor,
    )
    from assettui.definitions.source import observable_source_asset
    from assettui.definitions.spec import AssetDep, AssetSpec, SourceAsset
    from assettui.executors.fake_clock import FakeClock, FakeTick
    from assettui.executors.in_process import materialize, materialize_to_memory, observe
    from assettui.executors.instance import Instance
    from assettui.executors.result import MaterializeInProcessResult
    from assettui.model.errors import AssettuiError, DefinitionsError, StepFailed
    from assettui.model.instigator import CatchUp
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import (
        MetadataValue,
        TableColumn,
        TableColumnDep,
        TableColumnLineage,
        TableRecord,
        TableSchema,
    )
    from assettui.model.run import RunStatus
    from assettui.values.filesystem import FilesystemIOManager, FsspecIOManager

__version__ = "0.1.0"

# Every name is imported when it is first asked for: a command of ours needs none of them, a project needs few.
_MODULES = {
    "model.errors": "AssettuiError DefinitionsError StepFailed",
    "model.instigator": "CatchUp",
    "model.keys": "AssetKey",
    "model.metadata": "MetadataValue TableColumn TableColumnDep TableColumnLineage TableRecord TableSchema",
    "core.partitions.definition": "PartitionsDefinition",
    "core.partitions.keyed": "AddDynamicPartitionsRequest DeleteDynamicPartitionsRequest DynamicPartitionsDefinition StaticPartitionsDefinition",
    "core.partitions.mapping": "AllPartitionMapping IdentityPartitionMapping LastPartitionMapping PartitionMapping SpecificPartitionsPartitionMapping StaticPartitionMapping UpstreamPartitionsResult",
    "core.partitions.multi": "MultiPartitionKey MultiPartitionsDefinition PartitionDimensionDefinition",
    "core.partitions.multi_mapping": "DimensionPartitionMapping MultiPartitionMapping MultiToSingleDimensionPartitionMapping",
    "core.partitions.space": "PartitionKeyRange TimeWindow",
    "core.partitions.subset": "PartitionsSubset",
    "core.partitions.time_windows": "DailyPartitionsDefinition HourlyPartitionsDefinition MonthlyPartitionsDefinition ScheduleType TimeWindowPartitionsDefinition WeeklyPartitionsDefinition",
    "core.partitions.window_mapping": "TimeWindowPartitionMapping",
    "model.run": "RunStatus",
    "core.selection.algebra": "AssetSelection",
    "definitions.asset": "asset AssetsDefinition multi_asset",
    "definitions.asset_sensors": "asset_sensor AssetSensorDefinition build_multi_asset_sensor_context multi_asset_sensor MultiAssetSensorDefinition MultiAssetSensorEvaluationContext",
    "definitions.backfill_policy": "BackfillPolicy",
    "definitions.configurable": "Config ConfigurableIOManager ConfigurableIOManagerFactory ConfigurableResource ConfigurableResourceFactory Field PermissiveConfig",
    "definitions.context": "AssetExecutionContext build_asset_context build_op_context OpExecutionContext",
    "definitions.definitions": "Definitions",
    "definitions.env_var": "EnvVar",
    "definitions.evaluation": "SensorResult",
    "definitions.event_records": "AssetEventRecord DagsterEvent DagsterRun",
    "definitions.file_sensor": "file_sensor FileSeen",
    "definitions.graph": "graph graph_asset graph_multi_asset GraphDefinition GraphOut",
    "definitions.hooks": "build_hook_context failure_hook HookContext HookDefinition success_hook",
    "definitions.inputs": "AssetIn In",
    "definitions.io_managers": "build_input_context build_output_context InMemoryIOManager InputContext io_manager IOManager IOManagerDefinition mem_io_manager OutputContext",
    "definitions.job": "define_asset_job job JobDefinition",
    "definitions.loading": "file_relative_path load_assets_from_current_module load_assets_from_modules load_assets_from_package_module load_assets_from_package_name load_definitions_from_module load_from_defs_folder",
    "definitions.op": "Nothing op OpDefinition",
    "definitions.outputs": "AssetOut DynamicOut Out",
    "definitions.partitioned_schedule": "build_schedule_from_partitioned_job",
    "definitions.resources": "build_init_resource_context InitResourceContext resource ResourceDefinition ResourceDependency ResourceParam",
    "definitions.results": "AssetMaterialization AssetObservation DataVersion DynamicOutput Failure MaterializeResult ObserveResult Output",
    "definitions.retries": "Backoff Jitter RetryPolicy RetryRequested",
    "definitions.run_config": "RunConfig RunRequest SkipReason",
    "definitions.run_status_sensors": "build_run_status_sensor_context run_failure_sensor run_status_sensor RunFailureSensorContext RunStatusSensorContext RunStatusSensorDefinition",
    "definitions.schedule": "build_schedule_context DefaultScheduleStatus schedule ScheduleDefinition ScheduleEvaluationContext",
    "definitions.sensor": "build_sensor_context DefaultSensorStatus sensor SensorDefinition SensorEvaluationContext",
    "definitions.source": "observable_source_asset",
    "definitions.spec": "AssetDep AssetSpec SourceAsset",
    "executors.fake_clock": "FakeClock FakeTick",
    "executors.in_process": "materialize materialize_to_memory observe",
    "executors.instance": "Instance",
    "executors.result": "MaterializeInProcessResult",
    "values.filesystem": "FilesystemIOManager FsspecIOManager",
}
_MODULE_OF = {name: f"assettui.{module}" for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "AddDynamicPartitionsRequest",
    "AllPartitionMapping",
    "AssetDep",
    "AssetEventRecord",
    "AssetExecutionContext",
    "AssetIn",
    "AssetKey",
    "AssetMaterialization",
    "AssetObservation",
    "AssetOut",
    "AssetSelection",
    "AssetSensorDefinition",
    "AssetSpec",
    "AssetsDefinition",
    "AssettuiError",
    "BackfillPolicy",
    "Backoff",
    "CatchUp",
    "Config",
    "ConfigurableIOManager",
    "ConfigurableIOManagerFactory",
    "ConfigurableResource",
    "ConfigurableResourceFactory",
    "DagsterEvent",
    "DagsterRun",
    "DailyPartitionsDefinition",
    "DataVersion",
    "DefaultScheduleStatus",
    "DefaultSensorStatus",
    "Definitions",
    "DefinitionsError",
    "DeleteDynamicPartitionsRequest",
    "DimensionPartitionMapping",
    "DynamicOut",
    "DynamicOutput",
    "DynamicPartitionsDefinition",
    "EnvVar",
    "Failure",
    "FakeClock",
    "FakeTick",
    "Field",
    "FileSeen",
    "FilesystemIOManager",
    "FsspecIOManager",
    "GraphDefinition",
    "GraphOut",
    "HookContext",
    "HookDefinition",
    "HourlyPartitionsDefinition",
    "IOManager",
    "IOManagerDefinition",
    "IdentityPartitionMapping",
    "In",
    "InMemoryIOManager",
    "InitResourceContext",
    "InputContext",
    "Instance",
    "Jitter",
    "JobDefinition",
    "LastPartitionMapping",
    "MaterializeInProcessResult",
    "MaterializeResult",
    "MetadataValue",
    "MonthlyPartitionsDefinition",
    "MultiAssetSensorDefinition",
    "MultiAssetSensorEvaluationContext",
    "MultiPartitionKey",
    "MultiPartitionMapping",
    "MultiPartitionsDefinition",
    "MultiToSingleDimensionPartitionMapping",
    "Nothing",
    "ObserveResult",
    "OpDefinition",
    "OpExecutionContext",
    "Out",
    "Output",
    "OutputContext",
    "PartitionDimensionDefinition",
    "PartitionKeyRange",
    "PartitionMapping",
    "PartitionsDefinition",
    "PartitionsSubset",
    "PermissiveConfig",
    "ResourceDefinition",
    "ResourceDependency",
    "ResourceParam",
    "RetryPolicy",
    "RetryRequested",
    "RunConfig",
    "RunFailureSensorContext",
    "RunRequest",
    "RunStatus",
    "RunStatusSensorContext",
    "RunStatusSensorDefinition",
    "ScheduleDefinition",
    "ScheduleEvaluationContext",
    "ScheduleType",
    "SensorDefinition",
    "SensorEvaluationContext",
    "SensorResult",
    "SkipReason",
    "SourceAsset",
    "SpecificPartitionsPartitionMapping",
    "StaticPartitionMapping",
    "StaticPartitionsDefinition",
    "StepFailed",
    "TableColumn",
    "TableColumnDep",
    "TableColumnLineage",
    "TableRecord",
    "TableSchema",
    "TimeWindow",
    "TimeWindowPartitionMapping",
    "TimeWindowPartitionsDefinition",
    "UpstreamPartitionsResult",
    "WeeklyPartitionsDefinition",
    "asset",
    "asset_sensor",
    "build_asset_context",
    "build_hook_context",
    "build_init_resource_context",
    "build_input_context",
    "build_multi_asset_sensor_context",
    "build_op_context",
    "build_output_context",
    "build_run_status_sensor_context",
    "build_schedule_context",
    "build_schedule_from_partitioned_job",
    "build_sensor_context",
    "define_asset_job",
    "definitions",
    "failure_hook",
    "file_relative_path",
    "file_sensor",
    "graph",
    "graph_asset",
    "graph_multi_asset",
    "io_manager",
    "job",
    "load_assets_from_current_module",
    "load_assets_from_modules",
    "load_assets_from_package_module",
    "load_assets_from_package_name",
    "load_definitions_from_module",
    "load_from_defs_folder",
    "materialize",
    "materialize_to_memory",
    "mem_io_manager",
    "multi_asset",
    "multi_asset_sensor",
    "observable_source_asset",
    "observe",
    "op",
    "resource",
    "run_failure_sensor",
    "run_status_sensor",
    "schedule",
    "sensor",
    "success_hook",
]


# The names by which Dagster knows them.
_ALSO = {"DagsterRunStatus": "RunStatus", "EventLogEntry": "AssetEventRecord", "EventLogRecord": "AssetEventRecord"}


def __getattr__(name: str) -> Any:
    name = _ALSO.get(name, name)
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ALSO})
