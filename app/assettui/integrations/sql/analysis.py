"""What is known of a query: the tables that it reads, the columns that it gives, and where those come from."""

from __future__ import annotations

from msgspec import Struct


class TableRead(Struct, frozen=True):
    """A table, as a query names it."""

    table: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table

    def __lt__(self, other: TableRead) -> bool:
        return str(self) < str(other)


class Origin(Struct, frozen=True, order=True):
    """A column of a table that another column is made of."""

    table: TableRead
    column: str


class Analysis(Struct, frozen=True):
    """What a query reads and gives."""

    tables: tuple[TableRead, ...] = ()
    """In the order of the text, each once."""
    columns: tuple[str, ...] | None = None
    """None where that cannot be told without the database."""
    origins: dict[str, tuple[Origin, ...]] = {}
    """Of each column that is made of others."""
