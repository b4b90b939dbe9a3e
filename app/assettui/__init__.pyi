"""What users import, for editors and type checkers; `__init__.py` imports each name when it is first asked for."""

from assettui.core.conditions.condition import AutomationCondition as AutomationCondition
from assettui.core.partitions.definition import PartitionsDefinition as PartitionsDefinition
from assettui.core.partitions.keyed import AddDynamicPartitionsRequest as AddDynamicPartitionsRequest
from assettui.core.partitions.keyed import DeleteDynamicPartitionsRequest as DeleteDynamicPartitionsRequest
from assettui.core.partitions.keyed import DynamicPartitionsDefinition as DynamicPartitionsDefinition
from assettui.core.partitions.keyed import StaticPartitionsDefinition as StaticPartitionsDefinition
from assettui.core.partitions.mapping import AllPartitionMapping as AllPartitionMapping
from assettui.core.partitions.mapping import IdentityPartitionMapping as IdentityPartitionMapping
from assettui.core.partitions.mapping import LastPartitionMapping as LastPartitionMapping
from assettui.core.partitions.mapping import PartitionMapping as PartitionMapping
from assettui.core.partitions.mapping import SpecificPartitionsPartitionMapping as SpecificPartitionsPartitionMapping
from assettui.core.partitions.mapping import StaticPartitionMapping as StaticPartitionMapping
from assettui.core.partitions.mapping import UpstreamPartitionsResult as UpstreamPartitionsResult
from assettui.core.partitions.multi import MultiPartitionKey as MultiPartitionKey
from assettui.core.partitions.multi import MultiPartitionsDefinition as MultiPartitionsDefinition
from assettui.core.partitions.multi import PartitionDimensionDefinition as PartitionDimensionDefinition
from assettui.core.partitions.multi_mapping import DimensionPartitionMapping as DimensionPartitionMapping
from assettui.core.partitions.multi_mapping import MultiPartitionMapping as MultiPartitionMapping
from assettui.core.partitions.multi_mapping import (
    MultiToSingleDimensionPartitionMapping as MultiToSingleDimensionPartitionMapping,
)
from assettui.core.partitions.space import PartitionKeyRange as PartitionKeyRange
from assettui.core.partitions.space import TimeWindow as TimeWindow
from assettui.core.partitions.subset import PartitionsSubset as PartitionsSubset
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition as TimeWindowPartitionsDefinition
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition as DailyPartitionsDefinition
from assettui.core.partitions.usual_windows import HourlyPartitionsDefinition as HourlyPartitionsDefinition
from assettui.core.partitions.usual_windows import MonthlyPartitionsDefinition as MonthlyPartitionsDefinition
from assettui.core.partitions.usual_windows import WeeklyPartitionsDefinition as WeeklyPartitionsDefinition
from assettui.core.partitions.window_keys import ScheduleType as ScheduleType
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping as TimeWindowPartitionMapping
from assettui.core.selection.algebra import AssetSelection as AssetSelection
from assettui.definitions.asset import AssetsDefinition as AssetsDefinition
from assettui.definitions.asset import asset as asset
from assettui.definitions.asset_sensors import AssetSensorDefinition as AssetSensorDefinition
from assettui.definitions.asset_sensors import MultiAssetSensorDefinition as MultiAssetSensorDefinition
from assettui.definitions.asset_sensors import MultiAssetSensorEvaluationContext as MultiAssetSensorEvaluationContext
from assettui.definitions.asset_sensors import asset_sensor as asset_sensor
from assettui.definitions.asset_sensors import build_multi_asset_sensor_context as build_multi_asset_sensor_context
from assettui.definitions.asset_sensors import multi_asset_sensor as multi_asset_sensor
from assettui.definitions.auto_materialize import AutoMaterializePolicy as AutoMaterializePolicy
from assettui.definitions.auto_materialize import AutoMaterializeRule as AutoMaterializeRule
from assettui.definitions.automation_context import AutomationContext as AutomationContext
from assettui.definitions.automation_context import AutomationResult as AutomationResult
from assettui.definitions.automation_sensor import (
    AutomationConditionSensorDefinition as AutomationConditionSensorDefinition,
)
from assettui.definitions.backfill_policy import BackfillPolicy as BackfillPolicy
from assettui.definitions.building_contexts import build_asset_context as build_asset_context
from assettui.definitions.building_contexts import build_op_context as build_op_context
from assettui.definitions.checks import AssetCheckResult as AssetCheckResult
from assettui.definitions.checks import AssetChecksDefinition as AssetChecksDefinition
from assettui.definitions.checks import AssetCheckSpec as AssetCheckSpec
from assettui.definitions.checks import asset_check as asset_check
from assettui.definitions.checks import multi_asset_check as multi_asset_check
from assettui.definitions.config import Config as Config
from assettui.definitions.config import Field as Field
from assettui.definitions.config import PermissiveConfig as PermissiveConfig
from assettui.definitions.configurable import ConfigurableIOManager as ConfigurableIOManager
from assettui.definitions.configurable import ConfigurableIOManagerFactory as ConfigurableIOManagerFactory
from assettui.definitions.configurable import ConfigurableResource as ConfigurableResource
from assettui.definitions.configurable import ConfigurableResourceFactory as ConfigurableResourceFactory
from assettui.definitions.context import AssetCheckExecutionContext as AssetCheckExecutionContext
from assettui.definitions.context import AssetExecutionContext as AssetExecutionContext
from assettui.definitions.context import OpExecutionContext as OpExecutionContext
from assettui.definitions.definitions import Definitions as Definitions
from assettui.definitions.env_var import EnvVar as EnvVar
from assettui.definitions.evaluation import SensorResult as SensorResult
from assettui.definitions.event_records import AssetEventRecord as AssetEventRecord
from assettui.definitions.event_records import DagsterEvent as DagsterEvent
from assettui.definitions.event_records import DagsterRun as DagsterRun
from assettui.definitions.file_sensor import FileSeen as FileSeen
from assettui.definitions.file_sensor import file_sensor as file_sensor
from assettui.definitions.hooks import HookContext as HookContext
from assettui.definitions.hooks import HookDefinition as HookDefinition
from assettui.definitions.hooks import build_hook_context as build_hook_context
from assettui.definitions.hooks import failure_hook as failure_hook
from assettui.definitions.hooks import success_hook as success_hook
from assettui.definitions.inputs import AssetIn as AssetIn
from assettui.definitions.inputs import In as In
from assettui.definitions.inputs import Nothing as Nothing
from assettui.definitions.io_managers import InMemoryIOManager as InMemoryIOManager
from assettui.definitions.io_managers import InputContext as InputContext
from assettui.definitions.io_managers import IOManager as IOManager
from assettui.definitions.io_managers import IOManagerDefinition as IOManagerDefinition
from assettui.definitions.io_managers import OutputContext as OutputContext
from assettui.definitions.io_managers import build_input_context as build_input_context
from assettui.definitions.io_managers import build_output_context as build_output_context
from assettui.definitions.io_managers import io_manager as io_manager
from assettui.definitions.io_managers import mem_io_manager as mem_io_manager
from assettui.definitions.job import JobDefinition as JobDefinition
from assettui.definitions.job import define_asset_job as define_asset_job
from assettui.definitions.lazy import definitions as definitions
from assettui.definitions.loading import file_relative_path as file_relative_path
from assettui.definitions.loading import load_asset_checks_from_current_module as load_asset_checks_from_current_module
from assettui.definitions.loading import load_asset_checks_from_modules as load_asset_checks_from_modules
from assettui.definitions.loading import load_asset_checks_from_package_module as load_asset_checks_from_package_module
from assettui.definitions.loading import load_asset_checks_from_package_name as load_asset_checks_from_package_name
from assettui.definitions.loading import load_assets_from_current_module as load_assets_from_current_module
from assettui.definitions.loading import load_assets_from_modules as load_assets_from_modules
from assettui.definitions.loading import load_assets_from_package_module as load_assets_from_package_module
from assettui.definitions.loading import load_assets_from_package_name as load_assets_from_package_name
from assettui.definitions.loading import load_definitions_from_module as load_definitions_from_module
from assettui.definitions.loading import load_from_defs_folder as load_from_defs_folder
from assettui.definitions.multi_asset import multi_asset as multi_asset
from assettui.definitions.ops.graph import GraphDefinition as GraphDefinition
from assettui.definitions.ops.graph import GraphOut as GraphOut
from assettui.definitions.ops.graph import graph as graph
from assettui.definitions.ops.graph import graph_asset as graph_asset
from assettui.definitions.ops.graph import graph_multi_asset as graph_multi_asset
from assettui.definitions.ops.job import job as job
from assettui.definitions.ops.op import OpDefinition as OpDefinition
from assettui.definitions.ops.op import op as op
from assettui.definitions.outputs import AssetOut as AssetOut
from assettui.definitions.outputs import DynamicOut as DynamicOut
from assettui.definitions.outputs import Out as Out
from assettui.definitions.partitioned_schedule import (
    build_schedule_from_partitioned_job as build_schedule_from_partitioned_job,
)
from assettui.definitions.ready_checks.freshness import (
    build_last_update_freshness_checks as build_last_update_freshness_checks,
)
from assettui.definitions.ready_checks.freshness import (
    build_sensor_for_freshness_checks as build_sensor_for_freshness_checks,
)
from assettui.definitions.ready_checks.freshness import (
    build_time_partition_freshness_checks as build_time_partition_freshness_checks,
)
from assettui.definitions.ready_checks.metadata import (
    build_column_schema_change_checks as build_column_schema_change_checks,
)
from assettui.definitions.ready_checks.metadata import build_metadata_bounds_checks as build_metadata_bounds_checks
from assettui.definitions.resources import InitResourceContext as InitResourceContext
from assettui.definitions.resources import ResourceDefinition as ResourceDefinition
from assettui.definitions.resources import ResourceDependency as ResourceDependency
from assettui.definitions.resources import ResourceParam as ResourceParam
from assettui.definitions.resources import build_init_resource_context as build_init_resource_context
from assettui.definitions.resources import resource as resource
from assettui.definitions.results import AssetMaterialization as AssetMaterialization
from assettui.definitions.results import AssetObservation as AssetObservation
from assettui.definitions.results import DataVersion as DataVersion
from assettui.definitions.results import DynamicOutput as DynamicOutput
from assettui.definitions.results import Failure as Failure
from assettui.definitions.results import MaterializeResult as MaterializeResult
from assettui.definitions.results import ObserveResult as ObserveResult
from assettui.definitions.results import Output as Output
from assettui.definitions.retries import Backoff as Backoff
from assettui.definitions.retries import Jitter as Jitter
from assettui.definitions.retries import RetryPolicy as RetryPolicy
from assettui.definitions.retries import RetryRequested as RetryRequested
from assettui.definitions.run_config import RunConfig as RunConfig
from assettui.definitions.run_config import RunRequest as RunRequest
from assettui.definitions.run_config import SkipReason as SkipReason
from assettui.definitions.run_status_sensors import RunFailureSensorContext as RunFailureSensorContext
from assettui.definitions.run_status_sensors import RunStatusSensorContext as RunStatusSensorContext
from assettui.definitions.run_status_sensors import RunStatusSensorDefinition as RunStatusSensorDefinition
from assettui.definitions.run_status_sensors import build_run_status_sensor_context as build_run_status_sensor_context
from assettui.definitions.run_status_sensors import run_failure_sensor as run_failure_sensor
from assettui.definitions.run_status_sensors import run_status_sensor as run_status_sensor
from assettui.definitions.schedule import DefaultScheduleStatus as DefaultScheduleStatus
from assettui.definitions.schedule import ScheduleDefinition as ScheduleDefinition
from assettui.definitions.schedule import ScheduleEvaluationContext as ScheduleEvaluationContext
from assettui.definitions.schedule import build_schedule_context as build_schedule_context
from assettui.definitions.schedule import schedule as schedule
from assettui.definitions.sensor import DefaultSensorStatus as DefaultSensorStatus
from assettui.definitions.sensor import SensorDefinition as SensorDefinition
from assettui.definitions.sensor import SensorEvaluationContext as SensorEvaluationContext
from assettui.definitions.sensor import build_sensor_context as build_sensor_context
from assettui.definitions.sensor import sensor as sensor
from assettui.definitions.source import observable_source_asset as observable_source_asset
from assettui.definitions.spec import AssetDep as AssetDep
from assettui.definitions.spec import AssetSpec as AssetSpec
from assettui.definitions.spec import SourceAsset as SourceAsset
from assettui.definitions.spec import apply_freshness_policy as apply_freshness_policy
from assettui.definitions.spec import map_asset_specs as map_asset_specs
from assettui.definitions.types import DagsterType as DagsterType
from assettui.definitions.types import PythonObjectDagsterType as PythonObjectDagsterType
from assettui.definitions.types import TypeCheck as TypeCheck
from assettui.definitions.types import TypeCheckContext as TypeCheckContext
from assettui.definitions.types import (
    make_python_type_usable_as_dagster_type as make_python_type_usable_as_dagster_type,
)
from assettui.definitions.types import usable_as_dagster_type as usable_as_dagster_type
from assettui.definitions.value_types import check_dagster_type as check_dagster_type
from assettui.executors.automation import EvaluateAutomationConditionsResult as EvaluateAutomationConditionsResult
from assettui.executors.automation import evaluate_automation_conditions as evaluate_automation_conditions
from assettui.executors.fake_clock import FakeClock as FakeClock
from assettui.executors.fake_clock import FakeTick as FakeTick
from assettui.executors.in_process import materialize as materialize
from assettui.executors.in_process import materialize_to_memory as materialize_to_memory
from assettui.executors.in_process import observe as observe
from assettui.executors.instance import Instance as Instance
from assettui.executors.result import MaterializeInProcessResult as MaterializeInProcessResult
from assettui.integrations.pipes.injectors import PipesContextInjector as PipesContextInjector
from assettui.integrations.pipes.injectors import PipesEnvContextInjector as PipesEnvContextInjector
from assettui.integrations.pipes.injectors import PipesFileContextInjector as PipesFileContextInjector
from assettui.integrations.pipes.injectors import PipesTempFileContextInjector as PipesTempFileContextInjector
from assettui.integrations.pipes.processes import PipesClientCompletedInvocation as PipesClientCompletedInvocation
from assettui.integrations.pipes.processes import PipesExecutionError as PipesExecutionError
from assettui.integrations.pipes.processes import PipesSubprocessClient as PipesSubprocessClient
from assettui.integrations.pipes.readers import PipesFileMessageReader as PipesFileMessageReader
from assettui.integrations.pipes.readers import PipesMessageReader as PipesMessageReader
from assettui.integrations.pipes.readers import PipesStdoutMessageReader as PipesStdoutMessageReader
from assettui.integrations.pipes.readers import PipesTempFileMessageReader as PipesTempFileMessageReader
from assettui.integrations.pipes.session import PipesMessageHandler as PipesMessageHandler
from assettui.integrations.pipes.session import PipesSession as PipesSession
from assettui.integrations.pipes.session import open_pipes_session as open_pipes_session
from assettui.integrations.table_checks import build_accepted_values_checks as build_accepted_values_checks
from assettui.integrations.table_checks import build_null_rate_checks as build_null_rate_checks
from assettui.integrations.table_checks import build_referential_checks as build_referential_checks
from assettui.integrations.table_checks import build_row_count_drop_checks as build_row_count_drop_checks
from assettui.integrations.table_checks import build_uniqueness_checks as build_uniqueness_checks
from assettui.model.check import AssetCheckKey as AssetCheckKey
from assettui.model.check import AssetCheckSeverity as AssetCheckSeverity
from assettui.model.errors import AssettuiError as AssettuiError
from assettui.model.errors import DefinitionsError as DefinitionsError
from assettui.model.errors import StepFailed as StepFailed
from assettui.model.events import CheckEvaluation as CheckEvaluation
from assettui.model.freshness import FreshnessPolicy as FreshnessPolicy
from assettui.model.instigator import CatchUp as CatchUp
from assettui.model.keys import AssetKey as AssetKey
from assettui.model.metadata import MetadataValue as MetadataValue
from assettui.model.metadata import TableColumn as TableColumn
from assettui.model.metadata import TableColumnDep as TableColumnDep
from assettui.model.metadata import TableColumnLineage as TableColumnLineage
from assettui.model.metadata import TableRecord as TableRecord
from assettui.model.metadata import TableSchema as TableSchema
from assettui.model.run import RunStatus as RunStatus
from assettui.values.filesystem import FilesystemIOManager as FilesystemIOManager
from assettui.values.filesystem import FsspecIOManager as FsspecIOManager

__version__: str
__all__: list[str]
