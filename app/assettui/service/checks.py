"""Checks: how each stands, and what it has come to over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.launching import refuse_unknown_checks
from assettui.core.selection.expression import SelectionContext
from assettui.model.check import AssetCheckKey, CheckOutcome, CheckSnapshot, CheckState
from assettui.model.errors import SelectionError
from assettui.store import checks as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.graph import AssetGraph
    from assettui.model.events import CheckEvaluation
    from assettui.model.keys import AssetKey
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

HISTORY_LENGTH = 30
"""How many past results a check is shown with."""
_WORST = (CheckOutcome.FAILED, CheckOutcome.ERRORED, CheckOutcome.WARNED, CheckOutcome.PASSED)


class CheckRow(Struct, frozen=True):
    """One check: how it is defined, and how it stands."""

    check: CheckSnapshot
    states: tuple[CheckState, ...] = ()
    """The last result, or of an asset with partitions the last one of each, the newest first; empty where it was never
    evaluated."""

    @property
    def key(self) -> AssetCheckKey:
        return self.check.key

    @property
    def last(self) -> CheckState | None:
        """The newest result."""
        return self.states[0] if self.states else None

    @property
    def outcome(self) -> CheckOutcome | None:
        """What it has come to, of partitions the worst; None where it was never evaluated."""
        found = {state.outcome for state in self.states}
        return next((each for each in _WORST if each in found), None)

    @property
    def is_of_latest(self) -> bool:
        """Whether nothing was materialized since that it has not been evaluated on."""
        return all(state.is_of_latest for state in self.states)

    @property
    def message(self) -> str | None:
        """What is said of that result; of several partitions how many came to it."""
        same = [state for state in self.states if state.outcome is self.outcome]
        if len(self.states) < 2 or not same:
            return same[0].message if same else None
        return f"{len(same):,} of {len(self.states):,} partitions{f': {same[0].message}' if same[0].message else ''}"


class CheckDetail(Struct, frozen=True):
    """One check with its past."""

    row: CheckRow
    history: tuple[CheckEvaluation, ...]
    """The last results, the newest first."""


def check_rows(session: Session, terms: Sequence[str] = ()) -> list[CheckRow]:
    """The checks that are selected, or all, in the order of the definition.

    Raises:
        SelectionError: A term cannot be understood, or no check is selected.
    """
    with session.reading() as connection:
        state = session.state(connection)
        keys = selected_checks(state, terms) if terms else tuple(state.graph.checks)
        return rows_of(state, keys)


def rows_of(state: ProjectState, keys: Sequence[AssetCheckKey]) -> list[CheckRow]:
    return [CheckRow(state.graph.checks[key], tuple(state.check_states.get(key, ()))) for key in keys]


def checks_of(state: ProjectState, key: AssetKey) -> tuple[CheckRow, ...]:
    """The checks of one asset."""
    found = state.graph.checks_of.get(key)
    return tuple(rows_of(state, [check.key for check in found])) if found is not None else ()


def selected_checks(state: ProjectState, terms: Sequence[str]) -> tuple[AssetCheckKey, ...]:
    """The checks that terms name: a check by its key, `a/b:name`, or all those of the assets that are selected.

    Raises:
        SelectionError: One of them cannot be understood, or no check is selected.
    """
    wanted: set[AssetCheckKey] = set()
    for term in terms:
        wanted.update(_selected(state, term))
    if not wanted:
        raise SelectionError(f"{' '.join(terms)!r} selects no check", hint="see `assettui check ls`")
    return tuple(key for key in state.graph.checks if key in wanted)


def _selected(state: ProjectState, term: str) -> Sequence[AssetCheckKey]:
    from assettui.core.selection.syntax import parse  # deferred: most terms are keys

    key = _named(state.graph, term)
    if key is not None:
        return (key,)
    statuses = {}
    if "status:" in term:
        statuses = {key: each.status.value for key, each in state.standings.items()}
    return list(parse(term).resolve_checks(SelectionContext(state.graph, statuses)))


def _named(graph: AssetGraph, term: str) -> AssetCheckKey | None:
    """The check of that key; None where it is no key of a check."""
    try:
        key = AssetCheckKey.from_user_string(term)
    except ValueError:
        return None
    if key.asset_key in graph.assets:
        refuse_unknown_checks(graph, [key])
    return key if key in graph.checks else None


def checks_with_past(session: Session, key: AssetKey) -> tuple[CheckDetail, ...]:
    """The checks of one asset, in the order of the definition; none where there is no such asset."""
    with session.reading() as connection:
        rows = checks_of(session.state(connection), key)
        return tuple(CheckDetail(row, tuple(store.evaluations(connection, row.key, HISTORY_LENGTH))) for row in rows)


def check_detail(session: Session, name: str) -> CheckDetail:
    """One check with its past.

    Raises:
        NotFound: There is no such check.
        SelectionError: The name is none of a check, or of several.
    """
    with session.reading() as connection:
        state = session.state(connection)
        found = selected_checks(state, [name])
        if len(found) > 1:
            raise SelectionError(
                f"{name!r} names {len(found)} checks", hint=f"name one: {', '.join(map(str, found[:5]))}"
            )
        (row,) = rows_of(state, found)
        return CheckDetail(row, tuple(store.evaluations(connection, row.key, HISTORY_LENGTH)))
