"""What holds for the plans of runs and of backfills alike: the one that is shown is the one that is started, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.model.errors import LaunchError
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.store.project_state import ProjectState

Basis = tuple[int, int | None]
"""What a plan was made on: the last event, and when the project was loaded; microseconds since the epoch, UTC."""


class PlanChanged(LaunchError):
    """A plan is no longer what it would be now.

    Args:
        what: What is different.
        plan: What it would be.
    """

    def __init__(self, what: str, plan: Any) -> None:
        super().__init__(f"what there is has changed since: {what}", hint="look at the plan once more, then start it")
        self.plan = plan


def basis_of(connection: sqlite3.Connection, state: ProjectState) -> Basis:
    """What is planned on now. Costs a look-up: as long as it stays the same, so does the plan."""
    return queries.last_event(connection), state.known.loaded_us if state.known is not None else None
