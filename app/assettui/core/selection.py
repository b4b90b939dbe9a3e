"""Selections of assets, as they are written on a command line."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from assettui.core.errors import SelectionError
from assettui.core.keys import AssetKey, closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.core.graph import AssetGraph

SYNTAX = (
    "a key (raw/flights), a pattern (raw/*), group:NAME or '*', with + in front for upstream, behind for downstream"
)


def select(graph: AssetGraph, terms: Iterable[str]) -> list[AssetKey]:
    """The assets that any of the terms selects, upstream before downstream, external ones included.

    Args:
        graph: What there is to select from.
        terms: Each a key, a pattern with `*` and `?`, or `group:NAME`; `+term` adds all that lies upstream, `term+`
            all that lies downstream.

    Raises:
        SelectionError: There is no term, or one of them selects nothing; the closest name is offered.
    """
    found: set[AssetKey] = set()
    is_empty = True
    for term in terms:
        is_empty = False
        found |= _select_term(graph, term)
    if is_empty:
        raise SelectionError("no assets were named", hint=f"name {SYNTAX}")
    return graph.sort(found)


def _select_term(graph: AssetGraph, term: str) -> set[AssetKey]:
    name = term.strip()
    with_upstream, with_downstream = name.startswith("+"), len(name) > 1 and name.endswith("+")
    name = name.removeprefix("+").removesuffix("+")
    keys = _named(graph, name)
    found = set(keys)
    if with_upstream:
        found |= graph.all_upstream(keys)
    if with_downstream:
        found |= graph.all_downstream(keys)
    return found


def _named(graph: AssetGraph, name: str) -> list[AssetKey]:
    if not name:
        raise SelectionError("an empty selection", hint=f"name {SYNTAX}")
    if name.startswith("group:"):
        group = name.removeprefix("group:")
        groups = {asset.group for asset in graph.assets.values()}
        if group not in groups:
            raise SelectionError(f"no group is called {group!r}", hint=_did_you_mean(group, groups, "groups"))
        return [key for key, asset in graph.assets.items() if asset.group == group]
    if "*" in name or "?" in name:
        keys = [key for key in graph.assets if fnmatchcase(str(key), name)]
        if not keys:
            raise SelectionError(f"no asset key matches {name!r}", hint="see `assettui asset ls`")
        return keys
    key = AssetKey(name)
    if key not in graph.assets:
        raise SelectionError(
            f"no asset is called {name!r}", hint=_did_you_mean(name, (str(known) for known in graph.assets), "assets")
        )
    return [key]


def _did_you_mean(name: str, known: Iterable[str], noun: str) -> str:
    names = sorted(known)
    near = closest(name, names)
    if near:
        return f"did you mean {near!r}?"
    if not names:
        return f"the project defines no {noun}"
    listing = ", ".join(names[:8])
    return f"{noun}: {listing}{', …' if len(names) > 8 else ''}"
