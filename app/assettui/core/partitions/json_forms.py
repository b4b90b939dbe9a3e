"""Definitions, mappings and sets as JSON: how they travel from a worker and rest in the store."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assettui.core.partitions.evaluated_mapping import EvaluatedPartitionMapping
from assettui.core.partitions.keyed import DynamicPartitionsDefinition, StaticPartitionsDefinition
from assettui.core.partitions.mapping import (
    AllPartitionMapping,
    IdentityPartitionMapping,
    LastPartitionMapping,
    PartitionMapping,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
)
from assettui.core.partitions.multi import MultiPartitionsDefinition
from assettui.core.partitions.multi_mapping import (
    DimensionPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
)
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.partitions.definition import AsOf, PartitionsDefinition
    from assettui.core.partitions.space import PartitionSpace
    from assettui.model.metadata import JsonObject


def definition_from_json(data: Mapping[str, Any]) -> PartitionsDefinition:
    """The definition that `to_json` wrote: the same object for the same text, so what it has found out is kept.

    Raises:
        ValueError: It is none.
    """
    return _definition(json.dumps(data, sort_keys=True))


@lru_cache(maxsize=4096)
def _definition(text: str) -> PartitionsDefinition:
    data: dict[str, Any] = json.loads(text)
    match data["is"]:
        case "time":
            return TimeWindowPartitionsDefinition.from_json(data)
        case "static":
            return StaticPartitionsDefinition(data["keys"])
        case "dynamic":
            return DynamicPartitionsDefinition(name=data["name"])
        case "multi":
            return MultiPartitionsDefinition(
                {name: definition_from_json(each) for name, each in data["dimensions"].items()}
            )
        case _:
            raise ValueError(f"no definition of partitions: {data['is']!r}")


def mapping_from_json(data: Mapping[str, Any]) -> PartitionMapping:
    """The mapping that `to_json` wrote.

    Raises:
        ValueError: It is none.
    """
    match data["is"]:
        case "identity":
            return IdentityPartitionMapping()
        case "all":
            return AllPartitionMapping()
        case "last":
            return LastPartitionMapping()
        case "specific":
            return SpecificPartitionsPartitionMapping(data["keys"])
        case "static":
            return StaticPartitionMapping.of_pairs(data["pairs"])
        case "evaluated":
            return EvaluatedPartitionMapping(data["keys"], data.get("missing", {}), data["called"], data["for"])
        case "window":
            return TimeWindowPartitionMapping(data["offsets"][0], data["offsets"][1], data.get("lax", False))
        case "multi_to_single":
            return MultiToSingleDimensionPartitionMapping(data.get("dimension"))
        case "multi":
            return MultiPartitionMapping(
                {
                    name: DimensionPartitionMapping(below, mapping_from_json(each))
                    for name, (below, each) in data["dimensions"].items()
                }
            )
        case _:
            raise ValueError(f"no mapping of partitions: {data['is']!r}")


def set_to_json(partitions: PartitionSet, space: PartitionSpace, definition: PartitionsDefinition | None) -> JsonObject:
    """A set by the keys of its partitions, with the definition that gives them their meaning.

    Ranges stand for the windows of time that there were; other partitions are named one by one.
    """
    if definition is None:
        return {"whole": bool(partitions)}
    if isinstance(definition, TimeWindowPartitionsDefinition):
        ranges = [list(ends) for ends in space.ranges(partitions)]
        return {"of": definition.to_json(), "ranges": ranges, "count": len(partitions)}
    return {"of": definition.to_json(), "keys": space.keys(partitions)}


def set_from_json(data: Mapping[str, Any], space: PartitionSpace, moment: AsOf) -> PartitionSet:
    """The partitions of a space that have the keys of a set that `set_to_json` wrote, whatever it was a set of.

    A key that there no longer is, is left out; one that has come to be between two others is not taken in.

    Args:
        data: What `set_to_json` wrote.
        space: The partitions as they are now.
        moment: When it is asked.
    """
    if "whole" in data:
        return PartitionSet(int(data["whole"]))
    if "keys" in data:
        return space.known_of(data["keys"])
    definition = definition_from_json(data["of"])
    then = definition.at(moment)
    if then.identity == space.identity:
        spans = [(then.find(first), then.find(last)) for first, last in data["ranges"]]
        if all(first is not None and last is not None for first, last in spans):
            found = PartitionSet.of_ranges([(first or 0, (last or 0) + 1) for first, last in spans])
            return found & space.all
    assert isinstance(definition, TimeWindowPartitionsDefinition)
    keys: list[str] = []
    for first, last in data["ranges"]:
        start, end = definition.index_of(first), definition.index_of(last)
        if start is not None and end is not None:
            keys.extend(definition.key_of(index) for index in range(start, end + 1))
    return space.known_of(keys)
