"""SQL over the assets of a project: which of them a statement names, and what was asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assettui.core.sql_names import named, table_names
from assettui.core.stored_values import stored_value
from assettui.model.errors import AssettuiError, NotFound
from assettui.model.preview import PARTITION, SqlResult, SqlTable
from assettui.store import queries, statements
from assettui.store.profiles import profile_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from assettui.model.keys import AssetKey
    from assettui.model.preview import SqlEngine, StoredValue
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

MOST_KNOWN: Final = 2_000


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
        known = table_names(state.graph.assets)
        tables: list[SqlTable] = []
        lacking: list[AssettuiError] = []
        for name, key in named(sql, known).items():
            try:
                tables.append(SqlTable(name, tuple(_values(connection, state, key))))
            except AssettuiError as error:  # it may be a column that is called so
                lacking.append(error)
    if lacking and not tables:
        raise lacking[0]
    return SqlResult(sql, tuple(tables), tuple(known)[:MOST_KNOWN], engine)


def columns_of(session: Session, keys: Mapping[str, AssetKey]) -> dict[str, tuple[str, ...]]:
    """The columns of tables as they were found when each was last made; of one that nobody has looked at, none.

    Args:
        session: The store.
        keys: Which, by any names.
    """
    found: dict[str, tuple[str, ...]] = {}
    with session.reading() as connection:
        state = session.state(connection)
        for name, key in keys.items():
            known = state.states.get(key)
            profiled = profile_of(connection, known.last) if known is not None and known.last is not None else None
            columns = [column.name for column in profiled.profile.columns] if profiled is not None else []
            if columns and PARTITION not in columns and state.partitioned.is_partitioned(key):
                columns.append(PARTITION)
            found[name] = tuple(columns)
    return found


def past_statements(session: Session) -> list[str]:
    """What was asked on the screen, the last first."""
    with session.reading() as connection:
        return statements.statements(connection)


def note_statement(session: Session, sql: str) -> None:
    """Keep what is asked on the screen, to go back to it.

    Raises:
        StoreError: The store cannot be written.
    """
    with session.writing() as connection:
        statements.note(connection, sql)


def _values(connection: sqlite3.Connection, state: ProjectState, key: AssetKey) -> list[StoredValue]:
    known = state.states.get(key)
    asset = state.graph.assets[key]
    if state.partitioned.is_partitioned(key):
        space = state.partitioned.space(key)
        states = queries.partition_states(connection, key, list(space.keys(space.all)))
        made = [each.last for each in states.values() if each.last is not None]
    else:
        made = [known.last] if known is not None and known.last is not None else []
    said = [known.observed.metadata] if known is not None and known.observed is not None else []
    found = [
        value
        for each in made or [None]
        if (value := stored_value(key, each, [*said, asset.metadata], asset.io_manager)) is not None
    ]
    if not found:
        raise NotFound(
            f"{key} was never materialized, or does not say where its data is",
            hint=f"build it: assettui materialize {key}",
        )
    return found
