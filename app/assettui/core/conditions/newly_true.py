"""`a.newly_true()`: true in the tick in which it becomes true."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.conditions.place import Place


@registered
class NewlyTrue(AutomationCondition, frozen=True, kw_only=True):
    """What is true of it now, and was not at the last tick."""

    operand: AutomationCondition
    remembers: ClassVar[bool] = True

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return (self.operand,)

    @property
    def name(self) -> str:
        return "newly_true"

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        return NewlyTrue(operand=children[0], label=self.label)

    def true_at(self, place: Place) -> int:
        slot = place.slot(self)
        found = place.evaluated(self.operand)
        if found:
            place.after[slot] = found
        return found & ~place.remembered(slot)
