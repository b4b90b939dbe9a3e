"""Assets as tables of any database: PostgreSQL by Arrow (ADBC), DuckDB and SQLite by their own, others by SQLAlchemy.

Needs `pip install 'assettui[postgres]'` for PostgreSQL, `assettui[duckdb]` for DuckDB, and for others `assettui[sqlalchemy]`
with the driver of the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from pydantic import Field, PrivateAttr

from assettui.model.errors import ValueStorageError
from assettui.values import tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from assettui.model.metadata import TableColumn
    from assettui.values.sql_transaction import SqlTransaction

_BY_ARROW: Final = ("postgresql", "postgres")
_FILES: Final = ("sqlite", "duckdb")


class DatabaseIOManager(tables.TableIOManager):
    """Stores frames of polars, pandas or pyarrow, and lists of dicts, as tables of a database.

    A table is replaced as a whole, or partition by partition, in one transaction; its schema is made where it is missing.
    Where the columns stay the same, so does the table, with what others have put on it: views, indexes, rights. Decimals
    keep their precision, times with a zone their moment (they come back in UTC); lists of lists and structs are kept, and
    given back, as JSON.
    """

    url: str
    """`postgresql://user:password@host/database`, `duckdb:///path`, `sqlite:///path`, or what SQLAlchemy takes. It is not shown."""
    schema_: str | None = Field(default=None, alias="schema")
    """The schema of assets whose keys have one part; by default the usual one of the database."""
    wait_s: float = 30.0
    """How long to wait, in seconds, while another connection has a table locked."""
    _made: Any = PrivateAttr(default=None)

    @property
    def _backend(self) -> tables.TableIOManager:
        if self._made is None:
            self._made = _backend_of(self.url, self.schema_, self.wait_s)
        return self._made

    @property
    def MOMENT(self) -> str:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride] - as `TableIOManager` has it
        """See `TableIOManager`."""
        return self._backend.MOMENT

    @property
    def ONE_OF(self) -> str:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride] - as above
        """See `TableIOManager`."""
        return self._backend.ONE_OF

    def transaction(self, subject: str) -> AbstractContextManager[SqlTransaction]:
        """See `TableIOManager`."""
        return self._backend.transaction(subject)

    def texts(self, texts: Sequence[str]) -> object:
        """See `TableIOManager`."""
        return self._backend.texts(texts)

    def write(
        self, name: tables.TableName, value: Any, kind: tables.TableKind, where: tables.Where | None = None
    ) -> tuple[int, list[TableColumn]]:
        """See `TableIOManager`."""
        return self._backend.write(name, value, kind, where)

    def read(
        self,
        name: tables.TableName,
        columns: list[str] | None,
        kind: tables.TableKind,
        where: tables.Where | None = None,
    ) -> Any:
        """See `TableIOManager`."""
        return self._backend.read(name, columns, kind, where)


def _backend_of(url: str, schema: str | None, wait_s: float) -> tables.TableIOManager:
    scheme = url.partition(":")[0]
    try:
        if scheme in _FILES:
            path = unquote(urlsplit(url).path).removeprefix("/")
            if not path:
                raise ValueStorageError(f"the url names no file: {scheme}:", hint=f"write {scheme}:///path")
            if scheme == "sqlite":
                from assettui.integrations.sqlite import SQLiteIOManager

                return SQLiteIOManager(database=path, timeout_s=wait_s)
            from assettui.integrations.duckdb import DuckDBIOManager

            return DuckDBIOManager(database=path, default_schema=schema or "main", wait_s=wait_s)
        if scheme in _BY_ARROW:
            from assettui.integrations.postgres import PostgresTables

            return PostgresTables(url=url, default_schema=schema or "public", wait_s=wait_s)
        from assettui.integrations.sqlalchemy_tables import SQLAlchemyTables

        return SQLAlchemyTables(url=url, default_schema=schema)
    except ModuleNotFoundError as error:
        extra = {"sqlite": "assettui", "duckdb": "assettui[duckdb]", "postgresql": "assettui[postgres]"}
        wanted = extra.get(scheme, "assettui[postgres]" if scheme in _BY_ARROW else "assettui[sqlalchemy]")
        raise ValueStorageError(
            f"tables of {scheme} need {error.name}, which is not installed", hint=f"pip install '{wanted}'"
        ) from None
