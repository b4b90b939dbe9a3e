"""The engine's side of the store, as far as incidents go: what is the matter, since when, and who was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.store import incidents
from assettui.store.database import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.incidents import IncidentChanges
    from assettui.model.incident import Incident, Problem, SentNotification


class IncidentJournal:
    """See above.

    Args:
        db: The store, open for writing.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def problems(self) -> list[Problem]:
        """All that is not as it should be now."""
        return incidents.problems(self._db)

    def known(self) -> list[Incident]:
        """The incidents that are not over, and those of which that is still to be told."""
        return incidents.incidents(self._db)

    def record(self, changed: IncidentChanges, now_us: int) -> None:
        """Record which incidents have begun, and which are over."""
        with writing(self._db) as db:
            incidents.record(db, changed, now_us)

    def note_sent(self, sent: SentNotification, begun: Iterable[int], ended: Iterable[int]) -> None:
        """Record what was told of which incidents."""
        with writing(self._db) as db:
            incidents.note_sent(db, sent, begun, ended)

    def forget_rules(self, rules: Iterable[str]) -> None:
        """Forget what other rules than these have told."""
        with writing(self._db) as db:
            incidents.forget_rules(db, rules)
