"""`asset_matches(key, condition)`: a condition on another asset, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.conditions.place import Place
    from assettui.model.keys import CoercibleToAssetKey


@registered
class AssetMatches(AutomationCondition, frozen=True, kw_only=True):
    """Of partitions of the same key where both have the same partitions; else of all, where it is true of any."""

    key: str
    operand: AutomationCondition

    @staticmethod
    def of(key: CoercibleToAssetKey, operand: AutomationCondition) -> AssetMatches:
        return AssetMatches(key=str(AssetKey.from_coercible(key)), operand=operand)

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return (self.operand,)

    @property
    def name(self) -> str:
        return f"asset_matches({self.key})"

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        return replace(self, operand=children[0])

    def true_at(self, place: Place) -> int:
        key = AssetKey(self.key)
        if key not in place.tick.graph.assets:
            return 0
        inner = place.at(key)
        found = inner.evaluated(self.operand)
        if place.trace is not None and inner.trace is not None:
            place.trace.extend(inner.trace)
        if not found:
            return 0
        is_alike = place.tick.space(key).identity == place.tick.space(place.entity).identity
        return found & place.all if is_alike else place.all
