"""A condition of the user's own, as all but its worker know it: by its name, and by what it came to there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered

if TYPE_CHECKING:
    from assettui.core.conditions.place import Place


@registered
class UserCondition(AutomationCondition, frozen=True, kw_only=True):
    """True of what its worker has said."""

    class_name: str
    number: int = 0
    """Which operator of the asset's condition it is."""

    @property
    def name(self) -> str:
        return self.class_name

    def true_at(self, place: Place) -> int:
        return place.tick.user.get((place.entity, self.number), 0) & place.all
