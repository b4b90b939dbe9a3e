"""Graphs of ops, by themselves and behind assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.definitions.asset import AssetsDefinition, StepArguments
from assettui.definitions.asset_outputs import AssetOutput, as_asset_ins, decorated_spec, docstring, outputs_of_outs
from assettui.definitions.composition import Composition, compose, current_composer
from assettui.definitions.op import OpCall
from assettui.definitions.parameters import parameters_of
from assettui.definitions.placed import caller, location_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.backfill_policy import BackfillPolicy
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.inputs import AssetIn
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.outputs import AssetOut
    from assettui.definitions.retries import RetryPolicy
    from assettui.model.errors import Location
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata


class GraphOut(Struct, frozen=True):
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

    def to_job(
        self,
        name: str | None = None,
        *,
        description: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        config: Any = None,
        tags: Mapping[str, str] | None = None,
        metadata: RawMetadata | None = None,
        hooks: Iterable[HookDefinition] | None = None,
        op_retry_policy: RetryPolicy | None = None,
    ) -> JobDefinition:
        """A job that runs the graph; see `job`."""
        from assettui.definitions.job import JobDefinition  # jobs know graphs

        return JobDefinition(
            name or self.name,
            composition=self.composition,
            description=description or self.description,
            resource_defs=resource_defs or {},
            config=config,
            tags=tags or {},
            metadata=metadata or {},
            hooks=frozenset(hooks or ()),
            op_retry_policy=op_retry_policy,
            at=self.at,
        )

    def execute_in_process(self, **options: Any) -> Any:
        """Run it in this process; see `JobDefinition.execute_in_process`."""
        return self.to_job().execute_in_process(**options)

    def __repr__(self) -> str:
        return f"<graph {self.name}>"


def graph(
    compose_fn: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
) -> Any:
    """Declare that a function puts ops together: what it calls become steps, what it returns is what they give.

    Args:
        compose_fn: The function, where the decorator is used bare. It is called once, at once, and sees no values.
        name: By default the function's name.
        description: By default the docstring.
        out: Several outputs by name; without it there is at most one.
    """
    at = caller()
    outputs = tuple(out) if out is not None and not isinstance(out, GraphOut) else ()

    def decorate(fn: Callable[..., Any]) -> GraphDefinition:
        return GraphDefinition(fn, name, outputs, description, at)

    return decorate if compose_fn is None else decorate(compose_fn)


def graph_asset(
    compose_fn: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    key: CoercibleToAssetKey | None = None,
    key_prefix: str | Sequence[str] | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    group_name: str | None = None,
    owners: Sequence[str] | None = None,
    tags: Mapping[str, str] | None = None,
    kinds: Iterable[str] | None = None,
    metadata: RawMetadata | None = None,
    description: str | None = None,
    code_version: str | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    hooks: Iterable[HookDefinition] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    backfill_policy: BackfillPolicy | None = None,
) -> Any:
    """Declare that a graph of ops computes an asset: the value that the function returns from its last op.

    Each parameter stands for the value of the asset of that name. For the rest see `asset` and `graph`.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        spec = decorated_spec(fn, at, name=name, key=key, key_prefix=key_prefix)
        spec.description = description if description is not None else docstring(fn)
        spec.metadata = {} if metadata is None else metadata
        spec.group_name, spec.code_version = group_name, code_version
        spec.owners, spec.tags, spec.kinds = owners or (), tags or {}, kinds or ()
        spec.partitions_def = partitions_def
        arguments = StepArguments(
            ins=as_asset_ins(ins),
            resource_defs=resource_defs or {},
            hooks=frozenset(hooks or ()),
            backfill_policy=backfill_policy,
        )
        composed = compose(str(spec.key), fn, parameters_of(fn).named, ("result",), location_of(fn) or at)
        return AssetsDefinition(fn, [AssetOutput("result", spec)], arguments, at, composition=composed)

    return decorate if compose_fn is None else decorate(compose_fn)


def graph_multi_asset(
    *,
    outs: Mapping[str, AssetOut],
    name: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    group_name: str | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    hooks: Iterable[HookDefinition] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    backfill_policy: BackfillPolicy | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a graph of ops makes several assets: the function returns a dict from output name to value.

    For the rest see `multi_asset` and `graph`.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        outputs, problems = outputs_of_outs(outs, at, group_name, None, partitions_def=partitions_def)
        step_name = name or getattr(fn, "__name__", "unnamed")
        arguments = StepArguments(
            name=step_name,
            ins=as_asset_ins(ins),
            resource_defs=resource_defs or {},
            hooks=frozenset(hooks or ()),
            backfill_policy=backfill_policy,
        )
        composed = compose(step_name, fn, parameters_of(fn).named, tuple(outs), location_of(fn) or at)
        return AssetsDefinition(fn, outputs, arguments, at, problems, composed)

    return decorate
