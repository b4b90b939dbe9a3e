"""Configuration as classes with typed fields, and what fits a schema, by pydantic.

Imported only when one of these is used: pydantic takes 0.1 s.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast, get_origin

from pydantic import BaseModel, ConfigDict, PydanticUserError, TypeAdapter, ValidationError, create_model
from pydantic_core import core_schema

from assettui.core.run_config import BadRunConfig
from assettui.definitions.env_var import EnvVar, IntEnvVar, is_deferred, resolved
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


class Deferring(BaseModel):
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


class Config(Deferring):
    """The configuration of an asset or op: a parameter annotated with a subclass receives it.

    Fields that are not known are refused.
    """

    is_assettui_config: ClassVar[bool] = True


class PermissiveConfig(Config):
    """Configuration that may hold more fields than are known."""

    model_config = ConfigDict(extra="allow")


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
    if isinstance(value, Deferring):
        value = value.resolved_fields()
    given: Any = {} if value is None and is_model else resolved(value)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", kind))
        made: Any = adapter.validate_python(given)
        if isinstance(made, Deferring) and any(map(is_deferred, made.__dict__.values())):
            made = adapter.validate_python(made.resolved_fields())  # by default it is an environment variable
    except ValidationError as error:
        raise invalid(what, error) from None
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


def invalid(what: str, error: ValidationError) -> InvalidConfig:
    """What is wrong with a configuration, as an error."""
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
        case float() if not isfinite(value):
            raise BadRunConfig(f"a configuration holds {value}, which JSON has no number for")
        case str() | int() | float() | bool() | None:
            return value
        case _ if hasattr(value, "get_secret_value"):
            return value.get_secret_value()
        case _:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", type(value)))
            return adapter.dump_python(value, mode="json")
