"""Values as tables of a database: what IO managers of databases have in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from assettui.core.errors import ValueStorageError
from assettui.core.metadata import TableColumn, TableSchema
from assettui.definitions.configurable import ConfigurableIOManager
from assettui.values.formats import frame_kind, frame_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.definitions.io_managers import InputContext, OutputContext

FrameKind: TypeAlias = Literal["polars", "polars-lazy", "pandas", "pyarrow", "rows"]
"""What a table is given as; `rows` is a list of dicts."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .-]*")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table, by the parts of an asset's key or what its metadata says."""

    schema: str | None
    table: str

    def quoted(self) -> str:
        """As SQL names it. Names are data: they stand between quotes, and quotes in them are doubled."""
        parts = [self.schema, self.table] if self.schema is not None else [self.table]
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema is not None else self.table


class TableIOManager(ConfigurableIOManager):
    """Stores frames as tables, one for each asset, replaced as a whole.

    The table is called as the last part of the asset's key, in a schema called as the part before it; metadata
    `schema` and `table` of the asset say otherwise. A reader asks for some of the columns by metadata of its input:
    `AssetIn(metadata={"columns": ["id"]})`.
    """

    frame: FrameKind = "polars"
    """What a table is given as to a function whose parameter has no annotation that says."""

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store a frame, or a list of dicts, as a table: all of it, or nothing.

        Raises:
            ValueStorageError: It is neither, or the database refuses it.
        """
        name = self.table_name(context)
        kind = kind_of(obj)
        if kind is None:
            raise ValueStorageError(
                f"the value of {context.asset_key} is a {type(obj).__name__}, which is no table",
                hint="return a frame of polars, pandas or pyarrow, or a list of dicts; or name another IO manager",
            )
        value = obj.collect() if kind == "polars-lazy" else obj
        rows, columns = self.write(name, value, "polars" if kind == "polars-lazy" else kind)
        context.add_output_metadata({"table": str(name), "row_count": rows, "columns": TableSchema(columns)})

    def load_input(self, context: InputContext) -> Any:
        """Give the table back as the kind of frame that the annotation names, else as `frame` says.

        Raises:
            ValueStorageError: There is no such table.
        """
        upstream = context.upstream_output or context
        wanted = context.definition_metadata.get("columns")
        columns = [str(each) for each in cast("Sequence[Any]", wanted)] if wanted else None
        kind = _wanted_kind(context.annotation) or self.frame
        return self.read(self.table_name(upstream), columns, kind)

    def table_name(self, context: InputContext | OutputContext) -> TableName:
        """The table of an asset.

        Raises:
            ValueStorageError: It is made for a slice: tables are replaced as a whole.
        """
        if context.has_partition_key:
            raise ValueStorageError(
                f"{context.asset_key} is made slice by slice, and its table is replaced as a whole",
                hint="store it by another IO manager",
            )
        said, path = context.definition_metadata, context.asset_key.path
        schema = said.get("schema") or (path[-2] if len(path) > 1 else None)
        name = TableName(str(schema) if schema is not None else None, str(said.get("table") or path[-1]))
        for part in (name.schema, name.table):
            if part is not None and not _NAME.fullmatch(part):
                raise ValueStorageError(f"{part!r} cannot name a table or schema")
        return name

    @abstractmethod
    def write(self, name: TableName, value: Any, kind: FrameKind) -> tuple[int, list[TableColumn]]:
        """Replace a table; its rows and columns."""

    @abstractmethod
    def read(self, name: TableName, columns: list[str] | None, kind: FrameKind) -> Any:
        """Read a table, or some of its columns, as that kind of frame."""


def kind_of(value: object) -> FrameKind | None:
    """What kind of table a value is; None where it is none."""
    frame = frame_kind(value)
    if frame is not None:
        return cast("FrameKind", frame.removeprefix("parquet:"))
    if isinstance(value, list) and all(isinstance(row, dict) for row in cast("list[Any]", value)):
        return "rows"
    return None


def as_polars(value: Any, kind: FrameKind) -> Any:
    """Any kind of table as a frame of polars."""
    import polars  # deferred: 0.2 s

    pl = cast("Any", polars)
    match kind:
        case "pandas":
            return pl.from_pandas(value)
        case "pyarrow":
            return pl.from_arrow(value)
        case "rows":
            return pl.DataFrame(value, infer_schema_length=None)
        case _:
            return value


def from_polars(frame: Any, kind: FrameKind) -> Any:
    """A frame of polars as that kind."""
    match kind:
        case "polars":
            return frame
        case "polars-lazy":
            return frame.lazy()
        case "pandas":
            return frame.to_pandas()
        case "pyarrow":
            return frame.to_arrow()
        case "rows":
            return frame.to_dicts()


def _wanted_kind(annotation: Any) -> FrameKind | None:
    frame = frame_named(annotation)
    if frame is not None:
        return cast("FrameKind", frame.removeprefix("parquet:"))
    plain = getattr(annotation, "__origin__", annotation)
    return "rows" if plain is list else None
