"""The conditions that look up one fact of an asset or check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.model.freshness import FreshnessStatus
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.core.conditions.place import Place


def _newly_requested(place: Place) -> int:
    return place.tick.requested_before.get(place.entity, 0) & place.all


def _newly_updated(place: Place) -> int:
    found = place.facts.updated
    if place.entity != place.root:
        found &= ~place.facts.same
    missed = place.tick.missed
    if missed:
        found |= missed.get((place.root, place.entity), 0)
    return found & place.facts.all


def _will_be_requested(place: Place) -> int:
    found = place.tick.requested.get(place.entity, 0)
    if not found or place.entity == place.root:
        return found
    return found if place.tick.can_share_a_run(place.root, place.entity) else 0


def _newer_than_root(place: Place) -> int:
    """What was updated after the root was last made, where neither has partitions."""
    times, root = place.tick.data_times, place.root
    if times is None or not isinstance(place.entity, AssetKey) or not isinstance(root, AssetKey):
        return 0
    updated_us, made_us = times.updated(place.entity), times.updated(root)
    return place.all if updated_us is not None and (made_us is None or updated_us > made_us) else 0


def _code_version_changed(place: Place) -> int:
    """Compared with what the root's condition has remembered of the last tick."""
    slot = ("code", *place.way)
    version = place.facts.code_version
    known = hash_of(version)
    place.after[slot] = known
    before = place.before.get(slot)
    return place.all if before is not None and before != known else 0


def hash_of(text: str | None) -> int:
    """A number that stands for a text: what is remembered are numbers."""
    import hashlib  # deferred: few conditions look at code versions

    return int.from_bytes(hashlib.blake2b(repr(text).encode(), digest_size=6).digest(), "little")


def _freshness(status: FreshnessStatus) -> Callable[[Place], int]:
    return lambda place: place.all if place.facts.freshness is status else 0


_FACTS: dict[str, Callable[[Place], int]] = {
    "missing": lambda place: place.facts.all & ~place.facts.made,
    "run_in_progress": lambda place: place.facts.running & place.facts.all,
    "backfill_in_progress": lambda place: place.facts.backfilled & place.facts.all,
    "execution_failed": lambda place: place.facts.failed & place.facts.all,
    "newly_updated": _newly_updated,
    "newly_made": lambda place: place.facts.updated & place.facts.all,
    "data_version_changed": lambda place: place.facts.data_changed & place.facts.all,
    "newly_requested": _newly_requested,
    "will_be_requested": _will_be_requested,
    "outdated": lambda place: (
        place.all if isinstance(place.entity, AssetKey) and place.tick.is_outdated(place.entity) else 0
    ),
    "newer_than_root": _newer_than_root,
    "root_newly_updated": lambda place: place.all if place.tick.facts[place.root].updated else 0,
    "initial_evaluation": lambda place: place.all if place.is_first else 0,
    "code_version_changed": _code_version_changed,
    "freshness_passed": _freshness(FreshnessStatus.PASS),
    "freshness_warned": _freshness(FreshnessStatus.WARN),
    "freshness_failed": _freshness(FreshnessStatus.FAIL),
    "check_passed": lambda place: place.facts.outcome_passed & place.facts.all,
    "check_failed": lambda place: place.facts.outcome_failed & place.facts.all,
}


@registered
class Operand(AutomationCondition, frozen=True, kw_only=True):
    """One fact; see the method of `AutomationCondition` that is called so."""

    is_so: str

    @property
    def name(self) -> str:
        return self.is_so

    @property
    def remembers(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride] - one operand does
        return self.is_so == "code_version_changed"

    def true_at(self, place: Place) -> int:
        return _FACTS[self.is_so](place)
