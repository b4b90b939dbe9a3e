"""Names that a shell completes: those of the last catalog, as the store has it. The project's code is not looked at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from assettui.model.run import ANY_RUN
from assettui.store import projects, queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

Kind = Literal["asset", "selection", "job", "schedule", "sensor", "automation", "check", "run", "partition"]
MOST: Final = 200
"""So many are offered: nobody reads more."""
_LAST_PARTITIONS: Final = 5_000
_BEFORE_NAME: Final = re.compile(r"^\d*\+")
"""What may stand before the name of an asset in a selection."""


def names(session: Session, kind: Kind, begun: str, *, words: Sequence[str] = ()) -> list[str]:
    """The names of a kind that begin so, in the order of the definition, runs and partitions the newest first.

    Args:
        session: The store.
        kind: Of what.
        begun: What was typed.
        words: The command as it was typed: of partitions, those of the asset are meant that it names.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    lead = found[0] if kind == "selection" and (found := _BEFORE_NAME.match(begun)) else ""
    with session.reading() as connection:
        if kind == "run":
            some: Iterable[str] = (run.run_id for run in queries.runs(connection, ANY_RUN, limit=MOST))
        else:
            some = _defined(session, connection, kind, words)
        typed = begun.removeprefix(lead)
        return [f"{lead}{name}" for name in some if name.startswith(typed)][:MOST]


def _defined(session: Session, connection: sqlite3.Connection, kind: Kind, words: Sequence[str]) -> Iterable[str]:
    known = projects.load(connection, session.project.id)
    snapshot = known.snapshot if known is not None else None
    if snapshot is None:
        return ()
    match kind:
        case "asset" | "selection":
            return (str(each.key) for each in snapshot.assets)
        case "job":
            return (each.name for each in snapshot.jobs)
        case "check":
            return (str(each.key) for each in snapshot.checks)
        case "partition":
            return _partitions(session.state(connection), words)
        case _:
            return (each.name for each in snapshot.instigators if each.kind.value == kind)


def _partitions(state: ProjectState, words: Sequence[str]) -> Iterable[str]:
    named = {_BEFORE_NAME.sub("", word).rstrip("+") for word in words}
    key = next((each for each in state.graph.assets if str(each) in named), None)
    if key is None or not state.partitioned.is_partitioned(key):
        return ()
    space = state.partitioned.space(key)
    return (space.key(index) for index in range(space.size - 1, max(-1, space.size - 1 - _LAST_PARTITIONS), -1))
