"""Removing the files of values that are no longer kept; one that is being read waits, and so does what a dead leader has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.store import superseded
from assettui.store.database import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.model.asset import ValueRef
    from assettui.values.files import FileValues


class ValueRemoval:
    """See above.

    Args:
        db: The store, open for writing.
        values: The files.
    """

    def __init__(self, db: sqlite3.Connection, values: FileValues) -> None:
        self._db = db
        self._values = values
        self._removed: list[ValueRef] = []
        """Values whose files are gone, which the store does not know yet."""

    def remove(self, refs: Iterable[ValueRef]) -> None:
        """Remove those that nobody reads."""
        self._removed += [ref for ref in refs if self._values.remove(ref)]

    def forget_removed(self) -> None:
        """Note which files are gone, inside the transaction that is open."""
        if self._removed:
            superseded.forget(self._db, self._removed)
            self._removed.clear()

    def remove_left(self) -> None:
        """Remove what was being read when it was no longer kept, or was left by a leader that died."""
        self.remove(superseded.superseded(self._db))
        if self._removed:
            with writing(self._db):
                self.forget_removed()
