"""Tables of PostgreSQL, read and written as Arrow by ADBC: columns travel whole, in binary, and no row becomes a Python object."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

import adbc_driver_postgresql.dbapi as driver

from assettui.model.errors import ValueStorageError
from assettui.model.metadata import TableColumn
from assettui.values import tables
from assettui.values.sql_transaction import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_LOCKED: Final = "55P03"
_HAS_DEPENDENTS: Final = "2BP01"
_STATE: Final = re.compile(r"SQLSTATE: (\w{5})")
_CATALOG: Final = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_TYPES: Final = {
    "Boolean": "boolean",
    "Int8": "smallint",
    "Int16": "smallint",
    "UInt8": "smallint",
    "Int32": "integer",
    "UInt16": "integer",
    "Int64": "bigint",
    "UInt32": "bigint",
    "UInt64": "numeric(20,0)",
    "Float32": "real",
    "Float64": "double precision",
    "String": "text",
    "Categorical": "text",
    "Enum": "text",
    "Binary": "bytea",
    "Date": "date",
    "Time": "time without time zone",
    "Null": "text",
}
"""Polars' types, and those of the columns that keep them, as `format_type` writes them."""


class PostgresTables(tables.TableIOManager):
    """See `DatabaseIOManager`."""

    DIALECT: ClassVar[str] = "postgres"
    MOMENT: ClassVar[str] = "CAST({} AS TIMESTAMP)"
    ONE_OF: ClassVar[str] = "CAST({} AS TEXT) IN (SELECT json_array_elements_text(CAST(? AS json)))"
    url: str
    default_schema: str
    wait_s: float

    def texts(self, texts: Sequence[str]) -> object:
        """See `TableIOManager`."""
        return json.dumps(list(texts))

    def write(
        self, name: tables.TableName, value: Any, kind: tables.TableKind, where: tables.Where | None = None
    ) -> tuple[int, list[TableColumn]]:
        """Replace a table, or some of its rows, in one transaction; see `TableIOManager`."""
        table = tables.TableName(name.schema or self.default_schema, name.table)
        frame, types = _storable(table, tables.as_polars(value, kind))
        with self._connected(table) as cursor:
            # Others that write to it wait, so that two that make it at once do not meet.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", (f"assettui:{table}",))
            cursor.fetchall()
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {tables.TableName(None, str(table.schema)).quoted()}")
            known = _columns(cursor, table)
            declared = ", ".join(f"{tables.TableName(None, each).quoted()} {types[each]}" for each in types)
            if where is None and known and known != types:
                cursor.execute(f"DROP TABLE {table.quoted()}")
                known = {}
            if not known:
                cursor.execute(f"CREATE TABLE {table.quoted()} ({declared})")
            elif where is None:
                cursor.execute(f"TRUNCATE {table.quoted()}")
            condition = _numbered(where) if where is not None else None
            if where is not None and condition is not None:
                cursor.execute(f"DELETE FROM {table.quoted()} WHERE {condition}", _texts_of(where))  # noqa: S608 - quoted names
            if frame.height:
                cursor.adbc_ingest(table.table, frame.to_arrow(), mode="append", db_schema_name=table.schema)
            if where is not None and condition is not None:
                sql = f"SELECT count(*) FROM {table.quoted()} WHERE {condition}"  # noqa: S608 - as above
                cursor.execute(sql, _texts_of(where))
                tables.refuse_rows_elsewhere(table, where, frame.height, cursor.fetchall()[0][0])
        return frame.height, [TableColumn(column, kind) for column, kind in types.items()]

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

        table = tables.TableName(name.schema or self.default_schema, name.table)
        with self._connected(table) as cursor:
            known = _columns(cursor, table)
            if not known:
                raise ValueStorageError(
                    f"{tables.place_of(self.url)} holds no table {table}",
                    hint="materialize the asset, so that it is stored there",
                )
            wanted = columns or list(known)
            strange = next((each for each in wanted if each not in known), None)
            if strange is not None:
                raise ValueStorageError(f"{table} has no column {strange!r}", hint=f"it has: {', '.join(known)}")
            chosen = tables.quoted_columns(wanted)
            sql = f"SELECT {chosen} FROM {table.quoted()}"  # noqa: S608 - quoted names
            if where is None:
                cursor.execute(sql)
            else:
                cursor.execute(f"{sql} WHERE {_numbered(where)}", _texts_of(where))
            frame = pl.DataFrame(cursor.fetch_arrow())
        return tables.from_polars(_restored(frame, known), kind)

    @contextmanager
    def transaction(self, subject: str) -> Generator[SqlTransaction]:
        """See `TableIOManager`."""
        with self._connected(subject) as cursor:
            yield _PostgresTransaction(cursor, self.default_schema)

    @contextmanager
    def _connected(self, table: tables.TableName | str) -> Generator[Any]:
        """A cursor in a transaction, which is committed where nothing is raised."""
        try:
            connection: Any = cast("Any", driver).connect(self.url)
        except driver.Error as error:
            raise ValueStorageError(
                f"{tables.place_of(self.url)} cannot be reached: {_reason(error)}",
                hint="see that the server runs, and that url names its host, port, user and password",
            ) from None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                cursor.execute(f"SET lock_timeout = {int(self.wait_s * 1000)}")
                yield cursor
            connection.commit()
        except driver.Error as error:
            raise self._refused(table, error) from None
        finally:
            connection.close()  # what is not committed is rolled back

    def _refused(self, table: tables.TableName | str, error: Exception) -> ValueStorageError:
        found = _STATE.search(str(error))
        where = f"{table} in {tables.place_of(self.url)}"
        match found.group(1) if found is not None else "":
            case state if state == _LOCKED:
                hint = "another connection holds it: see pg_stat_activity; wait_s says how long to wait"
                return ValueStorageError(f"{where} is locked, for more than {self.wait_s:g} s", hint=hint)
            case state if state == _HAS_DEPENDENTS:
                hint = "drop the views on it, or keep the columns as they are"
                return ValueStorageError(f"{where} has other columns now, and something depends on it", hint=hint)
            case _:
                return ValueStorageError(f"{where}: {_reason(error)}")


