"""Conditions on what an asset depends on: true of a partition by the partitions that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.conditions.place import Place


class _OfDeps(AutomationCondition, frozen=True, kw_only=True):
    operand: AutomationCondition
    allowed: str | None = None
    """Only what this selection selects counts."""
    ignored: str | None = None
    """What this selection selects does not count."""

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return (self.operand,)

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        return replace(self, operand=children[0])

    def narrowed(self, text: str, *, is_allowed: bool) -> AutomationCondition:
        """The same, of fewer of the assets that it is about."""
        if is_allowed:
            return replace(self, allowed=text if self.allowed is None else f"({self.allowed}) and ({text})")
        return replace(self, ignored=text if self.ignored is None else f"({self.ignored}) or ({text})")

    def _named(self, name: str) -> str:
        said = [f"allow={self.allowed}"] if self.allowed is not None else []
        said += [f"ignore={self.ignored}"] if self.ignored is not None else []
        return f"{name}({', '.join(said)})" if said else name

    def _about(self, place: Place) -> Sequence[AssetKey]:
        keys = place.tick.dependencies(place.entity)
        if self.allowed is None and self.ignored is None:
            return keys
        from assettui.core.conditions.selected import selected  # deferred: few need it

        allowed = selected(self.allowed, place.tick.graph) if self.allowed is not None else None
        ignored = selected(self.ignored, place.tick.graph) if self.ignored is not None else frozenset[AssetKey]()
        return [key for key in keys if (allowed is None or key in allowed) and key not in ignored]

    def _below(self, place: Place, key: AssetKey) -> int:
        """The partitions that need one of those of an asset of which the operand is true."""
        inner = place.at(key)
        found = inner.evaluated(self.operand)
        if place.trace is not None and inner.trace is not None:
            place.trace.extend(inner.trace)
        return place.tick.below(key, place.entity, found) if found else 0


@registered
class AnyDeps(_OfDeps, frozen=True, kw_only=True):
    """Of at least one partition that it needs, of anything that it depends on."""

    @property
    def name(self) -> str:
        return self._named("any_deps_match")

    def true_at(self, place: Place) -> int:
        found, every = 0, place.all
        is_needed = place.trace is not None or id(self) in place.numbers
        for key in self._about(place):
            if found != every or is_needed:
                found |= self._below(place, key)
        return found & every


@registered
class AllDeps(_OfDeps, frozen=True, kw_only=True):
    """Of at least one partition that it needs, of everything that it depends on."""

    @property
    def name(self) -> str:
        return self._named("all_deps_match")

    def true_at(self, place: Place) -> int:
        found = place.all
        is_needed = place.trace is not None or id(self) in place.numbers
        for key in self._about(place):
            if found or is_needed:
                found &= self._below(place, key)
        return found
