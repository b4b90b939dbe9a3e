"""Conditions on the runs that have updated something: what else they made, and which tags they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.conditions.condition import AutomationCondition, BadCondition
from assettui.core.conditions.facts import LastRun, has_tags
from assettui.core.conditions.registry import registered

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.core.conditions.place import Place


@registered
class ExecutedWithRootTarget(AutomationCondition, frozen=True, kw_only=True):
    """What was last updated by a run that was to make the asset whose condition this is, too."""

    @property
    def name(self) -> str:
        return "executed_with_root_target"

    def true_at(self, place: Place) -> int:
        root = place.root
        return _of_last_runs(place, lambda run: root in run.assets)


class _Tagged(AutomationCondition, frozen=True, kw_only=True):
    keys: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    def _named(self, name: str) -> str:
        said = [*self.keys, *(f"{key}={value}" for key, value in self.values)]
        return f"{name}({', '.join(said)})"


@registered
class ExecutedWithTags(_Tagged, frozen=True, kw_only=True):
    """What was last updated by a run with all these tags."""

    @staticmethod
    def of(tag_keys: Any, tag_values: Any) -> ExecutedWithTags:
        keys, values = _tags(tag_keys, tag_values)
        return ExecutedWithTags(keys=keys, values=values)

    @property
    def name(self) -> str:
        return self._named("executed_with_tags")

    def true_at(self, place: Place) -> int:
        return _of_last_runs(place, lambda run: has_tags(run, self.keys, self.values))


@registered
class NewUpdatesHaveTags(_Tagged, frozen=True, kw_only=True):
    """What was updated since the last tick by a run with all these tags; or only by such."""

    is_all: bool = False

    @staticmethod
    def of(tag_keys: Any, tag_values: Any, *, is_all: bool) -> NewUpdatesHaveTags:
        keys, values = _tags(tag_keys, tag_values)
        return NewUpdatesHaveTags(keys=keys, values=values, is_all=is_all)

    @property
    def name(self) -> str:
        return self._named("all_new_updates_have_run_tags" if self.is_all else "any_new_update_has_run_tags")

    def true_at(self, place: Place) -> int:
        having = lacking = 0
        for bits, run in place.facts.updates:
            if has_tags(run, self.keys, self.values):
                having |= bits
            else:
                lacking |= bits
        return (having & ~lacking if self.is_all else having) & place.all


def _of_last_runs(place: Place, is_so: Callable[[LastRun], bool]) -> int:
    found = 0
    for index, run in place.facts.last_runs.items():
        if is_so(run):
            found |= 1 << index
    return found & place.all


def _tags(tag_keys: Any, tag_values: Any) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    if not tag_keys and not tag_values:
        raise BadCondition("a condition on the tags of runs names no tag", hint="give it tag_keys or tag_values")
    if isinstance(tag_keys, str):
        raise BadCondition(f"tag_keys is {tag_keys!r}, a str", hint="give it a set of names")
    values = tuple(sorted((str(key), str(value)) for key, value in dict(tag_values or {}).items()))
    return tuple(sorted(map(str, tag_keys or ()))), values
