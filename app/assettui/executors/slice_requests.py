"""What a step must be told of partitions: those that it makes, those that it reads, and their data versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from assettui.core.partitioned_runs import slices_of
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.core.versions import combined_version
from assettui.worker.request import SlicesRead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.keys import AssetKey
    from assettui.core.planning import StepPlan
    from assettui.core.records import ValueRef
    from assettui.core.slices import Slices


class KnownSlices(Protocol):
    """What is known of the partitions that were materialized."""

    def slice_versions(self, key: AssetKey, partitions: Sequence[str]) -> Mapping[str, str]:
        """The data versions of those of these partitions that were ever materialized."""
        ...

    def slice_values(self, key: AssetKey, partitions: Sequence[str]) -> Mapping[str, ValueRef | None]:
        """The stored values of those of these partitions that were ever materialized; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class SliceRequest:
    """The part of a `StepRequest` that concerns partitions; see there."""

    partition_keys: tuple[str, ...] = ()
    slices: dict[AssetKey, SlicesRead] = field(default_factory=dict["AssetKey", SlicesRead])
    input_versions: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    """Of the assets with partitions that it depends on."""
    slice_versions: dict[str, dict[str, str | None]] = field(default_factory=dict[str, "dict[str, str | None]"])
    """The same for each partition that it makes, where it makes several."""


def slice_request(
    step: StepPlan, slices: Slices, partitions: Sequence[tuple[str, str]], known: KnownSlices
) -> SliceRequest:
    """What a step must be told of partitions, in a run of these.

    Raises:
        UnknownPartition: The project no longer has one of them.
    """
    subject = step.subject
    if subject is None or subject not in slices.graph.assets:
        return SliceRequest()
    own = slices_of(step, slices, partitions)
    space = slices.space(subject)
    made = own if own is not None else NO_PARTITIONS.all
    request = SliceRequest(tuple(space.keys(own)) if own is not None else ())
    read = {each.key for each in step.inputs}
    upstream = dict.fromkeys((*step.upstream, *read))
    if own is not None and slices.needs_itself(subject):
        upstream[subject] = None
    for above in upstream:
        if above not in slices.graph.assets or not slices.is_partitioned(above):
            continue
        keys = slices.space(above).keys(slices.above(subject, above, made).partitions)
        versions = known.slice_versions(above, keys)
        request.input_versions[str(above)] = combined_version({key: versions.get(key) for key in keys})
        if above in read:
            request.slices[above] = SlicesRead(tuple(keys), known.slice_values(above, keys))
        if len(request.partition_keys) > 1:
            for index, partition in zip(made, request.partition_keys, strict=True):
                needed = slices.above(subject, above, PartitionSet(1 << index)).partitions
                request.slice_versions.setdefault(partition, {})[str(above)] = combined_version(
                    {key: versions.get(key) for key in slices.space(above).keys(needed)}
                )
    return request
