"""Resources and IO managers as classes with typed fields, by pydantic.

Imported only when one of these classes is used: pydantic takes 0.1 s.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from types import UnionType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Union, get_args, get_origin

from pydantic import PrivateAttr, ValidationError, create_model

from assettui.definitions.config import Deferring, invalid, json_schema
from assettui.definitions.io_managers import IOManager
from assettui.definitions.resources import DependencyMarker, InitResourceContext, ManagedResource

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

T = TypeVar("T")


class ConfigurableResourceFactory(Deferring, ManagedResource, Generic[T]):
    """A resource that is configured by its fields, and gives functions what `create_resource` makes.

    A field may be given as `EnvVar(NAME)`; it is read when the resource is set up. Fields that hold other resources
    are set up first.
    """

    _configured_by: Any = PrivateAttr(default=None)

    @classmethod
    def configure_at_launch(cls, **fields: Any) -> Self:
        """A resource some of whose fields are given with the run."""
        return cls.model_construct(_fields_set=set(fields), **fields)

    def create_resource(self, context: InitResourceContext) -> T:
        """What functions are given."""
        raise NotImplementedError(f"{type(self).__name__} has no create_resource")

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator[T]:
        """What functions are given, with what is to be done before and after."""
        self.setup_for_execution(context)
        try:
            yield self.create_resource(context)
        finally:
            self.teardown_after_execution(context)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Called before functions are given the resource."""

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Called when the step or run is over, also where it failed."""

    def get_resource_context(self) -> InitResourceContext:
        """What the resource was told when it was set up.

        Raises:
            ValueError: It has not been.
        """
        if self._configured_by is None:
            raise ValueError(f"{type(self).__name__} has not been set up")
        return self._configured_by

    def with_resource_context(self, context: InitResourceContext) -> Self:
        """This resource, told what it may know: for tests."""
        self._configured_by = context
        return self

    def with_config(self, given: Mapping[str, Any]) -> Self:
        """As defined, with what a run says on top of it."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).configure_at_launch(**{**fields, **given})

    def begun(self, context: InitResourceContext, nested: Callable[[Any], Any]) -> AbstractContextManager[Any]:
        """Set up, its environment variables read and the resources that it holds begun before it."""
        fields = {
            name: nested(value) if isinstance(value, ManagedResource) else value
            for name, value in self.resolved_fields().items()
        }
        for name, field in type(self).model_fields.items():
            if name not in fields and isinstance(field.default, ManagedResource):
                fields[name] = nested(field.default)
        ready = _built(type(self), fields, f"resource {type(self).__name__}")
        ready._configured_by = context
        return ready.yield_for_execution(context)

    @classmethod
    def config_json_schema(cls) -> dict[str, Any]:
        """The JSON schema of the fields that a run may configure."""
        plain: dict[str, Any] = {
            name: (field.annotation, field)
            for name, field in cls.model_fields.items()
            if not _holds_resource(field.annotation)
            and not any(isinstance(m, DependencyMarker) for m in field.metadata)
        }
        return json_schema(create_model(cls.__name__, __config__=cls.model_config, **plain))


def _holds_resource(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(map(_holds_resource, get_args(annotation)))
    return isinstance(annotation, type) and issubclass(annotation, ManagedResource)


def _built(cls: type[Any], fields: dict[str, Any], what: str) -> Any:
    """An instance; fields that hold what resources have made, rather than resources, are taken as they are."""
    made = {
        name: value
        for name, value in fields.items()
        if name in cls.model_fields
        and _holds_resource(cls.model_fields[name].annotation)
        and not isinstance(value, ManagedResource)
    }
    try:
        ready = cls(**{name: value for name, value in fields.items() if name not in made})
    except ValidationError as error:
        wrong = [each for each in error.errors() if not (each["type"] == "missing" and each["loc"][0] in made)]
        if wrong:
            raise invalid(what, error) from None
        ready = cls.model_construct(**fields)
    for name, value in made.items():
        ready.__dict__[name] = value
    return ready


class ConfigurableResource(ConfigurableResourceFactory[Any]):
    """A resource that is configured by its fields, and is given to functions itself."""

    def create_resource(self, context: InitResourceContext) -> Any:
        """The resource itself."""
        return self


class ConfigurableIOManager(ConfigurableResource, IOManager):
    """An IO manager that is configured by its fields."""


class ConfigurableIOManagerFactory(ConfigurableResourceFactory[T]):
    """A resource that is configured by its fields, and whose `create_io_manager` makes the IO manager."""

    def create_io_manager(self, context: InitResourceContext) -> T:
        """The IO manager."""
        raise NotImplementedError(f"{type(self).__name__} has no create_io_manager")

    def create_resource(self, context: InitResourceContext) -> T:
        """The IO manager."""
        return self.create_io_manager(context)
