"""What a project may say of itself, in `[tool.assettui]` of `pyproject.toml` or at the top of `assettui.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, cast

from assettui.core.errors import ProjectError
from assettui.core.keys import closest
from assettui.core.queue import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, as written; paths are relative to the file that holds them."""

    file: str | None = None
    """The Python file that defines the project."""
    module: str | None = None
    """The module or package that defines it."""
    name: str | None = None
    """What it is called on screen; by default the name of its folder."""
    store: str | None = None
    """Where its store is; by default `.assettui`."""
    max_workers: int | None = None
    """How many steps may run at once; by default as many as there are cores."""
    confirm_partitions: int = 10_000
    """A backfill of more partitions than this is asked about first."""
    max_runs: int | None = None
    """How many runs may go on at once; by default any number: their steps share the workers."""
    tag_limits: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)
    """How many runs with a tag may go on at once: `team`, with a value of it `team=ops`, or with each, `team=*`."""
    pools: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)
    """How many slots each pool has."""
    default_pool_limit: int | None = None
    """How many slots a pool has that is not named; by default any number."""
    run_retries: int = 0
    """How many times a run that has failed is tried again by itself, where its tags say nothing."""
    run_timeout: float | None = None
    """How long a run may take, in seconds; by default any time."""
    step_timeout: float | None = None
    """How long a step may take, in seconds, where its function says nothing; by default any time."""
    cancel_grace: float = 2.0
    """How long a step that is stopped may clean up, in seconds, before it is killed."""
    evaluation_timeout: float = 60.0
    """How long the function of a schedule or sensor may take, in seconds."""
    keep_running: bool = False
    """Whether a leader whose terminal is gone goes on for ever, rather than until nothing runs or is scheduled."""
    tick_days: int = 30
    """How long ticks are kept that did something, in days; of those that were skipped the last ones."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    """Environment variables of the workers, where neither the environment nor `.env` says. Not the place for secrets."""

    @property
    def limits(self) -> Limits:
        """How much may go on at once, where nobody has set something else."""
        return Limits(self.max_runs, self.tag_limits, self.pools, self.default_pool_limit)


_KINDS: Final = {
    "max_workers": (int, "a number"),
    "confirm_partitions": (int, "a number"),
    "max_runs": (int, "a number"),
    "default_pool_limit": (int, "a number"),
    "run_retries": (int, "a number"),
    "run_timeout": (float, "a number of seconds"),
    "step_timeout": (float, "a number of seconds"),
    "cancel_grace": (float, "a number of seconds"),
    "evaluation_timeout": (float, "a number of seconds"),
    "tick_days": (int, "a number of days"),
    "keep_running": (bool, "true or false"),
    "tag_limits": (dict, "a table"),
    "pools": (dict, "a table"),
    "environment": (dict, "a table"),
}
"""Of the settings that are no text: what they are, in Python and in words."""


def read_settings(path: Path) -> Settings | None:
    """The settings that a file holds; None where it is a `pyproject.toml` without `[tool.assettui]`.

    Raises:
        ProjectError: It is not TOML, or a setting is unknown or of the wrong type.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from error
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("assettui")
        if data is None:
            return None
    return _checked(data, path)


def _checked(data: Mapping[str, Any], path: Path) -> Settings:
    known = {field.name: _KINDS.get(field.name, (str, "text")) for field in fields(Settings)}
    for name, value in data.items():
        if name not in known:
            near = closest(name, known)
            raise ProjectError(
                f"{path}: no setting is called {name!r}",
                hint=f"did you mean {near!r}?" if near else f"settings: {', '.join(known)}",
            )
        kind, wanted = known[name]
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise ProjectError(f"{path}: {name} is {value!r}, not {wanted}")
    for name, value in cast("dict[str, Any]", data.get("environment", {})).items():
        if not isinstance(value, str):
            raise ProjectError(f"{path}: environment.{name} is {value!r}, not text", hint=f'{name} = "{value}"')
    for table in ("tag_limits", "pools"):
        for name, value in cast("dict[str, Any]", data.get(table, {})).items():
            if type(value) is not int or value < 0:
                raise ProjectError(f"{path}: {table}.{name} is {value!r}, not a number from 0 up")
    settings = Settings(**data)
    if settings.max_workers is not None and settings.max_workers < 1:
        raise ProjectError(f"{path}: max_workers is {settings.max_workers}", hint="at least 1")
    for name in ("max_runs", "default_pool_limit", "tick_days"):
        count: int | None = getattr(settings, name)
        if count is not None and count < 1:
            raise ProjectError(f"{path}: {name} is {count}", hint="at least 1")
    for name in ("run_timeout", "step_timeout", "evaluation_timeout"):
        seconds: float | None = getattr(settings, name)
        if seconds is not None and seconds <= 0:
            raise ProjectError(f"{path}: {name} is {seconds:g}", hint="more than 0 seconds")
    for name in ("run_retries", "cancel_grace"):
        if getattr(settings, name) < 0:
            raise ProjectError(f"{path}: {name} is {getattr(settings, name):g}", hint="0 or more")
    if settings.confirm_partitions < 1:
        raise ProjectError(f"{path}: confirm_partitions is {settings.confirm_partitions}", hint="at least 1")
    if settings.file and settings.module:
        raise ProjectError(f"{path}: file and module are both set", hint="keep one of them")
    return settings
