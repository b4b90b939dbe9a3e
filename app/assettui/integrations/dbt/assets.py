"""`@dbt_assets`: the models, seeds and snapshots of a dbt project as assets, its tests as their checks, in one step."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from assettui.definitions.checks import AssetCheckSpec
from assettui.definitions.multi_asset import multi_asset
from assettui.definitions.spec import AssetSpec
from assettui.integrations.dbt.manifest import BadManifest, read_manifest
from assettui.integrations.dbt.project import PROJECT_FILE, DbtProject
from assettui.integrations.dbt.selection import selected
from assettui.integrations.dbt.tables import RELATION, DbtShow, tables_of
from assettui.integrations.dbt.translator import DagsterDbtTranslator, NodeProps
from assettui.model.errors import AssettuiError, Location
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.selection.algebra import AssetSelection
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.backfill_policy import BackfillPolicy
    from assettui.definitions.retries import RetryPolicy
    from assettui.integrations.dbt.manifest import Manifest, Node


class DbtNodes(Struct, frozen=True):
    """What the assets of one function are in the manifest."""

    manifest: Manifest
    props: NodeProps
    translator: DagsterDbtTranslator
    assets: Mapping[AssetKey, Node]
    checks: Mapping[tuple[AssetKey, str], Node]
    """By the asset and the check's name."""
    by_id: Mapping[str, AssetKey]
    checks_by_id: Mapping[str, tuple[AssetKey, str]]
    select: str
    exclude: str | None
    folder: Path | None = None
    """The project's; None where it is not known."""

    def with_prefix(self, prefix: tuple[str, ...]) -> DbtNodes:
        """The same, where the assets have been put below a prefix as they were loaded."""
        return structs.replace(
            self,
            assets={key.with_prefix(prefix): node for key, node in self.assets.items()},
            checks={(key.with_prefix(prefix), name): node for (key, name), node in self.checks.items()},
            by_id={unique_id: key.with_prefix(prefix) for unique_id, key in self.by_id.items()},
            checks_by_id={
                unique_id: (key.with_prefix(prefix), name) for unique_id, (key, name) in self.checks_by_id.items()
            },
        )


class ClashingKeys(AssettuiError):
    """Two nodes of a dbt project are one asset."""


