"""What is known of assets: where their values are, and how each asset and partition stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from assettui.model.events import Materialization, Observation


VERSIONS_KEPT: Final = 3
"""How many versions of a value are kept where nobody says so."""


class ValueRef(Struct, frozen=True):
    """Where a stored value is, and how to read it."""

    format: str
    """The name of the format that wrote it, such as `parquet:polars`, `json`, `pickle` or `none`."""
    path: str = ""
    """Relative to the folder for values; empty where the format needs no file."""
    size_bytes: int = 0


class AssetState(Struct, frozen=True):
    """What is known of an asset now."""

    asset_key: AssetKey
    last: Materialization | None = None
    failed_us: int | None = None
    """When a step of it last failed, if it has not been materialized since."""
    failed_run: str | None = None
    error: str | None = None
    """Why it failed, in one line."""
    running_run: str | None = None
    """The run that is computing it now."""
    observed: Observation | None = None
    """The last observation."""

    @property
    def data_time_us(self) -> int | None:
        """The time of the source data that it incorporated when it was last made or seen; None where it never was."""
        last, seen = self.last, self.observed
        if seen is not None and (last is None or seen.time_us > last.time_us):
            return seen.source_time_us
        return last.source_time_us if last is not None else None

    @property
    def data_version(self) -> str | None:
        """What identifies its data: as it was made, or as it was seen since."""
        last, seen = self.last, self.observed
        if seen is None or seen.data_version is None or seen.partition is not None:
            return last.data_version if last is not None else None
        return last.data_version if last is not None and last.time_us >= seen.time_us else seen.data_version


class PartitionState(Struct, frozen=True):
    """What is known of a partition of an asset now."""

    partition: str
    last: Materialization | None = None
    failed_us: int | None = None
    """When an attempt at it last failed, if it has not been materialized since."""
    failed_run: str | None = None
    error: str | None = None
    """Why it failed, in one line."""
