"""The assets that a selection within a condition names; found once for each graph."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from assettui.core.selection.expression import SelectionContext
from assettui.core.selection.syntax import parse

if TYPE_CHECKING:
    from assettui.core.graph import AssetGraph
    from assettui.model.keys import AssetKey


@lru_cache(maxsize=4096)
def selected(text: str, graph: AssetGraph) -> frozenset[AssetKey]:
    """The assets that a selection names, external ones too.

    Raises:
        SelectionError: It cannot be understood, or names what is not there.
    """
    return parse(text).resolve(SelectionContext(graph))
