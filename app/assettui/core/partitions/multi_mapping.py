"""Mappings where one asset, or both, have partitions of two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.mapping import BadMapping, IdentityPartitionMapping, PartitionMapping, Upstream
from assettui.core.partitions.multi import MultiPartitionsDefinition, ProductSpace
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.time_space import TimeSpace
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping
from assettui.model.arguments import Checked, checks_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.space import PartitionSpace
    from assettui.model.metadata import JsonObject


class MultiToSingleDimensionPartitionMapping(PartitionMapping):
    """Partitions of two dimensions on the one side, and of one of these on the other.

    Args:
        partition_dimension_name: Which dimension; by default the one that has the same partitions as the other asset,
            or else the only one of time where the other is of time too.
    """

    @checks_arguments
    def __init__(self, partition_dimension_name: str | None = None) -> None:
        self.partition_dimension_name = partition_dimension_name

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        if isinstance(downstream, ProductSpace):
            name = self._dimension(downstream, upstream)
            inner = downstream.spaces[name]
            found = _between(inner, upstream).upstream(downstream.projected(name, partitions), inner, upstream)
            incomplete = downstream.along(name, found.incomplete) & partitions if found.incomplete else EMPTY
            return Upstream(found.partitions, incomplete, found.missing)
        multi = _product(upstream)
        name = self._dimension(multi, downstream)
        inner = multi.spaces[name]
        found = _between(downstream, inner).upstream(partitions, downstream, inner)
        return Upstream(multi.along(name, found.partitions), found.incomplete, found.missing)

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        if isinstance(downstream, ProductSpace):
            name = self._dimension(downstream, upstream)
            inner = downstream.spaces[name]
            return downstream.along(name, _between(inner, upstream).downstream(partitions, upstream, inner))
        multi = _product(upstream)
        name = self._dimension(multi, downstream)
        inner = multi.spaces[name]
        return _between(downstream, inner).downstream(multi.projected(name, partitions), inner, downstream)

    def _dimension(self, multi: ProductSpace, single: PartitionSpace) -> str:
        if self.partition_dimension_name is not None:
            return self.partition_dimension_name
        same = [name for name, space in multi.spaces.items() if space.identity == single.identity]
        timed = [name for name, space in multi.spaces.items() if isinstance(space, TimeSpace)]
        return same[0] if same else timed[0]

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None) -> None:
        """See `PartitionMapping`."""
        multi, single = (
            (downstream, upstream) if isinstance(downstream, MultiPartitionsDefinition) else (upstream, downstream)
        )
        if (
            not isinstance(multi, MultiPartitionsDefinition)
            or isinstance(single, MultiPartitionsDefinition)
            or single is None
        ):
            raise BadMapping(
                "MultiToSingleDimensionPartitionMapping is between partitions of two dimensions and of one",
                hint="use another mapping, or none: there are defaults",
            )
        names = multi.partition_dimension_names
        if self.partition_dimension_name is not None:
            if self.partition_dimension_name not in names:
                raise BadMapping(
                    f"there is no dimension {self.partition_dimension_name!r}", hint=f"there are {' and '.join(names)}"
                )
            return
        same = [each.name for each in multi.dimensions if each.partitions_def == single]
        timed = [each for each in multi.dimensions if isinstance(each.partitions_def, TimeWindowPartitionsDefinition)]
        if len(same) != 1 and not (not same and len(timed) == 1 and isinstance(single, TimeWindowPartitionsDefinition)):
            raise BadMapping(
                f"which of the dimensions {' and '.join(names)} is meant cannot be told",
                hint="give a MultiToSingleDimensionPartitionMapping its partition_dimension_name",
            )

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        name = self.partition_dimension_name
        return {"is": "multi_to_single", **({"dimension": name} if name is not None else {})}


def _product(space: PartitionSpace) -> ProductSpace:
    if not isinstance(space, ProductSpace):
        raise BadMapping("neither of the assets has partitions of two dimensions", hint="use another mapping")
    return space


def _between(downstream: PartitionSpace, upstream: PartitionSpace) -> PartitionMapping:
    """What holds between one dimension and another where nothing is said."""
    if isinstance(downstream, TimeSpace) and isinstance(upstream, TimeSpace):
        return TimeWindowPartitionMapping()
    return IdentityPartitionMapping()


class DimensionPartitionMapping(Struct, frozen=True, metaclass=Checked):
    """How a dimension downstream relates to one upstream."""

    dimension_name: str
    """The dimension downstream."""
    partition_mapping: PartitionMapping


class MultiPartitionMapping(PartitionMapping):
    """Dimension by dimension. A dimension of which nothing is said depends on all, or all depend on it.

    Args:
        downstream_mappings_by_upstream_dimension: Name of a dimension upstream → what it is for one downstream.
    """

    @checks_arguments
    def __init__(self, downstream_mappings_by_upstream_dimension: Mapping[str, DimensionPartitionMapping]) -> None:
        self.dimensions = dict(downstream_mappings_by_upstream_dimension)

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        down, up = _product(downstream), _product(upstream)
        found, incomplete = EMPTY, EMPTY
        missing: dict[str, None] = {}
        for majors, minors in down.blocks(partitions):
            asked = {down.major_name: majors, down.minor_name: minors}
            parts: dict[str, PartitionSet] = {}
            for name, space in up.spaces.items():
                said = self.dimensions.get(name)
                if said is None:
                    parts[name] = space.all
                    continue
                below = said.dimension_name
                each = said.partition_mapping.upstream(asked[below], down.spaces[below], space)
                parts[name] = each.partitions
                missing.update(dict.fromkeys(each.missing))
                if each.incomplete:
                    incomplete |= down.along(below, each.incomplete) & down.product(majors, minors)
            found |= up.product(parts[up.major_name], parts[up.minor_name])
        return Upstream(found, incomplete, tuple(missing))

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        down, up = _product(downstream), _product(upstream)
        above_of = {said.dimension_name: (name, said.partition_mapping) for name, said in self.dimensions.items()}
        found = EMPTY
        for majors, minors in up.blocks(partitions):
            asked = {up.major_name: majors, up.minor_name: minors}
            parts: dict[str, PartitionSet] = {}
            for name, space in down.spaces.items():
                if name not in above_of:
                    parts[name] = space.all
                    continue
                above, mapping = above_of[name]
                parts[name] = mapping.downstream(asked[above], up.spaces[above], space)
            found |= down.product(parts[down.major_name], parts[down.minor_name])
        return found

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None) -> None:
        """See `PartitionMapping`."""
        if not isinstance(downstream, MultiPartitionsDefinition) or not isinstance(upstream, MultiPartitionsDefinition):
            raise BadMapping(
                "MultiPartitionMapping is between partitions of two dimensions on both sides",
                hint="use another mapping, or none: there are defaults",
            )
        for name, said in self.dimensions.items():
            for what, wanted, definition in (
                ("upstream", name, upstream),
                ("downstream", said.dimension_name, downstream),
            ):
                if wanted not in definition.partition_dimension_names:
                    raise BadMapping(
                        f"MultiPartitionMapping: there is no dimension {wanted!r} {what}",
                        hint=f"there are {' and '.join(definition.partition_dimension_names)}",
                    )
            said.partition_mapping.check(
                downstream.get_partitions_def_for_dimension(said.dimension_name),
                upstream.get_partitions_def_for_dimension(name),
            )

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {
            "is": "multi",
            "dimensions": {
                name: [said.dimension_name, said.partition_mapping.to_json()] for name, said in self.dimensions.items()
            },
        }
