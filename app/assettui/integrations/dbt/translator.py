"""How what dbt knows of a node is said here: its key, group, owners, tags and so on. A subclass says it otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct, to_builtins

from assettui.model.keys import AssetKey
from assettui.model.metadata import TableColumn, TableSchema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.integrations.dbt.manifest import Manifest, Node
    from assettui.model.freshness import FreshnessPolicy

_NO_NAME: Final = re.compile(r"[^\w]+")
META: Final = "dagster"
"""What a node's `meta` says of it as an asset is below this name: `asset_key`, `group`, `owners`."""


class DagsterDbtTranslatorSettings(Struct, frozen=True):
    """What is taken over from dbt."""

    enable_asset_checks: bool = True
    """Whether tests are checks."""
    enable_code_references: bool = True
    """Whether it is said which file a node is in."""


class DagsterDbtTranslator:
    """Says what a node is. Each method takes its properties, as the manifest has them, as a dict.

    Args:
        settings: What is taken over.
    """

    def __init__(self, settings: DagsterDbtTranslatorSettings | None = None) -> None:
        self.settings = settings or DagsterDbtTranslatorSettings()

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """Its key: by default its name, below its schema where it has one of its own; of a source, the source and the table."""
        said = _of_meta(dbt_resource_props).get("asset_key")
        if said is not None:
            return AssetKey(
                [str(each) for each in cast("list[Any]", said)] if isinstance(said, list) else str(said).split("/")
            )
        name = str(dbt_resource_props["name"])
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey([_part(str(dbt_resource_props["source_name"])), _part(name)])
        if dbt_resource_props.get("version"):
            name = str(dbt_resource_props.get("alias") or name)
        schema = _config_of(dbt_resource_props).get("schema")
        return AssetKey([_part(str(schema)), _part(name)] if schema else [_part(name)])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Its group: by default that of dbt, else the folder that it is in."""
        said = _of_meta(dbt_resource_props).get("group")
        if said is None:
            said = dbt_resource_props.get("group") or _config_of(dbt_resource_props).get("group")
        if said is None:
            folders = list(dbt_resource_props.get("fqn") or ())[1:-1]
            said = "_".join(folders) if folders else None
        return _part(str(said)) if said is not None else None

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """Who answers for it: by default the addresses of its group's owner."""
        said = _of_meta(dbt_resource_props).get("owners")
        if said is not None:
            return [str(each) for each in said]
        owner: dict[str, Any] = dbt_resource_props.get("group_owner") or {}
        email = owner.get("email")
        if email is None:
            return None
        return [str(each) for each in cast("list[Any]", email)] if isinstance(email, list) else [str(email)]

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Its tags."""
        return {_part(str(tag)): "" for tag in dbt_resource_props.get("tags") or ()}

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What it is; Markdown."""
        return str(dbt_resource_props.get("description") or "")

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is known of it before it is ever built: its columns, and the table that it is."""
        columns: dict[str, dict[str, Any]] = dict(dbt_resource_props.get("columns") or {})
        found: dict[str, Any] = {}
        if columns:
            found["columns"] = TableSchema(
                [
                    TableColumn(name, each.get("data_type") or "?", each.get("description") or None)
                    for name, each in columns.items()
                ]
            )
        if dbt_resource_props.get("relation_name"):
            found["table_name"] = str(dbt_resource_props["relation_name"]).replace('"', "").replace("`", "")
        if dbt_resource_props["resource_type"] in ("model", "snapshot"):
            found["materialized"] = str(_config_of(dbt_resource_props).get("materialized"))
        if self.settings.enable_code_references and dbt_resource_props.get("original_file_path"):
            found["file"] = str(dbt_resource_props["original_file_path"])  # no path, which would be where its data is
        return found

    def get_code_version(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """What identifies its code; see `Manifest.code_version`, by which it is stale once its SQL has changed."""
        found = dbt_resource_props.get("code_version")
        return str(found) if found is not None else None

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> PartitionsDefinition | None:
        """Its partitions, where it has others than its function."""
        return None

    def get_automation_condition(self, dbt_resource_props: Mapping[str, Any]) -> AutomationCondition | None:
        """When it is built by itself."""
        return None

    def get_freshness_policy(self, dbt_resource_props: Mapping[str, Any]) -> FreshnessPolicy | None:
        """How old its data may be."""
        return None


class NodeProps:
    """The properties of nodes, as a translator takes them: made once, since each edge of the graph asks for them.

    Args:
        manifest: Where the nodes are.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._known: dict[str, dict[str, Any]] = {}

    def __getitem__(self, node: Node) -> dict[str, Any]:
        found = self._known.get(node.unique_id)
        if found is None:
            found = self._known[node.unique_id] = _props_of(self._manifest, node)
        return found


def _props_of(manifest: Manifest, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = to_builtins(node)
    found["meta"] = node.all_meta
    group = node.group or node.config.get("group")
    owner = next((each.owner for each in manifest.groups.values() if each.name == group), None)
    found["group_owner"] = to_builtins(owner) if owner is not None else None
    found["tags"] = list(node.tags)
    if node.is_asset:
        found["code_version"] = manifest.code_version(node)
    return found


def _config_of(props: Mapping[str, Any]) -> dict[str, Any]:
    return props.get("config") or {}


def _of_meta(props: Mapping[str, Any]) -> dict[str, Any]:
    meta: Any = props.get("meta") or {}
    said = cast("dict[str, Any]", meta).get(META) if isinstance(meta, dict) else None
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _part(text: str) -> str:
    """A name as a part of a key: other characters than letters, digits and `_` become `_`."""
    return _NO_NAME.sub("_", text).strip("_") or "unnamed"
