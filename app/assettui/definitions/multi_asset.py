"""Functions that compute several assets in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from msgspec.structs import replace

from assettui.definitions.asset import AssetsDefinition, not_callable, step_arguments
from assettui.definitions.asset_outputs import outputs_of_outs, outputs_of_specs
from assettui.definitions.keywords import StepKeywords, shows
from assettui.definitions.parameters import remember_scope
from assettui.definitions.placed import caller
from assettui.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.outputs import AssetOut
    from assettui.definitions.spec import AssetSpec
    from assettui.model.keys import AssetKey


@shows(StepKeywords)
def multi_asset(
    *,
    specs: Sequence[AssetSpec] | None = None,
    outs: Mapping[str, AssetOut] | None = None,
    name: str | None = None,
    description: str | None = None,
    internal_asset_deps: Mapping[str, set[AssetKey]] | None = None,
    code_version: str | None = None,
    group_name: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
    **said: Unpack[StepKeywords],
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a function makes several assets, in one step.

    It yields a `MaterializeResult` or an `Output` for each, one by one, each stored and recorded as it comes; or
    returns a tuple of them, or of plain values in the order of the outputs.

    Args:
        specs: What is known of each asset; the function says by `asset_key` which one a result is of.
        outs: Instead of specs, the outputs by name, each an asset of that name.
        name: Of the step; by default the function's name.
        ins: For parameters whose name does not say which asset they read.
        deps: Assets that all of them depend on, without the function's reading their values.
        description: What the step does.
        can_subset: Whether the function can make some of its assets without the others: it asks
            `context.selected_asset_keys` which ones are wanted.
        internal_asset_deps: With `outs`: for an output all that its asset depends on, instead of all that is read.
        required_resource_keys: Resources that it takes from `context.resources`.
        resource_defs: Resources of its own, by name.
        config_schema: What `context.op_config` holds: a class of configuration, or a dict of names and types.
        retry_policy: Whether and when it is tried again after it has failed.
        code_version: Of all assets that have none of their own.
        group_name: Of all assets that have none of their own.
        pool: The pool of slots, shared by all runs, that its step takes one from.
        timeout: How long its step may take, in seconds, before it is stopped and has failed.
        hooks: Called when its step has ended.
        op_tags: Of the step. `{"dagster/isolation": "process"}` gives it a process of its own.
        partitions_def: The partitions of what it makes; None for none.
        backfill_policy: How many partitions one run of a backfill makes; by default one.
        check_specs: Checks of its assets that the function evaluates itself: it yields an `AssetCheckResult` for each.
    """
    at = caller()
    arguments = step_arguments(said, name)
    problems: list[Problem] = []
    if specs is not None and outs is not None:
        problems.append(Problem("multi_asset was given both specs and outs", at, "give one of them"))
    if outs is not None:
        outputs, more = outputs_of_outs(
            outs, at, group_name, None, internal_asset_deps, code_version, partitions_def=partitions_def
        )
        problems.extend(more)
    else:
        outputs = outputs_of_specs(specs or (), group_name, code_version, partitions_def)
    if not outputs:
        problems.append(Problem("multi_asset makes no asset", at, 'give it specs=[AssetSpec("a"), …] or outs={…}'))

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        remember_scope(fn)
        given = replace(arguments, name=name or getattr(fn, "__name__", "unnamed"))
        return AssetsDefinition(fn, outputs, given, at, (*problems, *not_callable(fn, at)))

    return decorate
