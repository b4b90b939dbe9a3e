"""Calling a decorated function as if it were not decorated, with what it takes besides values filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.context import AssetExecutionContext
from assettui.definitions.resources import unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assettui.definitions.parameters import Parameters


def call(
    fn: Callable[..., Any],
    parameters: Parameters,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    make_context: Callable[[], AssetExecutionContext],
) -> Any:
    """Call a function directly.

    A context that is not given is made. Where a context is given, its resources and its configuration stand for
    parameters that are not.
    """
    positional, named = list(args), dict(kwargs)
    context = named.get(parameters.context or "") or (positional[0] if positional else None)
    is_given = isinstance(context, AssetExecutionContext)
    if parameters.context is not None and parameters.context not in named and not is_given:
        context = make_context()
        positional.insert(0, context)
    elif parameters.context is None and is_given and positional and positional[0] is context:
        del positional[0]  # given only for the resources that it holds
    given_names = {*parameters.named[: max(0, len(positional) - (parameters.context is not None))], *named}
    if isinstance(context, AssetExecutionContext):
        for name in parameters.named:
            if name in given_names:
                continue
            if name in context.resources:
                named[name] = unwrapped(getattr(context.resources, name))
            elif (config := _config_for(parameters.annotations.get(name), context)) is not None:
                named[name] = config
    return fn(*positional, **named)


def _config_for(annotation: Any, context: AssetExecutionContext) -> Any:
    if getattr(annotation, "is_assettui_config", False) is not True or context.op_config is None:
        return None
    return context.op_config if isinstance(context.op_config, annotation) else annotation(**context.op_config)
