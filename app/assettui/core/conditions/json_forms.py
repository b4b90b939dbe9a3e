"""Conditions from JSON, as snapshots have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.conditions.registry import class_of

if TYPE_CHECKING:
    from assettui.core.conditions.condition import AutomationCondition
    from assettui.model.metadata import JsonObject

_shared: dict[str, AutomationCondition] = {}
_MAX_SHARED = 10_000


def condition_from_json(data: JsonObject) -> AutomationCondition:
    """The condition that `to_json` wrote. The same JSON gives the same object: of 10,000 eager assets one condition is kept."""
    text = repr(data)
    found = _shared.get(text)
    if found is None:
        if len(_shared) >= _MAX_SHARED:
            _shared.clear()
        found = _shared[text] = _read(data)
    return found


def _read(data: JsonObject) -> AutomationCondition:
    kind = class_of(data["is"])
    return kind(**{name: _value(value) for name, value in data.items() if name != "is"})


def _value(value: Any) -> Any:
    match value:
        case dict():
            return _read(value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        case list():
            return tuple(_value(each) for each in value)  # pyright: ignore[reportUnknownVariableType] - JSON
        case _:
            return value
