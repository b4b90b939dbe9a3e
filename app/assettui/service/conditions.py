"""The automation conditions of a project, each with what it came to when something last changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.conditions.place import asset_of
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind
from assettui.store import automation as store
from assettui.store.automation_world import conditions_of

if TYPE_CHECKING:
    from assettui.model.automation import KeptEvaluation
    from assettui.service.session import Session


class ConditionRow(Struct, frozen=True):
    """The condition of one asset or check."""

    entity: str
    """The asset, or the check, written `ASSET:CHECK`."""
    condition: str
    """As it is shown in a word."""
    last: KeptEvaluation | None = None
    """What it came to when something last changed; None where nothing has."""


def condition_rows(session: Session, sensor: str | None = None) -> list[ConditionRow]:
    """The conditions that an automation evaluates, or all, in the order of the definition."""
    with session.reading() as connection:
        state = session.state(connection)
        automations = [each for each in state.snapshot.instigators if each.kind is InstigatorKind.AUTOMATION]
        of = {key: each.name for each in automations for key in each.assets}
        last = store.last_evaluations(connection)
        return [
            ConditionRow(str(entity), condition.shown, last.get(str(entity)))
            for entity, condition in conditions_of(state.graph).items()
            if sensor in (None, of.get(asset_of(entity), DEFAULT_AUTOMATION))
        ]
