"""Metadata: named values that say something about an asset or about one materialization of it.

A metadata value travels and is kept as JSON, `{"type": ..., "value": ...}`; `MetadataValue` is its typed form.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from msgspec import Struct

from assettui.model.arguments import Checked
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.text import plural

MetadataType: TypeAlias = Literal[
    "int", "float", "text", "md", "json", "url", "path", "notebook", "bool", "timestamp", "table", "table_schema",
    "column_lineage", "asset", "run", "job", "python_artifact", "null",
]  # fmt: skip
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
if TYPE_CHECKING:
    JsonValue = Json
else:
    JsonValue = Any  # msgspec would read the alias within the class, where `int` is a method
JsonObject: TypeAlias = dict[str, Any]
"""An object of JSON: what the values are is known to whoever wrote it."""
TableRow: TypeAlias = Mapping[str, object]
"""The cells of a row, by column: text, numbers, truth values and None; dates, times, paths and decimals become text."""


class TableRecord(Struct, frozen=True, metaclass=Checked):
    """One row of a table: column → cell."""

    data: TableRow


class TableColumn(Struct, frozen=True, metaclass=Checked):
    """One column of a table."""

    name: str
    type: str = "string"
    """As the system that holds the table calls it."""
    description: str | None = None
    tags: Mapping[str, str] = {}


class TableSchema(Struct, frozen=True, metaclass=Checked):
    """The columns of a table, in order."""

    columns: Sequence[TableColumn]

    @staticmethod
    def from_name_type_dict(columns: Mapping[str, str]) -> TableSchema:
        """The schema of columns that have these names and types."""
        return TableSchema([TableColumn(name, kind) for name, kind in columns.items()])

    def to_json(self) -> JsonObject:
        """As JSON; what a column has not is left out."""
        return {
            "columns": [
                {
                    "name": each.name,
                    "type": each.type,
                    **({"description": each.description} if each.description else {}),
                    **({"tags": dict(each.tags)} if each.tags else {}),
                }
                for each in self.columns
            ]
        }


class TableColumnDep(Struct, frozen=True, metaclass=Checked):
    """A column that another is derived from."""

    asset_key: CoercibleToAssetKey
    column_name: str


class TableColumnLineage(Struct, frozen=True, metaclass=Checked):
    """Which columns of which assets each column of a table is derived from."""

    deps_by_column: Mapping[str, Sequence[TableColumnDep]]

    def to_json(self) -> JsonObject:
        """As JSON: column → `[[asset key, column], …]`."""
        return {
            column: [[str(AssetKey.from_coercible(dep.asset_key)), dep.column_name] for dep in deps]
            for column, deps in self.deps_by_column.items()
        }


class MetadataValue(Struct, frozen=True):
    """One metadata value and its kind. Make one with `MetadataValue.int(3)`, `MetadataValue.md("# hi")` and so on."""

    type: MetadataType
    value: JsonValue
    """What `type` says: a timestamp in seconds since the epoch, UTC; a table as a list of rows, each column → cell."""

    @staticmethod
    def int(value: int) -> MetadataValue:
        """A whole number."""
        return MetadataValue("int", int(value))

    @staticmethod
    def float(value: float) -> MetadataValue:
        """A number; NaN and the infinities are kept as text, since JSON has none of them."""
        number = float(value)
        return MetadataValue("float", number if math.isfinite(number) else str(number))

    @staticmethod
    def text(value: str) -> MetadataValue:
        """Plain text."""
        return MetadataValue("text", value)

    @staticmethod
    def md(value: str) -> MetadataValue:
        """Markdown."""
        return MetadataValue("md", value)

    @staticmethod
    def json(value: Mapping[str, Any] | Sequence[Any]) -> MetadataValue:
        """Anything that JSON can hold; dates, times, paths and decimals in it become text.

        Raises:
            TypeError: It holds something else.
        """
        return MetadataValue("json", _as_json(value))

    @staticmethod
    def url(value: str) -> MetadataValue:
        """An address."""
        return MetadataValue("url", value)

    @staticmethod
    def path(value: str | PathLike[str]) -> MetadataValue:
        """A path in a file system."""
        return MetadataValue("path", fspath(value))

    @staticmethod
    def bool(value: bool) -> MetadataValue:
        """A yes or no."""
        return MetadataValue("bool", value)

    @staticmethod
    def timestamp(value: float | datetime) -> MetadataValue:
        """A moment: seconds since the epoch, or an aware datetime.

        Raises:
            ValueError: The datetime has no time zone.
        """
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(
                    "MetadataValue.timestamp needs a datetime with a time zone, or seconds since the epoch"
                )
            return MetadataValue("timestamp", value.timestamp())
        return MetadataValue("timestamp", float(value))

    @staticmethod
    def table(records: Sequence[TableRow | TableRecord], schema: TableSchema | None = None) -> MetadataValue:
        """Rows, each a mapping from column to cell; the columns are those of the schema, or of the first row."""
        rows = [dict(each.data if isinstance(each, TableRecord) else each) for each in records]
        return MetadataValue("table", _as_json({"rows": rows, "schema": schema.to_json()} if schema else rows))

    @staticmethod
    def table_schema(schema: TableSchema) -> MetadataValue:
        """The columns of a table."""
        return MetadataValue("table_schema", _as_json(schema.to_json()))

    @staticmethod
    def column_lineage(lineage: TableColumnLineage) -> MetadataValue:
        """What each column of a table is derived from."""
        return MetadataValue("column_lineage", _as_json(lineage.to_json()))

    @staticmethod
    def notebook(value: str | PathLike[str]) -> MetadataValue:
        """The path of a notebook."""
        return MetadataValue("notebook", fspath(value))

    @staticmethod
    def asset(asset_key: CoercibleToAssetKey) -> MetadataValue:
        """Another asset."""
        return MetadataValue("asset", str(AssetKey.from_coercible(asset_key)))

    @staticmethod
    def run(run_id: str) -> MetadataValue:
        """A run."""
        return MetadataValue("run", run_id)

    @staticmethod
    def dagster_run(run_id: str) -> MetadataValue:
        """A run, by the name that the method has in Dagster."""
        return MetadataValue.run(run_id)

    @staticmethod
    def job(job_name: str) -> MetadataValue:
        """A job of the project."""
        return MetadataValue("job", job_name)

    @staticmethod
    def python_artifact(artifact: Callable[..., Any]) -> MetadataValue:
        """A function or class, by the place that it can be imported from: `module:name`."""
        return MetadataValue("python_artifact", f"{artifact.__module__}:{artifact.__qualname__}")

    @staticmethod
    def null() -> MetadataValue:
        """Nothing."""
        return MetadataValue("null", None)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of a table, of a schema (one a column) or of a lineage (one a column); empty of any other value."""
        value: Any = self.value
        match self.type:
            case "table":
                rows: list[dict[str, Any]] = value["rows"] if "schema" in value else value
                return rows
            case "table_schema":
                columns: list[dict[str, Any]] = value["columns"]
                is_described = any(each.get("description") for each in columns)
                return [
                    {"column": each["name"], "type": each["type"]}
                    | ({"": each.get("description") or ""} if is_described else {})
                    for each in columns
                ]
            case "column_lineage":
                return [
                    {"column": column, "from": ", ".join(f"{key}.{name}" for key, name in deps)}
                    for column, deps in value.items()
                ]
            case _:
                return []

    def columns(self) -> list[str]:
        """The columns of what `rows` gives."""
        if self.type == "table" and isinstance(self.value, dict):
            schema: Any = self.value["schema"]
            return [each["name"] for each in schema["columns"]]
        rows = self.rows()
        return list(rows[0]) if rows else []

    def show(self) -> str:
        """The value in one line, as faces show it."""
        match self.type, self.value:
            case "int", int(number):
                return f"{number:,}"
            case "float", float(number):
                return f"{number:,.6g}"
            case "timestamp", float() | int() as seconds:
                return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
            case "table", _:
                return f"table, {plural(len(self.rows()), 'row')}"
            case "table_schema", dict(schema):
                return ", ".join(f"{each['name']} {each['type']}" for each in cast("Any", schema)["columns"])
            case "column_lineage", dict(lineage):
                return "; ".join(
                    f"{column} ← {', '.join(f'{key}.{name}' for key, name in cast('Any', deps))}"
                    for column, deps in lineage.items()
                )
            case "null", _:
                return "none"
            case "md", str(text):
                return next((line.strip() for line in text.splitlines() if line.strip()), "")
            case _, str(text):
                return text
            case _:
                return json.dumps(self.value, ensure_ascii=False)


