"""Backfills as values: what is to be materialized, partition by partition, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.model.keys import AssetKey
from assettui.model.metadata import JsonObject

if TYPE_CHECKING:
    from assettui.core.partitions.sets import PartitionSet

    Selected = Mapping[AssetKey, PartitionSet]
else:
    Selected = Any  # a request does not travel

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


class BackfillCommand(StrEnum):
    """What can be asked of a backfill."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"


class Which(StrEnum):
    """Which partitions of the selected assets, by where they stand."""

    ALL = "all"
    MISSING = "missing"
    """Those that were never materialized."""
    FAILED = "failed"
    STALE = "stale"


class BackfillRequest(Struct, frozen=True):
    """What is asked for. Where several things are said, a partition must fit all of them."""

    keys: tuple[AssetKey, ...]
    which: Which = Which.ALL
    ranges: tuple[tuple[str, str], ...] = ()
    """Ranges of keys, both ends included; empty for no such bound."""
    since_us: int | None = None
    """Partitions whose window begins no earlier."""
    partitions: Selected | None = None
    """Certain partitions, as they were selected in the grid."""
    with_upstream: bool = False
    """Whether all that they need, and that was never materialized, is to be made first."""
    title: str | None = None
    tags: Mapping[str, str] = {}
    """Of each of its runs."""
    max_concurrent: int | None = None
    """How many of its runs may be on their way at once; None leaves it to the engine."""
    priority: int = 0
    config: JsonObject = {}
    """Of each of its runs, as it was given."""
    job: str | None = None
    """The job that each of its runs is one of, if they are a job's."""


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


class Target(Struct, frozen=True, array_like=True):
    """An asset, and which of its partitions are to be made."""

    asset_key: AssetKey
    partitions: JsonObject
    """As `set_to_json` writes them."""


class PlannedAsset(Struct, frozen=True):
    """What a backfill makes of one asset."""

    key: AssetKey
    count: int
    shown: str
    """The partitions, in a line; empty of an asset that has none."""
    runs: int
    """How many runs begin with it."""
    duration_us: int | None
    """How long one materialization took on the average; None where it was never made."""


class SkippedPartitions(Struct, frozen=True):
    """What a backfill leaves out of an asset."""

    key: AssetKey
    shown: str
    """The partitions, in a line."""
    count: int
    why: str


class BackfillPlan(Struct, frozen=True, omit_defaults=True):
    """What a backfill is to do: the value that is shown is the one that is started.

    The partitions are kept by their keys, which outlive changes of the definitions. What explains the plan stands behind,
    and is not recorded.
    """

    targets: tuple[Target, ...]
    """Upstream before downstream."""
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
    job: str | None = None
    """The job that each of its runs is one of, if they are a job's."""
    # What explains it.
    count: int = 0
    """How many partitions are to be made."""
    assets: tuple[PlannedAsset, ...] = ()
    """Upstream before downstream."""
    skipped: tuple[SkippedPartitions, ...] = ()
    runs: int = 0
    estimate_us: int | None = None
    """About how long it takes; None where nothing of it was ever made."""
    request: BackfillRequest | None = None
    """What it was planned for."""

    @property
    def keys(self) -> tuple[AssetKey, ...]:
        """What it makes, upstream before downstream."""
        return tuple(each.asset_key for each in self.targets)

    def recorded(self, config: JsonObject, after: int, *, has_secrets: bool) -> BackfillPlan:
        """As it is recorded.

        Args:
            config: Without its secrets.
            after: The last event before it.
            has_secrets: Whether it has any.
        """
        return BackfillPlan(
            self.targets,
            self.max_concurrent,
            self.priority,
            config,
            self.tags,
            self.title,
            after,
            has_secrets,
            self.job,
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
