"""Conditions on the checks of an asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.conditions.place import Place
    from assettui.model.check import CheckSnapshot


class _OfChecks(AutomationCondition, frozen=True, kw_only=True):
    operand: AutomationCondition
    blocking_only: bool = False

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return (self.operand,)

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        return replace(self, operand=children[0])

    def _checks(self, place: Place) -> Sequence[CheckSnapshot]:
        entity = place.entity
        key = entity if isinstance(entity, AssetKey) else entity.asset_key
        found = place.tick.graph.checks_of.get(key, ())
        return [check for check in found if check.is_blocking or not self.blocking_only]

    def _true_of(self, place: Place, check: CheckSnapshot) -> int:
        inner = place.at(check.key)
        found = inner.evaluated(self.operand)
        if place.trace is not None and inner.trace is not None:
            place.trace.extend(inner.trace)
        return found

    def _named(self, name: str) -> str:
        return f"{name}(blocking_only=True)" if self.blocking_only else name


@registered
class AnyChecks(_OfChecks, frozen=True, kw_only=True):
    """Of at least one of its checks."""

    @property
    def name(self) -> str:
        return self._named("any_checks_match")

    def true_at(self, place: Place) -> int:
        found = 0
        for check in self._checks(place):
            found |= self._true_of(place, check)
        return found & place.all


@registered
class AllChecks(_OfChecks, frozen=True, kw_only=True):
    """Of all of its checks."""

    @property
    def name(self) -> str:
        return self._named("all_checks_match")

    def true_at(self, place: Place) -> int:
        found = place.all
        for check in self._checks(place):
            found &= self._true_of(place, check)
        return found
