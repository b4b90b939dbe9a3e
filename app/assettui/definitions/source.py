"""External assets that a function of the project can look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from assettui.definitions.asset import AssetsDefinition, StepArguments
from assettui.definitions.asset_outputs import AssetOutput, decorated_spec
from assettui.definitions.keywords import SpecKeywords, bare_too, shows
from assettui.definitions.placed import caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@shows(SpecKeywords)
@bare_too
def observable_source_asset(
    *,
    io_manager_key: str | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    **said: Unpack[SpecKeywords],
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a function looks at an asset which something else makes.

    It returns a `DataVersion`, an `ObserveResult`, or nothing. Where the data version changes from one observation to
    the next, what was derived from the asset is stale. It takes a context and resources.

    Args:
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
        freshness_policy: How old its data may be.
        legacy_freshness_policy: The same, by its older name.
        automation_condition: When it is observed by itself.
        auto_materialize_policy: The older way to say so.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        arguments = StepArguments(
            required_resource_keys=frozenset(required_resource_keys or ()),
            resource_defs=resource_defs or {},
            is_observation=True,
        )
        output = AssetOutput("result", decorated_spec(fn, at, said), io_manager_key=io_manager_key)
        return AssetsDefinition(fn, [output], arguments, at)

    return decorate
