"""The filter of the catalog: a selection that is still being typed, narrowing the list with every letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from assettui.core.selection.expression import SelectionContext
from assettui.core.selection.syntax import parse

if TYPE_CHECKING:
    from assettui.service.catalog import AssetRow, Catalog


FIELDS: Final = ("group", "kind", "owner", "tag", "status")
_WORD: Final = re.compile(r"[^\s()+*]*$")


def completion(catalog: Catalog, text: str) -> str | None:
    """What a filter that is being typed may be meant to become; None where nothing begins so.

    The last word is completed: to a field, to a value of the field before the colon, to a word of the language, or to a key.
    """
    match = _WORD.search(text)
    word = match[0] if match is not None else ""
    if not word:
        return None
    field, colon, value = word.partition(":")
    if colon:
        known = [each for each in _values(catalog, field) if each.startswith(value) and each != value]
        return text + known[0][len(value) :] if known else None
    names = [*(f"{each}:" for each in FIELDS), "and", "or", "not", *(str(row.key) for row in catalog.rows)]
    found = next((each for each in names if each.startswith(word) and each != word), None)
    return text + found[len(word) :] if found is not None else None


def _values(catalog: Catalog, field: str) -> list[str]:
    found: set[str] = set()
    for row in catalog.rows:
        match field:
            case "group":
                found.add(row.asset.group)
            case "kind":
                found.update(row.asset.kinds)
            case "owner":
                found.update(row.asset.owners)
            case "tag":
                found.update(f"{name}={value}" if value else name for name, value in row.asset.tags.items())
            case "status":
                found.add(row.status.value)
            case _:
                return []
    return sorted(found)


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
