"""`any_downstream_conditions()`: what depends on an asset decides when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.operands import hash_of
from assettui.core.conditions.registry import registered
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from assettui.core.conditions.place import Place, Tick


@registered
class AnyDownstream(AutomationCondition, frozen=True, kw_only=True):
    """That of which any condition of what depends on it would be true, were it its own.

    What depends on it and has this very condition stands for what depends on that.
    """

    @property
    def name(self) -> str:
        return "any_downstream_conditions"

    def true_at(self, place: Place) -> int:
        key = place.entity
        found = 0
        for condition in _conditions_below(place.tick, key) if isinstance(key, AssetKey) else ():
            # Each remembers by itself what it would as a condition of this asset.
            inner = place.beside(hash_of(condition.fingerprint), numbered(condition))
            found |= inner.evaluated(condition)
            if place.trace is not None and inner.trace is not None:
                place.trace.extend(inner.trace)
        return found & place.all


def _conditions_below(tick: Tick, key: AssetKey) -> list[AutomationCondition]:
    found: dict[str, AutomationCondition] = {}
    seen, frontier = {key}, [key]
    while frontier:
        for below in tick.graph.downstream[frontier.pop()]:
            condition = tick.conditions.get(below)
            if condition is None or below in seen:
                continue
            seen.add(below)
            if any(isinstance(each, AnyDownstream) for each in condition.walk()):
                frontier.append(below)
            else:
                found.setdefault(condition.fingerprint, condition)
    return list(found.values())


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