def _columns(cursor: Any, table: tables.TableName) -> dict[str, str]:
    """The columns of a table, in order, with their types; none where there is no such table."""
    cursor.execute(_CATALOG, (str(table.schema), table.table))
    return dict(cursor.fetchall())


def _numbered(where: tables.Where) -> str:
    """The condition with its parameters as PostgreSQL names them."""
    parts = where.sql.split("?")
    if len(parts) != len(where.parameters) + 1:
        raise ValueStorageError(
            "partition_expr holds a question mark, which stands for a parameter here", hint="use a function instead"
        )
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]


def _texts_of(where: tables.Where) -> tuple[str, ...]:
    return tuple(each.isoformat() if hasattr(each, "isoformat") else str(each) for each in where.parameters)


def _storable(table: tables.TableName, frame: Any) -> tuple[Any, dict[str, str]]:
    """The frame as PostgreSQL takes it, and the types of its columns."""
    import polars as pl  # deferred: 0.2 s

    types: dict[str, str] = {}
    changed: list[Any] = []
    for name, dtype in frame.schema.items():
        column, kind = pl.col(name), str(dtype.base_type())
        if isinstance(dtype, pl.Decimal):
            types[name] = f"numeric({dtype.precision or 38},{dtype.scale})"
        elif isinstance(dtype, pl.Datetime):
            types[name] = f"timestamp {'with' if dtype.time_zone else 'without'} time zone"
            changed.append(column.dt.cast_time_unit("us"))
        elif isinstance(dtype, pl.List) and str(dtype.inner) in _TYPES and str(dtype.inner) not in ("UInt64", "Null"):
            types[name] = f"{_TYPES[str(dtype.inner)]}[]"
        elif dtype.is_nested():
            types[name] = "json"
            changed.append(
                pl.Series(
                    name,
                    [json.dumps(each, default=str) if each is not None else None for each in frame[name].to_list()],
                    pl.String,
                )
            )
        elif kind in _TYPES:
            types[name] = _TYPES[kind]
            if kind == "UInt64":
                changed.append(column.cast(pl.Decimal(20, 0)))
            elif kind in ("Categorical", "Enum", "Null"):
                changed.append(column.cast(pl.String))
        else:
            raise ValueStorageError(
                f"the column {name!r} of {table} is {dtype}, which PostgreSQL has no type for",
                hint="cast it: a duration to its seconds, an object to text",
            )
    return frame.with_columns(changed), types


