"""`&`, `|` and `~`: intersection, union and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.condition import AutomationCondition, BadCondition
from assettui.core.conditions.registry import registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.conditions.place import Place


class _Joined(AutomationCondition, frozen=True, kw_only=True):
    operands: tuple[AutomationCondition, ...]

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return self.operands

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        return type(self)(operands=tuple(children), label=self.label)

    def without(self, condition: AutomationCondition) -> AutomationCondition:
        """See `AutomationCondition`."""
        left = tuple(each for each in self.operands if each != condition)
        if len(left) == len(self.operands):
            raise BadCondition(
                f"{condition.shown} is not one of the conditions of {self.shown}",
                hint=f"they are: {', '.join(each.shown for each in self.operands)}",
            )
        if not left:
            raise BadCondition(f"nothing would be left of {self.shown}")
        return left[0] if len(left) == 1 else type(self)(operands=left, label=self.label)


@registered
class And(_Joined, frozen=True, kw_only=True):
    """What all of them are true of.

    What remembers something is always evaluated, so that it remembers; the rest only as long as anything is left.
    """

    @property
    def name(self) -> str:
        return "and"

    def true_at(self, place: Place) -> int:
        found = place.all
        for each in self.operands:
            if found or place.trace is not None or id(each) in place.numbers:
                found &= place.evaluated(each)
        return found


@registered
class Or(_Joined, frozen=True, kw_only=True):
    """What any of them is true of."""

    @property
    def name(self) -> str:
        return "or"

    def true_at(self, place: Place) -> int:
        found, every = 0, place.all
        for each in self.operands:
            if found != every or place.trace is not None or id(each) in place.numbers:
                found |= place.evaluated(each)
        return found


@registered
class Not(AutomationCondition, frozen=True, kw_only=True):
    """What it is not true of."""

    operand: AutomationCondition

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return (self.operand,)

    @property
    def name(self) -> str:
        return "not"

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        return Not(operand=children[0], label=self.label)

    def true_at(self, place: Place) -> int:
        return place.all & ~place.evaluated(self.operand)
