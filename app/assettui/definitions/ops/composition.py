"""Graphs of ops: what calls what, noted while the function that composes them is called, then laid flat into steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from assettui.definitions.placed import caller
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey, closest
from assettui.model.project import InputSnapshot, StepOutput, StepSnapshot, Wire
from assettui.model.text import plural

if TYPE_CHECKING:
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.ops.graph import GraphDefinition
    from assettui.definitions.ops.op import OpDefinition
    from assettui.definitions.retries import RetryPolicy
    from assettui.model.errors import Location


class CompositionError(AssettuiError):
    """Ops were put together in a way that cannot be carried out."""

    def __init__(self, what: str, at: Location | None = None, *, hint: str | None = None) -> None:
        super().__init__(f"{at}: {what}" if at else what, hint=hint)


class Node(Struct, frozen=True, eq=False):
    """One call of an op or graph."""

    name: str
    definition: OpDefinition | GraphDefinition
    arguments: Mapping[str, Handle | list[Handle]]
    at: Location
    hooks: frozenset[HookDefinition] = frozenset()
    retry_policy: RetryPolicy | None = None


# What stands for a value while ops are being composed.


class GraphInput(Struct, frozen=True, eq=False):
    """A parameter of the composing function."""

    name: str


class NodeOutput(Struct, frozen=True, eq=False):
    """An output of a call."""

    node: Node
    output: str
    is_dynamic: bool = False

    def map(self, fn: Callable[[Any], Any]) -> Any:
        """Have what `fn` composes carried out for each value of the dynamic output, each in a step of its own.

        Returns:
            What `fn` returns; call `collect()` on it to have all results as a list.
        """
        if not self.is_dynamic:
            raise CompositionError(
                f"{self.node.name} has no dynamic output, so there is nothing to map over", caller(), hint=_DYNAMIC_HINT
            )
        return fn(Mapped(self))

    def collect(self) -> Collected:
        """All values of the dynamic output, or all results of what was mapped over it, as a list."""
        return Collected(self)

    def __iter__(self) -> Any:
        raise CompositionError(
            f"the output of {self.node.name} is not known while ops are composed, so it cannot be taken apart",
            caller(),
            hint="declare its parts as outputs of the op: out={'a': Out(), 'b': Out()}",
        )


class Mapped(Struct, frozen=True, eq=False):
    """One value of a dynamic output, inside of what is mapped over it."""

    output: NodeOutput


class Collected(Struct, frozen=True, eq=False):
    """A list of what was fanned out."""

    output: NodeOutput


Handle: TypeAlias = GraphInput | NodeOutput | Mapped | Collected
_DYNAMIC_HINT = "declare it with out=DynamicOut(), and yield a DynamicOutput for each value"


class Composer(Struct):
    """Notes the calls that one composing function makes."""

    name: str
    nodes: list[Node] = []
    taken: set[str] = set()

    def add(
        self,
        definition: OpDefinition | GraphDefinition,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        at: Location,
        *,
        alias: str | None = None,
        hooks: frozenset[HookDefinition] = frozenset(),
        retry_policy: RetryPolicy | None = None,
    ) -> Node:
        """Note a call.

        Raises:
            CompositionError: An argument is no output of another call, or does not fit a parameter.
        """
        inputs = definition.input_names
        if len(args) > len(inputs):
            raise CompositionError(f"{definition.name} takes {plural(len(inputs), 'input')}, not {len(args)}", at)
        given: dict[str, Any] = dict(zip(inputs, args, strict=False))
        for name, value in kwargs.items():
            if name not in inputs:
                near = closest(name, inputs)
                hint = f"did you mean {near!r}?" if near else f"it has: {', '.join(inputs) or 'none'}"
                raise CompositionError(f"{definition.name} has no input {name!r}", at, hint=hint)
            if name in given:
                raise CompositionError(f"{definition.name} was given the input {name!r} twice", at)
            given[name] = value
        for name, value in given.items():
            for each in _as_list(value):
                if not isinstance(each, Handle):
                    raise CompositionError(
                        f"{definition.name} was given {each!r:.60} for {name!r}, which is no output of an op",
                        at,
                        hint="give it as configuration, or have an op return it",
                    )
        name = alias or self._free_name(definition.name)
        if name in self.taken:
            raise CompositionError(f"two calls in {self.name} are called {name!r}", at, hint="give one another alias")
        self.taken.add(name)
        node = Node(name, definition, given, at, hooks, retry_policy)
        self.nodes.append(node)
        return node

    def _free_name(self, name: str) -> str:
        count, free = 1, name
        while free in self.taken:
            count += 1
            free = f"{name}_{count}"
        return free


def _as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


_composing: list[Composer] = []


def current_composer() -> Composer | None:
    """What notes calls now; None outside of composing functions."""
    return _composing[-1] if _composing else None


class Composition(Struct, frozen=True, eq=False):
    """What a composing function has put together."""

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: Mapping[str, Handle]
    """What it returned, by output."""


def compose(
    name: str, fn: Callable[..., Any], inputs: tuple[str, ...], outputs: tuple[str, ...], at: Location
) -> Composition:
    """Call a composing function and note what it calls.

    Args:
        name: Of the graph.
        fn: The function.
        inputs: Its parameters.
        outputs: The names of what it returns; of one output also where it returns none.
        at: Where it stands.

    Raises:
        CompositionError: It returns something else than outputs of what it calls.
    """
    composer = Composer(name)
    _composing.append(composer)
    try:
        returned = fn(**{each: GraphInput(each) for each in inputs})
    finally:
        _composing.pop()
    return Composition(
        name,
        tuple(composer.nodes),
        inputs,
        _outputs_of(name, returned, outputs, at),
    )


def _outputs_of(name: str, returned: Any, outputs: tuple[str, ...], at: Location) -> dict[str, Handle]:
    if returned is None:
        return {}
    if isinstance(returned, Mapping):
        by_name: dict[str, Any] = dict(cast("Mapping[str, Any]", returned))
    elif isinstance(returned, tuple):
        parts = cast("tuple[Any, ...]", returned)
        by_name = dict(zip(outputs, parts, strict=False))
        if len(parts) != len(outputs):
            raise CompositionError(f"{name} returns {plural(len(parts), 'output')}, and is to have {len(outputs)}", at)
    else:
        by_name = {outputs[0] if outputs else "result": returned}
    for output, handle in by_name.items():
        if not isinstance(handle, Handle):
            raise CompositionError(
                f"{name} returns {handle!r:.60} as {output!r}, which is no output of an op",
                at,
                hint="return what an op gives when it is called in the graph",
            )
    return by_name


# Laid flat.


class FlatOp(Struct, frozen=True, eq=False):
    """One op as a step."""

    step: StepSnapshot
    op: OpDefinition
    node: Node
    hooks: frozenset[HookDefinition]
    path: tuple[str, ...]
    """The names of the graphs that it is in, and its own."""


class _Value(Struct, frozen=True):
    """Where a value comes from, once graphs within graphs are laid flat."""

    asset: AssetKey | None = None
    sources: tuple[StepOutput, ...] = ()
    is_dynamic: bool = False
    over: StepOutput | None = None
    """The dynamic output that it was fanned out over."""
    collects: StepOutput | None = None
    is_list: bool = False


class Flat(Struct, frozen=True):
    """A composition as steps."""

    ops: tuple[FlatOp, ...]
    """In the order of their calls: upstream before downstream."""
    outputs: Mapping[str, StepOutput]
    """Which step's output each output of the composition is."""