def _restored(frame: Any, types: dict[str, str]) -> Any:
    """The columns as polars has them: numerics come as texts, and JSON too."""
    import polars as pl  # deferred: 0.2 s

    changed: list[Any] = []
    for name in frame.columns:
        kind = types[name]
        if kind.startswith("numeric"):
            found = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
            texts = frame[name].ext.storage().cast(pl.String)
            precision = pl.Decimal(int(found[1]), int(found[2])) if found else None
            changed.append(
                (texts.cast(precision) if precision else texts.str.to_decimal(scale=_scale(texts))).alias(name)
            )
        elif kind in ("json", "jsonb"):
            texts = frame[name].ext.storage()
            rows = [json.loads(each) if each is not None else None for each in texts.to_list()]
            changed.append(pl.Series(name, rows, strict=False))
    return frame.with_columns(changed)


def _scale(texts: Any) -> int:
    longest = texts.str.split(".").list.get(1, null_on_oob=True).str.len_chars().max()
    return int(longest or 0)


def _reason(error: Exception) -> str:
    """The first line that says something, without the driver's own words around it."""
    text = str(cast("object", error))
    found = re.search(r"(?:ERROR|FATAL):\s*(.+)", text)
    return found[1].strip() if found else text.splitlines()[0].partition("failed: ")[2] or text.splitlines()[0]


class _PostgresTransaction(SqlTransaction):
    """Parameters travel as texts, and are cast in the statement: the driver would guess their types."""

    DIALECT: ClassVar[str] = "postgres"
    keeps_dependents: ClassVar[bool] = True

    def __init__(self, cursor: Any, default_schema: str) -> None:
        self._cursor = cursor
        self._default_schema = default_schema

    def named(self, name: tables.TableName) -> tables.TableName:
        return tables.TableName(name.schema or self._default_schema, name.table)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self._cursor.execute(sql, tuple(map(self.bound, parameters)) or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def insert(self, table: tables.TableName, columns: str, query: str, parameters: Sequence[Any]) -> int:
        sql = f"INSERT INTO {table.quoted()} ({columns}) {query}"
        if not parameters:
            self.run(sql)
            return self._cursor.rowcount
        # With parameters the driver does not count, and to have the server do so takes as long again.
        return int(self.run(f"WITH added AS ({sql}\nRETURNING 1) SELECT count(*) FROM added", parameters)[0][0])  # noqa: S608

    def columns(self, table: tables.TableName) -> list[TableColumn]:
        schema = table.schema or self.run("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")[0][0]
        found = _columns(self._cursor, tables.TableName(schema, table.table))
        return [TableColumn(name, kind) for name, kind in found.items()]

    def kind(self, table: tables.TableName) -> Literal["table", "view"] | None:
        sql = (
            "SELECT c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        found = self.run(sql, [table.schema, table.table])
        return None if not found else "table" if found[0][0] in "rpf" else "view"

    def make_schema(self, table: tables.TableName) -> None:
        schema = table.schema or ""
        # Where it is there already, nobody needs the right to make one.
        if not self.run("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]):
            self.run(f"CREATE SCHEMA IF NOT EXISTS {tables.TableName(None, schema).quoted()}")

    def replace_view(self, view: tables.TableName, query: str) -> None:
        """In its place, so that views on it stay; where its columns are others, it is dropped, unless there are any."""
        new, known = tables.TableName(None, "assettui_new_view"), self.columns(view)
        self.run(f"CREATE TEMPORARY TABLE {new.quoted()} AS SELECT * FROM ({query}\n) AS q LIMIT 0")  # noqa: S608 - the user's own
        wanted = self.columns(new)
        self.run(f"DROP TABLE {new.quoted()}")
        if known != wanted[: len(known)]:
            self.run(f"DROP VIEW IF EXISTS {view.quoted()}")
        self.run(f"CREATE OR REPLACE VIEW {view.quoted()} AS {query}")

    def mark(self, number: int, kind: str) -> str:
        text = f"CAST(${number} AS text)"
        return f"CAST({text} AS timestamp)" if kind == "timestamp" else text

    def bound(self, value: Any) -> Any:
        value = super().bound(value)
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    def condition(self, where: tables.Where) -> tuple[str, tuple[Any, ...]]:
        return _numbered(where), _texts_of(where)
