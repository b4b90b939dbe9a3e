"""What a worker is asked to evaluate: values that travel as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.definitions.event_records import AssetEventRecord, RunEventRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.instigators import InstigatorSnapshot
    from assettui.core.keys import AssetKey
    from assettui.core.metadata import JsonObject


class EvaluationRequest(Struct, frozen=True):
    """All that an evaluation needs."""

    name: str
    """Of the schedule or sensor."""
    scheduled_us: int
    """When it was due; microseconds since the epoch, UTC."""
    store: str = ""
    """Where the store is, for functions that ask it."""
    cursor: str | None = None
    last_ended_us: int | None = None
    """When its last evaluation ended."""
    last_run_key: str | None = None
    since_us: int | None = None
    """When it was last turned on."""
    is_first: bool = False
    """Whether this is the first evaluation since."""
    asset_events: tuple[AssetEventRecord, ...] = ()
    run_events: tuple[RunEventRecord, ...] = ()

    def to_json(self) -> JsonObject:
        """As JSON."""
        return {
            "name": self.name,
            "scheduled_us": self.scheduled_us,
            "store": self.store,
            "cursor": self.cursor,
            "last_ended_us": self.last_ended_us,
            "last_run_key": self.last_run_key,
            "since_us": self.since_us,
            "is_first": self.is_first,
            "asset_events": [each.to_json() for each in self.asset_events],
            "run_events": [each.to_json() for each in self.run_events],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> EvaluationRequest:
        """The request that `to_json` wrote."""
        return EvaluationRequest(
            name=data["name"],
            scheduled_us=data["scheduled_us"],
            store=data["store"],
            cursor=data["cursor"],
            last_ended_us=data["last_ended_us"],
            last_run_key=data["last_run_key"],
            since_us=data["since_us"],
            is_first=data["is_first"],
            asset_events=tuple(AssetEventRecord.from_json(each) for each in data["asset_events"]),
            run_events=tuple(RunEventRecord.from_json(each) for each in data["run_events"]),
        )


def number_of(cursor: str | None) -> int:
    """The last event that a sensor has seen, by what it remembers; 0 for none."""
    return int(cursor) if cursor and cursor.isascii() and cursor.isdigit() else 0


def positions(snapshot: InstigatorSnapshot, cursor: str | None) -> dict[AssetKey, int]:
    """The last event of each asset that a sensor has seen, by what it remembers: one number, or one for each asset."""
    said: Any = None
    if cursor:
        try:
            said = json.loads(cursor)
        except ValueError:
            said = None
    if isinstance(said, dict):
        return {key: _whole(said.get(str(key))) for key in snapshot.assets}  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - JSON
    return dict.fromkeys(snapshot.assets, number_of(cursor))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
