"""What a step must be told of partitions: those that it makes, those that it reads, and their data versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from assettui.core.partitioned_runs import needed_by, partitions_of
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.core.versions import combined_version
from assettui.model.step import PartitionsRead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.asset import ValueRef
    from assettui.model.keys import AssetKey
    from assettui.model.run import StepPlan


class KnownPartitions(Protocol):
    """What is known of the partitions that were materialized."""

    def partition_versions(self, key: AssetKey, partitions: Sequence[str]) -> Mapping[str, str]:
        """The data versions of those of these partitions that were ever materialized."""
        ...

    def oldest_data_time(self, key: AssetKey, partitions: Sequence[str]) -> int | None:
        """The time of the oldest source data of those of these partitions that were ever materialized; None for none."""
        ...

    def partition_values(self, key: AssetKey, partitions: Sequence[str]) -> Mapping[str, ValueRef | None]:
        """The stored values of those of these partitions that were ever materialized; None where there is none."""
        ...


class PartitionedRequest(Struct, frozen=True):
    """The part of a `StepRequest` that concerns partitions; see there."""

    partition_keys: tuple[str, ...] = ()
    partitions_read: dict[AssetKey, PartitionsRead] = {}
    input_versions: dict[str, str | None] = {}
    """Of the assets with partitions that it depends on."""
    partition_versions: dict[str, dict[str, str | None]] = {}
    """The same for each partition that it makes, where it makes several."""
    input_times: dict[str, int] = {}
    """The time of the oldest source data of each of them."""


def partitioned_request(
    step: StepPlan, partitioned: PartitionedGraph, partitions: Sequence[tuple[str, str]], known: KnownPartitions
) -> PartitionedRequest:
    """What a step must be told of partitions, in a run of these.

    Raises:
        UnknownPartition: The project no longer has one of them.
    """
    subject = step.subject
    if subject is None or subject not in partitioned.graph.assets:
        return PartitionedRequest()
    own = partitions_of(step, partitioned, partitions)
    space = partitioned.space(subject)
    made = own if own is not None else NO_PARTITIONS.all
    request = PartitionedRequest(tuple(space.keys(own)) if own is not None else ())
    read = {each.key for each in step.inputs}
    upstream = dict.fromkeys((*step.upstream, *read))
    if own is not None and (step.assets or not step.checks) and partitioned.needs_itself(subject):
        upstream[subject] = None
    for above in upstream:
        if above not in partitioned.graph.assets or not partitioned.is_partitioned(above):
            continue
        keys = partitioned.space(above).keys(needed_by(step, partitioned, above, made).partitions)
        versions = known.partition_versions(above, keys)
        oldest_us = known.oldest_data_time(above, keys)
        if oldest_us is not None:
            request.input_times[str(above)] = oldest_us
        request.input_versions[str(above)] = combined_version({key: versions.get(key) for key in keys})
        if above in read:
            request.partitions_read[above] = PartitionsRead(tuple(keys), known.partition_values(above, keys))
        if len(request.partition_keys) > 1:
            for index, partition in zip(made, request.partition_keys, strict=True):
                needed = needed_by(step, partitioned, above, PartitionSet(1 << index)).partitions
                request.partition_versions.setdefault(partition, {})[str(above)] = combined_version(
                    {key: versions.get(key) for key in partitioned.space(above).keys(needed)}
                )
    return request
