"""Graphs of ops, by themselves and behind assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct

from assettui.definitions.asset import AssetsDefinition, step_arguments
from assettui.definitions.asset_outputs import AssetOutput, as_asset_ins, decorated_spec, outputs_of_outs
from assettui.definitions.job import job_of
from assettui.definitions.keywords import (
    GraphAssetKeywords,
    JobKeywords,
    MakerKeywords,
    bare_too,
    checks,
    shows,
)
from assettui.definitions.ops.composition import Composition, compose, current_composer
from assettui.definitions.ops.op import OpCall
from assettui.definitions.parameters import parameters_of
from assettui.definitions.placed import caller, location_of
from assettui.model.arguments import Checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.outputs import AssetOut
    from assettui.model.errors import Location


class GraphOut(Struct, frozen=True, metaclass=Checked):
    """One output of a graph of ops."""

    description: str | None = None


class GraphDefinition:
    """Ops put together. Called in another graph it becomes part of that one."""

    def __init__(
        self, fn: Callable[..., Any], name: str | None, outputs: Iterable[str], description: str | None, at: Location
    ) -> None:
        self.name = name or getattr(fn, "__name__", "unnamed")
        self.description = description if description is not None else getattr(fn, "__doc__", None)
        self.at = location_of(fn) or at
        self.input_names = parameters_of(fn).named
        self.hooks: frozenset[HookDefinition] = frozenset()
        self.composition: Composition = compose(self.name, fn, self.input_names, tuple(outputs) or ("result",), self.at)

    def output_kinds(self) -> dict[str, bool]:
        """Name of each output → whether it is dynamic: it never is."""
        return dict.fromkeys(self.composition.outputs, False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """In a graph: note the call, and give what stands for its outputs."""
        if current_composer() is None:
            raise TypeError(f"the graph {self.name} is called in other graphs; run it with execute_in_process()")
        return OpCall(self).note(args, kwargs, caller())

    def alias(self, name: str) -> OpCall:
        """The graph under another name, to be called in a graph."""
        return OpCall(self, name)

    def with_hooks(self, hooks: Iterable[HookDefinition]) -> OpCall:
        """The graph with these called as well when one of its steps has ended."""
        return OpCall(self, hooks=frozenset(hooks))

    @shows(JobKeywords)
    def to_job(
        self, name: str | None = None, *, resource_defs: Mapping[str, Any] | None = None, **said: Unpack[JobKeywords]
    ) -> JobDefinition:
        """A job that runs the graph; see `job`."""
        said = {"description": self.description, **said}
        return job_of(name or self.name, said, self.at, composition=self.composition, resource_defs=resource_defs or {})

    def execute_in_process(self, **options: Any) -> Any:
        """Run it in this process; see `JobDefinition.execute_in_process`."""
        return self.to_job().execute_in_process(**options)

    def __repr__(self) -> str:
        return f"<graph {self.name}>"


@checks("graph")
@bare_too
def graph(
    *,
    name: str | None = None,
    description: str | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
) -> Callable[[Callable[..., Any]], GraphDefinition]:
    """Declare that a function puts ops together: what it calls become steps, what it returns is what they give.

    The function is called once, at once, and sees no values.

    Args:
        name: By default the function's name.
        description: By default the docstring.
        out: Several outputs by name; without it there is at most one.
    """
    at = caller()
    outputs = tuple(out) if out is not None and not isinstance(out, GraphOut) else ()

    def decorate(fn: Callable[..., Any]) -> GraphDefinition:
        return GraphDefinition(fn, name, outputs, description, at)

    return decorate


@shows(GraphAssetKeywords)
@bare_too
def graph_asset(**said: Unpack[GraphAssetKeywords]) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a graph of ops computes an asset: the value that the function returns from its last op.

    Each parameter stands for the value of the asset of that name. For the rest see `asset` and `graph`.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        spec = decorated_spec(fn, at, said)
        composed = compose(
            str(spec.key),
            fn,
            parameters_of(fn, as_asset_ins(said.get("ins"))).named,
            ("result",),
            location_of(fn) or at,
        )
        return AssetsDefinition(fn, [AssetOutput("result", spec)], step_arguments(said), at, composition=composed)

    return decorate


@shows(MakerKeywords)
def graph_multi_asset(
    *,
    outs: Mapping[str, AssetOut],
    name: str | None = None,
    group_name: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
    **said: Unpack[MakerKeywords],
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a graph of ops makes several assets: the function returns a dict from output name to value.

    For the rest see `multi_asset` and `graph`.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        outputs, problems = outputs_of_outs(outs, at, group_name, None, partitions_def=partitions_def)
        step_name = name or getattr(fn, "__name__", "unnamed")
        composed = compose(
            step_name, fn, parameters_of(fn, as_asset_ins(said.get("ins"))).named, tuple(outs), location_of(fn) or at
        )
        return AssetsDefinition(fn, outputs, step_arguments(said, step_name), at, problems, composed)

    return decorate
