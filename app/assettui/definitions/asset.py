"""The `asset` decorator: a function that computes a data product, and what is declared about it.

Decorating checks nothing and raises nothing: all that is wrong with a project is found when it is described, and
told at once.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, update_wrapper
from inspect import Parameter, cleandoc, signature
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from assettui.core.errors import Location, Problem
from assettui.core.keys import AssetKey, CoercibleToAssetKey
from assettui.definitions.inputs import AssetIn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from assettui.core.metadata import RawMetadata
    from assettui.definitions.spec import AssetSpec

CoercibleToAssetDep: TypeAlias = "CoercibleToAssetKey | AssetsDefinition | AssetSpec"
"""What may stand in `deps`: a key, however written, or the decorated function or spec itself."""


@dataclass(frozen=True, slots=True)
class AssetArguments:
    """What the decorator was given, unchecked."""

    name: str | None = None
    key: CoercibleToAssetKey | None = None
    key_prefix: str | Sequence[str] | None = None
    deps: Iterable[CoercibleToAssetDep] = ()
    ins: Mapping[str, AssetIn] = field(default_factory=dict[str, AssetIn])
    group_name: str | None = None
    owners: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    kinds: Iterable[str] = ()
    metadata: RawMetadata = field(default_factory=dict[str, Any])
    description: str | None = None
    code_version: str | None = None


@dataclass(frozen=True, slots=True)
class ParameterNames:
    """The parameters of an asset function."""

    context: str | None = None
    """The one that receives the context."""
    inputs: tuple[str, ...] = ()
    """Those that receive values of other assets, in order."""
    optional: frozenset[str] = frozenset()
    """Those of the inputs that have a default."""
    variadic: str | None = None
    """`*args` or `**kwargs`, which no asset may have."""
    annotations: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the inputs that have one, unevaluated where the module says so."""


_noting: list[list[AssetsDefinition]] = []


@contextmanager
def noting_definitions() -> Generator[list[AssetsDefinition]]:
    """Notes every asset that is defined meanwhile, also one whose name is then given to another."""
    made: list[AssetsDefinition] = []
    _noting.append(made)
    try:
        yield made
    finally:
        _noting.pop()


def replaced(made: Iterable[AssetsDefinition], kept: Iterable[Any]) -> list[AssetsDefinition]:
    """The assets whose place another function of the same file and key has taken, as a copied `def` does.

    Args:
        made: All that were defined.
        kept: Those that the project holds.
    """
    places = {(each.key, each.at.file): each for each in kept if isinstance(each, AssetsDefinition)}
    return [
        each
        for each in made
        if places.get((each.key, each.at.file), each) is not each
        and "<locals>" not in getattr(each, "__qualname__", "")  # a factory may well make what nobody keeps
    ]


