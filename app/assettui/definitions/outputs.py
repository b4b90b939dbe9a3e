"""The outputs of functions that have several, or of which there is something to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from assettui.model.arguments import Checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.definitions.auto_materialize import AutoMaterializePolicy
    from assettui.model.freshness import FreshnessPolicy
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata


class AssetOut(Struct, frozen=True, metaclass=Checked):
    """One asset of a function that makes several: `@multi_asset(outs={"users": AssetOut(group_name="raw")})`."""

    key_prefix: str | Sequence[str] | None = None
    key: CoercibleToAssetKey | None = None
    """The whole key; by default the output's name, below `key_prefix`."""
    dagster_type: Any = None
    description: str | None = None
    is_required: bool = True
    """Whether the step fails where the function does not yield it; otherwise what reads it is skipped."""
    io_manager_key: str | None = None
    metadata: RawMetadata = {}
    group_name: str | None = None
    code_version: str | None = None
    data_version: Literal["content"] | None = None
    """`content`: see `AssetSpec`."""
    owners: Sequence[str] = ()
    tags: Mapping[str, str] = {}
    kinds: Iterable[str] = ()
    freshness_policy: FreshnessPolicy | None = None
    """How old its data may be."""
    automation_condition: AutomationCondition | None = None
    """When it is materialized by itself."""
    auto_materialize_policy: AutoMaterializePolicy | None = None
    """The older way to say so."""


class Out(Struct, frozen=True, metaclass=Checked):
    """One output of an op."""

    dagster_type: Any = None
    description: str | None = None
    is_required: bool = True
    """Whether the step fails where the op does not yield it; otherwise what reads it is skipped."""
    io_manager_key: str | None = None
    metadata: RawMetadata = {}


class DynamicOut(Out, frozen=True):
    """An output of an op that has any number of values, each yielded as a `DynamicOutput`."""

    @property
    def is_dynamic(self) -> bool:
        """Always."""
        return True
