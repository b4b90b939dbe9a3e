"""Types of the user's own: a name, and a function that says whether a value is of it.

What Python can say in an annotation is checked by the annotation (`value_types.py`); these are for what it cannot say: an even
number, a frame without gaps. A type is named where a value is declared (`dagster_type=`), or in the annotation itself:
`Annotated[int, even]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from msgspec import Struct

from assettui.model.arguments import Checked, checks_arguments
from assettui.model.errors import AssettuiError
from assettui.model.fitting import with_article
from assettui.model.metadata import as_metadata

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping

    from assettui.definitions.context import ScopedResources
    from assettui.model.metadata import RawMetadata

C = TypeVar("C", bound=type)
_ATTRIBUTE: Final = "__assettui_type__"


class TypeCheck(Struct, frozen=True, metaclass=Checked):
    """Whether a value is of a type, with something to say about it."""

    success: bool
    description: str | None = None
    """What is wrong with it."""
    metadata: RawMetadata = {}
    """Kept with what was materialized, or with the failure."""


class TypeCheckContext:
    """What the function of a type may use.

    Args:
        resources: Those of the step.
    """

    def __init__(self, resources: ScopedResources) -> None:
        self.resources = resources

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the step."""
        from assettui.definitions.step_log import step_log  # deferred: logging takes 10 ms

        return step_log()


class DagsterType:
    """A type of values.

    Args:
        type_check_fn: Takes a `TypeCheckContext` and the value; gives a bool, or a `TypeCheck`.
        key: Another name of it.
        name: What it is called.
        description: What it is.
        required_resource_keys: The resources that the function uses; they must be required by the step too.
        typing_type: The class that a value is loaded as, where the function has no annotation: `pl.DataFrame`.
        metadata: Anything to say about it.

    Raises:
        DefinitionsError: It was made of something else.
    """

    @checks_arguments
    def __init__(
        self,
        type_check_fn: Callable[[Any, Any], bool | TypeCheck],
        key: str | None = None,
        name: str | None = None,
        description: str | None = None,
        required_resource_keys: Iterable[str] = (),
        typing_type: Any = None,
        metadata: RawMetadata | None = None,
    ) -> None:
        self.type_check_fn = type_check_fn
        self.display_name = name or key or getattr(type_check_fn, "__name__", "unnamed")
        self.key = key or self.display_name
        self.description = description
        self.required_resource_keys = frozenset(required_resource_keys)
        self.typing_type = typing_type
        self.metadata: Mapping[str, Any] = as_metadata(metadata or {})

    @property
    def unique_name(self) -> str:
        """Its name."""
        return self.display_name

    def type_check(self, context: TypeCheckContext | None, value: object) -> TypeCheck:
        """Whether a value is of it.

        Raises:
            WrongTypeCheck: Its function gave something else than a bool or a `TypeCheck`.
            Exception: Whatever its function raises.
        """
        found: Any = self.type_check_fn(context, value)
        if isinstance(found, TypeCheck):
            return found
        if isinstance(found, bool) or type(found).__name__ in ("bool_", "bool"):  # NumPy has one of its own
            return TypeCheck(bool(found))
        raise WrongTypeCheck(
            f"the type_check_fn of {self.display_name} gave {type(found).__name__}",
            hint="return True, False or a TypeCheck",
        )

    def __repr__(self) -> str:
        return f"DagsterType({self.display_name})"


class WrongTypeCheck(AssettuiError):
    """The function of a type does not say whether a value is of it."""


class PythonObjectDagsterType(DagsterType):
    """The type of the instances of a class, or of one of several classes.

    Args:
        python_type: The class, or a tuple of them.
        key: Another name of it.
        name: What it is called; by default as the class.
        description: What it is.
        metadata: Anything to say about it.
    """

    @checks_arguments
    def __init__(
        self,
        python_type: type | tuple[type, ...],
        key: str | None = None,
        name: str | None = None,
        description: str | None = None,
        metadata: RawMetadata | None = None,
    ) -> None:
        kinds = python_type if isinstance(python_type, tuple) else (python_type,)
        called = " | ".join(each.__name__ for each in kinds)

        def is_one(_: Any, value: object) -> TypeCheck:
            is_it = isinstance(value, kinds)
            return TypeCheck(is_it, None if is_it else f"it is {with_article(type(value).__name__)}")

        single = kinds[0] if len(kinds) == 1 else None
        super().__init__(is_one, key, name or called, description, (), single, metadata)
        self.python_type = python_type


def usable_as_dagster_type(
    name: str | None = None, description: str | None = None, metadata: RawMetadata | None = None
) -> Callable[[C], C]:
    """Give a class a name and a description as a type of values. A class needs none of it to be used as an annotation."""

    def decorate(kind: C) -> C:
        make_python_type_usable_as_dagster_type(kind, PythonObjectDagsterType(kind, None, name, description, metadata))
        return kind

    return decorate


def make_python_type_usable_as_dagster_type(python_type: type, dagster_type: DagsterType) -> None:
    """Have values that are annotated with a class be checked by a type."""
    try:
        setattr(python_type, _ATTRIBUTE, dagster_type)
    except TypeError:  # a class of C's, as int or a frame of polars
        _OF_OTHERS[python_type] = dagster_type


_OF_OTHERS: Final[dict[type, DagsterType]] = {}


def type_of_class(kind: type) -> DagsterType | None:
    """The type that a class itself, rather than one above it, was made usable as."""
    return kind.__dict__.get(_ATTRIBUTE) or _OF_OTHERS.get(kind)


def declared_type(annotation: Any, dagster_type: Any) -> Any:
    """What a value is to be: what its annotation says, and what `dagster_type` says.

    Args:
        annotation: None where there is none.
        dagster_type: A `DagsterType`, which holds besides the annotation; or a class, which stands for a missing one.
    """
    if isinstance(dagster_type, DagsterType):
        kind = annotation if annotation is not None else dagster_type.typing_type
        return Annotated[Any if kind is None else kind, dagster_type]
    return annotation if annotation is not None else dagster_type
