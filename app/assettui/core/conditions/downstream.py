"""`any_downstream_conditions()`: what depends on an asset decides when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.core.partitions.sets import PartitionSet
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from assettui.core.conditions.place import Place

_MAX_DEPTH = 50


@registered
class AnyDownstream(AutomationCondition, frozen=True, kw_only=True):
    """What is needed, directly, by a partition of which the condition of its own asset is true."""

    @property
    def name(self) -> str:
        return "any_downstream_conditions"

    def true_at(self, place: Place) -> int:
        tick, key = place.tick, place.entity
        found = 0
        if len(place.way) > _MAX_DEPTH or not isinstance(key, AssetKey):
            return 0
        for below in tick.graph.downstream[key]:
            condition = tick.conditions.get(below)
            if condition is None:
                continue
            # It remembers by itself what the condition downstream would: that of its own is evaluated after it.
            inner = place.at(below, numbered(condition))
            true = inner.evaluated(condition)
            if place.trace is not None and inner.trace is not None:
                place.trace.extend(inner.trace)
            if true:
                found |= tick.partitioned.above(below, key, PartitionSet(true)).partitions.bits
        return found & place.all


def numbered(condition: AutomationCondition) -> dict[int, int]:
    """The operators that remember something, or are made of such, by identity, each with its number."""
    found: dict[int, int] = {}
    _number(condition, found, [0])
    return found


def _number(condition: AutomationCondition, found: dict[int, int], count: list[int]) -> bool:
    number = count[0]
    count[0] += 1
    inner = [_number(each, found, count) for each in condition.children]
    is_remembering = condition.remembers or any(inner) or isinstance(condition, AnyDownstream)
    if is_remembering:
        found[id(condition)] = number
    return is_remembering
