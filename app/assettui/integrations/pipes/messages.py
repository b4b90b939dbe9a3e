"""The words of the protocol: parameters, the context, and what a process reports."""

from __future__ import annotations

import base64
import json
import logging
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct

from assettui.definitions.checks import AssetCheckResult
from assettui.definitions.context_partitions import NotInContext
from assettui.definitions.results import MaterializeResult
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue, TableColumn, TableColumnDep, TableColumnLineage, TableSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.definitions.context import AssetExecutionContext

CONTEXT_VARIABLE: Final = "DAGSTER_PIPES_CONTEXT"
MESSAGES_VARIABLE: Final = "DAGSTER_PIPES_MESSAGES"
VERSION_FIELD: Final = "__dagster_pipes_version"
MAX_BROKEN_TOLD: Final = 5
"""So many messages that cannot be understood are told of one process."""
_KINDS: Final[dict[str, Callable[[Any], MetadataValue]]] = {
    "text": MetadataValue.text,
    "url": MetadataValue.url,
    "path": MetadataValue.path,
    "notebook": MetadataValue.notebook,
    "json": MetadataValue.json,
    "md": MetadataValue.md,
    "float": MetadataValue.float,
    "int": MetadataValue.int,
    "bool": MetadataValue.bool,
    "timestamp": MetadataValue.timestamp,
    "dagster_run": MetadataValue.run,
    "job": MetadataValue.job,
    "asset": MetadataValue.asset,
    "null": lambda _: MetadataValue.null(),
    "table": lambda raw: MetadataValue.table(raw["records"], _schema(raw["schema"]) if raw.get("schema") else None),
    "table_schema": lambda raw: MetadataValue.table_schema(_schema(raw)),
    "table_column_lineage": lambda raw: MetadataValue.column_lineage(_lineage(raw)),
}


class BadMessage(AssettuiError):
    """A process has reported what the protocol does not know, or not so."""


class RemoteError(Struct, frozen=True):
    """What the process says that ended it."""

    name: str
    message: str
    stack: tuple[str, ...] = ()


class Message(Struct, frozen=True):
    """One report of a process."""

    method: str
    params: Mapping[str, Any]


def encoded(value: Any) -> str:
    """A parameter, as it stands in the environment."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def context_data(context: AssetExecutionContext, extras: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a process is told.

    Args:
        context: The step's.
        extras: Anything more, for the process alone; JSON.
    """
    keys = sorted(map(str, context.selected_asset_keys))
    found: dict[str, Any] = {
        "asset_keys": keys or None,
        "code_version_by_asset_key": {key: context.code_version_for(key) for key in keys} if keys else None,
        "provenance_by_asset_key": dict.fromkeys(keys) if keys else None,
        "partition_key": None,
        "partition_key_range": None,
        "partition_time_window": None,
        "run_id": context.run_id,
        "job_name": context.job_name,
        "retry_number": context.retry_number,
        "extras": dict(extras or {}),
    }
    if context.has_partition_key_range:
        span = context.partition_key_range
        found["partition_key_range"] = {"start": span.start, "end": span.end}
        found["partition_key"] = context.partition_key if context.has_partition_key else None
        with suppress(NotInContext):  # they are not of time
            window = context.partition_time_window
            found["partition_time_window"] = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    return found


def parsed(line: str | bytes) -> Message | None:
    """The message that a line holds; None where it is something else that was printed.

    Raises:
        BadMessage: It is one that cannot be understood.
    """
    try:
        found: Any = json.loads(line)
    except ValueError:
        return None
    return understood(found)


def understood(found: Any) -> Message | None:
    """The same, of JSON that was read."""
    if not isinstance(found, dict) or VERSION_FIELD not in found:
        return None
    said = cast("dict[str, Any]", found)
    method, params = said.get("method"), said.get("params")
    if not isinstance(method, str) or not isinstance(params, dict | None):
        raise BadMessage(f"it names no method, or its parameters are no object: {json.dumps(said):.200}")
    return Message(method, cast("dict[str, Any]", params or {}))


def materialization(params: Mapping[str, Any]) -> MaterializeResult[Any]:
    """The result that a process reports.

    Raises:
        BadMessage: It cannot be understood.
    """
    key = params.get("asset_key")
    return MaterializeResult(
        AssetKey.from_user_string(key) if isinstance(key, str) else None,
        metadata=_metadata(params.get("metadata")),
        data_version=params.get("data_version"),
    )


def check_result(params: Mapping[str, Any]) -> AssetCheckResult:
    """The result of a check that a process reports.

    Raises:
        BadMessage: It cannot be understood.
    """
    key, name = params.get("asset_key"), params.get("check_name")
    if not isinstance(params.get("passed"), bool) or not isinstance(name, str):
        raise BadMessage(f"a check needs check_name, and passed as a boolean: {json.dumps(dict(params)):.200}")
    return AssetCheckResult(
        passed=params["passed"],
        asset_key=AssetKey.from_user_string(key) if isinstance(key, str) else None,
        check_name=name,
        severity=str(params.get("severity") or "ERROR"),
        metadata=_metadata(params.get("metadata")),
    )


def remote_error(params: Mapping[str, Any]) -> RemoteError | None:
    """What has ended a process, where it says so as it closes."""
    said: Any = params.get("exception")
    if not isinstance(said, dict):
        return None
    told = cast("dict[str, Any]", said)
    stack: Any = told.get("stack") or ()
    name = str(told.get("name") or "Exception")
    message = str(told.get("message") or "").strip()
    return RemoteError(name, message.removeprefix(f"{name}: "), tuple(map(str, stack)))


def level_of(name: Any) -> int:
    """The level of a log message."""
    return logging.getLevelNamesMapping().get(str(name).upper(), logging.INFO)


def _metadata(raw: Any) -> dict[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise BadMessage(f"metadata is no object: {json.dumps(raw):.100}")
    return {name: _metadata_value(name, each) for name, each in cast("dict[str, Any]", raw).items()}


def _metadata_value(name: str, raw: Any) -> Any:
    if not isinstance(raw, dict) or "raw_value" not in raw:
        return cast("Any", raw)
    said = cast("dict[str, Any]", raw)
    kind, value = said.get("type"), said["raw_value"]
    make = _KINDS.get(str(kind))
    if make is None or value is None:
        return value
    try:
        return make(value)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadMessage(f"the metadata {name!r} is no {kind}: {json.dumps(value):.100} ({error})") from error


def _schema(raw: Any) -> TableSchema:
    columns: list[dict[str, Any]] = raw["columns"]
    return TableSchema(
        [TableColumn(each["name"], each.get("type") or "string", each.get("description")) for each in columns]
    )


def _lineage(raw: Any) -> TableColumnLineage:
    deps: dict[str, list[dict[str, str]]] = raw["deps_by_column"]
    return TableColumnLineage(
        {
            column: [
                TableColumnDep(AssetKey.from_user_string(each["asset_key"]), each["column_name"]) for each in above
            ]
            for column, above in deps.items()
        }
    )