RawMetadata: TypeAlias = Mapping[str, Any]
"""What users write: names to `MetadataValue`s or plain Python values."""


def as_metadata_value(value: object) -> MetadataValue:
    """The metadata value that a plain Python value stands for.

    Numbers, bools, text, None, paths, aware datetimes, and lists and dicts of what JSON can hold; numbers of NumPy
    and polars too, since they answer `item()`.

    Raises:
        TypeError: It stands for none.
    """
    match value:
        case MetadataValue():
            return value
        case None:
            return MetadataValue.null()
        case TableSchema():
            return MetadataValue.table_schema(value)
        case TableColumnLineage():
            return MetadataValue.column_lineage(value)
        case AssetKey():
            return MetadataValue.asset(value)
        case bool():
            return MetadataValue.bool(value)
        case int():
            return MetadataValue.int(value)
        case float():
            return MetadataValue.float(value)
        case str():
            return MetadataValue.text(value)
        case datetime():
            return MetadataValue.timestamp(value)
        case PathLike():
            return MetadataValue.path(cast("PathLike[str]", value))
        case Mapping() | list() | tuple():
            return MetadataValue.json(cast("Mapping[str, Any]", value))
        case _:
            item = getattr(value, "item", None)
            if callable(item) and getattr(value, "shape", None) == ():
                return as_metadata_value(item())
            raise TypeError(f"{type(value).__name__} cannot be metadata; use a MetadataValue, a number, text or JSON")


