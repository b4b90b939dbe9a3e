"""Checks that a SQL file declares of its table: each asks the database for rows that should not be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from msgspec import Struct

from assettui.model.errors import AssettuiError
from assettui.values.tables import TableName, quoted_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.values.sql_transaction import SqlTransaction
    from assettui.values.tables import Where

_KINDS: Final = ("not_null", "unique", "accepted_values", "relationships", "expression", "query")
_OTHERS: Final = ("name", "severity", "blocking", "description")
_NO_NAME: Final = re.compile(r"\W+")


class BadCheck(AssettuiError):
    """A check that means nothing."""


class SqlCheck(Struct, frozen=True):
    """One of them."""

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    """Of `accepted_values`."""
    to: tuple[str, str] | None = None
    """Of `relationships`: the table, and its column."""
    text: str = ""
    """Of `expression`, which holds for every row, and of `query`, which gives those that are wrong."""
    severity: Literal["warn", "error"] = "error"
    is_blocking: bool = False
    description: str | None = None

    @staticmethod
    def from_head(said: dict[str, Any]) -> SqlCheck:
        """A check as a head says it: `{unique: id}`, `{expression: "amount >= 0", severity: warn}`.

        Raises:
            BadCheck: It means nothing.
        """
        kinds = [name for name in said if name in _KINDS]
        strange = next((name for name in said if name not in (*_KINDS, *_OTHERS)), None)
        if len(kinds) != 1 or strange is not None:
            what = f"{strange} means nothing" if strange is not None else f"{said!r:.60} says not one kind"
            raise BadCheck(f"checks: {what}", hint=f"write one of {', '.join(_KINDS)}; and {', '.join(_OTHERS)}")
        severity = said.get("severity", "error")
        if severity not in ("warn", "error"):
            raise BadCheck(f"checks: severity is {severity!r}", hint="write warn or error")
        kind = kinds[0]
        about = _about(kind, said[kind])
        usual = "_".join([kind, *about.columns]) if kind not in ("expression", "query") else ""
        name = str(said.get("name") or _NO_NAME.sub("_", usual or about.text).strip("_")[:60])
        return SqlCheck(
            name,
            kind,
            about.columns,
            about.values,
            about.to,
            about.text,
            severity,
            bool(said.get("blocking", False)),
            str(said["description"]) if said.get("description") else None,
        )

    def wrong_rows(self, transaction: SqlTransaction, table: TableName, where: Where | None) -> int:
        """How many rows of a table, or of some partitions of it, are wrong.

        Raises:
            ValueStorageError: The database cannot tell.
        """
        condition, parameters = transaction.condition(where) if where is not None else ("1 = 1", ())
        name = table.quoted()
        column = quoted_columns(self.columns)
        match self.kind:
            case "not_null":
                nulls = " OR ".join(f"{quoted_columns([each])} IS NULL" for each in self.columns)
                sql = f"SELECT count(*) FROM {name} WHERE {condition} AND ({nulls})"  # noqa: S608 - quoted names
            case "unique":
                filled = " AND ".join(f"{quoted_columns([each])} IS NOT NULL" for each in self.columns)
                sql = (
                    f"SELECT coalesce(sum(found), 0) FROM (SELECT count(*) AS found FROM {name} "  # noqa: S608 - as above
                    f"WHERE {condition} AND {filled} GROUP BY {column} HAVING count(*) > 1) AS twice"
                )
            case "accepted_values":
                first = len(parameters) + 1
                marks = ", ".join(transaction.mark(first + at, "text") for at in range(len(self.values)))
                text = transaction.as_text(column)
                sql = f"SELECT count(*) FROM {name} WHERE {condition} AND {text} NOT IN ({marks})"  # noqa: S608 - as above
                parameters = (*parameters, *map(_text, self.values))
            case "relationships":
                other, field = cast("tuple[str, str]", self.to)
                schema, _, last = other.rpartition(".")
                there = transaction.named(TableName(schema or None, last)).quoted()
                sql = (
                    f"SELECT count(*) FROM {name} WHERE {condition} AND {column} IS NOT NULL AND NOT EXISTS "  # noqa: S608
                    f"(SELECT 1 FROM {there} AS assettui_other WHERE assettui_other.{quoted_columns([field])} = {name}.{column})"
                )
            case "expression":
                sql = f"SELECT count(*) FROM {name} WHERE {condition} AND NOT ({self.text})"  # noqa: S608 - the user's own
            case _:
                sql, parameters = f"SELECT count(*) FROM ({self.text}\n) AS wrong", ()  # noqa: S608 - the user's own
        return int(transaction.run(sql, parameters)[0][0])


class _About(Struct, frozen=True):
    columns: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    to: tuple[str, str] | None = None
    text: str = ""


def _about(kind: str, said: Any) -> _About:
    match kind:
        case "not_null" | "unique":
            columns: Any = [said] if isinstance(said, str) else said
            if (
                isinstance(columns, list)
                and columns
                and all(isinstance(each, str) for each in cast("list[Any]", columns))
            ):
                return _About(tuple(cast("list[str]", columns)))
            raise BadCheck(f"checks: {kind} names no column", hint=f"write {kind}: COLUMN, or a list of them")
        case "accepted_values":
            match said:
                case {"column": str(column), "values": [*values], **more} if values and not more:
                    return _About((column,), tuple(values))
                case _:
                    raise BadCheck(
                        "checks: accepted_values says not which",
                        hint="write accepted_values: {column: NAME, values: [a, b]}",
                    )
        case "relationships":
            match said:
                case {"column": str(column), "to": str(table), **more} if set(more) <= {"field"}:
                    return _About((column,), to=(table, str(more.get("field", column))))
                case _:
                    raise BadCheck(
                        "checks: relationships says not which",
                        hint="write relationships: {column: NAME, to: TABLE, field: NAME}",
                    )
        case _:
            if isinstance(said, str) and said.strip():
                return _About(text=said.strip().removesuffix(";"))
            raise BadCheck(f"checks: {kind} is no SQL", hint=f'write {kind}: "amount >= 0"')


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_names(checks: Sequence[SqlCheck]) -> None:
    """Refuse two of one name.

    Raises:
        BadCheck: There are.
    """
    seen: set[str] = set()
    for check in checks:
        if check.name in seen:
            raise BadCheck(f"checks: two are called {check.name}", hint="give one of them another: name: OTHER")
        seen.add(check.name)
