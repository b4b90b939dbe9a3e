"""Configuration as classes with typed fields, and what fits a schema, by pydantic.

Imported only when one of these is used: pydantic takes 0.1 s.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast, get_args, get_origin

from pydantic import AliasChoices, BaseModel, ConfigDict, PydanticUserError, TypeAdapter, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from assettui.core.run_config import BadRunConfig
from assettui.definitions.env_var import EnvVar, IntEnvVar, is_deferred, resolved
from assettui.model.arguments import checks_arguments
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import GetCoreSchemaHandler

T = TypeVar("T")


class InvalidConfig(AssettuiError):
    """Configuration does not have the fields and types that it should; every wrong field is named by its path."""


def _loosened(kind: type[BaseModel], schema: dict[str, Any]) -> None:
    """Have the fields of a model accept what Dagster's configuration may write for them, and deferred values as they are."""
    if schema.get("type") != "model-fields":
        if isinstance(schema.get("schema"), dict):
            _loosened(kind, schema["schema"])
        return
    for name, field in schema["fields"].items():
        info = kind.__pydantic_fields__.get(name)
        has_default = field["schema"].get("type") == "default"
        inner = field["schema"]["schema"] if has_default else field["schema"]
        loose = inner
        kinds = _enums_in(info.annotation) if info is not None else []
        if kinds:
            loose = core_schema.no_info_before_validator_function(partial(_members, kinds), loose)
        if info is not None and isinstance(info.discriminator, str):
            loose = core_schema.no_info_before_validator_function(partial(_selected, info.discriminator), loose)
        if not _is_tag(inner):
            loose = core_schema.no_info_wrap_validator_function(_unless_deferred, loose)
        if has_default:
            field["schema"]["schema"] = loose
        elif inner.get("type") == "nullable":  # what may be None need not be given
            field["schema"] = core_schema.with_default_schema(loose, default=None)
        else:
            field["schema"] = loose


def _unless_deferred(value: Any, validate: Callable[[Any], Any]) -> Any:
    return value if is_deferred(value) else validate(value)


def _is_tag(schema: Mapping[str, Any]) -> bool:
    """Whether a field has but one value: it tells its class from the others of a union, and pydantic must see it plainly."""
    return schema.get("type") == "literal" and len(schema["expected"]) == 1


def _enums_in(annotation: Any) -> list[type[Enum]]:
    """The Enums whose members a field takes, in lists and dicts too; none where it takes any text."""
    leaves, found = [annotation], list[type[Enum]]()
    while leaves:
        each = leaves.pop()
        inner = get_args(each)
        if isinstance(each, type) and issubclass(each, Enum):
            found.append(each)
        elif each is str and not found:
            return []
        elif inner and get_origin(each) is not Literal:
            leaves.extend(inner[1:] if get_origin(each) is dict else inner)
    return found


def _members(kinds: list[type[Enum]], value: Any) -> Any:
    """What is given, with the members of Enums where their names stand, as in Dagster's configuration."""
    match value:
        case str():
            named = [kind[value] for kind in kinds if value in kind.__members__]
            return named[0] if named and not any(value == each.value for kind in kinds for each in kind) else value
        case list():
            return [_members(kinds, each) for each in cast("list[Any]", value)]
        case dict():
            named = cast("dict[Any, Any]", value)
            return {name: _members(kinds, each) for name, each in named.items()}
        case _:
            return value


def _selected(discriminator: str, value: Any) -> Any:
    """`{dog: {barks: 3}}`, as Dagster writes one of a union, as pydantic has it: with the field that tells which."""
    members: Any = value
    if isinstance(value, dict) and len(members) == 1 and discriminator not in members:
        ((tag, inner),) = members.items()
        if isinstance(inner, dict | None):
            with_tag: dict[str, Any] = {discriminator: tag, **(inner or {})}
            return with_tag
    return members


class Deferring(BaseModel):
    """A model whose fields may be given as environment variables, which are read later."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = handler(source)
        _loosened(cls, cast("dict[str, Any]", schema))
        return schema

    def resolved_fields(self) -> dict[str, Any]:
        """Every field that was given, or has such a default, with its environment variables read."""
        fields = {name: getattr(self, name) for name in [*type(self).model_fields, *(self.model_extra or {})]}
        return {
            written_name(type(self), name): resolved(value)
            for name, value in fields.items()
            if name in self.model_fields_set or is_deferred(value)
        }


def written_name(kind: type[BaseModel], name: str) -> str:
    """What a field is called in configuration: its alias, where it has one."""
    field = kind.model_fields.get(name)
    if field is None or kind.model_config.get("populate_by_name") or kind.model_config.get("validate_by_name"):
        return name
    alias = field.validation_alias if field.validation_alias is not None else field.alias
    choices = cast("list[Any]", alias.choices) if isinstance(alias, AliasChoices) else [alias]
    return next((each for each in choices if isinstance(each, str)), name)


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
        if (
            isinstance(schema, type)
            or get_origin(schema) is not None
            or type(schema).__module__ in ("typing", "typing_extensions")
        ):
            return schema
        raise InvalidConfig(
            f"{schema!r:.60} is no type of a configuration", hint="give it a class, or a dict of names and types"
        )
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

    @checks_arguments
    def __init__(
        self, config: Any, default_value: Any = ..., is_required: bool | None = None, description: str | None = None
    ) -> None:
        self.config = config if is_required is not False or default_value is not ... else config | None
        self.default = None if default_value is ... and is_required is False else default_value
        self.description = description


class _JsonSchema(GenerateJsonSchema):
    """What may be written, as `_loosened` has it."""

    def enum_schema(self, schema: core_schema.EnumSchema) -> dict[str, Any]:
        """The values of an Enum, and the names of its members."""
        made = super().enum_schema(schema)
        values = made.pop("enum", [made.pop("const")] if "const" in made else [])
        names = [each.name for each in schema["members"] if each.name not in values]
        if any(not isinstance(each, str) for each in values):
            made.pop("type", None)
        return {**made, "enum": [*values, *names]}

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> dict[str, Any]:
        """Those of a union by their field that tells which, or each under its name."""
        each_by_name = [
            {
                "type": "object",
                "properties": {str(tag): {"type": ["object", "null"]}},
                "required": [str(tag)],
                "additionalProperties": False,
            }
            for tag in schema["choices"]
        ]
        return {"anyOf": [super().tagged_union_schema(schema), *each_by_name]}


def json_schema(kind: Any) -> dict[str, Any]:
    """The JSON schema of what may be written for a type; of a field that has none, and of a type without, empty."""
    plain: Any = type_of(kind)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(plain)
        return adapter.json_schema(schema_generator=_JsonSchema)
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
            names += [*(value.model_extra or {})]
            return {written_name(type(value), name): as_json(getattr(value, name)) for name in names}
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