def as_metadata(raw: RawMetadata) -> dict[str, MetadataValue]:
    """Every value of the mapping as a `MetadataValue`.

    Raises:
        TypeError: A name is not a string, or a value cannot be metadata; the message names it.
    """
    metadata: dict[str, MetadataValue] = {}
    for name, value in raw.items():
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            raise TypeError(f"a metadata name is a string, not {type(name).__name__}")
        try:
            metadata[name] = as_metadata_value(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"metadata {name!r}: {error}") from error
    return metadata


def schema_lines(schema: Mapping[str, Any]) -> list[str]:
    """The fields of a JSON schema as faces show them, a line for each: `limit: integer = 10`."""
    properties = cast("Mapping[str, JsonObject]", schema.get("properties", {}))
    required = cast("Sequence[str]", schema.get("required", ()))
    lines: list[str] = []
    for name, field_schema in properties.items():
        reference = str(field_schema.get("$ref", "")).rsplit("/", 1)[-1]
        kind = field_schema.get("type") or reference or "one of several"
        default = "  (required)" if name in required else f" = {json.dumps(field_schema.get('default'))}"
        lines.append(f"{name}: {kind}{default}")
    return lines


def config_lines(config: Mapping[str, Any], path: str = "") -> list[str]:
    """Configuration as faces show it, a line for each value: `ops.raw.config.n = 3`."""
    lines: list[str] = []
    for name, value in config.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(value, Mapping) and value and set(cast("Mapping[str, Any]", value)) != {"env"}:
            lines += config_lines(cast("Mapping[str, Any]", value), here)
        else:
            lines.append(f"{here} = {json.dumps(value, ensure_ascii=False)}")
    return lines


def _as_json(value: object) -> Json:
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=_plain))
    except ValueError as error:
        raise TypeError(f"not JSON: {error}") from error


def _plain(value: object) -> object:
    """What stands in JSON for what it has no form of: of dates and times ISO 8601, of paths and decimals their text."""
    from decimal import Decimal  # deferred: 5 ms that hardly any metadata needs

    match value:
        case date() | time():
            return value.isoformat()
        case PathLike():
            return fspath(cast("PathLike[str]", value))
        case Decimal() | timedelta():
            return str(value)
        case _:
            item = getattr(value, "item", None)
            if callable(item) and getattr(value, "shape", None) == ():
                return item()  # a number of numpy
            raise TypeError(f"a {type(value).__name__} cannot be part of metadata; make text or a number of it")
