"""What a database is asked for by those who run SQL in it: one transaction, with what differs from database to database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.metadata import TableColumn
    from assettui.values.tables import TableName, Where

ParameterType = Literal["text", "timestamp"]
NULLS: Final[dict[str, str]] = {"text": "CAST(NULL AS TEXT)", "timestamp": "CAST(NULL AS TIMESTAMP)"}


class SqlTransaction(ABC):
    """A transaction, which is committed where nothing is raised; see `TableIOManager.transaction`."""

    DIALECT: ClassVar[str]
    """As sqlglot calls it."""
    keeps_dependents: ClassVar[bool] = False
    """Whether a table that is dropped takes what depends on it along, so that it is emptied instead."""

    @abstractmethod
    def named(self, name: TableName) -> TableName:
        """The table as the database calls it: with its usual schema, where none is said."""

    @abstractmethod
    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; its rows.

        Raises:
            ValueStorageError: The database refuses it.
        """

    @abstractmethod
    def columns(self, table: TableName) -> list[TableColumn]:
        """The columns of a table or view, in order; none where there is none."""

    @abstractmethod
    def kind(self, table: TableName) -> Literal["table", "view"] | None:
        """What there is of that name."""

    @abstractmethod
    def make_schema(self, table: TableName) -> None:
        """Make the schema of a table, where it is missing."""

    def insert(self, table: TableName, columns: str, query: str, parameters: Sequence[Any]) -> int:
        """Put the rows of a query into a table; how many they are."""
        return int(self.run(f"INSERT INTO {table.quoted()} ({columns}) {query}", parameters)[0][0])

    def replace_view(self, view: TableName, query: str) -> None:
        """Make a view, in the place of one that there is."""
        self.run(f"DROP VIEW IF EXISTS {view.quoted()}")
        self.run(f"CREATE VIEW {view.quoted()} AS {query}")

    def mark(self, number: int, kind: ParameterType) -> str:
        """What stands for a parameter in SQL."""
        return "CAST(? AS TIMESTAMP)" if kind == "timestamp" else "?"

    def bound(self, value: Any) -> Any:
        """A value as a parameter: a text, or a time on the clock of its partitions, without a zone."""
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value

    def condition(self, where: Where) -> tuple[str, tuple[Any, ...]]:
        """A condition, and its parameters."""
        return where.sql, where.parameters

    def as_text(self, expression: str) -> str:
        """An expression as text."""
        return f"CAST({expression} AS TEXT)"