class AssetsDefinition:
    """An asset function with its declaration. Calling it calls the function, as if it were not decorated."""

    def __init__(self, fn: Callable[..., Any], arguments: AssetArguments, at: Location) -> None:
        self.fn = fn
        self.arguments = arguments
        self.at = at
        self.problems: tuple[Problem, ...] = ()
        if callable(fn):
            update_wrapper(self, fn)
            self.at = location_of(fn) or at
        else:
            self.problems = (
                Problem(
                    f"@asset was put on {type(fn).__name__} {fn!r:.60}, which cannot be called",
                    at,
                    "put it on a function that computes the asset",
                ),
            )
        self.key, problem = _key_of(fn, arguments, self.at)
        if problem:
            self.problems = (*self.problems, problem)
        for made in _noting:
            made.append(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself: nothing is stored, nothing is recorded."""
        return self.fn(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<asset {self.key}>"

    @property
    def description(self) -> str | None:
        """What was declared, or else the docstring."""
        if self.arguments.description is not None:
            return self.arguments.description
        doc = getattr(self.fn, "__doc__", None)
        return cleandoc(doc) if isinstance(doc, str) and callable(self.fn) else None

    @cached_property
    def parameter_names(self) -> ParameterNames:
        """The parameters of the function, sorted by what they receive."""
        if not callable(self.fn):
            return ParameterNames()
        context: str | None = None
        variadic: str | None = None
        inputs: list[str] = []
        optional: list[str] = []
        annotations: dict[str, Any] = {}
        for position, parameter in enumerate(signature(self.fn).parameters.values()):
            if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
                variadic = str(parameter)
            elif position == 0 and _is_context(parameter):
                context = parameter.name
            else:
                inputs.append(parameter.name)
                if parameter.default is not Parameter.empty:
                    optional.append(parameter.name)
                if parameter.annotation is not Parameter.empty:
                    annotations[parameter.name] = parameter.annotation
        return ParameterNames(context, tuple(inputs), frozenset(optional), variadic, annotations)


@overload
def asset(compute_fn: Callable[..., Any], /) -> AssetsDefinition: ...


@overload
def asset(
    *,
    name: str | None = None,
    key: CoercibleToAssetKey | None = None,
    key_prefix: str | Sequence[str] | None = None,
    deps: Iterable[CoercibleToAssetDep] | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    group_name: str | None = None,
    owners: Sequence[str] | None = None,
    tags: Mapping[str, str] | None = None,
    kinds: Iterable[str] | None = None,
    metadata: RawMetadata | None = None,
    description: str | None = None,
    code_version: str | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]: ...


def asset(
    compute_fn: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    key: CoercibleToAssetKey | None = None,
    key_prefix: str | Sequence[str] | None = None,
    deps: Iterable[CoercibleToAssetDep] | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    group_name: str | None = None,
    owners: Sequence[str] | None = None,
    tags: Mapping[str, str] | None = None,
    kinds: Iterable[str] | None = None,
    metadata: RawMetadata | None = None,
    description: str | None = None,
    code_version: str | None = None,
) -> AssetsDefinition | Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a function computes an asset.

    Each parameter of the function receives the value of the asset of that name; a first parameter called `context`,
    or annotated with `AssetExecutionContext`, receives the context.

    Args:
        compute_fn: The function, where the decorator is used bare.
        name: The last part of the key; by default the function's name. Letters, digits and `_`.
        key: The whole key, instead of name and prefix.
        key_prefix: The parts before the name.
        deps: Assets that it depends on without reading their values. A key that nothing defines is an external asset.
        ins: For parameters whose name does not say which asset they read.
        group_name: The group that it is shown in; by default `default`.
        owners: E-mail addresses, or teams written `team:name`.
        tags: Names and values to select by.
        kinds: What it is made with or of, such as `polars` or `parquet`.
        metadata: What is known of it before it is ever materialized.
        description: Markdown; by default the docstring.
        code_version: Changed by the user when the code changes its meaning: what was derived before is then stale.
    """
    arguments = AssetArguments(
        name=name,
        key=key,
        key_prefix=key_prefix,
        deps=deps or (),
        ins=ins or {},
        group_name=group_name,
        owners=owners or (),
        tags=tags or {},
        kinds=kinds or (),
        metadata=metadata or {},
        description=description,
        code_version=code_version,
    )
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - documented, and 100 times cheaper than inspect.stack
    at = Location(frame.f_code.co_filename, frame.f_lineno)
    if compute_fn is not None:
        return AssetsDefinition(compute_fn, arguments, at)

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        return AssetsDefinition(fn, arguments, at)

    return decorate


def location_of(fn: Callable[..., Any]) -> Location | None:
    """Where a function stands, its decorators included; None for what has no source."""
    code = getattr(getattr(fn, "__wrapped__", fn), "__code__", None)
    return Location(code.co_filename, code.co_firstlineno) if code is not None else None


def _is_context(parameter: Parameter) -> bool:
    annotation = parameter.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return parameter.name == "context" or name.rsplit(".", 1)[-1] == "AssetExecutionContext"


def _key_of(fn: Callable[..., Any], arguments: AssetArguments, at: Location) -> tuple[AssetKey, Problem | None]:
    name = str(arguments.name if arguments.name is not None else getattr(fn, "__name__", "unnamed"))
    try:
        if arguments.key is not None:
            if arguments.name is not None or arguments.key_prefix is not None:
                return AssetKey.from_coercible(arguments.key), Problem(
                    f"asset {arguments.key} has a key, and also a name or key_prefix", at, "give the key alone"
                )
            return AssetKey.from_coercible(arguments.key), None
        # A `/` in a name must be seen as the wrong name that it is, not as a path.
        prefix = AssetKey(arguments.key_prefix).parts if arguments.key_prefix is not None else ()
        return AssetKey((*prefix, name)), None
    except (TypeError, ValueError) as error:
        return AssetKey((name,)), Problem(f"asset {name}: {error}", at, 'write the key as "a/b" or ["a", "b"]')
