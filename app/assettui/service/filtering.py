"""The filter of the catalog: a selection that is still being typed, narrowing the list with every letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.selection.expression import SelectionContext
from assettui.core.selection.syntax import parse

if TYPE_CHECKING:
    from assettui.service.catalog import AssetRow, Catalog


def matching(catalog: Catalog, text: str) -> list[AssetRow]:
    """The rows that a selection names, in the order of the definition; all of them where nothing is typed.

    As it is being typed, a word matches anywhere in a key, a value anywhere in a group, an owner and so on, without
    regard to case; nothing need match.

    Raises:
        SelectionError: It cannot be understood as it is.
    """
    if not text.strip():
        return list(catalog.rows)
    found = parse(text, is_partial=True).resolve(SelectionContext(catalog.graph, catalog.statuses(), is_partial=True))
    return [row for row in catalog.rows if row.key in found]
