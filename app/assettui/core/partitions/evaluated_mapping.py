"""Mappings of the user's own: they are asked in a worker, and what they say is kept with the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.definition import AsOf, KnownKeys
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS, PartitionSpace
from assettui.core.partitions.subset import PartitionsSubset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.model.metadata import JsonObject
from assettui.core.partitions.mapping import (
    SHOWN_MISSING,
    BadMapping,
    PartitionMapping,
    Upstream,
    UpstreamPartitionsResult,
)


class EvaluatedPartitionMapping(PartitionMapping):
    """A mapping of the user's own, as it was evaluated in a worker for the partitions that there were.

    Args:
        upstream_keys: For each key downstream (of an asset without partitions, the empty one), those that it needs.
        missing_keys: For each key downstream for which there are any, those that it needs and that do not exist.
        called: The name of the user's class.
        evaluated_for: The `partitions_fingerprint` of what there was.
    """

    def __init__(
        self,
        upstream_keys: Mapping[str, Sequence[str]],
        missing_keys: Mapping[str, Sequence[str]],
        called: str = "mapping",
        evaluated_for: str = "",
    ) -> None:
        self.upstream_keys = upstream_keys
        self.missing_keys = missing_keys
        self.called = called
        self.evaluated_for = evaluated_for

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        found: list[int] = []
        incomplete: list[int] = []
        missing: list[str] = []
        for index in partitions:
            key = downstream.key(index)
            if key not in self.upstream_keys:
                raise BadMapping(
                    f"{self.called} has not been evaluated for the partition {key!r}, which is new",
                    hint="it is as soon as the project is loaded again, which any command does",
                )
            gone: list[str] = []
            for wanted in self.upstream_keys[key]:
                above = upstream.find(wanted)
                if above is None:
                    gone.append(wanted)
                else:
                    found.append(above)
            if gone or key in self.missing_keys:
                incomplete.append(index)
                missing += [*gone, *self.missing_keys.get(key, ())]
        return Upstream(PartitionSet.of(found), PartitionSet.of(incomplete), tuple(missing[:SHOWN_MISSING]))

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        chosen = set(upstream.keys(partitions))
        return PartitionSet.of(
            index
            for key, above in self.upstream_keys.items()
            if not chosen.isdisjoint(above)
            and (index := 0 if downstream is NO_PARTITIONS else downstream.find(key)) is not None
        )

    @property
    def description(self) -> str:
        """See `PartitionMapping`."""
        return self.called

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {
            "is": "evaluated",
            "called": self.called,
            "for": self.evaluated_for,
            "keys": {key: list(keys) for key, keys in self.upstream_keys.items()},
            **({"missing": {key: list(keys) for key, keys in self.missing_keys.items()}} if self.missing_keys else {}),
        }


def partitions_fingerprint(downstream: PartitionSpace, upstream: PartitionSpace) -> str:
    """Tells the partitions of two assets from those that they have at another moment."""
    import hashlib  # deferred: 3 ms

    digest = hashlib.blake2b(digest_size=8)
    for space in (downstream, upstream):
        digest.update(f"{space.identity}\0{len(space.all)}\0".encode())
        digest.update(space.all.to_bytes())
    return digest.hexdigest()


def evaluate(
    mapping: PartitionMapping,
    downstream: PartitionsDefinition | None,
    upstream: PartitionsDefinition,
    moment: AsOf,
) -> EvaluatedPartitionMapping:
    """Ask a mapping of the user's own about each partition that there is.

    Raises:
        BadMapping: It gives something else than it should.
        Exception: Whatever the user's code raises.
    """
    current_time, store = moment.as_datetime, KnownKeys(moment)
    space = NO_PARTITIONS if downstream is None else downstream.at(moment)
    found: dict[str, Sequence[str]] = {}
    missing: dict[str, Sequence[str]] = {}
    for index in space.all:
        subset = None if downstream is None else PartitionsSubset(space, PartitionSet(1 << index))
        result = mapping.get_upstream_mapped_partitions_result_for_partitions(
            subset, downstream, upstream, current_time, store
        )
        if not isinstance(result, UpstreamPartitionsResult):  # pyright: ignore[reportUnnecessaryIsInstance] - users' code
            raise BadMapping(
                f"{type(mapping).__name__} gave a {type(result).__name__}", hint="return an UpstreamPartitionsResult"
            )
        key = space.key(index)
        found[key] = list(result.partitions_subset.get_partition_keys())
        nonexistent = result.required_but_nonexistent_subset
        lacking = [
            *(nonexistent.get_partition_keys() if nonexistent else ()),
            *result.required_but_nonexistent_partition_keys,
        ]
        if lacking:
            missing[key] = lacking
    fingerprint = partitions_fingerprint(space, upstream.at(moment))
    return EvaluatedPartitionMapping(found, missing, type(mapping).__name__, fingerprint)
