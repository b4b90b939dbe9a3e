"""Refusing arguments that are nothing of their parameter's kind, and keywords that there are not, where they are given."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from msgspec import Struct, StructMeta

from assettui.model.errors import AssettuiError
from assettui.model.fitting import misfit, with_article
from assettui.model.keys import closest
from assettui.model.vocabulary import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")


class WrongArgument(AssettuiError, ValueError, TypeError):
    """An argument of a definition that is nothing of what it takes, or that it does not take."""


class Parameters(Struct, frozen=True):
    """What can be given."""

    positional: Sequence[str]
    annotations: Mapping[str, str | None]
    """Of each parameter its annotation, as text; None where it takes anything."""

    def check(self, called: str, args: Sequence[Any], said: Mapping[str, Any]) -> None:
        """Refuse what does not fit.

        Args:
            called: The function or class.
            args: What it is given by position,
            said: and by keyword.

        Raises:
            WrongArgument: Something is of no kind that its parameter takes, or there is no such keyword.
        """
        for name, value in (*zip(self.positional, args, strict=False), *said.items()):
            if name not in self.annotations:
                near = closest(name, self.annotations)
                hint = instead_of(name) or (f"did you mean {near}?" if near else f"see help({called})")
                raise WrongArgument(f"{called}() got an unexpected keyword argument {name!r}", hint=hint)
            annotation = self.annotations[name]
            takes = misfit(annotation, value) if annotation is not None else None
            if takes is not None:
                given = f"{value!r:.60}, {with_article(type(value).__name__)}"
                raise WrongArgument(f"{called}: {name} is {given}", hint=f"it takes {takes}")


def parameters_of(fn: Callable[..., Any], more: Mapping[str, Any] | None = None) -> Parameters:
    """The parameters of a function.

    Args:
        fn: The function.
        more: Keywords that it takes besides, with their annotations: those of a `TypedDict`.
    """
    own = [each for each in inspect.signature(fn).parameters.values() if each.kind is not each.VAR_KEYWORD]
    positional = [each.name for each in own if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    annotations = {each.name: each.annotation for each in own} | dict(more or {})
    return Parameters(positional, {name: _text_of(each) for name, each in annotations.items()})


def _text_of(annotation: Any) -> str | None:
    text = getattr(annotation, "__forward_arg__", annotation)  # a TypedDict keeps references to what they name
    return text if isinstance(text, str) else None


class Checked(StructMeta):
    """The kind of classes whose fields are checked where a value is made."""

    def __call__(self, *args: Any, **said: Any) -> Any:
        """A value of the class.

        Raises:
            WrongArgument: See `Parameters.check`.
        """
        _fields_of(self).check(self.__name__, args, said)
        return super().__call__(*args, **said)


@lru_cache
def _fields_of(kind: type[Any]) -> Parameters:
    written: dict[str, Any] = {}
    for each in reversed(kind.__mro__):
        written |= inspect.get_annotations(each)
    fields: Iterable[str] = kind.__struct_fields__
    return Parameters(tuple(fields), {name: _text_of(written.get(name)) for name in fields})


def checks_arguments(init: F) -> F:
    """Have the constructor of a class refuse what does not fit; see `Parameters.check`."""
    parameters = parameters_of(init)

    @wraps(init)
    def checked(self: Any, *args: Any, **said: Any) -> None:
        parameters.check(type(self).__name__, (self, *args), said)
        init(self, *args, **said)

    return cast("F", checked)


def checks_call(fn: F) -> F:
    """Have a function refuse what does not fit; see `Parameters.check`."""
    parameters = parameters_of(fn)

    @wraps(fn)
    def checked(*args: Any, **said: Any) -> Any:
        parameters.check(fn.__name__, args, said)
        return fn(*args, **said)

    return cast("F", checked)
