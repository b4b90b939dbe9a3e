"""What all definitions of partitions have in common, and the moment that the question which ones there are needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from assettui.core.partitions.subset import PartitionsSubset
from assettui.model.errors import AssettuiError
from assettui.model.timing import clock_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.partitions.space import PartitionKeyRange, PartitionSpace
    from assettui.model.metadata import JsonObject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DynamicPartitionsStore(Protocol):
    """What knows the keys of dynamic partitions: an `Instance`."""

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """The keys of one definition, in the order in which they were added."""
        ...


class NeedsStore(AssettuiError, ValueError):
    """Partitions whose keys are added and removed were asked about, and no store of them was given."""


class AsOf(Struct, frozen=True):
    """A moment, and what is known then: all that it takes to say which partitions there are."""

    time_us: int
    """Microseconds since the epoch, UTC."""
    dynamic: Mapping[str, Mapping[str, int]] = {}
    """For each definition of dynamic partitions, by name: key → index, in the order in which the keys were added."""

    @property
    def as_datetime(self) -> datetime:
        """The moment as an aware datetime, UTC."""
        return _EPOCH + timedelta(microseconds=self.time_us)


def as_of(current_time: datetime | None, store: DynamicPartitionsStore | None, names: Iterable[str] = ()) -> AsOf:
    """The moment that a caller names; now, where it names none.

    Args:
        current_time: The moment; a naive one is taken for UTC.
        store: Where the keys of dynamic partitions are.
        names: The definitions of dynamic partitions that are asked about.
    """
    if current_time is None:
        time_us = clock_us()
    else:
        aware = current_time if current_time.tzinfo is not None else current_time.replace(tzinfo=UTC)
        time_us = (aware - _EPOCH) // timedelta(microseconds=1)
    dynamic = {}
    if store is not None:
        dynamic = {name: {key: index for index, key in enumerate(store.get_dynamic_partitions(name))} for name in names}
    return AsOf(time_us, dynamic)


class KnownKeys:
    """The keys of dynamic partitions at a moment, as a store of them."""

    def __init__(self, moment: AsOf) -> None:
        self._moment = moment

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """See `DynamicPartitionsStore`."""
        return list(self._moment.dynamic.get(partitions_def_name, ()))


class PartitionsDefinition(ABC):
    """The set of all partitions of an asset. A value: two that say the same are equal."""

    @abstractmethod
    def at(self, moment: AsOf) -> PartitionSpace:
        """The partitions that there are at a moment."""

    @abstractmethod
    def to_json(self) -> JsonObject:
        """As JSON; see `definition_from_json`."""

    @property
    def dynamic_names(self) -> tuple[str, ...]:
        """The definitions of dynamic partitions that it consists of, by name."""
        return ()

    @property
    @abstractmethod
    def summary(self) -> str:
        """What it is, in a few words: `daily from 2013-01-01`."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartitionsDefinition) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(repr(self.to_json()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.summary}>"

    # As Dagster documents them. Without a time they mean now; a store is needed where keys are dynamic.

    def _now(self, current_time: datetime | None, store: DynamicPartitionsStore | None) -> PartitionSpace:
        if store is None and self.dynamic_names:
            raise NeedsStore(
                f"which partitions {', '.join(map(repr, self.dynamic_names))} has is known to the store alone",
                hint="pass it on: dynamic_partitions_store=…, such as context.instance",
            )
        return self.at(as_of(current_time, store, self.dynamic_names))

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> Sequence[str]:
        """All keys, in order."""
        space = self._now(current_time, dynamic_partitions_store)
        return space.keys(space.all)

    def get_num_partitions(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> int:
        """How many there are. Costs no listing of them."""
        return len(self._now(current_time, dynamic_partitions_store).all)

    def has_partition_key(
        self,
        partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> bool:
        """Whether there is a partition of that key."""
        return self._now(current_time, dynamic_partitions_store).find(partition_key) is not None

    def validate_partition_key(
        self,
        partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> None:
        """Do nothing for a key that there is.

        Raises:
            UnknownPartition: There is none; the message offers what is near.
        """
        self._now(current_time, dynamic_partitions_store).index(partition_key)

    def filter_valid_partition_keys(
        self, partition_keys: Iterable[str], dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> set[str]:
        """Those of these keys that there are."""
        space = self._now(None, dynamic_partitions_store)
        return {key for key in partition_keys if space.find(key) is not None}

    def get_first_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> str | None:
        """The first key; None where there is none."""
        space = self._now(current_time, dynamic_partitions_store)
        return space.key(space.all.first) if space.all else None

    def get_last_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> str | None:
        """The last key; None where there is none."""
        space = self._now(current_time, dynamic_partitions_store)
        return space.key(space.all.last) if space.all else None

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> Sequence[str]:
        """The keys of a range, both ends included.

        Raises:
            UnknownPartition: One of its ends is no partition's.
            BadRange: It is reversed, or the keys have no order.
        """
        space = self._now(None, dynamic_partitions_store)
        return space.keys(space.range(*partition_key_range))

    def empty_subset(self) -> PartitionsSubset:
        """None of its partitions."""
        return self.subset_with_partition_keys(())

    def subset_with_partition_keys(
        self, partition_keys: Iterable[str], dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> PartitionsSubset:
        """The partitions of these keys. Needs no store: a key that is no partition's is kept as it is."""
        return PartitionsSubset.of(self.at(as_of(None, dynamic_partitions_store, self.dynamic_names)), partition_keys)

    def subset_with_all_partitions(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> PartitionsSubset:
        """All partitions that there are."""
        space = self._now(current_time, dynamic_partitions_store)
        return PartitionsSubset(space, space.all)

    def get_serializable_unique_identifier(self, dynamic_partitions_store: DynamicPartitionsStore | None = None) -> str:
        """What the meaning of its indices depends on."""
        return self._now(None, dynamic_partitions_store).identity


def definition_fields(**fields: Any) -> dict[str, Any]:
    """Fields as JSON: those that are None, 0 or empty are left out."""
    return {name: value for name, value in fields.items() if value is not None and value != 0 and value != []}
