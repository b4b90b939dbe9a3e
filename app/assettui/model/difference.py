"""How two tables differ: in their columns, and row by row, told apart by a key."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

KeySource: TypeAlias = Literal["given", "declared", "guessed", "none"]
RowKind: TypeAlias = Literal["changed", "removed", "added"]


class RetypedColumn(Struct, frozen=True):
    """A column that both have, of another type each."""

    name: str
    before: str
    after: str


class ChangedColumn(Struct, frozen=True):
    """A column in which rows that both have differ."""

    name: str
    changed: int
    """In so many of them."""


class DifferentRow(Struct, frozen=True):
    """One row that only one of them has, or that both have and differ in; texts, None where there is no value."""

    kind: RowKind
    key: tuple[str | None, ...]
    """In the order of the key's columns."""
    before: tuple[str | None, ...] = ()
    """In the order of the columns that are compared; empty of one that was added."""
    after: tuple[str | None, ...] = ()
    """Empty of one that was removed."""


class Difference(Struct, frozen=True):
    """From one table to another."""

    before_rows: int
    after_rows: int
    key: tuple[str, ...] = ()
    key_source: KeySource = "none"
    """`none` where no columns tell rows apart: rows are compared as a whole, and none of them has changed."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: tuple[str, ...] = ()
    """Those that are compared: both have them, and they are not of the key."""
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()
    retyped_columns: tuple[RetypedColumn, ...] = ()
    changed_columns: tuple[ChangedColumn, ...] = ()
    """The one with the most changes first."""
    rows: tuple[DifferentRow, ...] = ()
    """Some of them, of each kind."""
    is_sampled: bool = False
    """Whether there are more of them."""

    @property
    def same(self) -> int:
        """How many rows are the same in both."""
        return self.before_rows - self.removed - self.changed

    @property
    def is_none(self) -> bool:
        """Whether they are the same."""
        return not (
            self.added
            or self.removed
            or self.changed
            or self.added_columns
            or self.removed_columns
            or self.retyped_columns
        )
