"""Values as tables of a database: what IO managers of databases have in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from msgspec import Struct

from assettui.core.partitions.multi import MultiPartitionsDefinition
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.definitions.binding import is_mapping, value_of_mapping
from assettui.definitions.configurable import ConfigurableIOManager
from assettui.model.errors import ValueStorageError
from assettui.model.metadata import TableColumn, TableSchema
from assettui.model.text import plural
from assettui.values.frames import FrameKind, converted, frame_kind, frame_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.io_managers import InputContext, OutputContext
    from assettui.model.keys import AssetKey
    from assettui.values.sql_transaction import SqlTransaction

TableKind: TypeAlias = FrameKind | Literal["rows"]
"""What a table is given as; `rows` is a list of dicts."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .-]*")


class TableName(Struct, frozen=True):
    """A table, by the parts of an asset's key or what its metadata says."""

    schema: str | None
    table: str

    def quoted(self) -> str:
        """As SQL names it. Names are data: they stand between quotes, and quotes in them are doubled."""
        parts = [self.schema, self.table] if self.schema is not None else [self.table]
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema is not None else self.table


def quoted_columns(columns: Iterable[str]) -> str:
    """Names of columns, as SQL lists them."""
    return ", ".join(TableName(None, each).quoted() for each in columns)


class Where(Struct, frozen=True):
    """Which rows of a table are those of some partitions."""

    sql: str
    """A condition, with `?` for each parameter."""
    parameters: tuple[Any, ...]


class TableIOManager(ConfigurableIOManager):
    """Stores frames as tables, one for each asset, replaced as a whole, or partition by partition.

    An asset with partitions says by metadata `partition_expr` what of a row tells its partition: a column, or an
    expression of the database; of two dimensions, a dict from the name of each to its own. Windows of time are compared
    with it as dates and times on the definition's clock.

    The table is called as the last part of the asset's key, in a schema called as the part before it; metadata
    `schema` and `table` of the asset say otherwise. A reader asks for some of the columns by metadata of its input:
    `AssetIn(metadata={"columns": ["id"]})`.
    """

    DIALECT: ClassVar[str] = ""
    """What sqlglot calls the database's SQL, where SQL files can run in it."""
    MOMENT: ClassVar[str]
    """How the database is asked to take an expression for a moment."""
    ONE_OF: ClassVar[str]
    """How it is asked whether an expression is one of many texts, which are one parameter."""
    frame: TableKind = "polars"
    """What a table is given as to a function whose parameter has no annotation that says."""

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store a frame, or a list of dicts, as a table: all of it, or nothing.

        Raises:
            ValueStorageError: It is neither, or the database refuses it.
        """
        name, where = self.table_name(context), self.where_of(context)
        kind = kind_of(obj)
        if kind is None:
            raise ValueStorageError(
                f"the value of {context.asset_key} is a {type(obj).__name__}, which is no table",
                hint="return a frame of polars, pandas or pyarrow, or a list of dicts; or name another IO manager",
            )
        value = obj.collect() if kind == "polars-lazy" else obj
        rows, columns = self.write(name, value, "polars" if kind == "polars-lazy" else kind, where)
        context.add_output_metadata({"table": str(name), "row_count": rows, "columns": TableSchema(columns)})

    def load_input(self, context: InputContext) -> Any:
        """Give the table back as the kind of frame that the annotation names, else as `frame` says.

        Several partitions are one frame; or, where the annotation is a mapping, a frame each by their keys.

        Raises:
            ValueStorageError: There is no such table.
        """
        upstream = context.upstream_output or context
        wanted = context.definition_metadata.get("columns")
        columns = [str(each) for each in cast("Sequence[Any]", wanted)] if wanted else None
        name = self.table_name(upstream)
        if upstream.has_asset_partitions and is_mapping(context.annotation):
            kind = _wanted_kind(value_of_mapping(context.annotation)) or self.frame
            keys = upstream.asset_partition_keys
            return {key: self.read(name, columns, kind, self._where(upstream, [key])) for key in keys}
        kind = _wanted_kind(context.annotation) or self.frame
        return self.read(name, columns, kind, self.where_of(upstream))

    def table_name(self, context: InputContext | OutputContext) -> TableName:
        """The table of an asset.

        Raises:
            ValueStorageError: Its name cannot be one.
        """
        said, path = context.definition_metadata, context.asset_key.path
        schema = said.get("schema") or (path[-2] if len(path) > 1 else None)
        name = TableName(str(schema) if schema is not None else None, str(said.get("table") or path[-1]))
        for part in (name.schema, name.table):
            if part is not None and not _NAME.fullmatch(part):
                raise ValueStorageError(f"{part!r} cannot name a table or schema")
        return name

    def where_of(self, context: InputContext | OutputContext) -> Where | None:
        """Which rows are those of the partitions that a value is of; None for all of the table.

        Raises:
            ValueStorageError: The asset does not say by its metadata what of a row tells its partition.
        """
        return self._where(context, context.asset_partition_keys) if context.has_asset_partitions else None

    def _where(self, context: InputContext | OutputContext, keys: Sequence[str]) -> Where:
        said = context.definition_metadata.get("partition_expr")
        return self.rows_of(context.asset_key, getattr(said, "value", said), context.asset_partitions_def, keys)

    def rows_of(self, asset_key: AssetKey, said: Any, definition: PartitionsDefinition, keys: Sequence[str]) -> Where:
        """Which rows of a table are those of some partitions.

        Args:
            asset_key: The asset that it is.
            said: Its `partition_expr`.
            definition: Its partitions.
            keys: Which of them.

        Raises:
            ValueStorageError: `said` is nothing that can say so.
        """
        names = definition.partition_dimension_names if isinstance(definition, MultiPartitionsDefinition) else None
        wanted = (
            isinstance(said, str)
            if names is None
            else isinstance(said, dict) and set(names) <= set(cast("dict[str, Any]", said))
        )
        if not wanted:
            example = '"date"' if names is None else "{" + ", ".join(f'"{name}": "column"' for name in names) + "}"
            raise ValueStorageError(
                f"{asset_key} has partitions, and does not say which rows of its table are whose",
                hint=f'give the asset metadata={{"partition_expr": {example}}}',
            )
        if not keys:
            return Where("1 = 0", ())
        if names is None:
            return self._condition(str(cast("Any", said)), definition, keys)
        conditions: list[Where] = []
        by_first: dict[str, list[str]] = {}
        for key in keys:
            first, second = cast("Any", definition).get_partition_key_from_str(key).keys_by_dimension.values()
            by_first.setdefault(first, []).append(second)
        expressions = cast("dict[str, str]", said)
        for first, seconds in by_first.items():
            parts = [
                self._condition(
                    expressions[name], cast("Any", definition).get_partitions_def_for_dimension(name), wanted
                )
                for name, wanted in zip(names, ([first], seconds), strict=True)
            ]
            conditions.append(
                Where(
                    " AND ".join(part.sql for part in parts), tuple(each for part in parts for each in part.parameters)
                )
            )
        return _any(conditions)

    def _condition(self, expression: str, definition: PartitionsDefinition, keys: Sequence[str]) -> Where:
        """The rows of some partitions of one dimension."""
        if not isinstance(definition, TimeWindowPartitionsDefinition):
            return Where(self.ONE_OF.format(f"({expression})"), (self.texts(keys),))
        moment, bound = self.MOMENT.format(f"({expression})"), self.MOMENT.format("?")
        spans: list[list[Any]] = []
        for key in keys:
            window = definition.time_window_for_partition_key(key)
            if spans and spans[-1][1] == window.start:
                spans[-1][1] = window.end
            else:
                spans.append([window.start, window.end])
        return _any(
            [
                Where(
                    f"({moment} >= {bound} AND {moment} < {bound})",
                    (start.replace(tzinfo=None), end.replace(tzinfo=None)),
                )
                for start, end in spans
            ]
        )

    def transaction(self, subject: str) -> AbstractContextManager[SqlTransaction]:
        """A transaction to run SQL in.

        Args:
            subject: What it is for, for messages.

        Raises:
            ValueStorageError: The database cannot be reached, or is none that SQL files run in.
        """
        raise ValueStorageError(
            f"{subject}: {type(self).__name__} runs no SQL files", hint="use DuckDB, SQLite or PostgreSQL"
        )

    @abstractmethod
    def texts(self, texts: Sequence[str]) -> object:
        """Many texts as one parameter."""

    @abstractmethod
    def write(
        self, name: TableName, value: Any, kind: TableKind, where: Where | None = None
    ) -> tuple[int, list[TableColumn]]:
        """Replace a table, or some of its rows; how many were written, and its columns.

        Raises:
            ValueStorageError: The database refuses it, or there are rows that are of no partition that is written.
        """

    @abstractmethod
    def read(self, name: TableName, columns: list[str] | None, kind: TableKind, where: Where | None = None) -> Any:
        """Read a table, or some of its columns and rows, as that kind of frame."""


def _any(conditions: Sequence[Where]) -> Where:
    """Where one of them holds: halves of halves, since databases bound how deep a condition may be."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _any(conditions[:middle]), _any(conditions[middle:])
    return Where(f"({left.sql} OR {right.sql})", (*left.parameters, *right.parameters))


