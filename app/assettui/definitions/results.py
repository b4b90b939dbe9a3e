"""What a function may return, yield or raise instead of a plain value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic

from msgspec import Struct

from assettui.model.arguments import Checked, checks_arguments
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import TypeVar

    from assettui.definitions.checks import AssetCheckResult
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata

    T = TypeVar("T", default=Any)
else:
    from typing import TypeVar

    T = TypeVar("T")


class _NoValue:
    """Says that there is no value, where None would be one."""

    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Final = _NoValue()


class _InPlace:
    """Says that the function has put the value where the asset's IO manager looks for it: as a table that it made itself."""

    def __repr__(self) -> str:
        return "IN_PLACE"


IN_PLACE: Final = _InPlace()


class DataVersion(Struct, frozen=True, metaclass=Checked):
    """What identifies the data that an asset holds: the same text for the same data."""

    value: str

    def __str__(self) -> str:
        return self.value


class _Said(Struct, frozen=True, kw_only=True, metaclass=Checked):
    """What may be said of a result, by name."""

    metadata: RawMetadata = {}
    data_version: DataVersion | str | None = None
    """What identifies the data; by default derived from the code version and the versions of the inputs."""
    tags: Mapping[str, str] = {}
    """`dagster/data_version` is another way to say the data version."""


class Output(_Said, Generic[T], frozen=True):
    """A value to be stored, with something to say about it."""

    value: T
    output_name: str = "result"
    """Which of several outputs."""


class _DynamicMetadata(Struct, frozen=True, kw_only=True, metaclass=Checked):
    metadata: RawMetadata = {}


class DynamicOutput(_DynamicMetadata, Generic[T], frozen=True):
    """One of the values of an output that has any number of them; a copy of each step downstream works on it."""

    value: T
    mapping_key: str
    """Names the value and the steps that work on it: letters, digits and `_`, unique within the output."""
    output_name: str = "result"


class _Materialized(_Said, Generic[T], frozen=True, kw_only=True):
    value: T | _NoValue = NO_VALUE
    """What is to be stored and can then be read; without one there is nothing to read."""


class MaterializeResult(_Materialized[T], Generic[T], frozen=True):
    """Says that the function has stored its data itself; or, with a value, what is to be stored."""

    asset_key: CoercibleToAssetKey | None = None
    """The asset; None where the function makes just one."""
    check_results: Sequence[AssetCheckResult] | None = None
    """What the checks have come to that the function evaluates itself; it may as well yield each."""


class ObserveResult(_Said, frozen=True):
    """What a function that looks at an external asset has seen. Where its data version changes, what was derived is stale."""

    asset_key: CoercibleToAssetKey | None = None
    """The asset; None where the function looks at just one."""
    check_results: Sequence[AssetCheckResult] | None = None
    """As of a `MaterializeResult`."""


class AssetMaterialization(Struct, frozen=True, metaclass=Checked):
    """Yielded or logged by any step: says that an asset, which need not be the step's own, has been materialized."""

    asset_key: CoercibleToAssetKey
    description: str | None = None
    metadata: RawMetadata = {}
    partition: str | None = None
    tags: Mapping[str, str] = {}


class AssetObservation(Struct, frozen=True, metaclass=Checked):
    """Yielded or logged by any step: says what an asset's data looks like, without its having been computed."""

    asset_key: CoercibleToAssetKey
    description: str | None = None
    metadata: RawMetadata = {}
    partition: str | None = None
    tags: Mapping[str, str] = {}


class Failure(AssettuiError):
    """Raised by a step that has failed for a reason that it knows: what it says is kept with the failure.

    Args:
        description: What went wrong, in one line.
        metadata: What else is to be known of it.
        allow_retries: Whether the step's retry policy holds for it.
    """

    @checks_arguments
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