def flatten_composition(
    composition: Composition,
    prefix: str,
    assets: Mapping[str, AssetKey],
    hooks: frozenset[HookDefinition] = frozenset(),
) -> Flat:
    """The steps of a composition.

    Args:
        composition: What was composed.
        prefix: Stands before each step's name.
        assets: The asset whose value each input is.
        hooks: Called after each of its steps.

    Raises:
        CompositionError: It cannot be carried out; the message says where it stands.
    """
    flattening = _Flattening()
    values = {name: _Value(asset=key) for name, key in assets.items()}
    outputs = flattening.flatten(composition, prefix, values, hooks)
    found: dict[str, StepOutput] = {}
    for name, value in outputs.items():
        if len(value.sources) != 1 or value.is_list or value.is_dynamic or value.over is not None:
            raise CompositionError(
                f"{composition.name} returns as {name!r} what is not one value of one op",
                hint="have an op make one value of it: collect what was fanned out, and hand it to an op",
            )
        found[name] = value.sources[0]
    return Flat(tuple(flattening.ops), found)


class _Flattening:
    """Lays one composition flat, graphs within it included."""

    def __init__(self) -> None:
        self.ops: list[FlatOp] = []

    def flatten(
        self, composition: Composition, prefix: str, values: Mapping[str, _Value], hooks: frozenset[HookDefinition]
    ) -> dict[str, _Value]:
        made: dict[Node, dict[str, _Value]] = {}
        for node in composition.nodes:
            arguments = {
                name: self._argument(argument, values, made, node) for name, argument in node.arguments.items()
            }
            inner = getattr(node.definition, "composition", None)
            if inner is not None:
                made[node] = self.flatten(inner, f"{prefix}{node.name}.", arguments, hooks | node.hooks)
            else:
                made[node] = self._add_op(node, f"{prefix}{node.name}", arguments, hooks | node.hooks)
        return {name: self._value(handle, values, made) for name, handle in composition.outputs.items()}

    def _argument(
        self,
        argument: Handle | list[Handle],
        values: Mapping[str, _Value],
        made: dict[Node, dict[str, _Value]],
        node: Node,
    ) -> _Value:
        if not isinstance(argument, list):
            return self._value(argument, values, made)
        each = [self._value(handle, values, made) for handle in argument]
        if any(value.asset is not None or value.is_list or value.is_dynamic for value in each):
            raise CompositionError(f"{node.name} is given a list of what are not all single values of ops", node.at)
        over = {value.over for value in each} - {None}
        sources = tuple(source for value in each for source in value.sources)
        return _Value(sources=sources, is_list=True, over=over.pop() if over else None)

    def _value(self, handle: Handle, values: Mapping[str, _Value], made: dict[Node, dict[str, _Value]]) -> _Value:
        match handle:
            case GraphInput():
                return values.get(handle.name, _Value())
            case NodeOutput():
                return made[handle.node].get(handle.output, _Value())
            case Mapped():
                value = made[handle.output.node][handle.output.output]
                return replace(value, is_dynamic=False, over=value.sources[0])
            case Collected():
                node = handle.output.node
                value = made[node][handle.output.output]
                collects = value.sources[0] if value.is_dynamic else value.over
                if collects is None:
                    raise CompositionError(
                        f"{node.name} was not fanned out, so there is nothing to collect", node.at, hint=_DYNAMIC_HINT
                    )
                return _Value(sources=value.sources, is_list=True, collects=collects)

    def _add_op(
        self, node: Node, key: str, arguments: Mapping[str, _Value], hooks: frozenset[HookDefinition]
    ) -> dict[str, _Value]:
        op: Any = node.definition
        inputs: list[InputSnapshot] = []
        wires: list[Wire] = []
        over: StepOutput | None = None
        for name, value in arguments.items():
            if value.is_dynamic:
                raise CompositionError(
                    f"{node.name} is given the dynamic output {value.sources[0]} as it is",
                    node.at,
                    hint=f"fan it out: {value.sources[0].step}().map({node.name}), or .collect() it",
                )
            if value.over is not None:
                if over is not None and over != value.over:
                    raise CompositionError(
                        f"{node.name} is fanned out over both {over} and {value.over}",
                        node.at,
                        hint="collect one of them first",
                    )
                over = value.over
            if value.asset is not None:
                inputs.append(InputSnapshot(name, value.asset))
            elif value.sources:
                wires.append(Wire(name, value.sources, value.is_list, value.collects))
        outputs = op.outputs
        if over is not None and any(out.is_dynamic for out in outputs.values()):
            raise CompositionError(
                f"{node.name} is fanned out, and has itself a dynamic output",
                node.at,
                hint="collect the first one first",
            )
        step = StepSnapshot(
            key,
            is_op=True,
            inputs=tuple(inputs),
            wires=tuple(wires),
            fan_out=over,
            pool=op.pool,
            timeout_s=op.timeout,
        )
        self.ops.append(FlatOp(step, op, node, hooks | op.hooks, tuple(key.split("."))))
        return {
            name: _Value(sources=(StepOutput(key, name),), is_dynamic=out.is_dynamic, over=over)
            for name, out in outputs.items()
        }
