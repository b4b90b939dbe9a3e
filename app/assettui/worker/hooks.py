"""Calling the hooks of a step that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.context import ContextRun, ScopedResources
from assettui.definitions.hooks import HookContext
from assettui.definitions.step_log import step_log
from assettui.model.run import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.resources import ResourceSet
    from assettui.model.keys import AssetKey
    from assettui.model.step import StepOutcome


def call_hooks(
    hooks: Iterable[HookDefinition],
    outcome: StepOutcome,
    *,
    run: ContextRun,
    step_key: str,
    asset_keys: Iterable[AssetKey],
    resources: ResourceSet,
    op_config: Any,
    given: Mapping[str, Any],
) -> None:
    """Call those hooks that want to know of this outcome. A failure that is to be tried again is none yet.

    What a hook raises is logged, and changes nothing.

    Args:
        hooks: All that there are for the step.
        outcome: How it ended.
        run: Its run.
        step_key: The step.
        asset_keys: What it was to make.
        resources: Those that hooks may need.
        op_config: The step's configuration.
        given: Its output values, by output.
    """
    if outcome.status is StepStatus.CANCELED or outcome.retry_after_us is not None:
        return
    is_success = outcome.status is StepStatus.SUCCESS
    for hook in sorted(hooks, key=lambda each: each.name):
        if hook.on_success is not is_success:
            continue
        try:
            context = HookContext(
                run,
                step_key,
                hook.name,
                frozenset(asset_keys),
                ScopedResources(resources.scoped(sorted(hook.required_resource_keys))),
                op_config,
                outcome.exception,
                given if is_success else {},
            )
            hook.fn(context)
        except (Exception, SystemExit):  # noqa: BLE001 - user code, and logged
            step_log().exception("the hook %s failed", hook.name)