def dbt_assets(
    *,
    manifest: str | Path | Mapping[str, Any],
    select: str = "fqn:*",
    exclude: str | None = None,
    project: DbtProject | None = None,
    name: str | None = None,
    io_manager_key: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
    dagster_dbt_translator: DagsterDbtTranslator | None = None,
    backfill_policy: BackfillPolicy | None = None,
    op_tags: Mapping[str, str] | None = None,
    required_resource_keys: set[str] | None = None,
    retry_policy: RetryPolicy | None = None,
    pool: str | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a function builds assets of a dbt project: it yields what `dbt.cli([…], context=context).stream()` gives.

    Args:
        manifest: The path of the project's `manifest.json`, or what it holds.
        select: Which nodes, in dbt's words; by default all.
        exclude: Which of them not.
        project: The project, where the manifest does not lie in it, or another profile or target than the usual ones counts.
        name: Of the step; by default the function's name.
        io_manager_key: The resource that others read the tables by; by default they are read from the database that the
            project's profile names, where that is DuckDB or PostgreSQL, and else through `dbt show`.
        partitions_def: Of all of them; the function hands them to dbt as variables.
        dagster_dbt_translator: Says their keys, groups and so on otherwise.
        backfill_policy: How many partitions one run of a backfill makes.
        op_tags: Of the step.
        required_resource_keys: Resources that the function takes from `context.resources`.
        retry_policy: Whether and when it is tried again.
        pool: The pool of slots that it takes one from.

    Raises:
        BadManifest: There is no manifest, or none that is understood.
        SelectionError: A selection cannot be understood.
        ClashingKeys: Two nodes have one key.
    """
    found = read_manifest(manifest)
    translator = dagster_dbt_translator or DagsterDbtTranslator()
    nodes = nodes_of(found, select, exclude, translator)
    if not nodes.assets:
        raise BadManifest(
            f"no model, seed or snapshot of the manifest is selected by {select!r}",
            hint="`dbt ls --select …` shows what is",
        )
    specs = [_spec(nodes, key, node, partitions_def) for key, node in nodes.assets.items()]
    folder = project.project_dir if project is not None else _folder_of(manifest)
    nodes = structs.replace(nodes, folder=folder)
    resource_defs: dict[str, Any] = {}
    places: dict[AssetKey, dict[str, Any]] = {}
    if io_manager_key is None and folder is not None:
        io_manager_key = f"dbt_tables_{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"
        manager = resource_defs[io_manager_key] = tables_of(project or DbtProject(folder))
        places = {key: place_of(manager, node) for key, node in nodes.assets.items()}
    for spec, node in zip(specs, nodes.assets.values(), strict=True):
        spec.io_manager_key = io_manager_key
        spec.metadata = {**places.get(spec.key, {}), **spec.metadata}
        if folder is not None:
            spec.at = Location(str(folder / node.original_file_path), 1)
    checks = [
        AssetCheckSpec(check, asset=key, description=node.description or None, metadata=metadata_of_check(node))
        for (key, check), node in nodes.checks.items()
    ]
    if folder is not None:
        for check, node in zip(checks, nodes.checks.values(), strict=True):
            check.at = Location(str(folder / node.original_file_path), 1)

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        made = multi_asset(
            specs=specs,
            name=name,
            can_subset=True,
            partitions_def=partitions_def,
            check_specs=checks,
            backfill_policy=backfill_policy,
            op_tags=op_tags,
            required_resource_keys=required_resource_keys or set(),
            resource_defs=resource_defs,
            retry_policy=retry_policy,
            pool=pool,
        )(fn)
        remember(nodes, nodes.assets)
        return made

    return decorate


_NODES: Final[dict[frozenset[AssetKey], DbtNodes]] = {}
"""What was declared in this process, the last one last: a step's context knows the keys of its assets alone."""


def remember(nodes: DbtNodes, keys: Iterable[AssetKey]) -> None:
    """Let the steps that make these assets, or check them, find what they are."""
    _NODES[frozenset(keys)] = nodes


def nodes_behind(keys: set[AssetKey]) -> DbtNodes | None:
    """The nodes that assets are, where all of them were declared by one function; it may have been loaded with a prefix."""
    for known, nodes in reversed(_NODES.items()):
        if keys <= known:
            return nodes
    paths = [key.path for key in keys]
    for length in range(1, min(map(len, paths), default=0)):
        prefixes = {tuple(path[:length]) for path in paths}
        without = {AssetKey(path[length:]) for path in paths}
        for known, nodes in reversed(_NODES.items()):
            if len(prefixes) == 1 and without <= known:
                return nodes.with_prefix(next(iter(prefixes)))
    return None


def nodes_of(manifest: Manifest, select: str, exclude: str | None, translator: DagsterDbtTranslator) -> DbtNodes:
    """What is selected of a manifest.

    Raises:
        ClashingKeys: Two nodes have one key.
    """
    wanted, props = selected(manifest, select, exclude), NodeProps(manifest)
    assets: dict[AssetKey, Node] = {}
    for unique_id in manifest.nodes:
        if unique_id not in wanted:
            continue
        node = manifest.nodes[unique_id]
        key = translator.get_asset_key(props[node])
        if key in assets:
            raise ClashingKeys(
                f"{assets[key].unique_id} ({assets[key].original_file_path}) and {unique_id} ({node.original_file_path}) are "
                f"both the asset {key}",
                hint=f'give one of them another key: meta: {{dagster: {{asset_key: ["other", "{node.name}"]}}}}',
            )
        assets[key] = node
    by_id = {node.unique_id: key for key, node in assets.items()}
    checks: dict[tuple[AssetKey, str], Node] = {}
    if translator.settings.enable_asset_checks:
        for about, tests in manifest.tests_of({unique_id: manifest.nodes[unique_id] for unique_id in by_id}).items():
            for test in tests:
                checks[by_id[about], test.name] = test
    checks_by_id = {node.unique_id: check for check, node in checks.items()}
    return DbtNodes(manifest, props, translator, assets, checks, by_id, checks_by_id, select, exclude)


def _spec(nodes: DbtNodes, key: AssetKey, node: Node, partitions_def: PartitionsDefinition | None) -> AssetSpec:
    manifest, translator = nodes.manifest, nodes.translator
    props = nodes.props[node]
    above = [
        nodes.by_id.get(each.unique_id) or translator.get_asset_key(nodes.props[each])
        for each in manifest.upstream(node)
    ]
    kinds = ["dbt", *([manifest.metadata.adapter_type] if manifest.metadata.adapter_type else [])]
    return AssetSpec(
        key,
        deps=[each for each in above if each != key],
        description=translator.get_description(props) or None,
        metadata=dict(translator.get_metadata(props)),
        skippable=True,  # what lies downstream of a failing test is not built
        group_name=translator.get_group_name(props),
        code_version=translator.get_code_version(props),
        owners=list(translator.get_owners(props) or ()),
        tags=dict(translator.get_tags(props)),
        kinds=[*kinds, *(["seed"] if node.resource_type == "seed" else [])],
        partitions_def=translator.get_partitions_def(props) or partitions_def,
        freshness_policy=translator.get_freshness_policy(props),
        automation_condition=translator.get_automation_condition(props),
    )


def place_of(manager: Any, node: Node) -> dict[str, Any]:
    """Where the table of a node is, for what loads it."""
    if isinstance(manager, DbtShow):
        return {RELATION: node.relation_name} if node.relation_name else {}
    return {"schema": node.schema, "table": node.table}


def _folder_of(manifest: str | Path | Mapping[str, Any]) -> Path | None:
    """The project's folder, where the manifest lies in its usual place below it."""
    if not isinstance(manifest, str | Path):
        return None
    folder = Path(manifest).absolute().parent.parent
    return folder if (folder / PROJECT_FILE).is_file() else None


def metadata_of_check(node: Node) -> dict[str, Any]:
    """What is known of a test: its kind, and what is configured."""
    found: dict[str, Any] = {"kind": "unit test" if node.resource_type == "unit_test" else "data test"}
    if node.resource_type == "test":
        found["severity"] = str(node.config.get("severity") or "ERROR").lower()
    if node.config.get("where"):
        found["where"] = str(node.config["where"])
    if node.column_name:
        found["column"] = node.column_name
    return found


def get_asset_key_for_model(dbt_assets: Sequence[AssetsDefinition], model_name: str) -> AssetKey:
    """The key of a model, seed or snapshot of functions that were declared by `dbt_assets`.

    Raises:
        NoSuchNode: There is none of that name, or there are several.
    """
    found = [
        key for each in dbt_assets for key, node in nodes_of_definition(each).assets.items() if node.name == model_name
    ]
    if len(found) != 1:
        raise NoSuchNode(
            f"{len(found) or 'no'} models are called {model_name!r}",
            hint="name one of the manifest" if not found else "name the asset by its key",
        )
    return found[0]


def get_asset_key_for_source(dbt_assets: Sequence[AssetsDefinition], source_name: str) -> AssetKey:
    """The key of the only table of a source.

    Raises:
        NoSuchNode: There is no such source, or it has several tables.
    """
    found = get_asset_keys_by_output_name_for_source(dbt_assets, source_name)
    if len(found) != 1:
        raise NoSuchNode(
            f"the source {source_name!r} has {len(found) or 'no'} tables: {', '.join(found)}",
            hint="see get_asset_keys_by_output_name_for_source",
        )
    return next(iter(found.values()))


def get_asset_keys_by_output_name_for_source(
    dbt_assets: Sequence[AssetsDefinition], source_name: str
) -> dict[str, AssetKey]:
    """The keys of the tables of a source, by their names."""
    return {
        node.name: nodes.translator.get_asset_key(nodes.props[node])
        for nodes in map(nodes_of_definition, dbt_assets)
        for node in nodes.manifest.sources.values()
        if node.source_name == source_name
    }


def build_dbt_asset_selection(
    dbt_assets: Sequence[AssetsDefinition], dbt_select: str = "fqn:*", dbt_exclude: str | None = None
) -> AssetSelection:
    """The assets that dbt's words mean, as a selection."""
    from assettui.core.selection.algebra import AssetSelection  # deferred: few projects select so

    keys: list[AssetKey] = []
    for nodes in map(nodes_of_definition, dbt_assets):
        wanted = selected(nodes.manifest, dbt_select, dbt_exclude)
        keys += [key for unique_id, key in nodes.by_id.items() if unique_id in wanted]
    return AssetSelection.assets(*keys)


class NoSuchNode(AssettuiError):
    """A node of a dbt project that there is not."""


def nodes_of_definition(definition: AssetsDefinition) -> DbtNodes:
    """What `dbt_assets` has found.

    Raises:
        NoSuchNode: The function was not declared by it.
    """
    found = nodes_behind(set(definition.keys))
    if found is None:
        raise NoSuchNode(f"{definition!r} was not declared by @dbt_assets", hint="give functions that were")
    return found
