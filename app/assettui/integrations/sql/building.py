"""Making the table of a query, in one transaction: as a whole, by partitions, by a unique key, or as a view.

No value is ever part of a statement. Where the database must know the columns before there is a table, the query is asked for
no rows, with NULL for each parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from assettui.model.errors import ValueStorageError
from assettui.model.text import plural
from assettui.values import tables
from assettui.values.sql_transaction import NULLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.integrations.sql.head import Materialization
    from assettui.integrations.sql.source import Parameter, SqlSource
    from assettui.model.metadata import TableColumn
    from assettui.values.sql_transaction import SqlTransaction
    from assettui.values.tables import TableName, Where

_NEW: Final = tables.TableName(None, "assettui_new_rows")


class Built(Struct, frozen=True):
    """What was made."""

    rows: int | None
    """How many rows were written; None of a view."""
    columns: list[TableColumn]


def build(
    transaction: SqlTransaction,
    name: TableName,
    source: SqlSource,
    values: Mapping[str, Any],
    kept_as: Materialization,
    where: Where | None = None,
    unique_key: tuple[str, ...] = (),
) -> Built:
    """Make the table of a query.

    Args:
        transaction: In the database.
        name: The table.
        source: The query.
        values: Of its parameters, by name.
        kept_as: How it is kept.
        where: Which rows of the table are those of the partitions that are made.
        unique_key: The columns by which rows take the place of those that are there.

    Raises:
        ValueStorageError: The database refuses the query, or its rows are not what they should be.
    """
    table = transaction.named(name)
    transaction.make_schema(table)
    there = transaction.kind(table)
    if kept_as == "view":
        if source.parameters:
            raise ValueStorageError(f"{name} is a view, whose query can have no parameters", hint="make it a table")
        if there == "table":
            transaction.run(f"DROP TABLE {table.quoted()}")
        transaction.replace_view(table, source.with_marks(_no_mark))
        return Built(None, transaction.columns(table))
    if there == "view":
        transaction.run(f"DROP VIEW {table.quoted()}")
    query = source.with_marks(lambda number, each: transaction.mark(number, each.type))
    parameters = [transaction.bound(values[each.name]) for each in source.parameters]
    empty = source.with_marks(lambda _, each: NULLS[each.type])
    transaction.run(f"CREATE TEMPORARY TABLE {_NEW.quoted()} AS SELECT * FROM ({empty}\n) AS q LIMIT 0")  # noqa: S608
    wanted = transaction.columns(_NEW)
    names = tables.quoted_columns([each.name for each in wanted])
    _make_ready(transaction, table, wanted, is_table=there == "table", is_whole=kept_as == "table")
    if unique_key:
        rows = _replace_by_key(transaction, table, names, query, parameters, unique_key)
    else:
        condition = transaction.condition(where) if where is not None else None
        if condition is not None:
            transaction.run(f"DELETE FROM {table.quoted()} WHERE {condition[0]}", condition[1])  # noqa: S608 - quoted names
        rows = transaction.insert(table, names, query, parameters)
        if where is not None and condition is not None:
            counted = f"SELECT count(*) FROM {table.quoted()} WHERE {condition[0]}"  # noqa: S608 - as above
            tables.refuse_rows_elsewhere(table, where, rows, transaction.run(counted, condition[1])[0][0])
    transaction.run(f"DROP TABLE {_NEW.quoted()}")
    return Built(rows, transaction.columns(table))


def _make_ready(
    transaction: SqlTransaction, table: TableName, wanted: list[TableColumn], *, is_table: bool, is_whole: bool
) -> None:
    """See that the table is there, with the columns that are wanted; and empty, where it is made as a whole."""
    known = transaction.columns(table) if is_table else []
    if is_table and is_whole:
        if transaction.keeps_dependents and [(each.name, each.type) for each in known] == [
            (each.name, each.type) for each in wanted
        ]:
            transaction.run(f"TRUNCATE {table.quoted()}")
            return
        transaction.run(f"DROP TABLE {table.quoted()}")
    if not is_table or is_whole:
        transaction.run(f"CREATE TABLE {table.quoted()} AS SELECT * FROM {_NEW.quoted()}")  # noqa: S608 - quoted names
        return
    gone = [each.name for each in known if each.name not in {new.name for new in wanted}]
    if gone:
        raise ValueStorageError(
            f"{table} has {plural(len(gone), 'column')} that the query no longer gives: {', '.join(gone)}",
            hint=f"give them, or drop the table and build all of it: DROP TABLE {table}",
        )
    for new in wanted:
        if new.name not in {each.name for each in known}:
            transaction.run(f"ALTER TABLE {table.quoted()} ADD COLUMN {tables.quoted_columns([new.name])} {new.type}")


def _replace_by_key(
    transaction: SqlTransaction, table: TableName, names: str, query: str, parameters: list[Any], key: tuple[str, ...]
) -> int:
    """Put the rows of the query into the table, in the place of those of the same key."""
    rows = transaction.insert(_NEW, names, query, parameters)
    columns = tables.quoted_columns(key)
    twice = transaction.run(
        f"SELECT count(*) FROM (SELECT 1 AS one FROM {_NEW.quoted()} GROUP BY {columns} HAVING count(*) > 1) AS twice"  # noqa: S608
    )[0][0]
    if twice:
        raise ValueStorageError(
            f"{plural(int(twice), 'key')} of {', '.join(key)} would be in {table} more than once",
            hint="have the query give one row for each unique_key",
        )
    same = " AND ".join(f"{_NEW.quoted()}.{column} = {table.quoted()}.{column}" for column in map(_quoted, key))
    transaction.run(f"DELETE FROM {table.quoted()} WHERE EXISTS (SELECT 1 FROM {_NEW.quoted()} WHERE {same})")  # noqa: S608
    transaction.insert(table, names, f"SELECT {names} FROM {_NEW.quoted()}", [])  # noqa: S608 - as above
    return rows


def _no_mark(number: int, parameter: Parameter) -> str:
    return ""


def _quoted(column: str) -> str:
    return tables.quoted_columns([column])
