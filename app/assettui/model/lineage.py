"""What depends on what, as it is drawn and printed: assets, groups of assets that are folded, or columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from assettui.model.keys import AssetKey

NodeKind = Literal["asset", "group", "column"]


class LineageNode(Struct, frozen=True, omit_defaults=True):
    """One node."""

    name: str
    """The key of the asset, the name of the group, or the key with the column behind it: what tells it from others."""
    kind: NodeKind = "asset"
    key: AssetKey | None = None
    """The asset; None of a group."""
    column: str | None = None
    group: str = ""
    kinds: tuple[str, ...] = ()
    status: str = ""
    """Where it stands, in a word; of a group, of the worst of it."""
    built_us: int | None = None
    """When it was built last: microseconds since the epoch, UTC."""
    counts: Mapping[str, int] = {}
    """Of a group, how many of its assets stand how."""
    more_upstream: int = 0
    """How many assets that it depends on directly are not drawn."""
    more_downstream: int = 0
    """How many assets that depend on it directly are not drawn."""


class Lineage(Struct, frozen=True):
    """A graph of them."""

    nodes: tuple[LineageNode, ...]
    edges: tuple[tuple[int, int], ...]
    """By the places of the nodes: what data flows from, and what it flows to."""
