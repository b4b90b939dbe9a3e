"""Ops: functions that are put together into graphs, each a step of its own."""

from __future__ import annotations

from collections import namedtuple
from functools import cached_property, update_wrapper
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct
from msgspec.structs import replace

from assettui.definitions import invocation
from assettui.definitions.binding import output_type
from assettui.definitions.building_contexts import build_op_context
from assettui.definitions.keywords import OpKeywords, bare_too, checks, shows
from assettui.definitions.ops.composition import NodeOutput, current_composer
from assettui.definitions.outputs import DynamicOut, Out
from assettui.definitions.parameters import Parameters, parameters_of, remember_scope
from assettui.definitions.placed import caller, location_of
from assettui.definitions.resources import is_resource_annotation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.retries import RetryPolicy
    from assettui.model.errors import Location


class OpOutput(Struct, frozen=True):
    """One output of an op."""

    name: str
    is_required: bool = True
    is_dynamic: bool = False
    io_manager_key: str | None = None
    annotation: Any = None
    metadata: Mapping[str, Any] | None = None


class OpDefinition:
    """A function with its declaration. Called in a graph it becomes a step; called elsewhere it calls the function."""

    @checks("op", OpKeywords)
    def __init__(self, fn: Callable[..., Any], *, at: Location | None = None, **said: Unpack[OpKeywords]) -> None:
        description = said.get("description")
        self.fn = fn
        self.name = said.get("name") or getattr(fn, "__name__", "unnamed")
        self.description = description if description is not None else getattr(fn, "__doc__", None)
        self.ins = dict(said.get("ins") or {})
        self.config_schema = said.get("config_schema")
        self.required_resource_keys = frozenset(said.get("required_resource_keys") or ())
        self.retry_policy = said.get("retry_policy")
        self.tags = dict(said.get("tags") or {})
        self.pool = said.get("pool")
        self.timeout = said.get("timeout")
        self.code_version = said.get("code_version")
        self.hooks: frozenset[HookDefinition] = frozenset()
        self.at = location_of(fn) or at or caller()
        self._out = said.get("out")
        update_wrapper(self, fn)

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of the function."""
        return parameters_of(self.fn, self.ins)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """The parameters that receive values of other ops or assets, and the inputs of type `Nothing`."""
        named = tuple(
            name
            for name in self.parameters.named
            if not is_resource_annotation(self.parameters.annotations.get(name))
            and not getattr(self.parameters.annotations.get(name), "is_assettui_config", False)
        )
        return (*named, *(name for name in self.ins if name not in self.parameters.named))

    @cached_property
    def outputs(self) -> dict[str, OpOutput]:
        """What it gives, by name."""
        out = self._out
        if out is None:
            return {"result": OpOutput("result", annotation=self.parameters.result)}
        if isinstance(out, Out):
            return {"result": _output("result", out, _type_of(self.parameters.result, out.dagster_type))}
        return {name: _output(name, each, _type_of(Parameter.empty, each.dagster_type)) for name, each in out.items()}

    def output_kinds(self) -> dict[str, bool]:
        """Name of each output → whether it is dynamic."""
        return {name: out.is_dynamic for name, out in self.outputs.items()}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """In a graph: note the call, and give what stands for its outputs. Elsewhere: call the function itself."""
        if current_composer() is None:
            return invocation.call(self.fn, self.parameters, args, kwargs, build_op_context)
        return OpCall(self).note(args, kwargs, caller())

    def alias(self, name: str) -> OpCall:
        """The op under another name, to be called in a graph."""
        return OpCall(self, name)

    def with_hooks(self, hooks: Iterable[HookDefinition]) -> OpCall:
        """The op with these called as well when its step has ended, to be called in a graph."""
        return OpCall(self, hooks=frozenset(hooks))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> OpCall:
        """The op with another retry policy, to be called in a graph."""
        return OpCall(self, retry_policy=retry_policy)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class OpCall(Struct, frozen=True):
    """An op or graph as it is to be called in a graph, something about it being otherwise."""

    definition: Any
    name: str | None = None
    hooks: frozenset[HookDefinition] = frozenset()
    retry_policy: RetryPolicy | None = None

    def alias(self, name: str) -> OpCall:
        """The same under another name."""
        return replace(self, name=name)

    def with_hooks(self, hooks: Iterable[HookDefinition]) -> OpCall:
        """The same with these hooks as well."""
        return replace(self, hooks=self.hooks | frozenset(hooks))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> OpCall:
        """The same with another retry policy."""
        return replace(self, retry_policy=retry_policy)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """In a graph: note the call, and give what stands for its outputs."""
        if current_composer() is None:
            return self.definition(*args, **kwargs)
        return self.note(args, kwargs, caller())

    def note(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], at: Location) -> Any:
        """Note a call in the graph that is being composed."""
        composer = current_composer()
        assert composer is not None
        node = composer.add(
            self.definition, args, kwargs, at, alias=self.name, hooks=self.hooks, retry_policy=self.retry_policy
        )
        handles = {
            name: NodeOutput(node, name, is_dynamic) for name, is_dynamic in self.definition.output_kinds().items()
        }
        if not handles:
            return None
        if len(handles) == 1:
            return next(iter(handles.values()))
        names: Any = namedtuple("Outputs", list(handles))  # pyright: ignore[reportUntypedNamedTuple] - its fields are known only here
        return names(**handles)


def _type_of(result: Any, dagster_type: Any) -> Any:
    found = output_type(result, dagster_type)
    return Parameter.empty if found is None else found


def _output(name: str, out: Out, annotation: Any) -> OpOutput:
    return OpOutput(
        name, out.is_required, isinstance(out, DynamicOut), out.io_manager_key, annotation, out.metadata or None
    )


@shows(OpKeywords)
@bare_too
def op(**said: Unpack[OpKeywords]) -> Callable[[Callable[..., Any]], OpDefinition]:
    """Declare that a function is an op, to be called in graphs and jobs.

    Args:
        name: By default the function's name.
        description: By default the docstring.
        ins: What is to be said of its parameters; one of type `Nothing` need not be a parameter.
        out: Its output, or several by name; without it there is one, called `result`.
        config_schema: What `context.op_config` holds: a class of configuration, or a dict of names and types.
        required_resource_keys: Resources that it takes from `context.resources`.
        retry_policy: Whether and when it is tried again after it has failed.
        tags: Kept with it. `{"dagster/isolation": "process"}` gives its steps a process of their own.
        pool: The pool of slots, shared by all runs, that its step takes one from.
        timeout: How long its step may take, in seconds, before it is stopped and has failed.
        code_version: Kept with it.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> OpDefinition:
        remember_scope(fn)
        return OpDefinition(fn, at=at, **said)

    return decorate
