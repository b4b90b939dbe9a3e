"""Where each partition of an asset stands: never made, materialized, failed, stale, running, queued; as sets of partitions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.sets import EMPTY, PartitionSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.keys import AssetKey

MAX_ROUNDS = 1_000
"""How often what a stale partition makes stale of its own asset is followed, where no shortcut is known."""


class PartitionStatus(StrEnum):
    """The one word for a partition; where several hold, the first of running, queued, failed, stale, materialized, never."""

    RUNNING = "running"
    QUEUED = "queued"
    FAILED = "failed"
    STALE = "stale"
    MATERIALIZED = "materialized"
    NEVER = "never"


class RecordedPartitions(Struct, frozen=True):
    """What the store has recorded of the partitions of an asset."""

    materialized: PartitionSet = EMPTY
    """Those that were ever materialized."""
    failed: PartitionSet = EMPTY
    """Those whose last attempt has failed."""
    outdated: PartitionSet = EMPTY
    """Those that need a partition whose data has changed since they were made."""
    by_code: Mapping[str | None, PartitionSet] = {}
    """Those that were made with each code version."""


class PartitionStatuses(Struct, frozen=True):
    """The partitions of an asset by status; each partition that there is may be in several of these sets."""

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

    def at(self, index: int) -> PartitionStatus:
        if index in self.running:
            return PartitionStatus.RUNNING
        if index in self.queued:
            return PartitionStatus.QUEUED
        if index in self.failed:
            return PartitionStatus.FAILED
        if index in self.stale:
            return PartitionStatus.STALE
        return PartitionStatus.MATERIALIZED if index in self.materialized else PartitionStatus.NEVER

    def of(self, status: PartitionStatus) -> PartitionSet:
        """The partitions whose one word is this."""
        found = {
            PartitionStatus.RUNNING: self.running,
            PartitionStatus.QUEUED: self.queued,
            PartitionStatus.FAILED: self.failed,
            PartitionStatus.STALE: self.stale,
            PartitionStatus.MATERIALIZED: self.materialized,
            PartitionStatus.NEVER: self.all,
        }
        taken = EMPTY
        for each, partitions in found.items():
            if each is status:
                return partitions - taken
            taken = taken | partitions
        return EMPTY

    def counts(self) -> dict[PartitionStatus, int]:
        """How many partitions have each word for their status."""
        return {status: len(self.of(status)) for status in PartitionStatus}


class KnownPartitions(Struct, frozen=True):
    """All that is known of the partitions of a project's assets."""

    partitioned: PartitionedGraph
    recorded: Mapping[AssetKey, RecordedPartitions]
    running: Mapping[AssetKey, PartitionSet] = {}
    """The partitions that are being made."""
    queued: Mapping[AssetKey, PartitionSet] = {}
    """The partitions that are about to be."""

    def statuses(self, key: AssetKey, stale: Mapping[AssetKey, PartitionSet]) -> PartitionStatuses:
        """The statuses of the partitions of an asset.

        Args:
            key: The asset.
            stale: The partitions that are stale of each asset that it depends on, directly.
        """
        space, recorded = self.partitioned.space(key), self.recorded.get(key, _NOTHING)
        running = self.running.get(key, EMPTY)
        return PartitionStatuses(
            all=space.all,
            materialized=recorded.materialized & space.all,
            failed=recorded.failed & space.all,
            stale=EMPTY
            if self.partitioned.graph.assets[key].is_external
            else _stale(self.partitioned, key, recorded, stale),
            running=running,
            queued=self.queued.get(key, EMPTY) - running,
        )

    def is_outdated(self, key: AssetKey) -> bool:
        """Whether an asset without partitions needs partitions whose data has changed since it was made."""
        return bool(self.recorded.get(key, _NOTHING).outdated)


_NOTHING = RecordedPartitions()


def _stale(
    partitioned: PartitionedGraph, key: AssetKey, known: RecordedPartitions, stale: Mapping[AssetKey, PartitionSet]
) -> PartitionSet:
    materialized = known.materialized & partitioned.space(key).all
    if not materialized:
        return EMPTY
    found = known.outdated & materialized
    code_version = partitioned.graph.assets[key].code_version
    for version, made in known.by_code.items():
        if version != code_version:
            found = found | (made & materialized)
    for above in partitioned.graph.upstream[key]:
        if stale.get(above):
            found = found | (partitioned.below(above, key, stale[above]) & materialized)
    return spread(partitioned, key, found, materialized) if found and partitioned.needs_itself(key) else found


def spread(partitioned: PartitionedGraph, key: AssetKey, start: PartitionSet, among: PartitionSet) -> PartitionSet:
    """Some partitions of an asset, and those of the same asset that need them, directly or not.

    Args:
        partitioned: The project's partitions.
        key: The asset.
        start: The partitions to begin with, among those that are asked about.
        among: The partitions that are asked about.
    """
    mapping = partitioned.mapping(key, key)
    if mapping.offsets == (-1, -1):
        # Adding the first of a run of ones carries through the whole run.
        carried = (among.bits ^ (among.bits + start.bits)) & among.bits
        return PartitionSet(carried | start.bits)
    found = start
    for _ in range(MAX_ROUNDS):
        more = (partitioned.below(key, key, found) & among) - found
        if not more:
            break
        found = found | more
    return found
