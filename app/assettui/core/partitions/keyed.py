"""Partitions by name: a list that the code gives, or one that grows and shrinks as keys are added and removed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from assettui.core.partitions.definition import AsOf, PartitionsDefinition
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import RANGE_MARK, BadPartitions, PartitionSpace, UnknownPartition, near_keys
from assettui.model.arguments import checks_arguments
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.model.metadata import JsonObject

MAX_KEY_LENGTH = 255
_NO_KEYS: Mapping[str, int] = MappingProxyType({})


def key_problem(key: object) -> str | None:
    """Why something cannot be the key of a partition; None where it can."""
    if not isinstance(key, str):
        return f"{key!r:.60} is a {type(key).__name__}, and a partition key is a string"
    if not key:
        return "a partition key is empty"
    if RANGE_MARK in key:
        return f"the partition key {key!r:.60} holds {RANGE_MARK!r}, which is how ranges are written"
    if not key.isprintable():
        return f"the partition key {key!r:.60} holds a character that cannot be printed"
    if len(key) > MAX_KEY_LENGTH:
        return f"the partition key {key[:40]!r}… is longer than {MAX_KEY_LENGTH} characters"
    return None


class KeySpace(PartitionSpace):
    """Partitions that have names.

    Args:
        identity: See `PartitionSpace`.
        indices: Key → index, ascending.
        is_ordered: Whether a range of keys means anything.
        called: What its definition is called in messages.
        grows: The name by which keys are added to it; None where the code lists them.
    """

    def __init__(
        self, identity: str, indices: Mapping[str, int], *, is_ordered: bool, called: str, grows: str | None = None
    ) -> None:
        self.identity = identity
        self.is_ordered = is_ordered
        self._indices = indices
        self._keys = {index: key for key, index in indices.items()}
        self._called = called
        self._grows = grows
        self.is_fixed = grows is None
        self.all = PartitionSet.of(self._keys)

    def find(self, key: str) -> int | None:
        """See `PartitionSpace`."""
        return self._indices.get(key)

    def key(self, index: int) -> str:
        """See `PartitionSpace`."""
        return self._keys[index]

    def unknown(self, key: str) -> UnknownPartition:
        """See `PartitionSpace`."""
        hint = near_keys(key, list(self._indices))
        if self._grows is not None:
            import shlex  # deferred: a message alone needs it

            hint += f"; to add it: assettui partition add {shlex.quote(self._grows)} {shlex.quote(key)}"
        return UnknownPartition(f"{self._called} has no partition {key!r}", hint=hint)


class StaticPartitionsDefinition(PartitionsDefinition):
    """Partitions that the code lists.

    Args:
        partition_keys: Their keys, in order.

    Raises:
        BadPartitions: A key is given twice, or cannot be one.
    """

    @checks_arguments
    def __init__(self, partition_keys: Sequence[str]) -> None:
        if isinstance(partition_keys, str):
            raise BadPartitions("StaticPartitionsDefinition was given one string", hint="give it a list of keys")
        keys = tuple(partition_keys)
        for key in keys:
            problem = key_problem(key)
            if problem is not None:
                raise BadPartitions(f"StaticPartitionsDefinition: {problem}", hint="give each partition a plain name")
        self._indices = {key: index for index, key in enumerate(keys)}
        if len(self._indices) != len(keys):
            twice = next(key for index, key in enumerate(keys) if self._indices[key] != index)
            raise BadPartitions(
                f"StaticPartitionsDefinition has the key {twice!r} twice", hint="each key stands for one partition"
            )
        import hashlib  # deferred: 3 ms

        digest = hashlib.sha256("\0".join(keys).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._space = KeySpace(f"static:{digest}", self._indices, is_ordered=True, called="the definition")

    def at(self, moment: AsOf) -> PartitionSpace:
        """See `PartitionsDefinition`: always the same."""
        return self._space

    def to_json(self) -> JsonObject:
        """See `PartitionsDefinition`."""
        return {"is": "static", "keys": list(self._indices)}

    @property
    def summary(self) -> str:
        """See `PartitionsDefinition`."""
        return plural(len(self._indices), "key")


class DynamicPartitionsDefinition(PartitionsDefinition):
    """Partitions whose keys are added and removed while the project lives: by code, sensors, commands or screens.

    Args:
        name: Shared by all definitions that mean the same keys.

    Raises:
        BadPartitions: It has no name, or one that cannot be.
    """

    @checks_arguments
    def __init__(self, partition_fn: object = None, name: str | None = None) -> None:
        if isinstance(partition_fn, str) and name is None:
            partition_fn, name = None, partition_fn
        if partition_fn is not None or not isinstance(name, str) or not name or not name.isprintable():
            raise BadPartitions(
                "DynamicPartitionsDefinition needs a name", hint='such as DynamicPartitionsDefinition(name="customers")'
            )
        self.name = name
        self._last: tuple[Mapping[str, int], PartitionSpace] | None = None

    def at(self, moment: AsOf) -> PartitionSpace:
        """See `PartitionsDefinition`: the keys that had been added by then, and not removed."""
        # An index is never given twice, so those that are recorded keep their meaning as keys come and go.
        indices = moment.dynamic.get(self.name, _NO_KEYS)
        last = self._last
        if last is not None and last[0] is indices:
            return last[1]
        space = KeySpace(f"dynamic:{self.name}", indices, is_ordered=False, called=repr(self.name), grows=self.name)
        self._last = indices, space
        return space

    def to_json(self) -> JsonObject:
        """See `PartitionsDefinition`."""
        return {"is": "dynamic", "name": self.name}

    @property
    def dynamic_names(self) -> tuple[str, ...]:
        """See `PartitionsDefinition`."""
        return (self.name,)

    @property
    def summary(self) -> str:
        """See `PartitionsDefinition`."""
        return f"dynamic {self.name}"

    def build_add_request(self, partition_keys: Iterable[str]) -> AddDynamicPartitionsRequest:
        """What a sensor returns to have keys added."""
        return AddDynamicPartitionsRequest(self.name, tuple(partition_keys))

    def build_delete_request(self, partition_keys: Iterable[str]) -> DeleteDynamicPartitionsRequest:
        """What a sensor returns to have keys removed."""
        return DeleteDynamicPartitionsRequest(self.name, tuple(partition_keys))


class _DynamicPartitionsRequest:
    """Keys of one definition of dynamic partitions."""

    @checks_arguments
    def __init__(self, partitions_def_name: str, partition_keys: Sequence[str]) -> None:
        self.partitions_def_name = partitions_def_name
        self.partition_keys = tuple(partition_keys)


class AddDynamicPartitionsRequest(_DynamicPartitionsRequest):
    """Keys that are to be added."""


class DeleteDynamicPartitionsRequest(_DynamicPartitionsRequest):
    """Keys that are to be removed."""
