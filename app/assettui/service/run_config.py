"""What a run is to be configured with, read from files."""

from __future__ import annotations

import json
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from assettui.core.config_check import WrongConfig

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.metadata import JsonObject


MAX_BITS = 1_000
"""Of a whole number: JSON can hold any, and so can Python, but nobody wants such a one."""


def read_config(path: Path) -> JsonObject:
    """The configuration that a YAML, TOML or JSON file holds.

    Raises:
        WrongConfig: It cannot be read, or is none of these; the message says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise WrongConfig(f"{path} cannot be read: {reason}") from None
    return config_of(path, text)


def config_of(path: Path, text: str) -> JsonObject:
    """The configuration that a text holds, in the language that the name of its file says.

    Raises:
        WrongConfig: As `read_config`.
    """
    try:
        data = _parsed(path, text)
    except ValueError as error:  # of tomllib and json
        raise WrongConfig(f"{path} is not what its name says: {error}") from None
    except RecursionError:
        raise WrongConfig(f"{path} is nested too deep") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise WrongConfig(f"{path} holds a {type(data).__name__}, not a mapping", hint=_FORM)
    try:
        _check(data, path.name, frozenset())
    except RecursionError:
        raise WrongConfig(f"{path} is nested too deep") from None
    return cast("JsonObject", data)


def _check(value: Any, place: str, around: frozenset[int]) -> None:
    """See that JSON has a form for a value: YAML can hold more.

    Raises:
        WrongConfig: It has none.
    """
    if id(value) in around:
        raise WrongConfig(f"{place} holds itself")
    match value:
        case dict():
            within = around | {id(cast("dict[Any, Any]", value))}
            for name, each in cast("dict[Any, Any]", value).items():
                if not isinstance(name, str):
                    raise WrongConfig(f"{place}: the name {name!r:.60} is no text", hint="write it between quotes")
                _check(each, f"{place}: {name}" if not around else f"{place}.{name}", within)
        case list():
            within = around | {id(cast("list[Any]", value))}
            for each in cast("list[Any]", value):
                _check(each, place, within)
        case float() if not isfinite(value):
            raise WrongConfig(f"{place} is {value}, which JSON has no number for")
        case int() if value.bit_length() > MAX_BITS:
            raise WrongConfig(f"{place} is too large a number")
        case None | str() | int() | float() | bool() | date():
            return
        case _:
            raise WrongConfig(f"{place} is a {type(value).__name__}, which JSON has no form for")


def _parsed(path: Path, text: str) -> Any:
    match path.suffix.lower():
        case ".toml":
            import tomllib  # deferred, as below

            return tomllib.loads(text)
        case ".json":
            return json.loads(text)
        case ".yaml" | ".yml":
            import yaml  # deferred: 20 ms that only a file of YAML needs

            try:
                return yaml.safe_load(text)
            except yaml.YAMLError as error:
                mark = getattr(error, "problem_mark", None)
                place = f", line {mark.line + 1}" if mark else ""
                raise WrongConfig(f"{path}{place}: {getattr(error, 'problem', None) or 'not YAML'}") from None
        case _:
            raise WrongConfig(f"{path} is neither .yaml, .toml nor .json", hint="name it for what it holds")


_FORM = 'write {"ops": {"asset": {"config": {…}}}, "resources": {"name": {"config": {…}}}}'
