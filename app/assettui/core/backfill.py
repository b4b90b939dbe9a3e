"""Backfills as values: what is to be materialized, partition by partition, and how far it has come."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.metadata import JsonObject

BACKFILL_TAG = "dagster/backfill"
"""The tag of each run of a backfill, as Dagster documents it."""


class BackfillStatus(StrEnum):
    """Where a backfill is: queued → started → success, failure or canceled; it may be paused on the way."""

    QUEUED = "queued"
    STARTED = "started"
    PAUSED = "paused"
    """Nothing more is launched; what runs goes on."""
    CANCELING = "canceling"
    SUCCESS = "success"
    FAILURE = "failure"
    """All that could be made was; something failed."""
    CANCELED = "canceled"

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it any more, unless somebody asks for a retry."""
        return self in (BackfillStatus.SUCCESS, BackfillStatus.FAILURE, BackfillStatus.CANCELED)


class BackfillCounts(Struct, frozen=True):
    """How many partitions of a backfill have come how far."""

    requested: int = 0
    materialized: int = 0
    failed: int = 0
    skipped: int = 0
    """Not tried, since something that they need failed."""
    canceled: int = 0
    running: int = 0
    """In runs that are not over."""

    @property
    def waiting(self) -> int:
        """Not launched yet."""
        return self.requested - self.materialized - self.failed - self.skipped - self.canceled - self.running

    def to_json(self) -> dict[str, int]:
        """As JSON."""
        return {
            "requested": self.requested,
            "materialized": self.materialized,
            "failed": self.failed,
            "skipped": self.skipped,
            "canceled": self.canceled,
            "running": self.running,
        }

    @staticmethod
    def from_json(data: Mapping[str, int]) -> BackfillCounts:
        """The counts that `to_json` wrote."""
        return BackfillCounts(**data)


class BackfillPlan(Struct, frozen=True):
    """What a backfill is to do. The partitions are kept by their keys: they outlive changes of the definitions."""

    targets: Mapping[AssetKey, JsonObject]
    """For each asset, upstream before downstream, its partitions as `set_to_json` writes them."""
    max_concurrent: int | None = None
    """How many of its runs may be on their way at once; None leaves it to the engine."""
    priority: int = 0
    """Of two backfills, the one with the higher priority is launched first."""
    config: JsonObject = {}
    """Of each of its runs."""
    tags: Mapping[str, str] = {}
    """Of each of its runs."""
    title: str | None = None
    after: int = 0
    """The last event before it: what was materialized since is done."""
    has_secrets: bool = False
    """Whether it was configured with secrets, which stand masked in `config` where it was read from the store."""

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"targets": [[str(key), partitions] for key, partitions in self.targets.items()]}
        for name in ("max_concurrent", "priority", "config", "title", "after", "has_secrets"):
            value = getattr(self, name)
            if value:
                data[name] = value
        if self.tags:
            data["tags"] = dict(self.tags)
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> BackfillPlan:
        """The plan that `to_json` wrote."""
        return BackfillPlan(
            {AssetKey(key): partitions for key, partitions in data["targets"]},
            data.get("max_concurrent"),
            data.get("priority", 0),
            data.get("config", {}),
            data.get("tags", {}),
            data.get("title"),
            data.get("after", 0),
            data.get("has_secrets", False),
        )


class BackfillRecord(Struct, frozen=True):
    """One backfill, as the store has it."""

    backfill_id: str
    status: BackfillStatus
    created_us: int
    plan: BackfillPlan
    counts: BackfillCounts
    started_us: int | None = None
    ended_us: int | None = None
    error: str | None = None
    """What of it failed first, in one line."""
