"""What a function may return, yield or raise instead of a plain value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic

from assettui.core.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import TypeVar

    from assettui.core.keys import CoercibleToAssetKey
    from assettui.core.metadata import RawMetadata

    T = TypeVar("T", default=Any)
else:
    from typing import TypeVar

    T = TypeVar("T")


class _NoValue:
    """Says that there is no value, where None would be one."""

    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Final = _NoValue()


@dataclass(frozen=True, slots=True)
class DataVersion:
    """What identifies the data that an asset holds: the same text for the same data."""

    value: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Output(Generic[T]):
    """A value to be stored, with something to say about it."""

    value: T
    output_name: str = "result"
    """Which of several outputs."""
    metadata: RawMetadata = field(default_factory=dict[str, Any], kw_only=True)
    data_version: DataVersion | str | None = field(default=None, kw_only=True)
    """What identifies the data; by default derived from the code version and the versions of the inputs."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str], kw_only=True)
    """`dagster/data_version` is another way to say the data version."""


@dataclass(frozen=True, slots=True)
class DynamicOutput(Generic[T]):
    """One of the values of an output that has any number of them; each is handed to a step of its own."""

    value: T
    mapping_key: str
    """Names the value and the steps that work on it: letters, digits and `_`, unique within the output."""
    output_name: str = "result"
    metadata: RawMetadata = field(default_factory=dict[str, Any], kw_only=True)


@dataclass(frozen=True, slots=True)
class MaterializeResult(Generic[T]):
    """Says that the function has stored its data itself; or, with a value, what is to be stored."""

    asset_key: CoercibleToAssetKey | None = None
    """The asset; None where the function makes just one."""
    metadata: RawMetadata = field(default_factory=dict[str, Any], kw_only=True)
    data_version: DataVersion | str | None = field(default=None, kw_only=True)
    tags: Mapping[str, str] = field(default_factory=dict[str, str], kw_only=True)
    value: T | _NoValue = field(default=NO_VALUE, kw_only=True)
    """What is to be stored and can then be read; without one there is nothing to read."""


@dataclass(frozen=True, slots=True)
class ObserveResult:
    """What a function that looks at an external asset has seen."""

    asset_key: CoercibleToAssetKey | None = None
    """The asset; None where the function looks at just one."""
    metadata: RawMetadata = field(default_factory=dict[str, Any], kw_only=True)
    data_version: DataVersion | str | None = field(default=None, kw_only=True)
    """What identifies the data now: where it changes, what was derived from it is stale."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str], kw_only=True)


@dataclass(frozen=True, slots=True)
class AssetMaterialization:
    """Yielded or logged by any step: says that an asset, which need not be the step's own, has been materialized."""

    asset_key: CoercibleToAssetKey
    description: str | None = None
    metadata: RawMetadata = field(default_factory=dict[str, Any])
    partition: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class AssetObservation:
    """Yielded or logged by any step: says what an asset's data looks like, without its having been computed."""

    asset_key: CoercibleToAssetKey
    description: str | None = None
    metadata: RawMetadata = field(default_factory=dict[str, Any])
    partition: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class Failure(AssettuiError):
    """Raised by a step that has failed for a reason that it knows: what it says is kept with the failure.

    Args:
        description: What went wrong, in one line.
        metadata: What else is to be known of it.
        allow_retries: Whether the step's retry policy holds for it.
    """

    def __init__(
        self,
        description: str | None = None,
        metadata: RawMetadata | None = None,
        allow_retries: bool | None = None,
    ) -> None:
        super().__init__(description or "failed")
        self.description = description
        self.metadata: RawMetadata = metadata or {}
        self.allow_retries = True if allow_retries is None else allow_retries
