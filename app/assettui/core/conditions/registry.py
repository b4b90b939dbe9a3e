"""The classes of conditions by name: the algebra names operators that are made of conditions themselves."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T", bound=type)

_MODULES = {
    "And": "boolean",
    "Or": "boolean",
    "Not": "boolean",
    "Since": "since",
    "NewlyTrue": "newly_true",
    "AnyDeps": "deps",
    "AllDeps": "deps",
    "AnyDownstream": "downstream",
    "AssetMatches": "asset_matches",
    "AnyChecks": "checks",
    "AllChecks": "checks",
    "InLatestTimeWindow": "latest_window",
    "CronTickPassed": "cron_tick",
    "ExecutedWithRootTarget": "executed",
    "ExecutedWithTags": "executed",
    "NewUpdatesHaveTags": "executed",
    "RequiredForFreshness": "required_for_freshness",
    "Operand": "operands",
    "UserCondition": "user_condition",
}
_classes: dict[str, Any] = {}


def registered(kind: T) -> T:
    """Note a class by its name."""
    _classes[kind.__name__] = kind
    return kind


def class_of(name: str) -> Any:
    """The class of that name.

    Raises:
        KeyError: There is none.
    """
    if name not in _classes:
        import_module(f"assettui.core.conditions.{_MODULES[name]}")
    return _classes[name]
