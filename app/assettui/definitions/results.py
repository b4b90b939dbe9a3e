"""What an asset function may return instead of a plain value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from assettui.core.keys import CoercibleToAssetKey
    from assettui.core.metadata import RawMetadata

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Output(Generic[T]):
    """A value to be stored, with something to say about it."""

    value: T
    metadata: RawMetadata = field(default_factory=dict[str, Any])
    data_version: str | None = None
    """What identifies the data; by default derived from the code version and the versions of the inputs."""


@dataclass(frozen=True, slots=True)
class MaterializeResult:
    """Says that the function has stored its data itself, so that there is no value to store, nor to be read."""

    asset_key: CoercibleToAssetKey | None = None
    """The asset; None where the function makes just one."""
    metadata: RawMetadata = field(default_factory=dict[str, Any])
    data_version: str | None = None
