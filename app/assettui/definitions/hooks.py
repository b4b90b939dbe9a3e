"""Hooks: functions that are called when a step has succeeded or failed for good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from assettui.definitions.context import ContextRun, ScopedResources
from assettui.definitions.placed import caller, location_of
from assettui.model.arguments import Checked

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping

    from assettui.model.errors import Location
    from assettui.model.keys import AssetKey


class HookContext(Struct, frozen=True, eq=False):
    """What a hook can know of the step that has ended."""

    run: ContextRun
    step_key: str
    hook_name: str = ""
    asset_keys: frozenset[AssetKey] = frozenset()
    """What the step was to make."""
    resources: Any = field(default_factory=lambda: ScopedResources({}))
    op_config: Any = None
    op_exception: BaseException | None = None
    """Why it failed: what the function raised."""
    op_output_values: Mapping[str, Any] = {}
    """What it gave, by output; of a dynamic output a dict by mapping key. Empty where the step failed."""

    @property
    def run_id(self) -> str:
        """The run that the step belongs to."""
        return self.run.run_id

    @property
    def job_name(self) -> str | None:
        """The job whose run it is, where it is one's."""
        return self.run.job_name

    @property
    def op(self) -> Any:
        """The op, of which the `name` is known."""
        return SimpleNamespace(name=self.step_key)

    @property
    def op_output(self) -> Any:
        """The value of the only output; None where there is none."""
        return next(iter(self.op_output_values.values()), None)

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the step."""
        from assettui.definitions.step_log import step_log  # deferred: logging takes 10 ms

        return step_log()


def build_hook_context(
    resources: Mapping[str, Any] | None = None,
    step_key: str = "step",
    op_exception: BaseException | None = None,
    run_id: str = "direct",
    job_name: str | None = None,
) -> HookContext:
    """A context for calling a hook directly, as in a test."""
    return HookContext(
        ContextRun(run_id, job_name),
        step_key,
        resources=ScopedResources(resources or {}),
        op_exception=op_exception,
    )


class HookDefinition(Struct, frozen=True, eq=False, metaclass=Checked):
    """A function that is called when a step has succeeded, or has failed for good. What it raises is only logged."""

    name: str
    fn: Callable[[HookContext], Any]
    on_success: bool
    """Whether it is called after a success rather than after a failure."""
    required_resource_keys: frozenset[str] = frozenset()
    at: Location | None = None

    def __call__(self, context: HookContext) -> Any:
        """Call the function directly."""
        return self.fn(context)


def success_hook(
    hook_fn: Callable[[HookContext], Any] | None = None,
    /,
    *,
    name: str | None = None,
    required_resource_keys: Iterable[str] = (),
) -> Any:
    """Declare that a function is called whenever a step has succeeded.

    Args:
        hook_fn: Takes a `HookContext`.
        name: By default the function's name.
        required_resource_keys: Resources that it takes from `context.resources`.
    """
    return _hook(hook_fn, name, required_resource_keys, on_success=True)


def failure_hook(
    hook_fn: Callable[[HookContext], Any] | None = None,
    /,
    *,
    name: str | None = None,
    required_resource_keys: Iterable[str] = (),
) -> Any:
    """Declare that a function is called whenever a step has failed for good: after its last retry.

    A step whose worker was killed or has crashed has nobody left to call it; its failure is in the events.

    Args:
        hook_fn: Takes a `HookContext`; `op_exception` is what was raised.
        name: By default the function's name.
        required_resource_keys: Resources that it takes from `context.resources`.
    """
    return _hook(hook_fn, name, required_resource_keys, on_success=False)


def _hook(
    hook_fn: Callable[[HookContext], Any] | None, name: str | None, resources: Iterable[str], *, on_success: bool
) -> Any:
    at = caller()

    def decorate(fn: Callable[[HookContext], Any]) -> HookDefinition:
        return HookDefinition(
            name or getattr(fn, "__name__", "hook"), fn, on_success, frozenset(resources), location_of(fn) or at
        )

    return decorate if hook_fn is None else decorate(hook_fn)
