"""What sensors are shown of what has happened: materializations of assets, and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from assettui.definitions.results import AssetMaterialization
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue
from assettui.model.run import RunStatus


class DagsterEvent(Struct, frozen=True):
    """What has happened, apart from when and where."""

    asset_key: AssetKey | None = None
    partition: str | None = None
    materialization: AssetMaterialization | None = None
    message: str | None = None
    step_key: str | None = None

    @property
    def event_specific_data(self) -> DagsterEvent:
        """The same: there is nothing more to know."""
        return self

    @property
    def is_step_materialization(self) -> bool:
        """Whether an asset was materialized."""
        return self.materialization is not None


class AssetEventRecord(Struct, frozen=True):
    """A materialization, as sensors are shown it."""

    storage_id: int
    """Ascending in the order in which things happened."""
    run_id: str
    timestamp: float
    """When; seconds since the epoch, UTC."""
    asset_key: AssetKey
    partition_key: str | None = None
    metadata: Mapping[str, MetadataValue] = {}
    data_version: str | None = None

    @property
    def asset_materialization(self) -> AssetMaterialization:
        """What was said of it."""
        tags = {} if self.data_version is None else {"dagster/data_version": self.data_version}
        return AssetMaterialization(self.asset_key, None, dict(self.metadata), self.partition_key, tags)

    @property
    def dagster_event(self) -> DagsterEvent:
        """The event itself."""
        return DagsterEvent(self.asset_key, self.partition_key, self.asset_materialization)

    @property
    def event_log_entry(self) -> AssetEventRecord:
        """The same, by the other name that it goes by."""
        return self


class DagsterRun(Struct, frozen=True):
    """A run, as sensors are shown it."""

    run_id: str
    job_name: str | None
    status: RunStatus
    tags: Mapping[str, str] = {}
    asset_selection: frozenset[AssetKey] = frozenset()
    """The assets that it makes."""
    run_config: Mapping[str, Any] = {}
    """What it was configured with, its secrets masked."""
    partition_key: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether it succeeded."""
        return self.status is RunStatus.SUCCESS

    @property
    def is_failure(self) -> bool:
        """Whether it failed."""
        return self.status is RunStatus.FAILURE


class RunEventRecord(Struct, frozen=True):
    """A run that has come to a status, as sensors are shown it."""

    storage_id: int
    """Ascending in the order in which things happened."""
    timestamp: float
    """When; seconds since the epoch, UTC."""
    run: DagsterRun
    error: str | None = None
    """Why it failed, in one line."""
    failed_steps: Sequence[tuple[str, str]] = ()
    """Each step that failed, and why."""
