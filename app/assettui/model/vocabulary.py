"""Names and keywords of the field that are not here: what a project that has them can use instead.

Somebody who brings a project along writes the names that he knows. Where one of them means nothing here, that is said in a
sentence rather than by "cannot import name".
"""

from __future__ import annotations

from typing import Final

from assettui.model.errors import AssettuiError

_CHECKS = "call the check itself, with the values that it reads; build_asset_context gives a context"
_AUTOMATION = "subclass AutomationCondition, and override evaluate"
_EXECUTORS = "steps run in worker processes: see max_workers and isolation in the settings"
_LOGGERS = "the log is kept by itself: use context.log, and `assettui run logs`"
_COMPONENTS = "there are no components; write functions that give assets, and load them by load_assets_from_modules"
_TYPE_LOADERS = "an input that nothing is wired to is configured by its plain value; read it in the op"
_TYPES = "the type of a value is its annotation in Python: list[str], int | None, a class"
_CONFIG = "write a class: class MyConfig(Config)"
_ERRORS = "catch AssettuiError, the root of all errors"
_RUN = "use materialize, materialize_to_memory or JobDefinition.execute_in_process"
_REPOSITORY = "give everything to one Definitions object"
_METADATA = "use MetadataValue.float(…), .json(…), .path(…) and so on"
_PARTITIONED_CONFIG = "give the job partitions_def, and read context.partition_key"
_INPUTS = "use a ConfigurableIOManager, which loads what it stores; AssetIn(input_manager_key=…) names another"

_SENTENCES: Final = {
    _CHECKS: "build_asset_check_context",
    _AUTOMATION: "AutoMaterializeAssetPartitionsFilter",
    _EXECUTORS: "Executor ExecutorDefinition executor in_process_executor multiprocess_executor"
    " multi_or_in_process_executor StepLauncher QueuedRunCoordinator DefaultRunLauncher",
    _LOGGERS: "LoggerDefinition logger colored_console_logger json_console_logger default_loggers get_dagster_logger"
    " DagsterLogManager InitLoggerContext",
    _COMPONENTS: "Component ComponentLoadContext ComponentTree DefinitionsComponent DefsFolderComponent FunctionComponent"
    " Resolvable Resolver ResolutionContext Model SqlComponent TemplatedSqlComponent PythonScriptComponent UvRunComponent"
    " StateBackedComponent Scaffolder component_instance load_defs build_defs_for_component build_component_defs"
    " template_var scaffold_with",
    _TYPES: "Bool Dict Float Int List Optional Set String Tuple",
    _TYPE_LOADERS: "DagsterTypeLoader dagster_type_loader",
    _CONFIG: "Array Enum EnumValue Map Noneable Permissive ScalarUnion Selector Shape StringSource IntSource BoolSource"
    " ConfigMapping config_mapping configured ConfigSchema config_from_files config_from_yaml_strings validate_run_config",
    _ERRORS: "DagsterError DagsterInvalidConfigError DagsterInvalidDefinitionError DagsterInvalidInvocationError"
    " DagsterInvariantViolationError DagsterRunNotFoundError DagsterTypeCheckDidNotPass DagsterUnknownPartitionError"
    " DagsterUnknownResourceError DagsterUserCodeExecutionError DagsterExecutionStepExecutionError"
    " DagsterInvalidSubsetError DagsterEventType",
    _RUN: "execute_job reconstructable build_reconstructable_job ReexecutionOptions ExecuteInProcessResult"
    " JobExecutionResult",
    _REPOSITORY: "repository RepositoryDefinition RepositoryData create_repository_using_definitions_args with_resources"
    " BindResourcesToJobs load_definitions_from_modules load_definitions_from_current_module"
    " load_definitions_from_package_module load_definitions_from_package_name",
    _METADATA: "BoolMetadataValue FloatMetadataValue IntMetadataValue JsonMetadataValue MarkdownMetadataValue"
    " NotebookMetadataValue NullMetadataValue PathMetadataValue TableMetadataValue TableSchemaMetadataValue"
    " TextMetadataValue TimestampMetadataValue UrlMetadataValue DagsterAssetMetadataValue DagsterRunMetadataValue"
    " DagsterJobMetadataValue TableColumnLineageMetadataValue MetadataEntry",
    _PARTITIONED_CONFIG: "PartitionedConfig partitioned_config daily_partitioned_config hourly_partitioned_config"
    " weekly_partitioned_config monthly_partitioned_config static_partitioned_config dynamic_partitioned_config",
    _INPUTS: "InputManager InputManagerDefinition input_manager",
    "use Instance": "DagsterInstance instance_for_test RunRecord RunsFilter EventRecordsFilter AssetRecordsFilter",
    "use FilesystemIOManager": "fs_io_manager custom_path_fs_io_manager UPathIOManager",
    "use a function decorated with @run_failure_sensor": "make_email_on_run_failure_sensor",
    "use @resource, or a class: class MyResource(ConfigurableResource)": "make_values_resource build_resources",
    "use @observable_source_asset, once for each asset": "multi_observable_source_asset",
    "yield AssetObservation, or raise Failure": "ExpectationResult",
    "wire the ops within @graph or @job": "DependencyDefinition MultiDependencyDefinition NodeInvocation InputMapping"
    " OutputMapping GraphIn",
}
NAMES: Final = {name: sentence for sentence, names in _SENTENCES.items() for name in names.split()}
"""Each name, with a sentence."""
_KEYWORDS: Final = {
    "component_tree": _COMPONENTS,
    "executor": _EXECUTORS,
    "executor_def": _EXECUTORS,
    "input_defs": "use ins",
    "output_defs": "use out",
    "is_virtual": "an asset that nothing here makes is an AssetSpec",
    "logger_defs": _LOGGERS,
    "loggers": _LOGGERS,
    "monitor_all_repositories": "a store is of one project: leave it out",
    "non_argument_deps": "use deps",
    "stale_assets_only": "select them: asset_selection=AssetSelection.all(), and `assettui materialize status:stale`",
    "updated_parent_filter": "write an AutomationCondition: any_deps_match(newly_updated() & executed_with_tags(…))",
    "require_update_for_all_parent_partitions": "write an AutomationCondition: all_deps_match(…)",
    "version": "use code_version",
    "environment_vars": "set them in the settings: [tool.assettui.environment]",
    "input_config_schema": "write a class: class MyIOManager(ConfigurableIOManager)",
    "output_config_schema": "write a class: class MyIOManager(ConfigurableIOManager)",
}


class NotInVocabulary(AssettuiError, ImportError):
    """A name that others have, and that is not here."""


def refuse_name(name: str) -> None:
    """Refuse a name of the field's that is not here.

    Raises:
        NotInVocabulary: It is one.
    """
    if name in NAMES:
        raise NotInVocabulary(f"assettui has no {name}", hint=NAMES[name])


def instead_of(keyword: str) -> str | None:
    """What to use instead of a keyword of the field's that is not here; None of one that nobody knows."""
    return _KEYWORDS.get(keyword)
