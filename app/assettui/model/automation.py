"""Why automation has requested something, or not: the results of a condition as a tree of plain values."""

from __future__ import annotations

from msgspec import Struct


class TreeNode(Struct, frozen=True, omit_defaults=True):
    """What one condition came to, and what it is made of."""

    name: str
    entity: str
    """The asset or check that it was evaluated for."""
    true: int
    """Of how many partitions it was true,"""
    total: int
    """of how many."""
    first: tuple[str, ...] = ()
    """The first of those of which it was true, by key."""
    label: str | None = None
    inner: tuple[TreeNode, ...] = ()
    since_us: int | None = None
    """Of something in progress: since when."""


class KeptEvaluation(Struct, frozen=True):
    """One evaluation of the condition of an asset or check."""

    id: int
    entity: str
    time_us: int
    requested: int
    """How many partitions were requested."""
    tree: TreeNode
    run_id: str | None = None
    """The run that was asked for; of several the first."""
    note: str | None = None
    """Why what was to be requested was not."""
