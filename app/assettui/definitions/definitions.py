"""The set of definitions that makes a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.spec import AssetSpec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Definitions:
    """All that a project defines. A module holds at most one, at its top level, under any name.

    Args:
        assets: The decorated asset functions, and specs of external assets; lists among them are taken apart.
    """

    def __init__(
        self, assets: Iterable[AssetsDefinition | AssetSpec | Iterable[AssetsDefinition | AssetSpec]] = ()
    ) -> None:
        self.assets: tuple[Any, ...] = tuple(flatten(assets))


def flatten(items: Iterable[Any]) -> Iterable[Any]:
    """The items in order, those of nested lists and tuples in their place, each object once."""
    seen: set[int] = set()
    pending = list(items)[::-1]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple):
            pending.extend(reversed(item))  # pyright: ignore[reportUnknownArgumentType] - of whatever users put there
        elif id(item) not in seen:
            seen.add(id(item))
            yield item


def in_namespace(namespace: dict[str, Any]) -> Definitions | list[Definitions]:
    """What a module defines: its one `Definitions`, all of them where there are several, or else its bare assets.

    Args:
        namespace: The module's globals.
    """
    found = list(flatten(value for value in namespace.values() if isinstance(value, Definitions)))
    if len(found) == 1:
        return found[0]
    if found:
        return found
    kinds = AssetsDefinition | AssetSpec
    named: list[Any] = [value for value in namespace.values() if isinstance(value, kinds | list | tuple)]
    return Definitions([item for item in flatten(named) if isinstance(item, kinds)])
