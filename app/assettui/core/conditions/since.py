"""`a.since(b)`: true from when one becomes true until another does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.cron_tick import CronTickPassed
from assettui.core.conditions.operands import Operand
from assettui.core.conditions.registry import registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.conditions.place import Place


@registered
class Since(AutomationCondition, frozen=True, kw_only=True):
    """What was true of the first condition at some tick, and of the second at none since, nor at that one."""

    trigger: AutomationCondition
    reset: AutomationCondition
    is_trigger_later: bool = False
    """Whether the first counts as the later where both are true at one tick: so it is with the rules of policies."""
    remembers: ClassVar[bool] = True

    @property
    def children(self) -> Sequence[AutomationCondition]:
        return (self.trigger, self.reset)

    @property
    def name(self) -> str:
        return "since"

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        trigger, reset = children
        return Since(trigger=trigger, reset=reset, is_trigger_later=self.is_trigger_later, label=self.label)

    def true_at(self, place: Place) -> int:
        slot = place.slot(self)
        began, newly = place.remembered(slot), place.evaluated(self.trigger)
        ended = place.evaluated(self.reset)
        is_update = isinstance(self.trigger, Operand) and self.trigger.is_so in ("newly_updated", "newly_made")
        is_later = is_update and place.tick.are_updates_later and isinstance(self.reset, CronTickPassed)
        if is_later or self.is_trigger_later:
            found = (began & ~ended | newly) & place.all
        else:
            found = (began | newly) & ~ended & place.all
        if found:
            place.after[slot] = found
        return found
