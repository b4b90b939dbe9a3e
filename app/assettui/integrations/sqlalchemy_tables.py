"""Tables of any database that SQLAlchemy has a dialect for, row by row: slower than Arrow, and known to nearly all of them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateSchema

from assettui.model.errors import ValueStorageError
from assettui.model.metadata import TableColumn
from assettui.values import tables

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_BATCH_ROWS: Final = 10_000
_MOMENTS: Final = {"mysql": "DATETIME", "mariadb": "DATETIME", "mssql": "DATETIME2"}
"""What a moment is called by dialects that do not say TIMESTAMP."""


class SQLAlchemyTables(tables.TableIOManager):
    """See `DatabaseIOManager`."""

    ONE_OF: ClassVar[str] = "CAST({} AS CHAR(200)) IN (?)"
    url: str
    default_schema: str | None

    @property
    def MOMENT(self) -> str:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride] - as `TableIOManager` has it
        """See `TableIOManager`."""
        dialect = self.url.partition(":")[0].partition("+")[0]
        return f"CAST({{}} AS {_MOMENTS.get(dialect, 'TIMESTAMP')})"

    def texts(self, texts: Sequence[str]) -> object:
        """See `TableIOManager`."""
        return list(texts)

    def write(
        self, name: tables.TableName, value: Any, kind: tables.TableKind, where: tables.Where | None = None
    ) -> tuple[int, list[TableColumn]]:
        """Replace a table, or some of its rows, in one transaction; see `TableIOManager`."""
        named = self._named(name)
        frame, columns = _storable(named, tables.as_polars(value, kind))
        table = sa.Table(named.table, sa.MetaData(), *columns, schema=named.schema)
        with self._connected(named) as connection:
            inspector = sa.inspect(connection)
            if named.schema is not None and not inspector.has_schema(named.schema):
                connection.execute(CreateSchema(named.schema))
            is_there = inspector.has_table(named.table, named.schema)
            if is_there and where is None:
                sa.Table(named.table, sa.MetaData(), schema=named.schema).drop(connection)
            if where is None or not is_there:
                table.create(connection)
            condition = _bound(where) if where is not None else None
            if condition is not None:
                connection.execute(sa.delete(table).where(condition))
            for part in frame.iter_slices(_BATCH_ROWS):
                connection.execute(sa.insert(table), part.to_dicts())
            if where is not None and condition is not None:
                found = connection.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one()
                tables.refuse_rows_elsewhere(named, where, frame.height, found)
        return frame.height, [TableColumn(each.name, str(each.type)) for each in columns]

    def read(
        self,
        name: tables.TableName,
        columns: list[str] | None,
        kind: tables.TableKind,
        where: tables.Where | None = None,
    ) -> Any:
        """Read a table, or some of its columns and rows.

        Raises:
            ValueStorageError: There is no such table or column.
        """
        import polars as pl  # deferred: 0.2 s

        named = self._named(name)
        with self._connected(named) as connection:
            try:
                table = sa.Table(named.table, sa.MetaData(), schema=named.schema, autoload_with=connection)
            except exc.NoSuchTableError:
                raise ValueStorageError(
                    f"{tables.place_of(self.url)} holds no table {named}",
                    hint="materialize the asset, so that it is stored there",
                ) from None
            strange = next((each for each in columns or () if each not in table.c), None)
            if strange is not None:
                raise ValueStorageError(
                    f"{named} has no column {strange!r}", hint=f"it has: {', '.join(table.c.keys())}"
                )
            wanted = [table.c[each] for each in columns] if columns else list(table.c)
            asked = sa.select(*wanted)
            result = connection.execute(asked if where is None else asked.where(_bound(where)))
            rows = [tuple(row) for row in result]
        schema = {each.name: _polars_type(each.type) for each in wanted}
        return tables.from_polars(pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None), kind)

    def _named(self, name: tables.TableName) -> tables.TableName:
        return tables.TableName(name.schema or self.default_schema, name.table)

    @contextmanager
    def _connected(self, table: tables.TableName) -> Generator[sa.Connection]:
        """A connection in a transaction, which is committed where nothing is raised."""
        try:
            engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        except exc.NoSuchModuleError as error:
            raise ValueStorageError(f"SQLAlchemy knows no such dialect: {error}") from None
        except exc.ArgumentError:
            raise ValueStorageError(
                "the url of the database cannot be read", hint="write dialect+driver://user:password@host/database"
            ) from None
        try:
            with engine.connect() as connection, connection.begin():
                yield connection
        except exc.OperationalError as error:
            hint = "see that the server runs, and that url names its host, port, user and password"
            raise ValueStorageError(
                f"{tables.place_of(self.url)} cannot be used: {_reason(error)}", hint=hint
            ) from None
        except exc.SQLAlchemyError as error:
            raise ValueStorageError(f"{table} in {tables.place_of(self.url)}: {_reason(error)}") from None


def _bound(where: tables.Where) -> Any:
    """The condition, its parameters bound by name."""
    parts = where.sql.split("?")
    sql = "".join(f"{part.replace(':', chr(92) + ':')}:p{number}" for number, part in enumerate(parts[:-1])) + parts[-1]
    bound: list[Any] = [
        sa.bindparam(f"p{number}", value, expanding=isinstance(value, list))
        for number, value in enumerate(where.parameters)
    ]
    return sa.text(sql).bindparams(*bound)


def _storable(table: tables.TableName, frame: Any) -> tuple[Any, list[sa.Column[Any]]]:
    """The frame as rows of plain values, and the columns of its table."""
    import polars as pl  # deferred: 0.2 s

    columns: list[sa.Column[Any]] = []
    changed: list[Any] = []
    for name, dtype in frame.schema.items():
        kind, found = str(dtype.base_type()), cast("Any", None)
        if isinstance(dtype, pl.Decimal):
            found = sa.Numeric(dtype.precision or 38, dtype.scale)
        elif isinstance(dtype, pl.Datetime):
            found = sa.DateTime(timezone=dtype.time_zone is not None)
        elif dtype.is_nested():
            found = sa.JSON()
            changed.append(
                pl.Series(
                    name, [json.loads(json.dumps(each, default=str)) for each in frame[name].to_list()], pl.Object
                )
            )
        elif kind == "UInt64":
            found = sa.Numeric(20, 0)
        elif dtype.is_integer():
            found = sa.BigInteger() if kind in ("Int64", "UInt32") else sa.Integer()
        elif dtype.is_float():
            found = cast("Any", sa.Double())
        else:
            plain: dict[str, Any] = {
                "Boolean": sa.Boolean(),
                "Binary": sa.LargeBinary(),
                "Date": sa.Date(),
                "Time": sa.Time(),
            }
            found = plain.get(kind) or (sa.Text() if kind in ("String", "Categorical", "Enum", "Null") else None)
        if found is None:
            raise ValueStorageError(
                f"the column {name!r} of {table} is {dtype}, which databases have no type for",
                hint="cast it: a duration to its seconds, an object to text",
            )
        columns.append(sa.Column(name, found))
    return frame.with_columns(changed), columns


def _polars_type(kind: Any) -> Any:
    import polars as pl  # deferred: 0.2 s

    match kind:
        case sa.Double() | sa.Float():
            return pl.Float64
        case sa.Numeric():
            return pl.Decimal(kind.precision or 38, kind.scale or 0)
        case sa.DateTime():
            return pl.Datetime("us", "UTC" if kind.timezone else None)
        case sa.BigInteger():
            return pl.Int64
        case sa.Integer():
            return pl.Int32
        case sa.Boolean():
            return pl.Boolean
        case sa.Date():
            return pl.Date
        case sa.Time():
            return pl.Time
        case sa.LargeBinary():
            return pl.Binary
        case sa.JSON():
            return None
        case _:
            return pl.String


def _reason(error: exc.SQLAlchemyError) -> str:
    """The first line, without the statement."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
