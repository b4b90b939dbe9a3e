"""What a run is to be configured with, read from files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from assettui.core.config_check import WrongConfig

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.metadata import JsonObject


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
    try:
        data = _parsed(path, text)
    except ValueError as error:  # of tomllib and json
        raise WrongConfig(f"{path} is not what its name says: {error}") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise WrongConfig(f"{path} holds a {type(data).__name__}, not a mapping", hint=_FORM)
    return cast("JsonObject", data)


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
