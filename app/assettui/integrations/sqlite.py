"""Assets as tables of SQLite. Needs nothing that Python and assettui do not bring."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from assettui.model.errors import ValueStorageError
from assettui.model.metadata import TableColumn
from assettui.values import tables
from assettui.values.sql_transaction import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_KINDS: Final = "assettui_columns"
"""The table that remembers what SQLite has no type for: dates, times and truth."""


class SQLiteIOManager(tables.TableIOManager):
    """Stores frames of polars, pandas or pyarrow, and lists of dicts, as tables of one SQLite file.

    The schema of a table's name goes before it: `marts/sales` is the table `marts_sales`. Dates and times are kept
    as ISO 8601, and given back as what they were; lists and structs are kept, and given back, as JSON.
    """

    DIALECT: ClassVar[str] = "sqlite"
    MOMENT: ClassVar[str] = "datetime({})"
    ONE_OF: ClassVar[str] = "CAST({} AS TEXT) IN (SELECT value FROM json_each(?))"
    database: str
    """The path of the file; made where it is missing."""
    timeout_s: float = 30.0
    """How long to wait, in seconds, while another process writes."""

    def texts(self, texts: Sequence[str]) -> object:
        """See `TableIOManager`."""
        return json.dumps(list(texts))

    def write(
        self, name: tables.TableName, value: Any, kind: tables.TableKind, where: tables.Where | None = None
    ) -> tuple[int, list[TableColumn]]:
        """Replace a table, or some of its rows, in one transaction; see `TableIOManager`."""
        frame = tables.as_polars(value, kind)
        table = _flat(name)
        types = {column: _sql_type(dtype) for column, dtype in frame.schema.items()}
        declared = ", ".join(f"{tables.TableName(None, column).quoted()} {kind}" for column, kind in types.items())
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                if where is None:
                    connection.execute(f"DROP TABLE IF EXISTS {table.quoted()}")
                connection.execute(f"CREATE TABLE IF NOT EXISTS {table.quoted()} ({declared})")
                parameters = tuple(map(_storable, where.parameters)) if where is not None else ()
                if where is not None:
                    connection.execute(f"DELETE FROM {table.quoted()} WHERE {where.sql}", parameters)  # noqa: S608
                marks = ", ".join("?" * frame.width)
                names = tables.quoted_columns(types)
                connection.executemany(
                    f"INSERT INTO {table.quoted()} ({names}) VALUES ({marks})",  # noqa: S608 - quoted names
                    (tuple(map(_storable, row)) for row in frame.iter_rows()),
                )
                if where is not None:
                    sql = f"SELECT count(*) FROM {table.quoted()} WHERE {where.sql}"  # noqa: S608
                    tables.refuse_rows_elsewhere(
                        table, where, frame.height, connection.execute(sql, parameters).fetchone()[0]
                    )
                connection.execute(f"CREATE TABLE IF NOT EXISTS {_KINDS} (tbl TEXT PRIMARY KEY, kinds TEXT NOT NULL)")
                kinds = json.dumps({column: str(dtype) for column, dtype in frame.schema.items()})
                connection.execute(f"INSERT OR REPLACE INTO {_KINDS} VALUES (?, ?)", (table.table, kinds))  # noqa: S608
                connection.commit()
            except sqlite3.OperationalError as error:
                connection.rollback()
                raise ValueStorageError(f"{table} in {self.database}: {error}") from None
            except BaseException:
                connection.rollback()
                raise
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

        table = _flat(name)
        chosen = tables.quoted_columns(columns) if columns else "*"
        try:
            with closing(self._connect()) as connection:
                sql = f"SELECT {chosen} FROM {table.quoted()}"  # noqa: S608 - quoted names
                parameters = tuple(map(_storable, where.parameters)) if where is not None else ()
                cursor = connection.execute(f"{sql} WHERE {where.sql}" if where is not None else sql, parameters)
                names = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
                known = None
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_KINDS,)).fetchone():
                    known = connection.execute(f"SELECT kinds FROM {_KINDS} WHERE tbl = ?", (table.table,)).fetchone()  # noqa: S608
                has = [row[1] for row in connection.execute(f"PRAGMA table_info({table.quoted()})")]
        except sqlite3.OperationalError as error:
            raise ValueStorageError(
                f"{self.database} cannot give {table}: {error}", hint="materialize the asset first"
            ) from error
        # A quoted name that is no column is a text to SQLite: it would come back as one.
        wrong = [column for column in columns or () if column not in has]
        if wrong:
            raise ValueStorageError(f"{table} has no column {wrong[0]!r}")
        frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
        return tables.from_polars(_restored(frame, json.loads(known[0]) if known else {}), kind)

    @contextmanager
    def transaction(self, subject: str) -> Generator[SqlTransaction]:
        """See `TableIOManager`."""
        with closing(self._connect()) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                hint = "another process writes to it: timeout_s says how long to wait"
                raise ValueStorageError(f"{subject}: {self.database}: {error}", hint=hint) from None
            yield _SQLiteTransaction(connection, subject)  # what is not committed is rolled back
            connection.commit()

    def _connect(self) -> sqlite3.Connection:
        try:
            Path(self.database).parent.mkdir(parents=True, exist_ok=True)
            return sqlite3.connect(self.database, timeout=self.timeout_s, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise ValueStorageError(f"{self.database} cannot be opened: {error}") from error


def _flat(name: tables.TableName) -> tables.TableName:
    return name if name.schema is None else tables.TableName(None, f"{name.schema}_{name.table}")


def _sql_type(dtype: Any) -> str:
    if dtype.is_integer() or str(dtype) == "Boolean":
        return "INTEGER"
    if dtype.is_float():
        return "REAL"
    return "BLOB" if str(dtype) == "Binary" else "TEXT"


def _storable(value: Any) -> Any:
    if value is None or isinstance(value, int | float | str | bytes):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _restored(frame: Any, kinds: dict[str, str]) -> Any:
    """The columns as the types that they were stored from."""
    import polars as pl  # deferred: 0.2 s

    changed: list[Any] = []
    for name, kind in kinds.items():
        if name not in frame.columns or str(frame.schema[name]) == kind:
            continue
        column = pl.col(name)
        if kind == "Date":
            changed.append(column.cast(pl.String).str.to_date())
        elif kind.startswith("Datetime"):
            changed.append(_as_datetime(column, kind))
        elif (dtype := getattr(pl, kind, None)) is not None:
            changed.append(column.cast(dtype))
    return frame.with_columns(changed)


def _as_datetime(column: Any, kind: str) -> Any:
    import polars as pl  # deferred: 0.2 s

    zone = kind.split("time_zone=", 1)[-1].rstrip(")").strip("'\"")
    text = column.cast(pl.String)
    if zone == "None":
        return text.str.to_datetime(strict=True)
    return text.str.to_datetime(time_zone="UTC", strict=True).dt.convert_time_zone(zone)


class _SQLiteTransaction(SqlTransaction):
    DIALECT: ClassVar[str] = "sqlite"

    def __init__(self, connection: sqlite3.Connection, subject: str) -> None:
        self._connection = connection
        self._subject = subject

    def named(self, name: tables.TableName) -> tables.TableName:
        return _flat(name)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._executed(sql, parameters).fetchall()

    def _executed(self, sql: str, parameters: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, tuple(map(self.bound, parameters)))
        except sqlite3.Error as error:
            raise ValueStorageError(f"{self._subject}: {error}") from None

    def insert(self, table: tables.TableName, columns: str, query: str, parameters: Sequence[Any]) -> int:
        sql = f"INSERT INTO {table.quoted()} ({columns}) {query}"
        return self._executed(sql, parameters).rowcount

    def columns(self, table: tables.TableName) -> list[TableColumn]:
        return [TableColumn(row[1], row[2] or "ANY") for row in self.run(f"PRAGMA table_info({table.quoted()})")]

    def kind(self, table: tables.TableName) -> Literal["table", "view"] | None:
        found = self.run("SELECT type FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')", [table.table])
        return found[0][0] if found else None

    def make_schema(self, table: tables.TableName) -> None:
        """There are none."""

    def mark(self, number: int, kind: str) -> str:
        return "?"

    def bound(self, value: Any) -> Any:
        """Times are texts: midnight is the day alone, which is before every time of that day, however that is written."""
        if not isinstance(value, datetime):
            return _storable(value)
        text = value.replace(tzinfo=None).isoformat()
        return text.removesuffix("T00:00:00")
