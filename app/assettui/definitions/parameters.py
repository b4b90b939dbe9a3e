"""What a function takes: its context, and the parameters that receive values, resources or configuration."""

from __future__ import annotations

import re
import sys
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Struct

from assettui.definitions.inputs import Nothing
from assettui.definitions.placed import calling_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CONTEXT_NAMES = frozenset({"context", "_context", "_", "__"})
_CONTEXT_TYPES = frozenset({"AssetExecutionContext", "OpExecutionContext", "AssetCheckExecutionContext"})
_UNKNOWN = object()
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_SCOPE = "__assettui_scope__"
_FRAME_OF_MODEL = re.compile(r"([\w.]+)\[([\w.]+)\]")


class Parameters(Struct, frozen=True):
    """The parameters of a function."""

    context: str | None = None
    """The one that receives the context."""
    named: tuple[str, ...] = ()
    """All others, in order."""
    optional: frozenset[str] = frozenset()
    """Those of them that have a default."""
    variadic: str | None = None
    """`*args`, which says nothing of what is wanted."""
    annotations: Mapping[str, Any] = {}
    """Of those that have one; as text where it cannot be evaluated, as a name that only a type checker imports."""
    result: Any = Parameter.empty
    """What it is said to return; `Parameter.empty` where nothing is said."""


def parameters_of(fn: Callable[..., Any], ins: Mapping[str, Any] | None = None) -> Parameters:
    """The parameters of a function, sorted by what they receive.

    Args:
        fn: The function.
        ins: The inputs that are declared of it: `**kwargs` take those that no other parameter does.

    Raises:
        TypeError, ValueError: It has no signature, as some functions written in C.
    """
    context: str | None = None
    variadic: str | None = None
    named: list[str] = []
    optional: list[str] = []
    annotations: dict[str, Any] = {}
    read = signature(fn)
    for position, parameter in enumerate(read.parameters.values()):
        if parameter.kind is Parameter.VAR_POSITIONAL:
            variadic = str(parameter)
        elif parameter.kind is Parameter.VAR_KEYWORD:
            given = {name for name, each in (ins or {}).items() if getattr(each, "dagster_type", None) is not Nothing}
            named += [name for name in ins or () if name in given and name not in named]
        elif position == 0 and _is_context(parameter):
            context = parameter.name
        else:
            named.append(parameter.name)
            if parameter.default is not Parameter.empty:
                optional.append(parameter.name)
            if parameter.annotation is not Parameter.empty:
                annotations[parameter.name] = evaluated(parameter.annotation, fn)
    result = evaluated(read.return_annotation, fn)
    return Parameters(context, tuple(named), frozenset(optional), variadic, annotations, result)


def remember_scope(fn: Callable[..., Any]) -> None:
    """Keep what the annotations of a function inside another one may name: classes of that other function's own.

    Python keeps them only where the function's body names them too.
    """
    if "<locals>" not in getattr(fn, "__qualname__", ""):
        return
    annotations: Mapping[str, Any] = getattr(fn, "__annotations__", {})
    wanted = {name for text in annotations.values() if isinstance(text, str) for name in _IDENTIFIER.findall(text)}
    names = calling_frame().f_locals if wanted else {}
    found = {name: names[name] for name in wanted if name in names}
    if found:
        setattr(fn, _SCOPE, found)


def evaluated(annotation: Any, fn: Callable[..., Any]) -> Any:
    """What an annotation stands for in the module of a function; the text itself where that cannot be found out."""
    if not isinstance(annotation, str):
        return annotation
    inner = fn
    while hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__  # pyright: ignore[reportFunctionMemberAccess] - just asked for
    names: dict[str, Any] = getattr(inner, "__globals__", None) or vars(sys.modules.get(fn.__module__, sys))
    simple = names.get(annotation, _UNKNOWN) if not hasattr(inner, _SCOPE) else _UNKNOWN
    if simple is not _UNKNOWN:
        return simple
    code, cells = getattr(inner, "__code__", None), getattr(inner, "__closure__", None) or ()
    local: dict[str, Any] = dict(getattr(inner, _SCOPE, {}))
    for name, cell in zip(code.co_freevars if code is not None else (), cells, strict=False):
        try:
            local[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    try:
        return eval(annotation, names, local)
    except Exception:  # noqa: BLE001 - it may hold anything; then the text has to do
        found = _FRAME_OF_MODEL.fullmatch(annotation)
        parts = [evaluated(each, fn) for each in found.groups()] if found is not None else [annotation]
        # Polars' own frames take no model between brackets, and would if Python let them.
        return Annotated[parts[0], parts[1]] if all(isinstance(each, type) for each in parts) else annotation


def _is_context(parameter: Parameter) -> bool:
    annotation = parameter.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return parameter.name in _CONTEXT_NAMES or name.rsplit(".", 1)[-1] in _CONTEXT_TYPES
