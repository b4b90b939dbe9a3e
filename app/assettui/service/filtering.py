"""The filter of the catalog: what is typed, narrowing the list with every letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.service.catalog import AssetRow


def matching(rows: Iterable[AssetRow], text: str) -> list[AssetRow]:
    """The rows that every word of the text matches.

    A word matches where it occurs in the key, group, kinds, owners, tags or status; `group:`, `kind:`, `owner:`,
    `tag:`, `status:` and `key:` before it say where it must occur. Upper and lower case are the same.
    """
    words = text.lower().split()
    return [row for row in rows if all(_matches(row, word) for word in words)]


def _matches(row: AssetRow, word: str) -> bool:
    asset = row.asset
    name, separator, wanted = word.partition(":")
    if separator:
        match name:
            case "key":
                return wanted in str(asset.key).lower()
            case "group":
                return wanted in asset.group.lower()
            case "kind":
                return any(wanted in kind.lower() for kind in asset.kinds)
            case "owner":
                return any(wanted in owner.lower() for owner in asset.owners)
            case "tag":
                return any(wanted in f"{tag}={value}".lower() for tag, value in asset.tags.items())
            case "status":
                return row.status.value.startswith(wanted) and not (asset.is_external and wanted)
            case _:
                pass
    haystack = (str(asset.key), asset.group, *asset.kinds, *asset.owners, row.status.value)
    return any(word in each.lower() for each in haystack)
