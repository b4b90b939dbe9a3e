"""The partitions that a context speaks of: those that are being made, or those of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.errors import AssettuiError

# What knows partitions is imported where there are some: 20 ms that most steps need not take.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.space import PartitionKeyRange, TimeWindow


class NotInContext(AssettuiError, AttributeError):
    """A context was asked for something that there is none of in this step."""


class ContextPartitions(Struct, frozen=True):
    """Some partitions of one definition, in order."""

    keys: tuple[str, ...] = ()
    definition: PartitionsDefinition | None = None
    called: str = "the run"
    """What they are of, in messages."""

    def all_keys(self) -> list[str]:
        """All of them; where they are of two dimensions, each knows its parts.

        Raises:
            NotInContext: There are none.
        """
        self._require()
        return [self._typed(key) for key in self.keys]

    def only(self) -> str:
        """The only one.

        Raises:
            NotInContext: There are several, or none.
        """
        self._require()
        if len(self.keys) != 1:
            raise NotInContext(
                f"{self.called} is of {len(self.keys)} partitions, so there is no one key",
                hint="see partition_keys, partition_key_range or partition_time_window",
            )
        return self._typed(self.keys[0])

    def range(self) -> PartitionKeyRange:
        """The first and the last.

        Raises:
            NotInContext: There are none.
        """
        from assettui.core.partitions.space import PartitionKeyRange

        self._require()
        return PartitionKeyRange(self._typed(self.keys[0]), self._typed(self.keys[-1]))

    def window(self) -> TimeWindow:
        """The time from the beginning of the first to the end of the last.

        Raises:
            NotInContext: There are none, or they are not of time.
        """
        from assettui.core.partitions.multi import MultiPartitionsDefinition
        from assettui.core.partitions.space import TimeWindow
        from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition

        self._require()
        definition = self.definition
        is_of_time = isinstance(definition, TimeWindowPartitionsDefinition) or (
            isinstance(definition, MultiPartitionsDefinition) and definition.has_time_window_dimension
        )
        if not is_of_time or not isinstance(definition, TimeWindowPartitionsDefinition | MultiPartitionsDefinition):
            raise NotInContext(f"the partitions of {self.called} are not of time", hint="see partition_key")
        return TimeWindow(
            definition.time_window_for_partition_key(self.keys[0]).start,
            definition.time_window_for_partition_key(self.keys[-1]).end,
        )

    def given_definition(self) -> PartitionsDefinition:
        """The definition that they are of.

        Raises:
            NotInContext: There is none.
        """
        if self.definition is None:
            raise NotInContext(f"{self.called} has no partitions", hint="ask has_partition_key first")
        return self.definition

    def _typed(self, key: str) -> str:
        if self.definition is None:
            return key
        from assettui.core.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition

        definition = self.definition
        if isinstance(definition, MultiPartitionsDefinition) and not isinstance(key, MultiPartitionKey):
            return definition.get_partition_key_from_str(key)
        return key

    def _require(self) -> None:
        if not self.keys:
            raise NotInContext(
                f"{self.called} has no partition key", hint="ask has_partition_key first, or give the run one"
            )


def given_partitions(
    partition_key: str | None,
    partition_key_range: Sequence[str] | None,
    definition: PartitionsDefinition | None,
) -> ContextPartitions:
    """The partitions that whoever builds a context in a test names."""
    if partition_key is not None:
        return ContextPartitions((partition_key,), definition)
    if partition_key_range is None:
        return ContextPartitions((), definition)
    from assettui.core.partitions.space import PartitionKeyRange

    first, last = partition_key_range
    keys = definition.get_partition_keys_in_range(PartitionKeyRange(first, last)) if definition else (first, last)
    return ContextPartitions(tuple(keys), definition)
