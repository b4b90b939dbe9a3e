"""External assets that a function of the project can look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.asset import AssetsDefinition, StepArguments
from assettui.definitions.asset_outputs import AssetOutput, decorated_spec, docstring
from assettui.definitions.placed import caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata


def observable_source_asset(
    observe_fn: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    key: CoercibleToAssetKey | None = None,
    key_prefix: str | Sequence[str] | None = None,
    metadata: RawMetadata | None = None,
    io_manager_key: str | None = None,
    description: str | None = None,
    group_name: str | None = None,
    owners: Sequence[str] | None = None,
    tags: Mapping[str, str] | None = None,
    kinds: Iterable[str] | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    partitions_def: PartitionsDefinition | None = None,
) -> Any:
    """Declare that a function looks at an asset which something else makes.

    It returns a `DataVersion`, an `ObserveResult`, or nothing. Where the data version changes from one observation to
    the next, what was derived from the asset is stale.

    Args:
        observe_fn: The function, where the decorator is used bare. It takes a context and resources.
        name: The last part of the key; by default the function's name.
        key: The whole key, instead of name and prefix.
        key_prefix: The parts before the name.
        metadata: What is known of it.
        io_manager_key: The resource that can load its value, where functions are to read it.
        description: Markdown; by default the docstring.
        group_name: The group that it is shown in.
        owners: E-mail addresses, or teams written `team:name`.
        tags: Names and values to select by.
        kinds: What it is made with or of.
        required_resource_keys: Resources that the function takes from `context.resources`.
        resource_defs: Resources of its own, by name.
        partitions_def: Its partitions; None for none.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        spec = decorated_spec(fn, at, name=name, key=key, key_prefix=key_prefix)
        spec.description = description if description is not None else docstring(fn)
        spec.metadata = {} if metadata is None else metadata
        spec.group_name, spec.partitions_def = group_name, partitions_def
        spec.owners, spec.tags, spec.kinds = owners or (), tags or {}, kinds or ()
        arguments = StepArguments(
            required_resource_keys=frozenset(required_resource_keys or ()),
            resource_defs=resource_defs or {},
            is_observation=True,
        )
        return AssetsDefinition(fn, [AssetOutput("result", spec, io_manager_key=io_manager_key)], arguments, at)

    return decorate if observe_fn is None else decorate(observe_fn)
