"""Where each slice of an asset stands: never made, materialized, failed, stale, running, queued; as sets of slices."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from assettui.core.partitions.sets import EMPTY, PartitionSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.keys import AssetKey
    from assettui.core.slices import Slices

MAX_ROUNDS = 1_000
"""How often what a stale slice makes stale of its own asset is followed, where no shortcut is known."""


class SliceStatus(StrEnum):
    """The one word for a slice; where several hold, the first of running, queued, failed, stale, materialized, never."""

    RUNNING = "running"
    QUEUED = "queued"
    FAILED = "failed"
    STALE = "stale"
    MATERIALIZED = "materialized"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RecordedSlices:
    """What the store has recorded of the slices of an asset."""

    materialized: PartitionSet = EMPTY
    """Those that were ever materialized."""
    failed: PartitionSet = EMPTY
    """Those whose last attempt has failed."""
    outdated: PartitionSet = EMPTY
    """Those that need a slice whose data has changed since they were made."""
    by_code: Mapping[str | None, PartitionSet] = field(default_factory=dict["str | None", PartitionSet])
    """Those that were made with each code version."""


@dataclass(frozen=True, slots=True)
class SliceStatuses:
    """The slices of an asset by status; each slice that there is may be in several of these sets."""

    all: PartitionSet = EMPTY
    materialized: PartitionSet = EMPTY
    failed: PartitionSet = EMPTY
    stale: PartitionSet = EMPTY
    running: PartitionSet = EMPTY
    queued: PartitionSet = EMPTY

    @property
    def missing(self) -> PartitionSet:
        """Those that were never materialized."""
        return self.all - self.materialized

    def at(self, index: int) -> SliceStatus:
        """The one word for a slice."""
        if index in self.running:
            return SliceStatus.RUNNING
        if index in self.queued:
            return SliceStatus.QUEUED
        if index in self.failed:
            return SliceStatus.FAILED
        if index in self.stale:
            return SliceStatus.STALE
        return SliceStatus.MATERIALIZED if index in self.materialized else SliceStatus.NEVER

    def of(self, status: SliceStatus) -> PartitionSet:
        """The slices whose one word is this."""
        found = {
            SliceStatus.RUNNING: self.running,
            SliceStatus.QUEUED: self.queued,
            SliceStatus.FAILED: self.failed,
            SliceStatus.STALE: self.stale,
            SliceStatus.MATERIALIZED: self.materialized,
            SliceStatus.NEVER: self.all,
        }
        taken = EMPTY
        for each, partitions in found.items():
            if each is status:
                return partitions - taken
            taken = taken | partitions
        return EMPTY

    def counts(self) -> dict[SliceStatus, int]:
        """How many slices have each word for their status."""
        return {status: len(self.of(status)) for status in SliceStatus}


@dataclass(frozen=True, slots=True)
class KnownSlices:
    """All that is known of the slices of a project's assets."""

    slices: Slices
    recorded: Mapping[AssetKey, RecordedSlices]
    running: Mapping[AssetKey, PartitionSet] = field(default_factory=dict["AssetKey", PartitionSet])
    """The slices that are being made."""
    queued: Mapping[AssetKey, PartitionSet] = field(default_factory=dict["AssetKey", PartitionSet])
    """The slices that are about to be."""

    def statuses(self, key: AssetKey, stale: Mapping[AssetKey, PartitionSet]) -> SliceStatuses:
        """The statuses of the slices of an asset.

        Args:
            key: The asset.
            stale: The slices that are stale of each asset that it depends on, directly.
        """
        space, recorded = self.slices.space(key), self.recorded.get(key, _NOTHING)
        running = self.running.get(key, EMPTY)
        return SliceStatuses(
            all=space.all,
            materialized=recorded.materialized & space.all,
            failed=recorded.failed & space.all,
            stale=EMPTY if self.slices.graph.assets[key].is_external else _stale(self.slices, key, recorded, stale),
            running=running,
            queued=self.queued.get(key, EMPTY) - running,
        )

    def is_outdated(self, key: AssetKey) -> bool:
        """Whether an asset without partitions needs slices whose data has changed since it was made."""
        return bool(self.recorded.get(key, _NOTHING).outdated)


_NOTHING = RecordedSlices()


def _stale(
    slices: Slices, key: AssetKey, known: RecordedSlices, stale: Mapping[AssetKey, PartitionSet]
) -> PartitionSet:
    materialized = known.materialized & slices.space(key).all
    if not materialized:
        return EMPTY
    found = known.outdated & materialized
    code_version = slices.graph.assets[key].code_version
    for version, made in known.by_code.items():
        if version != code_version:
            found = found | (made & materialized)
    for above in slices.graph.upstream[key]:
        if stale.get(above):
            found = found | (slices.below(above, key, stale[above]) & materialized)
    return spread(slices, key, found, materialized) if found and slices.needs_itself(key) else found


def spread(slices: Slices, key: AssetKey, start: PartitionSet, among: PartitionSet) -> PartitionSet:
    """Some slices of an asset, and those of the same asset that need them, directly or not.

    Args:
        slices: The project's partitions.
        key: The asset.
        start: The slices to begin with, among those that are asked about.
        among: The slices that are asked about.
    """
    mapping = slices.mapping(key, key)
    if mapping.offsets == (-1, -1):
        # Adding the first of a run of ones carries through the whole run.
        carried = (among.bits ^ (among.bits + start.bits)) & among.bits
        return PartitionSet(carried | start.bits)
    found = start
    for _ in range(MAX_ROUNDS):
        more = (slices.below(key, key, found) & among) - found
        if not more:
            break
        found = found | more
    return found
