"""How the partitions of an asset relate to those of one that it depends on: mappings of sets, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from assettui.core.partitions.definition import as_of
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS, PartitionSpace
from assettui.core.partitions.subset import PartitionsSubset
from assettui.model.arguments import checks_arguments
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from assettui.core.partitions.definition import DynamicPartitionsStore, PartitionsDefinition
    from assettui.model.metadata import JsonObject

SHOWN_MISSING = 20


class Upstream(NamedTuple):
    """What some partitions depend on."""

    partitions: PartitionSet
    """Those that there are."""
    incomplete: PartitionSet = EMPTY
    """Which of the partitions asked about depend on something that does not exist."""
    missing: tuple[str, ...] = ()
    """Some of what does not exist, by key."""


class UpstreamPartitionsResult(Struct, frozen=True):
    """What some partitions depend on, as custom mappings give it."""

    partitions_subset: PartitionsSubset
    required_but_nonexistent_subset: PartitionsSubset | None = None
    required_but_nonexistent_partition_keys: Sequence[str] = ()


class BadMapping(AssettuiError, ValueError):
    """A mapping that cannot be between these two definitions."""


class PartitionMapping:
    """How the partitions of an asset relate to those of one that it depends on.

    For a mapping of your own, override `get_upstream_mapped_partitions_result_for_partitions`. It is evaluated in a
    worker whenever the project is loaded, for all the partitions that there are then; the other direction follows.
    """

    # What the engine asks.

    @property
    def offsets(self) -> tuple[int, int] | None:
        """By how much the index of the first and of the last partition that one needs differ from its own.

        So between definitions that are alike; None where it is not the same for all of them.
        """
        return None

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """What some partitions of the asset downstream depend on."""
        raise NotImplementedError(f"{type(self).__name__} can only be evaluated in a worker")

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """What depends on some partitions of the asset upstream."""
        raise NotImplementedError(f"{type(self).__name__} can only be evaluated in a worker")

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None) -> None:
        """Do nothing where it can be a mapping between these definitions; None is an asset without partitions.

        Raises:
            BadMapping: It cannot.
        """

    def to_json(self) -> JsonObject:
        """As JSON; see `mapping_from_json`."""
        raise NotImplementedError

    # As Dagster documents it.

    @property
    def description(self) -> str:
        """What it does, in a line."""
        return (type(self).__doc__ or type(self).__name__).split("\n", 1)[0].rstrip(".")

    def validate_partition_mapping(
        self,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition | None,
    ) -> None:
        """As `check`."""
        self.check(downstream_partitions_def, upstream_partitions_def)

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: PartitionsDefinition | None,
        upstream_partitions_def: PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> UpstreamPartitionsResult:
        """What some partitions depend on.

        Args:
            downstream_partitions_subset: The partitions; None where the asset has none.
            downstream_partitions_def: All partitions of the asset.
            upstream_partitions_def: All partitions of what it depends on.
            current_time: The moment at which it is asked.
            dynamic_partitions_store: What knows the keys of dynamic partitions.
        """
        down = _space(downstream_partitions_def, current_time, dynamic_partitions_store)
        up = _space(upstream_partitions_def, current_time, dynamic_partitions_store)
        asked = downstream_partitions_subset.partitions if downstream_partitions_subset is not None else down.all
        found = self.upstream(asked, down, up)
        return UpstreamPartitionsResult(
            PartitionsSubset(up, found.partitions), required_but_nonexistent_partition_keys=found.missing
        )

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> PartitionsSubset:
        """What depends on some partitions; see `get_upstream_mapped_partitions_result_for_partitions`."""
        down = _space(downstream_partitions_def, current_time, dynamic_partitions_store)
        up = _space(upstream_partitions_def, current_time, dynamic_partitions_store)
        return PartitionsSubset(down, self.downstream(upstream_partitions_subset.partitions, up, down))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), repr(sorted(self.__dict__.items()))))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({said})"


def _space(
    definition: PartitionsDefinition | None, current_time: datetime | None, store: DynamicPartitionsStore | None
) -> PartitionSpace:
    if definition is None:
        return NO_PARTITIONS
    return definition.at(as_of(current_time, store, definition.dynamic_names))


class IdentityPartitionMapping(PartitionMapping):
    """Each partition depends on the one of the same key."""

    @property
    def offsets(self) -> tuple[int, int]:
        """See `PartitionMapping`."""
        return 0, 0

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        mapped, incomplete = _by_key(partitions, downstream, upstream)
        sample = [downstream.key(index) for index, _ in zip(incomplete, range(SHOWN_MISSING), strict=False)]
        return Upstream(mapped, incomplete, tuple(sample))

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        return _by_key(partitions, upstream, downstream)[0]

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {"is": "identity"}


def _by_key(
    partitions: PartitionSet, source: PartitionSpace, target: PartitionSpace
) -> tuple[PartitionSet, PartitionSet]:
    """The partitions of the same keys in another space, and those that it has not."""
    if source.identity == target.identity:
        return partitions & target.all, partitions - target.all
    by = source.distance_to(target)
    if by is not None:
        mapped = partitions.shifted(by) & target.all
        return mapped, partitions - mapped.shifted(-by)
    found: list[int] = []
    missing: list[int] = []
    for index in partitions:
        other = target.find(source.key(index))
        if other is None:
            missing.append(index)
        else:
            found.append(other)
    return PartitionSet.of(found), PartitionSet.of(missing)


class AllPartitionMapping(PartitionMapping):
    """Each partition depends on all."""

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        return Upstream(upstream.all if partitions else EMPTY)

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        return downstream.all if partitions else EMPTY

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {"is": "all"}


class LastPartitionMapping(PartitionMapping):
    """Each partition depends on the last that there is."""

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        return Upstream(_last(upstream) if partitions else EMPTY)

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        return downstream.all if not partitions.isdisjoint(_last(upstream)) else EMPTY

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {"is": "last"}


def _last(space: PartitionSpace) -> PartitionSet:
    return PartitionSet(1 << space.all.last) if space.all else EMPTY


class SpecificPartitionsPartitionMapping(PartitionMapping):
    """Each partition depends on certain ones, always the same.

    Args:
        partition_keys: Their keys.
    """

    @checks_arguments
    def __init__(self, partition_keys: Sequence[str]) -> None:
        self.partition_keys = tuple(partition_keys)

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        if not partitions:
            return Upstream(EMPTY)
        missing = tuple(key for key in self.partition_keys if upstream.find(key) is None)
        return Upstream(upstream.known_of(self.partition_keys), partitions if missing else EMPTY, missing)

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        return downstream.all if not partitions.isdisjoint(upstream.known_of(self.partition_keys)) else EMPTY

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {"is": "specific", "keys": list(self.partition_keys)}


class StaticPartitionMapping(PartitionMapping):
    """Which partition depends on which is listed.

    Args:
        downstream_partition_keys_by_upstream_partition_key: For each key upstream, one key or several downstream.
    """

    @checks_arguments
    def __init__(
        self, downstream_partition_keys_by_upstream_partition_key: Mapping[str, str | Collection[str]]
    ) -> None:
        given = downstream_partition_keys_by_upstream_partition_key
        self.pairs = tuple(
            (above, below)
            for above, keys in given.items()
            for below in ([keys] if isinstance(keys, str) else sorted(keys))
        )

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        wanted = {above for above, below in self.pairs if downstream.find(below) in partitions_of(partitions)}
        missing = {above for above in wanted if upstream.find(above) is None}
        incomplete = downstream.known_of([below for above, below in self.pairs if above in missing]) & partitions
        return Upstream(upstream.known_of(wanted), incomplete, tuple(sorted(missing)[:SHOWN_MISSING]))

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        chosen = partitions_of(partitions)
        return downstream.known_of([below for above, below in self.pairs if upstream.find(above) in chosen])

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None) -> None:
        """See `PartitionMapping`: the keys must be those of the definitions."""
        for what, definition, keys in (
            ("upstream", upstream, [above for above, _ in self.pairs]),
            ("downstream", downstream, [below for _, below in self.pairs]),
        ):
            if definition is None:
                raise BadMapping(f"{type(self).__name__}: the asset {what} has no partitions", hint="give it some")
            known: list[str] = definition.to_json().get("keys") or keys
            wrong = next((key for key in keys if key not in known), None)
            if wrong is not None:
                raise BadMapping(
                    f"{type(self).__name__}: {wrong!r} is no partition {what}",
                    hint=f"there are {', '.join(known[:10])}",
                )

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {"is": "static", "pairs": [list(pair) for pair in self.pairs]}

    @staticmethod
    def of_pairs(pairs: Sequence[Sequence[str]]) -> StaticPartitionMapping:
        """The mapping of these pairs of a key upstream and a key downstream."""
        keys: dict[str, list[str]] = {}
        for above, below in pairs:
            keys.setdefault(above, []).append(below)
        return StaticPartitionMapping(keys)


def partitions_of(partitions: PartitionSet) -> frozenset[int | None]:
    """A set as one of Python's, for many questions after single indices."""
    return frozenset(partitions)
