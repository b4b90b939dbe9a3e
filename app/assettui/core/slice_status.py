"""Where each slice of an asset stands: never made, materialized, failed, stale, running, queued; as sets of slices."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def slice_statuses(
    slices: Slices,
    recorded: Mapping[AssetKey, RecordedSlices],
    running: Mapping[AssetKey, PartitionSet] | None = None,
    queued: Mapping[AssetKey, PartitionSet] | None = None,
    stale_wholes: Iterable[AssetKey] = (),
) -> dict[AssetKey, SliceStatuses]:
    """The statuses of the slices of every asset with partitions, upstream first.

    Args:
        slices: The project's partitions.
        recorded: What the store has recorded.
        running: The slices that are being made.
        queued: The slices that are about to be.
        stale_wholes: The assets without partitions that are stale: what depends on them is stale too.
    """
    running, queued = running or {}, queued or {}
    nothing = RecordedSlices()
    found: dict[AssetKey, SliceStatuses] = {}
    stale: dict[AssetKey, PartitionSet] = dict.fromkeys(stale_wholes, PartitionSet(1))
    for key in slices.graph.order:
        asset = slices.graph.assets[key]
        if asset.partitions is None:
            continue
        space, known = slices.space(key), recorded.get(key, nothing)
        materialized = known.materialized & space.all
        if not asset.is_external:
            stale[key] = _stale(slices, key, known, stale)
        found[key] = SliceStatuses(
            all=space.all,
            materialized=materialized,
            failed=known.failed & space.all,
            stale=stale.get(key, EMPTY),
            running=running.get(key, EMPTY),
            queued=queued.get(key, EMPTY) - running.get(key, EMPTY),
        )
    return found


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
    return _spread(slices, key, found, materialized) if found and slices.needs_itself(key) else found


def _spread(slices: Slices, key: AssetKey, stale: PartitionSet, materialized: PartitionSet) -> PartitionSet:
    """The stale slices, and those of the same asset that need them, directly or not."""
    mapping = slices.mapping(key, key)
    if isinstance(mapping, TimeWindowPartitionMapping) and mapping.start_offset == mapping.end_offset == -1:
        # Adding the first of a run of ones carries through the whole run.
        carried = (materialized.bits ^ (materialized.bits + stale.bits)) & materialized.bits
        return PartitionSet(carried | stale.bits)
    for _ in range(MAX_ROUNDS):
        more = (slices.below(key, key, stale) & materialized) - stale
        if not more:
            break
        stale = stale | more
    return stale
