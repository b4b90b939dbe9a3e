"""Environment variables as values: named where things are defined, read where they run, never stored and never shown."""

from __future__ import annotations

import os
from typing import Any, NoReturn, cast

from assettui.model.errors import AssettuiError


class MissingEnvVar(AssettuiError):
    """An environment variable that something needs is not set, or does not hold what it should."""


class EnvVar(str):
    """The value that an environment variable has when a step runs: `Database(url=EnvVar("DATABASE_URL"))`.

    Args:
        name: Of the variable.
    """

    __slots__ = ()

    @staticmethod
    def int(name: str) -> IntEnvVar:
        """The whole number that an environment variable holds when a step runs."""
        return IntEnvVar.named(name)

    @property
    def env_var_name(self) -> str:
        """The name of the variable."""
        return str.__str__(self)

    def get_value(self, default: str | None = None) -> str | None:
        """The value that the variable has now."""
        return os.environ.get(self.env_var_name, default)

    def resolved(self) -> str:
        """The value that the variable has now.

        Raises:
            MissingEnvVar: It is not set.
        """
        return _read(self.env_var_name)

    def __repr__(self) -> str:
        return f"EnvVar({self.env_var_name!r})"

    def __str__(self) -> str:
        _refuse(self.env_var_name)

    def __format__(self, format_spec: str) -> str:
        _refuse(self.env_var_name)

    def __reduce__(self) -> tuple[Any, ...]:
        return (EnvVar, (self.env_var_name,))


class IntEnvVar(int):
    """As `EnvVar`, for a whole number. Made by `EnvVar.int(name)`."""

    name: str

    @staticmethod
    def named(name: str) -> IntEnvVar:
        """The number that the variable of that name holds."""
        made = IntEnvVar()
        made.name = name
        return made

    @property
    def env_var_name(self) -> str:
        """The name of the variable."""
        return self.name

    def get_value(self, default: int | None = None) -> int | None:
        """The number that the variable holds now."""
        value = os.environ.get(self.name)
        return default if value is None else int(value)

    def resolved(self) -> int:
        """The number that the variable holds now.

        Raises:
            MissingEnvVar: It is not set, or holds no whole number.
        """
        value = _read(self.name)
        try:
            return int(value)
        except ValueError:
            raise MissingEnvVar(
                f"the environment variable {self.name} does not hold a whole number", hint="set it to one"
            ) from None

    def __repr__(self) -> str:
        return f"EnvVar.int({self.name!r})"

    def __str__(self) -> str:
        _refuse(self.name)

    def __format__(self, format_spec: str) -> str:
        _refuse(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return (IntEnvVar.named, (self.name,))


def is_deferred(value: object) -> bool:
    """Whether a value is, or holds, an environment variable that is yet to be read."""
    match value:
        case EnvVar() | IntEnvVar():
            return True
        case dict():
            members = cast("dict[Any, Any]", value)
            is_reference = len(members) == 1 and isinstance(members.get("env"), str)
            return is_reference or any(map(is_deferred, members.values()))
        case list() | tuple():
            return any(map(is_deferred, cast("list[Any]", value)))
        case _:
            return False


def resolved(value: Any) -> Any:
    """A value with every environment variable in it read; `{"env": NAME}`, as files of configuration have it, is one.

    Raises:
        MissingEnvVar: One is not set.
    """
    match value:
        case EnvVar() | IntEnvVar():
            return value.resolved()
        case {"env": str(name)} if len(cast("dict[Any, Any]", value)) == 1:
            return _read(name)
        case dict():
            return {key: resolved(each) for key, each in cast("dict[Any, Any]", value).items()}
        case list():
            return [resolved(each) for each in cast("list[Any]", value)]
        case tuple():
            return tuple(resolved(each) for each in cast("tuple[Any, ...]", value))
        case _:
            return value


def _read(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise MissingEnvVar(
            f"the environment variable {name} is not set", hint=f"set it where assettui runs: export {name}=…"
        )
    return value


def _refuse(name: str) -> NoReturn:
    raise RuntimeError(f"EnvVar({name!r}) is read when a step runs; here, ask EnvVar({name!r}).get_value()")
