"""Whether a value is what its annotation says: builtin and user classes, unions, generics by their outer type, `DagsterType`.

An annotation is looked at once; what comes of it is a function that takes a microsecond, for it is called with every value
that is made or read. The inner types of a generic are not looked at (`list[int]` is any list): that would take as long as
the value is large. What a frame holds is checked where somebody has written a model of it (`frame_models.py`).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from assettui.definitions.frame_models import fault_of_frame, is_model, plain_frame
from assettui.definitions.types import DagsterType, TypeCheck, type_of_class
from assettui.model.fitting import with_article

if TYPE_CHECKING:
    from assettui.definitions.types import TypeCheckContext

Check: TypeAlias = Callable[["TypeCheckContext | None", object], "TypeCheck | None"]
"""Gives None of a value that fits and of which nothing is said."""

_ALSO: Final[dict[type, tuple[type, ...]]] = {float: (float, int), complex: (complex, float, int)}
"""What else is taken for a number (the numeric tower of PEP 484)."""
OF_ANOTHER_CLASS: Final = "it is "
"""Begins what is said of a value of another class; its class follows."""
_FITS: Final = TypeCheck(True)
_KNOWN: Final[dict[Any, Check | None]] = {}


def check_of(annotation: Any) -> Check | None:
    """What checks values of an annotation; None where it says nothing that could be checked.

    Args:
        annotation: Evaluated; one that is still text says nothing.
    """
    try:
        return _KNOWN[annotation]
    except KeyError:
        found = _KNOWN[annotation] = _made(annotation)
        return found
    except TypeError:  # it holds something that cannot be hashed
        return _made(annotation)


def name_of(annotation: Any) -> str:
    """What an annotation is called, as a user would write it."""
    if isinstance(annotation, DagsterType):
        return annotation.display_name
    origin = get_origin(annotation)
    if origin is Annotated:
        named = [name_of(each) for each in get_args(annotation)[1:] if _is_type(each)]
        kind = get_args(annotation)[0]
        if kind is Any and named:
            return named[0]
        models = [each for each in get_args(annotation)[1:] if is_model(each)]
        inner = f"[{', '.join(each.__name__ for each in models)}]" if models else ""
        return " and ".join([f"{name_of(kind)}{inner}", *named])
    if origin in (Union, types.UnionType):
        return " | ".join(map(name_of, get_args(annotation)))
    if annotation is None or annotation is types.NoneType:
        return "None"
    if isinstance(annotation, type) and origin is None:
        return annotation.__qualname__.rpartition(".")[2]
    inner = ", ".join(name_of(each) if isinstance(each, type) else repr(each) for each in get_args(annotation))
    outer = getattr(origin, "__name__", None) or str(annotation)
    return f"{outer}[{inner}]" if inner else outer


def fault_of(annotation: Any, value: object, context: TypeCheckContext | None = None) -> TypeCheck | None:
    """What is wrong with a value, or what its type says of it; None where it fits, and nothing is said."""
    check = check_of(annotation)
    return check(context, value) if check is not None else None


def check_dagster_type(dagster_type: Any, value: object) -> TypeCheck:
    """Whether a value is of a type, or of a class: for tests of types.

    Args:
        dagster_type: The type, or an annotation.
        value: Anything.
    """
    return fault_of(dagster_type, value) or _FITS


def _made(annotation: Any) -> Check | None:
    if isinstance(annotation, DagsterType):
        return annotation.type_check
    if annotation is None:
        annotation = types.NoneType
    if isinstance(annotation, str | typing.TypeVar) or annotation in (Any, object):
        return None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _all_of(arguments)
    kinds = _classes(annotation)
    if kinds is not None:
        return _instance_of(kinds)
    if origin in (Union, types.UnionType):
        return _any_of(arguments)
    if origin is Literal:
        return lambda _, value: None if value in arguments else _wrong(value)
    if hasattr(annotation, "__supertype__"):
        return check_of(annotation.__supertype__)
    kind = origin or annotation
    if not isinstance(kind, type):
        return None
    if arguments and is_model(arguments[0]):
        return _framed(kind, arguments[0])
    own = type_of_class(kind)
    return own.type_check if own is not None else None


def _classes(annotation: Any) -> tuple[type, ...] | None:
    """The classes of which a value has to be an instance, where that is all; None where more is said, or Python cannot tell."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        parts = [_classes(each) for each in arguments]
        return None if any(each is None for each in parts) else tuple(kind for each in parts for kind in each or ())
    kind = types.NoneType if annotation is None else origin or annotation
    if not isinstance(kind, type) or kind is object or type_of_class(kind) is not None:
        return None
    if arguments and is_model(arguments[0]):
        return None
    kind = dict if typing.is_typeddict(kind) else kind
    kinds = _ALSO.get(kind, (plain_frame(kind),))
    try:
        isinstance(None, kinds)
    except TypeError:  # a protocol, say
        return None
    return kinds


def _instance_of(kinds: tuple[type, ...]) -> Check:
    return lambda _, value: None if isinstance(value, kinds) else _wrong(value)


def _framed(kind: type, model: Any) -> Check:
    plain = plain_frame(kind)

    def check(_: TypeCheckContext | None, value: object) -> TypeCheck | None:
        if not isinstance(value, plain):
            return _wrong(value)
        fault = fault_of_frame(model, value)
        return None if fault is None else TypeCheck(False, fault)

    return check


def _all_of(arguments: tuple[Any, ...]) -> Check | None:
    kind, *more = arguments
    models = [each for each in more if is_model(each)]
    first = _framed(kind, models[0]) if models and isinstance(kind, type) else check_of(kind)
    rest = [check_of(each) for each in more if _is_type(each)]
    checks = [each for each in (first, *rest) if each is not None]
    if len(checks) < 2:
        return checks[0] if checks else None

    def check(context: TypeCheckContext | None, value: object) -> TypeCheck | None:
        said: TypeCheck | None = None
        for each in checks:
            found = each(context, value)
            if found is not None and not found.success:
                return found
            said = found or said
        return said

    return check


def _any_of(arguments: tuple[Any, ...]) -> Check | None:
    checks = [check_of(each) for each in arguments]
    if any(each is None for each in checks):
        return None
    wanted = [each for each in checks if each is not None]

    def check(context: TypeCheckContext | None, value: object) -> TypeCheck | None:
        faults: list[TypeCheck] = []
        for each in wanted:
            found = each(context, value)
            if found is None or found.success:
                return found
            faults.append(found)
        told = next(
            (each for each in faults if each.description and not each.description.startswith(OF_ANOTHER_CLASS)), None
        )
        return told or faults[0]

    return check


def _is_type(each: Any) -> bool:
    return isinstance(each, DagsterType)


def _wrong(value: object) -> TypeCheck:
    kind = type(value)
    module = kind.__module__.split(".", 1)[0]
    name = kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"
    return TypeCheck(False, f"{OF_ANOTHER_CLASS}{with_article(name)}")
