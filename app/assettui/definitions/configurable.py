"""Configuration and resources as classes with typed fields, by pydantic.

Imported only when one of these classes is used: pydantic takes 0.1 s.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, PrivateAttr, PydanticUserError, TypeAdapter, ValidationError, create_model
from pydantic_core import core_schema

from assettui.definitions.env_var import EnvVar, IntEnvVar, is_deferred, resolved
from assettui.definitions.io_managers import IOManager
from assettui.definitions.resources import DependencyMarker, InitResourceContext, ManagedResource
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pydantic import GetCoreSchemaHandler

T = TypeVar("T")


class InvalidConfig(AssettuiError):
    """Configuration does not have the fields and types that it should; every wrong field is named by its path."""


def _let_pass(schema: dict[str, Any]) -> None:
    """Have every field of a model accept a deferred value as it is."""
    if schema.get("type") == "model-fields":
        for field in schema["fields"].values():
            inner = field["schema"]
            if inner.get("type") == "default":
                inner["schema"] = core_schema.no_info_wrap_validator_function(_unless_deferred, inner["schema"])
            else:
                field["schema"] = core_schema.no_info_wrap_validator_function(_unless_deferred, inner)
        return
    if isinstance(schema.get("schema"), dict):
        _let_pass(schema["schema"])


def _unless_deferred(value: Any, validate: Callable[[Any], Any]) -> Any:
    return value if is_deferred(value) else validate(value)


class _Deferring(BaseModel):
    """A model whose fields may be given as environment variables, which are read later."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = handler(source)
        _let_pass(cast("dict[str, Any]", schema))
        return schema

    def resolved_fields(self) -> dict[str, Any]:
        """Every field that was given, or has such a default, with its environment variables read."""
        fields = {name: getattr(self, name) for name in [*type(self).model_fields, *(self.model_extra or {})]}
        return {
            name: resolved(value)
            for name, value in fields.items()
            if name in self.model_fields_set or is_deferred(value)
        }


class Config(_Deferring):
    """The configuration of an asset or op: a parameter annotated with a subclass receives it.

    Fields that are not known are refused.
    """

    is_assettui_config: ClassVar[bool] = True


class PermissiveConfig(Config):
    """Configuration that may hold more fields than are known."""

    model_config = ConfigDict(extra="allow")


class ConfigurableResourceFactory(_Deferring, ManagedResource, Generic[T]):
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
            raise _invalid(what, error) from None
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


# Schemas.


def validated(schema: Any, value: Any, what: str) -> Any:
    """A value as its schema has it: defaults filled in, types converted, environment variables read.

    Args:
        schema: A class of configuration, a type, or a dict of names to schemas.
        value: What was given; None for nothing.
        what: Whose configuration it is, for the message.

    Raises:
        InvalidConfig: It does not fit; the message names every wrong field by its path.
    """
    kind: Any = type_of(schema)
    is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
    if isinstance(value, _Deferring):
        value = value.resolved_fields()
    given: Any = {} if value is None and is_model else resolved(value)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", kind))
        made: Any = adapter.validate_python(given)
        if isinstance(made, _Deferring) and any(map(is_deferred, made.__dict__.values())):
            made = adapter.validate_python(made.resolved_fields())  # by default it is an environment variable
    except ValidationError as error:
        raise _invalid(what, error) from None
    return made.model_dump() if isinstance(schema, dict) else made


def misfits(schema: Any, value: Any) -> list[str]:
    """What is wrong with a value, each field by its path, environment variables left unread; empty where it fits."""
    adapter: TypeAdapter[Any] = TypeAdapter(type_of(schema))
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return reasons(error)
    return []


def type_of(schema: Any) -> Any:
    """The type that a schema stands for; a dict of names to schemas stands for a model of its own."""
    if not isinstance(schema, dict):
        return schema
    fields: dict[str, Any] = {
        name: (type_of(each), ...) if not isinstance(each, Field) else (type_of(each.config), each.default)
        for name, each in cast("dict[str, Any]", schema).items()
    }
    return create_model("Config", __base__=Config, **fields)


class Field:
    """One entry of a dict of names and types, with a default.

    Args:
        config: Its type, or a dict of names and types.
        default_value: Used where nothing is given; without one something must be.
        is_required: Whether something must be given; by default where there is no default value.
        description: What it is.
    """

    def __init__(
        self, config: Any, default_value: Any = ..., is_required: bool | None = None, description: str | None = None
    ) -> None:
        self.config = config if is_required is not False or default_value is not ... else config | None
        self.default = None if default_value is ... and is_required is False else default_value
        self.description = description


def json_schema(kind: Any) -> dict[str, Any]:
    """The JSON schema of what may be written for a type; of a field that has none, and of a type without, empty."""
    plain: Any = type_of(kind)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(plain)
        return adapter.json_schema()
    except PydanticUserError:
        fields: Mapping[str, Any] = getattr(plain, "model_fields", {})
    if not fields:
        return {}
    # One field without a schema must not hide that another one is a secret.
    return {
        "type": "object",
        "properties": {name: json_schema(field.annotation) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.is_required()],
    }


def _invalid(what: str, error: ValidationError) -> InvalidConfig:
    return InvalidConfig(f"the configuration of {what} is wrong:" + "".join(f"\n    {each}" for each in reasons(error)))


def reasons(error: Any) -> list[str]:
    """What a `ValidationError` says is wrong, each field by its path."""
    found = cast("ValidationError", error).errors(include_url=False, include_input=False)
    return [f"{_path(each['loc'])}: {_reason(cast('Any', each))}" for each in found]


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the whole"


def _reason(error: dict[str, Any]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "is missing"
        case _:
            message: str = error["msg"]
            return message[:1].lower() + message[1:]


def as_json(value: Any) -> Any:
    """Configuration as it is kept and travels: models as objects, environment variables by their names alone."""
    match value:
        case EnvVar() | IntEnvVar():
            return {"env": value.env_var_name}
        case BaseModel():
            # What was given, and what tells its class from others of a union.
            fields = type(value).model_fields
            names = [n for n in fields if n in value.model_fields_set or get_origin(fields[n].annotation) is Literal]
            return {name: as_json(getattr(value, name)) for name in [*names, *(value.model_extra or {})]}
        case dict():
            return {str(name): as_json(each) for name, each in cast("dict[Any, Any]", value).items()}
        case list() | tuple() | set() | frozenset():
            return [as_json(each) for each in cast("list[Any]", value)]
        case str() | int() | float() | bool() | None:
            return value
        case _ if hasattr(value, "get_secret_value"):
            return value.get_secret_value()
        case _:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", type(value)))
            return adapter.dump_python(value, mode="json")
