"""What schedules and sensors are for: jobs, or a selection of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from assettui.core.selection.algebra import AssetSelection
from assettui.definitions.job import JobDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Target(Struct, frozen=True):
    """What runs may be asked for of."""

    job_names: tuple[str, ...] = ()
    jobs: tuple[JobDefinition, ...] = ()
    """Those that were given themselves, rather than by name: the project need not list them again."""
    selection: AssetSelection | None = None


def target_of(given: Any, *, names: Iterable[str | None] = ()) -> Target:
    """What is meant by jobs, and by everything that can be a selection of assets.

    Args:
        given: Jobs, names of assets, selections, asset functions, or lists of these; None for nothing.
        names: Of jobs.
    """
    jobs: dict[str, JobDefinition] = {}
    selection: AssetSelection | None = None
    for each in _flat(given):
        if isinstance(each, JobDefinition):
            jobs[each.name] = each
        else:
            found = AssetSelection.from_coercible(each)
            selection = found if selection is None else selection | found
    found_names = dict.fromkeys([*jobs, *(name for name in names if name is not None)])
    return Target(tuple(found_names), tuple(jobs.values()), selection)


def _flat(given: Any) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, list | tuple):
        return [inner for each in cast("Sequence[Any]", given) for inner in _flat(each)]
    return [given]