def refuse_rows_elsewhere(name: TableName, where: Where, written: int, found: int) -> None:
    """Refuse rows that lie in no partition that is written: the next time they would be there twice.

    Args:
        name: The table.
        where: Which rows are those of the partitions.
        written: How many rows were written.
        found: How many of the table's rows lie in the partitions now.

    Raises:
        ValueStorageError: There are some.
    """
    if written != found:
        raise ValueStorageError(
            f"{plural(written - found, 'row')} for {name} would lie outside the partitions that are materialized: "
            f"{where.sql}",
            hint="return the rows of these partitions alone, or correct the asset's metadata partition_expr",
        )


def place_of(url: str) -> str:
    """Where a database is, for messages: never with its password."""
    found = urlsplit(url)
    port = f":{found.port}" if found.port else ""
    return f"{found.hostname or 'localhost'}{port}{found.path}"


def kind_of(value: object) -> TableKind | None:
    frame = frame_kind(value)
    if frame is not None:
        return frame
    if isinstance(value, list) and all(isinstance(row, dict) for row in cast("list[Any]", value)):
        return "rows"
    return None


def as_polars(value: Any, kind: TableKind) -> Any:
    """Any kind of table as a frame of polars."""
    if kind == "rows":
        import polars  # deferred: 0.2 s

        return cast("Any", polars).DataFrame(value, infer_schema_length=None)
    return value if kind == "polars-lazy" else converted(value, "polars")


def from_polars(frame: Any, kind: TableKind) -> Any:
    return frame.to_dicts() if kind == "rows" else converted(frame, kind)


def _wanted_kind(annotation: Any) -> TableKind | None:
    frame = frame_named(annotation)
    if frame is not None:
        return frame
    plain = getattr(annotation, "__origin__", annotation)
    return "rows" if plain is list else None
