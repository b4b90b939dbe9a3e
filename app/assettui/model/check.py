"""Checks: tests of an asset's data, what one comes to, and how each stands."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import force_setattr

from assettui.model import codec
from assettui.model.errors import Location
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.metadata import MetadataValue

if TYPE_CHECKING:
    from assettui.core.conditions.condition import AutomationCondition
else:
    AutomationCondition = codec.written(
        "AutomationCondition", "assettui.core.conditions.json_forms:condition_from_json"
    )


class AssetCheckSeverity(StrEnum):
    """How bad it is that a check has failed."""

    WARN = "WARN"
    """Worth a look; nothing is stopped by it."""
    ERROR = "ERROR"
    """The data is bad; where the check is blocking, what lies downstream is not built of it."""


class AssetCheckKey(Struct, frozen=True, array_like=True):
    """The name of a check: that of its asset, and its own. Written `a/b:name`."""

    asset_key: AssetKey
    """Anything that stands for a key may be given."""
    name: str

    def __post_init__(self) -> None:
        given: CoercibleToAssetKey = self.asset_key
        if not isinstance(given, AssetKey):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            force_setattr(self, "asset_key", AssetKey.from_coercible(given))

    def __str__(self) -> str:
        return f"{self.asset_key}:{self.name}"

    def to_user_string(self) -> str:
        """As it is written and shown: `a/b:name`."""
        return str(self)

    @staticmethod
    def from_user_string(text: str) -> AssetCheckKey:
        """The check that is written so.

        Raises:
            ValueError: There is no `:` in it.
        """
        asset, mark, name = text.rpartition(":")
        if not mark:
            raise ValueError(f"{text!r} names no check: write ASSET:CHECK")
        return AssetCheckKey(AssetKey(asset), name)


class CheckOutcome(StrEnum):
    """What a check has come to."""

    PASSED = "passed"
    WARNED = "warned"
    """It failed, with severity WARN."""
    FAILED = "failed"
    """It failed, with severity ERROR."""
    ERRORED = "errored"
    """It could not be evaluated: its function has raised something, or its worker has died."""


class CheckSnapshot(Struct, frozen=True, omit_defaults=True):
    """One check as the project defines it."""

    key: AssetCheckKey
    step: str
    """The step that evaluates it: one of its own, or that of its asset."""
    is_blocking: bool = False
    """Whether what lies downstream of its asset is skipped, in the same run, where it fails with severity ERROR."""
    description: str | None = None
    metadata: Mapping[str, MetadataValue] = {}
    condition: AutomationCondition | None = None
    """When it is evaluated by itself, besides after its asset."""
    is_of_whole: bool = False
    """Whether it is evaluated for an asset with partitions as a whole, rather than for each of them."""
    at: Location | None = None

    @property
    def asset_key(self) -> AssetKey:
        return self.key.asset_key

    @property
    def name(self) -> str:
        return self.key.name


class CheckState(Struct, frozen=True):
    """What is known of a check now, or of a check for one partition."""

    key: AssetCheckKey
    outcome: CheckOutcome
    time_us: int
    """When it was last evaluated."""
    run_id: str = ""
    partition: str | None = None
    is_of_latest: bool = True
    """Whether it was evaluated since its asset, or the partition, was last materialized."""
    message: str | None = None
    """Its description of the result, or why it could not be evaluated; in one line."""
    is_blocking: bool = False


def check_step_key(asset_key: AssetKey, name: str) -> str:
    """What the step is called that evaluates one check by itself."""
    return f"{asset_key}:{name}"
