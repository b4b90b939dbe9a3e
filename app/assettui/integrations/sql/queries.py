"""What a query reads and gives, told by sqlglot from its text: tables, columns, and which column comes from which.

Importing this module costs 0.2 s; whoever has looked at a text before need not: see `known_queries`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from assettui.integrations.sql.analysis import Origin, TableRead
from assettui.integrations.sql.source import BadSql, place_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import TypeIs

_FILE: Final = re.compile(r"[/*]|\.(csv|tsv|parquet|json|jsonl|ndjson|xlsx|gz)$", re.IGNORECASE)
_LACKS: Final = re.compile(r"Required keyword: '(\w+)' missing for <class '[\w.]*?(\w+)'>")
_WHOLE: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
_OPENS: Final = {"'": "a text in quotes", '"': "a name in quotes", "/": "a comment", "$": "a text in dollars"}


def parsed(sql: str, dialect: str, path: Path) -> exp.Query:
    """The query as a tree.

    Raises:
        BadSql: It cannot be parsed, or is no query.
    """
    try:
        found = [each for each in sqlglot.parse(sql, dialect=dialect) if each is not None]
    except ParseError as error:
        first: dict[str, Any] = error.errors[0] if error.errors else {}
        # The column is that of the last character of what was met there.
        column = max(1, int(first.get("col") or 1) - len(str(first.get("highlight") or "")) + 1)
        what = _LACKS.sub(r"\2 is not complete", str(first.get("description") or error)).rstrip(".").splitlines()[0]
        near = f" near {first['highlight']!r}" if first.get("highlight") else ""
        raise BadSql(f"{what[:1].lower()}{what[1:]}{near}", path, int(first.get("line") or 1), column) from None
    except TokenError:
        what, position = _unclosed(sql)
        raise BadSql(what, path, *place_in(sql, position), hint="close it") from None
    if not found:
        raise BadSql("there is no query", path, 1, hint="write the SELECT that the table is made of")
    if len(found) > 1:
        second = _position(sql, found[0])
        raise BadSql("there are several statements", path, second, hint="write one query a file")
    if not isinstance(found[0], exp.Query):
        raise BadSql(
            f"it is a {found[0].key.upper()}, and no query",
            path,
            1,
            hint="write the SELECT alone: the table is made of what it gives",
        )
    return found[0]


def _unclosed(sql: str) -> tuple[str, int]:
    """What is opened and never closed, and where."""
    rest = _WHOLE.sub(lambda match: " " * len(match[0]), sql)
    found = re.search(r"'|\"|/\*|\$\w*\$", rest)
    return (f"{_OPENS[found[0][0]]} has no end", found.start()) if found is not None else ("it cannot be read", 0)


def _position(sql: str, first: exp.Expr) -> int:
    """The line after the first statement, as near as can be told."""
    end = max((each.meta.get("end", 0) for each in first.walk() if each.meta), default=0)
    at = sql.find(";", end)
    return place_in(sql, at + 1 + len(sql[at + 1 :]) - len(sql[at + 1 :].lstrip()))[0] if at >= 0 else 1


def tables_of(tree: exp.Query) -> tuple[TableRead, ...]:
    """The tables that are read, each once, in the order of the text: without what it names itself (WITH), functions and files."""
    found = [source for scope in traverse_scope(tree) for source in scope.sources.values() if _is_table(source)]
    found.sort(key=lambda table: cast("int", table.this.meta.get("start") or 0))
    return tuple(dict.fromkeys(map(_read, found)))


def _is_table(source: Any) -> TypeIs[exp.Table]:
    """Whether it is a table that has a name, rather than a function, or a file between quotes."""
    if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
        return False
    return not (source.this.args.get("quoted") and not source.db and _FILE.search(source.name) is not None)


def _read(table: exp.Table) -> TableRead:
    return TableRead(table.name, table.db or None)


def columns_of(
    tree: exp.Query, dialect: str, known: Mapping[TableRead, Sequence[str]]
) -> tuple[tuple[str, ...] | None, dict[str, tuple[Origin, ...]]]:
    """The columns that a query gives, and where each comes from; None where that cannot be told, as of `*` of an unknown table.

    Args:
        tree: It; it is changed.
        dialect: As sqlglot calls it.
        known: The columns of the tables that it reads, as far as they are known.
    """
    plain = _names(tree)
    # sqlglot wants all tables of a schema to be nested equally deep: those without a schema get one of no name.
    schema: dict[str, Any] = {}
    for table, names in known.items():
        schema.setdefault(table.schema or "", {})[table.table] = dict.fromkeys(names, "UNKNOWN")
    for table in tree.find_all(exp.Table):
        if not table.db and TableRead(table.name) in known:
            table.set("db", exp.to_identifier("", quoted=True))
    try:
        qualified = qualify(
            tree,
            dialect=dialect,
            schema=schema,
            allow_partial_qualification=True,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        scope = build_scope(qualified)
    except (SqlglotError, KeyError, AttributeError):  # what it cannot make out, it need not: the database can
        return plain, {}
    names = _names(qualified)
    if scope is None or names is None:
        return names or plain, {}
    memo: dict[tuple[int, str], frozenset[Origin]] = {}
    origins = {name: tuple(sorted(_origins(scope, name, memo))) for name in names}
    return names, {name: each for name, each in origins.items() if each}


def _names(tree: exp.Query) -> tuple[str, ...] | None:
    names = tuple(tree.named_selects)
    return None if "*" in names or "" in names else names


def _origins(scope: Scope, name: str, memo: dict[tuple[int, str], frozenset[Origin]]) -> frozenset[Origin]:
    """The columns of tables that a column of a scope is made of."""
    at = (id(scope), name)
    if at in memo:
        return memo[at]
    memo[at] = frozenset()  # a recursive query comes here again
    query = cast("exp.Query", scope.expression)
    found: set[Origin] = set()
    if scope.set_operation_scopes:
        names = query.named_selects
        position = names.index(name) if name in names else -1
        for part in scope.set_operation_scopes:
            selects = cast("exp.Query", part.expression).named_selects
            if 0 <= position < len(selects):
                found |= _origins(part, selects[position], memo)
    else:
        select = next((each for each in query.selects if each.alias_or_name == name), None)
        if select is not None:
            sources = _sources(scope)
            only = next(iter(scope.sources.values())) if len(scope.sources) == 1 else None
            for column in select.find_all(exp.Column):
                found |= _origins_of_column(sources.get(column.table) if column.table else only, column.name, memo)
    memo[at] = frozenset(found)
    return memo[at]


def _sources(scope: Scope) -> dict[str, Any]:
    """What names of tables stand for, in a scope and in the queries that its columns hold."""
    found: dict[str, Any] = {}
    for below in scope.subquery_scopes:
        found |= _sources(below)
    return found | scope.sources


def _origins_of_column(source: Any, name: str, memo: dict[tuple[int, str], frozenset[Origin]]) -> frozenset[Origin]:
    if isinstance(source, Scope):
        return _origins(source, name, memo)
    if _is_table(source):
        return frozenset({Origin(_read(source), name)})
    return frozenset()
