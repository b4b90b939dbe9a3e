"""SQL over the assets of a project: which of them a statement names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from assettui.core.stored_values import stored_value
from assettui.model.errors import AssettuiError, NotFound
from assettui.model.preview import SqlResult, SqlTable
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.keys import AssetKey
    from assettui.model.preview import SqlEngine, StoredValue
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

_TEXTS: Final = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
MOST_KNOWN: Final = 2_000
_PART: Final = r'(?:"[^"]+"|[^\W\d]\w*)'
_NAME: Final = re.compile(rf"{_PART}(?:\s*\.\s*{_PART})*")


def sql_result(session: Session, sql: str, engine: SqlEngine = "polars") -> SqlResult:
    """A statement, with the assets that it names: by their keys, with dots for slashes, or their last parts where these are clear.

    Args:
        session: The store.
        sql: The statement.
        engine: Who evaluates it.

    Raises:
        NotFound: It names an asset that was never materialized, and no other.
    """
    with session.reading() as connection:
        state = session.state(connection)
        named = _named(sql, list(state.graph.assets))
        tables: list[SqlTable] = []
        lacking: list[AssettuiError] = []
        for name, key in named.items():
            try:
                tables.append(SqlTable(name, tuple(_values(connection, state, key))))
            except AssettuiError as error:  # it may be a column that is called so
                lacking.append(error)
    if lacking and not tables:
        raise lacking[0]
    return SqlResult(sql, tuple(tables), tuple(table_names(list(state.graph.assets)))[:MOST_KNOWN], engine)


def table_names(keys: list[AssetKey]) -> dict[str, AssetKey]:
    """By which names assets are tables: their keys with dots, and of those whose last part is clear that part alone."""
    found = {".".join(key.parts): key for key in keys}
    last: dict[str, list[AssetKey]] = {}
    for key in keys:
        last.setdefault(key.parts[-1], []).append(key)
    return {**{name: same[0] for name, same in last.items() if len(same) == 1}, **found}


def _named(sql: str, keys: list[AssetKey]) -> dict[str, AssetKey]:
    """The assets that a statement names, as it names them."""
    known = table_names(keys)
    by_lower = {name.lower(): (name, key) for name, key in known.items()}
    found: dict[str, AssetKey] = {}
    for match in _NAME.finditer(_TEXTS.sub(" ", sql)):
        parts = [part.strip('"') for part in re.findall(_PART, match[0])]
        for count in range(len(parts), 0, -1):  # `marts.routes.delay` names a column of `marts.routes`
            name = ".".join(parts[:count]).replace("/", ".")
            if name in known:
                found[name] = known[name]
                break
            if name.lower() in by_lower:
                exact, key = by_lower[name.lower()]
                found[exact] = key
                break
    return found


def _values(connection: sqlite3.Connection, state: ProjectState, key: AssetKey) -> list[StoredValue]:
    known = state.states.get(key)
    declared = state.graph.assets[key].metadata
    if state.partitioned.is_partitioned(key):
        space = state.partitioned.space(key)
        states = queries.partition_states(connection, key, list(space.keys(space.all)))
        made = [each.last for each in states.values() if each.last is not None]
    else:
        made = [known.last] if known is not None and known.last is not None else []
    said = [known.observed.metadata] if known is not None and known.observed is not None else []
    found = [value for each in made or [None] if (value := stored_value(key, each, [*said, declared])) is not None]
    if not found:
        raise NotFound(
            f"{key} was never materialized, or does not say where its data is",
            hint=f"build it: assettui materialize {key}",
        )
    return found
