"""How the partitions of two assets relate where nothing is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.mapping import AllPartitionMapping, IdentityPartitionMapping
from assettui.core.partitions.multi import MultiPartitionsDefinition
from assettui.core.partitions.multi_mapping import (
    DimensionPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
)
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping

if TYPE_CHECKING:
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.mapping import PartitionMapping


def default_mapping(downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None) -> PartitionMapping:
    """What holds between two definitions; None is an asset without partitions.

    Without partitions on one side: all. Windows of time: those that overlap. Two dimensions and one: the dimension that
    is alike. Two and two of the same names but other definitions: name by name. Anything else: the same key.
    """
    if downstream is None or upstream is None:
        return AllPartitionMapping()
    if isinstance(downstream, TimeWindowPartitionsDefinition) and isinstance(upstream, TimeWindowPartitionsDefinition):
        return TimeWindowPartitionMapping()
    below, above = (isinstance(each, MultiPartitionsDefinition) for each in (downstream, upstream))
    if below != above:
        return MultiToSingleDimensionPartitionMapping()
    if isinstance(downstream, MultiPartitionsDefinition) and isinstance(upstream, MultiPartitionsDefinition):
        names = downstream.partition_dimension_names
        if downstream != upstream and names == upstream.partition_dimension_names:
            return MultiPartitionMapping(
                {
                    name: DimensionPartitionMapping(
                        name,
                        default_mapping(
                            downstream.get_partitions_def_for_dimension(name),
                            upstream.get_partitions_def_for_dimension(name),
                        ),
                    )
                    for name in names
                }
            )
    return IdentityPartitionMapping()
