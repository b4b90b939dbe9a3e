"""Assets as tables of DuckDB. Needs `pip install assettui[duckdb]`."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import duckdb

from assettui.model.errors import ValueStorageError
from assettui.model.metadata import TableColumn
from assettui.values import tables

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_LOCKED_WAIT_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.02


class DuckDBIOManager(tables.TableIOManager):
    """Stores frames of polars, pandas or pyarrow, and lists of dicts, as tables of one DuckDB file.

    The file is opened for each table and closed behind it, since DuckDB lets one process at a time write to it;
    others wait for their turn.
    """

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
        chosen = ", ".join(tables.TableName(None, column).quoted() for column in columns) if columns else "*"
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
        connection = self._connect(read_only=read_only)
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self.wait_s
        while True:
            try:
                connection = duckdb.connect(self.database, read_only=read_only)
                connection.execute("SET TimeZone = 'UTC'")
                return connection
            except duckdb.IOException as error:
                is_locked = "lock" in str(error)
                if not is_locked or time.monotonic() >= deadline:
                    hint = "end the other process" if is_locked else "materialize what is stored in it first"
                    raise ValueStorageError(
                        f"{self.database} cannot be opened: {str(error).splitlines()[0]}", hint=hint
                    ) from error
            time.sleep(_LOOK_EVERY_S)
