"""The names by which assets are tables of SQL, and which of them a statement names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.model.keys import AssetKey

NOT_SQL: Final = re.compile(r"'(?:[^']|'')*'?|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
"""Texts and comments, the last of which may not have been ended yet."""
PART: Final = r'(?:"[^"]+"|[^\W\d]\w*)'
_NAME: Final = re.compile(rf"{PART}(?:\s*\.\s*{PART})*")
_PLAIN: Final = re.compile(r"[^\W\d]\w*")


def table_names(keys: Iterable[AssetKey]) -> dict[str, AssetKey]:
    """By which names assets are tables: their keys with dots, and of those whose last part is clear that part alone."""
    found = {".".join(key.parts): key for key in keys}
    last: dict[str, list[AssetKey]] = {}
    for key in found.values():
        last.setdefault(key.parts[-1], []).append(key)
    return {**{name: same[0] for name, same in last.items() if len(same) == 1}, **found}


def named(sql: str, known: Mapping[str, AssetKey]) -> dict[str, AssetKey]:
    """The assets that a statement names, as it names them.

    Args:
        sql: It, as far as it was written.
        known: By the names of `table_names`.
    """
    by_lower = {name.lower(): (name, key) for name, key in known.items()}
    found: dict[str, AssetKey] = {}
    for match in _NAME.finditer(NOT_SQL.sub(" ", sql)):
        parts = [part.strip('"') for part in re.findall(PART, match[0])]
        for count in range(len(parts), 0, -1):  # `marts.routes.delay` names a column of `marts.routes`
            name = ".".join(parts[:count]).replace("/", ".")
            if name in known:
                found[name] = known[name]
                break
            if name.lower() in by_lower:
                exact, key = by_lower[name.lower()]
                found[exact] = key
                break
    return found


def written(name: str) -> str:
    """A name of a table as SQL is written: each part in quotes where it must be."""
    return ".".join(map(quoted, name.split(".")))


def quoted(part: str) -> str:
    """A name of one part, in quotes where it must be."""
    return part if _PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"'
