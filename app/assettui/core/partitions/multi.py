"""Partitions of two dimensions: one for each pair of a partition of the one and a partition of the other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from assettui.core.partitions.definition import AsOf, DynamicPartitionsStore, PartitionsDefinition
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.space import (
    BadPartitions,
    PartitionSpace,
    TimeWindow,
    UnknownPartition,
)
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.model.arguments import checks_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from assettui.model.metadata import JsonObject

DIMENSION_MARK = "|"
DIMENSIONS = 2
MIN_STRIDE = 64


class PartitionDimensionDefinition(NamedTuple):
    """One dimension."""

    name: str
    partitions_def: PartitionsDefinition


class MultiPartitionKey(str):
    """The key of a partition of several dimensions: a string that knows its parts.

    Args:
        keys_by_dimension: The name of each dimension → the key in it.
    """

    __slots__ = ("keys_by_dimension",)

    keys_by_dimension: Mapping[str, str]

    def __new__(cls, keys_by_dimension: Mapping[str, str]) -> MultiPartitionKey:  # noqa: D102 - said above
        if not isinstance(keys_by_dimension, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            raise TypeError(f"keys_by_dimension is {keys_by_dimension!r:.60}, not a dict")
        ordered = {name: str(keys_by_dimension[name]) for name in sorted(keys_by_dimension)}
        made = super().__new__(cls, DIMENSION_MARK.join(ordered.values()))
        made.keys_by_dimension = ordered
        return made

    def __reduce__(self) -> tuple[type[MultiPartitionKey], tuple[Mapping[str, str]]]:
        return (MultiPartitionKey, (self.keys_by_dimension,))


class MultiPartitionsDefinition(PartitionsDefinition):
    """Two definitions of partitions, and a partition for each pair.

    A key is the keys in the dimensions, in the order of their names, with `|` between them.

    Args:
        partitions_defs: Name → definition; two of them.

    Raises:
        BadPartitions: There are not two, or one of them cannot be a dimension.
    """

    @checks_arguments
    def __init__(self, partitions_defs: Mapping[str, PartitionsDefinition]) -> None:
        if len(partitions_defs) != DIMENSIONS:
            raise BadPartitions(
                f"MultiPartitionsDefinition has {len(partitions_defs)} dimensions",
                hint="give it two: {'date': DailyPartitionsDefinition(…), 'region': StaticPartitionsDefinition([…])}",
            )
        for name, each in partitions_defs.items():
            if not isinstance(each, PartitionsDefinition) or isinstance(each, MultiPartitionsDefinition):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise BadPartitions(
                    f"the dimension {name!r} is a {type(each).__name__}", hint="give it one definition of partitions"
                )
            said = each.to_json()
            wrong = next((key for key in said.get("keys", ()) if set(key) & set("|,[]")), None)
            if wrong is not None:
                raise BadPartitions(
                    f"the key {wrong!r} of the dimension {name!r} holds one of | , [ ]", hint="give it another name"
                )
        self.dimensions = tuple(
            PartitionDimensionDefinition(name, partitions_defs[name]) for name in sorted(partitions_defs)
        )
        timed = [each for each in self.dimensions if isinstance(each.partitions_def, TimeWindowPartitionsDefinition)]
        self.primary_dimension = timed[0] if timed else self.dimensions[0]
        self.secondary_dimension = next(each for each in self.dimensions if each is not self.primary_dimension)

    def at(self, moment: AsOf) -> ProductSpace:
        """See `PartitionsDefinition`."""
        return ProductSpace(
            self, self.primary_dimension.partitions_def.at(moment), self.secondary_dimension.partitions_def.at(moment)
        )

    def to_json(self) -> JsonObject:
        """See `PartitionsDefinition`."""
        return {"is": "multi", "dimensions": {each.name: each.partitions_def.to_json() for each in self.dimensions}}

    @property
    def dynamic_names(self) -> tuple[str, ...]:
        """See `PartitionsDefinition`."""
        return tuple(name for each in self.dimensions for name in each.partitions_def.dynamic_names)

    @property
    def summary(self) -> str:
        """See `PartitionsDefinition`."""
        return " × ".join(f"{each.name}: {each.partitions_def.summary}" for each in self.dimensions)

    # As Dagster documents them.

    @property
    def partitions_defs(self) -> Sequence[PartitionDimensionDefinition]:
        """The dimensions, in the order of their names."""
        return self.dimensions

    @property
    def partition_dimension_names(self) -> list[str]:
        """The names of the dimensions, sorted."""
        return [each.name for each in self.dimensions]

    def get_partitions_def_for_dimension(self, dimension_name: str) -> PartitionsDefinition:
        """The definition of a dimension.

        Raises:
            UnknownPartition: There is no such dimension.
        """
        for each in self.dimensions:
            if each.name == dimension_name:
                return each.partitions_def
        raise UnknownPartition(
            f"there is no dimension {dimension_name!r}",
            hint=f"the dimensions are {' and '.join(self.partition_dimension_names)}",
        )

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> Sequence[str]:
        """All keys: for each key of the first dimension, in the order of the names, each of the second."""
        space = self._product(current_time, dynamic_partitions_store)
        first, second = (space.spaces[name].keys(space.spaces[name].all) for name in self.partition_dimension_names)
        names = self.partition_dimension_names
        return [
            MultiPartitionKey(dict(zip(names, pair, strict=True))) for pair in ((a, b) for a in first for b in second)
        ]

    def _product(self, current_time: datetime | None, store: DynamicPartitionsStore | None) -> ProductSpace:
        found = self._now(current_time, store)
        assert isinstance(found, ProductSpace)
        return found

    def get_partition_key_from_str(self, partition_key_str: str) -> MultiPartitionKey:
        """A key with its parts.

        Raises:
            UnknownPartition: It has not as many parts as there are dimensions.
        """
        parts = self.parts_of(partition_key_str)
        if parts is None:
            raise UnknownPartition(
                f"{partition_key_str!r} is not the key of a partition of two dimensions",
                hint=f"write it as {DIMENSION_MARK.join(name.upper() for name in self.partition_dimension_names)}",
            )
        return MultiPartitionKey(parts)

    def parts_of(self, key: str) -> dict[str, str] | None:
        """The parts of a key by dimension; None where it has not as many as there are dimensions."""
        parts = key.split(DIMENSION_MARK)
        if len(parts) != DIMENSIONS:
            return None
        return dict(zip(self.partition_dimension_names, parts, strict=True))

    def get_multipartition_keys_with_dimension_value(
        self,
        dimension_name: str,
        dimension_partition_key: str,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
        current_time: datetime | None = None,
    ) -> Sequence[str]:
        """The keys whose part in a dimension is that one."""
        self.get_partitions_def_for_dimension(dimension_name)
        space = self._product(current_time, dynamic_partitions_store)
        other = next(name for name in self.partition_dimension_names if name != dimension_name)
        keys = space.spaces[other].keys(space.spaces[other].all)
        return [MultiPartitionKey({dimension_name: dimension_partition_key, other: key}) for key in keys]

    @property
    def has_time_window_dimension(self) -> bool:
        """Whether one of the dimensions is of time."""
        return isinstance(self.primary_dimension.partitions_def, TimeWindowPartitionsDefinition)

    @property
    def time_window_dimension(self) -> PartitionDimensionDefinition:
        """The dimension that is of time; the first, where both are.

        Raises:
            BadPartitions: None is.
        """
        if not self.has_time_window_dimension:
            raise BadPartitions("none of the dimensions is of time", hint="ask has_time_window_dimension first")
        return self.primary_dimension

    def time_window_for_partition_key(self, partition_key: str) -> TimeWindow:
        """The window that a key stands for, in the dimension that is of time."""
        dimension = self.time_window_dimension
        definition = dimension.partitions_def
        assert isinstance(definition, TimeWindowPartitionsDefinition)
        parts = self.get_partition_key_from_str(partition_key).keys_by_dimension
        return definition.time_window_for_partition_key(parts[dimension.name])


class ProductSpace(PartitionSpace):
    """All pairs of the partitions of two spaces: rows of the first dimension, a stride apart.

    Args:
        definition: The definition.
        major: The space of its primary dimension.
        minor: The space of its secondary dimension.
    """

    has_dimensions = True

    def __init__(self, definition: MultiPartitionsDefinition, major: PartitionSpace, minor: PartitionSpace) -> None:
        self.definition = definition
        self.major = major
        self.minor = minor
        self.major_name = definition.primary_dimension.name
        self.minor_name = definition.secondary_dimension.name
        self.spaces = {self.major_name: major, self.minor_name: minor}
        grows = not minor.identity.startswith("static:")
        # Room to grow: a new key of the second dimension must not change what the indices mean.
        self.stride = max(MIN_STRIDE, 1 << (2 * minor.size - 1).bit_length()) if grows else max(1, minor.size)
        self.identity = f"multi:{self.stride}:{major.identity}×{minor.identity}"
        self.is_fixed = major.is_fixed and minor.is_fixed
        self._is_major_first = definition.dimensions[0].name == self.major_name

    @cached_property
    def all(self) -> PartitionSet:  # pyright: ignore[reportIncompatibleVariableOverride] - made when it is first asked for
        """See `PartitionSpace`."""
        return self.product(self.major.all, self.minor.all)

    def product(self, major: PartitionSet, minor: PartitionSet) -> PartitionSet:
        """All pairs of one of these and one of those."""
        if not major or not minor:
            return EMPTY
        row = minor.to_bytes() if self.stride % 8 == 0 else None
        if row is not None:
            width = self.stride // 8
            row = row.ljust(width, b"\0")
            data = bytearray(width * (major.last + 1))
            for start, end in major.ranges():
                data[start * width : end * width] = row * (end - start)
            return PartitionSet.from_bytes(bytes(data))
        digits = minor.digits().ljust(self.stride, "0")
        empty = "0" * self.stride
        text: list[str] = []
        position = 0
        for start, end in major.ranges():
            text.append(empty * (start - position))
            text.append(digits * (end - start))
            position = end
        return PartitionSet(int("".join(text)[::-1], 2))

    def rows(self, partitions: PartitionSet) -> Iterator[tuple[int, PartitionSet]]:
        """A set by the index in the first dimension, with those in the second; rows that are empty are left out."""
        if not partitions:
            return
        digits, stride = partitions.digits(), self.stride
        known: dict[str, PartitionSet] = {}
        for index in range(partitions.first // stride, partitions.last // stride + 1):
            row = digits[index * stride : (index + 1) * stride]
            if "1" in row:
                found = known.get(row)
                if found is None:
                    found = known[row] = PartitionSet(int(row[::-1], 2))
                yield index, found

    def blocks(self, partitions: PartitionSet) -> list[tuple[PartitionSet, PartitionSet]]:
        """A set as products: as many as there are different rows in it."""
        rows: dict[PartitionSet, list[int]] = {}
        for index, row in self.rows(partitions):
            rows.setdefault(row, []).append(index)
        return [(PartitionSet.of(indices), row) for row, indices in rows.items()]

    def find(self, key: str) -> int | None:
        """See `PartitionSpace`."""
        first, mark, second = key.partition(DIMENSION_MARK)
        if not mark:
            return None
        major, minor = (first, second) if self._is_major_first else (second, first)
        i, j = self.major.find(major), self.minor.find(minor)
        return None if i is None or j is None else i * self.stride + j

    def key(self, index: int) -> str:
        """See `PartitionSpace`."""
        major, minor = divmod(index, self.stride)
        one, other = self.major.key(major), self.minor.key(minor)
        return f"{one}{DIMENSION_MARK}{other}" if self._is_major_first else f"{other}{DIMENSION_MARK}{one}"

    def window(self, index: int) -> TimeWindow | None:
        """See `PartitionSpace`: that of the dimension of time."""
        return self.major.window(index // self.stride)

    def unknown(self, key: str) -> UnknownPartition:
        """See `PartitionSpace`."""
        parts = self.definition.parts_of(key)
        names = self.definition.partition_dimension_names
        if parts is None:
            example = self.key(self.all.first) if self.all else DIMENSION_MARK.join(name.upper() for name in names)
            return UnknownPartition(
                f"{key!r} is not the key of a partition of {' and '.join(names)}", hint=f"write it as {example!r}"
            )
        for name, part in parts.items():
            if self.spaces[name].find(part) is None:
                error = self.spaces[name].unknown(part)
                return UnknownPartition(f"{key!r}: in the dimension {name!r}, {error.what}", hint=error.hint)
        return UnknownPartition(f"there is no partition {key!r}")

    def range(self, first: str, last: str) -> PartitionSet:
        """All pairs of a key between the parts of both in the one dimension, and one in the other.

        Raises:
            UnknownPartition: One of them is no partition's.
            BadRange: In one dimension, the last comes before the first, or the keys have no order.
        """
        one, other = (self.definition.parts_of(key) for key in (first, last))
        if one is None or other is None:
            raise self.unknown(first if one is None else last)
        spans = {name: space.range(one[name], other[name]) for name, space in self.spaces.items()}
        return self.product(spans[self.major_name], spans[self.minor_name])

    def ranges(self, partitions: PartitionSet) -> list[tuple[str, str]]:
        """A set as ranges of keys: rectangles, from the first pair to the last."""
        return [
            (
                self._joined(major_first, minor_first),
                self._joined(major_last, minor_last),
            )
            for majors, minors in self.blocks(partitions)
            for major_first, major_last in self.major.ranges(majors)
            for minor_first, minor_last in self.minor.ranges(minors)
        ]

    def _joined(self, major: str, minor: str) -> str:
        return MultiPartitionKey({self.major_name: major, self.minor_name: minor})

    def along(self, name: str, partitions: Iterable[int]) -> PartitionSet:
        """All pairs whose part in a dimension is one of these."""
        chosen = PartitionSet.of(partitions)
        if name == self.major_name:
            return self.product(chosen, self.minor.all)
        return self.product(self.major.all, chosen)

    def projected(self, name: str, partitions: PartitionSet) -> PartitionSet:
        """The parts in a dimension of a set of pairs."""
        if name == self.major_name:
            return PartitionSet.of(index for index, _ in self.rows(partitions))
        found = EMPTY
        for row in {row for _, row in self.rows(partitions)}:
            found |= row
        return found
