"""What the cursor of a `multi_asset_sensor` says: which materializations of each asset it has taken note of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.event_records import AssetEventRecord

MAX_UNCONSUMED = 1_000
"""So many partitions of an asset are kept that were passed over, the last ones."""


class Position(Struct, frozen=True):
    """How far a sensor has come with an asset. Events are named by their ids, which ascend."""

    at: int = 0
    """The last event of all that it has taken note of."""
    unconsumed: tuple[int, ...] = ()
    """Events before that one of which it has not: of each partition that it passed over the last."""

    def is_new(self, event: AssetEventRecord) -> bool:
        """Whether it comes after all that was taken note of."""
        return event.storage_id > self.at

    def shows(self, event: AssetEventRecord) -> bool:
        """Whether it was not taken note of."""
        return self.is_new(event) or event.storage_id in self.unconsumed

    def consuming(self, event: AssetEventRecord, shown: Iterable[AssetEventRecord]) -> Position:
        """Further, by taking note of an event.

        Of a partition, that is all that was made of this partition up to then; else, all of the asset up to then.

        Args:
            event: Which one.
            shown: All events of the asset that were not taken note of before.
        """
        at = max(self.at, event.storage_id)
        if event.partition_key is None:
            return Position(at)
        left: dict[str, int] = {}
        for each in shown:
            partition = each.partition_key
            is_taken = partition == event.partition_key and each.storage_id <= event.storage_id
            if partition is not None and each.storage_id < at and self.shows(each) and not is_taken:
                left[partition] = max(left.get(partition, 0), each.storage_id)
        return Position(at, tuple(sorted(left.values())[-MAX_UNCONSUMED:]))


def positions_of(cursor: str | None) -> dict[str, Position]:
    """How far a sensor has come with each asset, by its key; empty of a cursor that says something else."""
    try:
        said: Any = json.loads(cursor) if cursor else None
    except ValueError:
        return {}
    found: dict[str, Position] = {}
    for key, numbers in cast("dict[str, Any]", said if isinstance(said, dict) else {}).items():
        ids = [numbers] if isinstance(numbers, int) else numbers
        if isinstance(ids, list) and ids and all(isinstance(each, int) for each in cast("list[Any]", ids)):
            at, *unconsumed = cast("list[int]", ids)
            found[key] = Position(at, tuple(unconsumed))
    return found


def cursor_of(positions: Mapping[str, Position]) -> str:
    """The cursor: of each asset a number, or a list of it and of what was passed over."""
    said = {key: [each.at, *each.unconsumed] if each.unconsumed else each.at for key, each in positions.items()}
    return json.dumps(said, sort_keys=True)
