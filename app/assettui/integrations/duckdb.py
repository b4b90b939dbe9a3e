"""Assets as tables of DuckDB. Needs `pip install assettui[duckdb]`."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

import duckdb

from assettui.model.errors import ValueStorageError
from assettui.model.metadata import TableColumn
from assettui.values import tables
from assettui.values.sql_transaction import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

_LOCKED_WAIT_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.01


class DuckDBIOManager(tables.TableIOManager):
    """Stores frames of polars, pandas or pyarrow, and lists of dicts, as tables of one DuckDB file.

    The file is opened for each table and closed behind it, since DuckDB lets one process at a time write to it;
    others wait for their turn. That turn is a lock (`flock`) on the folder of the file, held until the file is closed, beside
    DuckDB's own lock on the file: that is a POSIX lock, which a process loses as soon as it closes any descriptor of the file.
    """

    DIALECT: ClassVar[str] = "duckdb"
    MOMENT: ClassVar[str] = "CAST({} AS TIMESTAMP)"
    ONE_OF: ClassVar[str] = "CAST({} AS VARCHAR) IN (SELECT unnest(?))"
    database: str
    """The path of the file; made where it is missing."""
    default_schema: str = "main"
    """The schema of assets whose keys have one part."""
    wait_s: float = _LOCKED_WAIT_S
    """How long to wait, in seconds, while another process has the file open."""

    def texts(self, texts: Sequence[str]) -> object:
        """See `TableIOManager`."""
        return list(texts)

    def write(
        self, name: tables.TableName, value: Any, kind: tables.TableKind, where: tables.Where | None = None
    ) -> tuple[int, list[TableColumn]]:
        """Replace a table, or some of its rows, in one transaction; see `TableIOManager`."""
        table = tables.TableName(name.schema or self.default_schema, name.table)
        frame = tables.as_polars(value, kind)
        with self._connected(read_only=False) as connection:
            connection.register("assettui_frame", frame.to_arrow())
            connection.execute("BEGIN")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {tables.TableName(None, table.schema or '').quoted()}")
            if where is None:
                connection.execute(f"CREATE OR REPLACE TABLE {table.quoted()} AS SELECT * FROM assettui_frame")  # noqa: S608 - quoted names
            else:
                self._replace_rows(connection, table, where, frame.height)
            connection.execute("COMMIT")
            described = connection.execute(f"DESCRIBE {table.quoted()}").fetchall()
        return frame.height, [TableColumn(row[0], row[1]) for row in described]

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
        chosen = tables.quoted_columns(columns) if columns else "*"
        try:
            with self._connected(read_only=True) as connection:
                sql = f"SELECT {chosen} FROM {table.quoted()}"  # noqa: S608 - quoted names
                if where is not None:
                    sql = f"{sql} WHERE {where.sql}"
                parameters = list(where.parameters) if where is not None else None
                arrow: Any = cast("Any", connection).sql(sql, params=parameters).to_arrow_table()
        except duckdb.CatalogException:
            raise ValueStorageError(
                f"{self.database} holds no table {table}", hint="materialize the asset, so that it is stored there"
            ) from None
        except duckdb.BinderException as error:
            raise ValueStorageError(f"{table} in {self.database}: {str(error).splitlines()[0]}") from None
        return arrow if kind == "pyarrow" else tables.from_polars(cast("Any", pl).from_arrow(arrow), kind)

    @contextmanager
    def transaction(self, subject: str) -> Generator[SqlTransaction]:
        """See `TableIOManager`."""
        with self._connected(read_only=False) as connection:
            connection.execute("BEGIN")
            yield _DuckDBTransaction(connection, self.default_schema, subject)
            connection.execute("COMMIT")

    def _replace_rows(
        self, connection: duckdb.DuckDBPyConnection, table: tables.TableName, where: tables.Where, rows: int
    ) -> None:
        """Put the frame in the place of some of a table's rows."""
        name, parameters = table.quoted(), where.parameters
        try:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM assettui_frame LIMIT 0")  # noqa: S608
            connection.execute(f"DELETE FROM {name} WHERE {where.sql}", parameters)  # noqa: S608
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM assettui_frame")  # noqa: S608
            counted = connection.execute(f"SELECT count(*) FROM {name} WHERE {where.sql}", parameters).fetchall()  # noqa: S608
        except (duckdb.ProgrammingError, duckdb.DataError) as error:
            raise ValueStorageError(f"{table} in {self.database}: {str(error).splitlines()[0]}") from None
        tables.refuse_rows_elsewhere(table, where, rows, counted[0][0])

    @contextmanager
    def _connected(self, *, read_only: bool) -> Generator[duckdb.DuckDBPyConnection]:
        deadline = time.monotonic() + self.wait_s
        with self._turn(deadline, is_shared=read_only):
            connection = self._connect(deadline, read_only=read_only)
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _turn(self, deadline: float, *, is_shared: bool) -> Generator[None]:
        """Wait until no other process of ours writes to a file in the folder, or, to write, has one open.

        Where the folder is missing, or its file system has no such locks, DuckDB's own has to do.
        """
        try:
            folder = os.open(Path(self.database).absolute().parent, os.O_RDONLY)
        except OSError:
            yield
            return
        try:
            wanted = (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
            while True:
                try:
                    fcntl.flock(folder, wanted)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise self._is_busy("another process of assettui has it open") from None
                except OSError:
                    break
                time.sleep(_LOOK_EVERY_S)
            yield
        finally:
            os.close(folder)

    def _is_busy(self, reason: str) -> ValueStorageError:
        return ValueStorageError(f"{self.database} cannot be opened: {reason}", hint="end the other process")

    def _connect(self, deadline: float, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        while True:
            try:
                connection = duckdb.connect(self.database, read_only=read_only)
                connection.execute("SET TimeZone = 'UTC'")
                return connection
            except duckdb.IOException as error:
                reason = str(error).splitlines()[0]
                if "lock" not in str(error):
                    hint = "materialize what is stored in it first"
                    raise ValueStorageError(f"{self.database} cannot be opened: {reason}", hint=hint) from error
                if time.monotonic() >= deadline:
                    raise self._is_busy(reason) from error
            time.sleep(_LOOK_EVERY_S)


@contextmanager
def turn_of(database: str, tell: Callable[[], object]) -> Generator[None]:
    """Keep a file from the others that go by `DuckDBIOManager`, for a program that does not.

    Args:
        database: The path of the file.
        tell: Called where somebody has it open, before they are waited for: as long as it takes.
    """
    try:
        folder = os.open(Path(database).absolute().parent, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell()
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: DuckDB's own has to do
            pass
        yield
    finally:
        os.close(folder)


class _DuckDBTransaction(SqlTransaction):
    DIALECT: ClassVar[str] = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection, default_schema: str, subject: str) -> None:
        self._connection = connection
        self._default_schema = default_schema
        self._subject = subject

    def named(self, name: tables.TableName) -> tables.TableName:
        return tables.TableName(name.schema or self._default_schema, name.table)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise ValueStorageError(f"{self._subject}: {_reason(error)}") from None

    def columns(self, table: tables.TableName) -> list[TableColumn]:
        found = self.run(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND "
            "(schema_name = ? OR database_name = 'temp') AND NOT internal ORDER BY column_index",
            [table.table, table.schema or ""],
        )
        return [TableColumn(name, kind) for name, kind in found]

    def kind(self, table: tables.TableName) -> Literal["table", "view"] | None:
        asked = [table.table, table.schema]
        if self.run("SELECT 1 FROM duckdb_tables() WHERE table_name = ? AND schema_name = ? AND NOT temporary", asked):
            return "table"
        return (
            "view" if self.run("SELECT 1 FROM duckdb_views() WHERE view_name = ? AND schema_name = ?", asked) else None
        )

    def make_schema(self, table: tables.TableName) -> None:
        self.run(f"CREATE SCHEMA IF NOT EXISTS {tables.TableName(None, table.schema or '').quoted()}")


def _reason(error: Exception) -> str:
    """What it says, without the picture of the statement: whose lines are not those of the file."""
    return str(error).split("\n\nLINE ")[0].strip()
