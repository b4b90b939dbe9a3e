"""Drift: what looks wrong about data that was made, beside what was made before it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class DriftKind(StrEnum):
    """What is unusual."""

    ROWS = "rows"
    """There are fewer than usual."""
    COLUMN_GONE = "column gone"
    COLUMN_RETYPED = "column retyped"
    NULLS = "nulls"
    """A column is emptier than usual."""
    RANGE = "range"
    """The values of a column reach further than ever before."""
    NOTHING_NEW = "nothing new"
    """The asset was not made for longer than it ever took before."""


class Drift(Struct, frozen=True, omit_defaults=True):
    """One unusual thing."""

    kind: DriftKind
    what: str
    """In one line, with the numbers."""
    column: str | None = None
    found: float | None = None
    """The number that was found, where it is about one."""
    usual: float | None = None
    """What it usually is: the median of what it was compared with; of a range the end that was passed."""


class PartDrift(Struct, frozen=True):
    """What is unusual about an asset, or about a partition of it, now."""

    partition: str | None
    since_us: int
    """When it was made so; microseconds since the epoch, UTC."""
    drifts: tuple[Drift, ...]
