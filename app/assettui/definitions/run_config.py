"""What a run is configured with, and what asks for a run."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from assettui.core.run_config import SECTIONS, BadRunConfig
from assettui.definitions.env_var import EnvVar, IntEnvVar
from assettui.model.arguments import Checked, checks_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.model.check import AssetCheckKey
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import JsonObject


class RunConfig(Struct, frozen=True, metaclass=Checked):
    """What a run is configured with.

    The same as a dict, and in files, is written
    `{"ops": {STEP: {"config": {…}}}, "resources": {NAME: {"config": {…}}}}`.
    """

    ops: Mapping[str, Any] = {}
    """Name of each step (an asset's key, or an op's name) → its `Config`, or a dict."""
    resources: Mapping[str, Any] = {}
    """Name of each resource → its fields."""
    execution: Mapping[str, Any] = {}
    """`{"config": {"max_concurrent": N}}`: how many of the run's steps may run at once."""
    loggers: Mapping[str, Any] = {}

    def to_config_dict(self) -> JsonObject:
        """As JSON has it; environment variables by their names alone."""
        return config_json(self)


@dataclass(frozen=True, slots=True, init=False)
class RunRequest:
    """Asks for a run: what schedules and sensors return."""

    run_key: str | None
    """A run of the same key is asked for once: by a sensor for ever, by a schedule within one of its ticks."""
    run_config: Mapping[str, Any]
    """As a dict, also where a `RunConfig` was given."""
    tags: Mapping[str, str]
    job_name: str | None
    """The job, where it is not clear from who asks."""
    asset_selection: Sequence[CoercibleToAssetKey] | None
    """Which of the job's assets; None for all."""
    partition_key: str | None
    asset_check_keys: Sequence[AssetCheckKey] | None
    """Which checks are evaluated; None for all of the assets that are made. Given without assets, they alone are."""

    @checks_arguments
    def __init__(
        self,
        run_key: str | None = None,
        run_config: RunConfig | Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        job_name: str | None = None,
        asset_selection: Sequence[CoercibleToAssetKey] | None = None,
        partition_key: str | None = None,
        asset_check_keys: Sequence[AssetCheckKey] | None = None,
    ) -> None:
        given = run_config.to_config_dict() if isinstance(run_config, RunConfig) else run_config
        for name, value in (
            ("run_key", run_key),
            ("run_config", {} if given is None else given),
            ("tags", {} if tags is None else tags),
            ("job_name", job_name),
            ("asset_selection", asset_selection),
            ("partition_key", partition_key),
            ("asset_check_keys", asset_check_keys),
        ):
            object.__setattr__(self, name, value)

    @property
    def config(self) -> JsonObject:
        """The configuration as JSON has it."""
        return config_json(self.run_config)


class SkipReason(Struct, frozen=True, metaclass=Checked):
    """Why a schedule or sensor asks for no run."""

    skip_message: str | None = None


def config_json(given: RunConfig | Mapping[str, Any] | None) -> JsonObject:
    """A run's configuration as JSON has it, however it was given.

    Raises:
        BadRunConfig: It is neither a `RunConfig` nor a mapping of the known sections, or JSON cannot hold it.
    """
    if given is None:
        return {}
    if isinstance(given, RunConfig):
        sections: JsonObject = {
            "ops": {name: _wrapped(value) for name, value in given.ops.items()},
            "resources": {name: _wrapped(value) for name, value in given.resources.items()},
            "execution": dict(given.execution),
        }
    elif hasattr(given, "items"):
        sections = {str(name): value for name, value in given.items()}
    else:
        raise BadRunConfig(
            f"a run is configured with a RunConfig or a dict, not with {type(given).__name__}",
            hint='write {"ops": {"name": {"config": {…}}}}',
        )
    for name, value in sections.items():
        if name not in SECTIONS:
            raise BadRunConfig(
                f"a run's configuration has no section {name!r}", hint=f"there are {', '.join(SECTIONS)}"
            )
        if not hasattr(value, "items"):
            raise BadRunConfig(f"{name}: a mapping was expected here, not {type(value).__name__}")
    return {n: _as_json(value, n) for n, value in sections.items() if value and n != "loggers"}


def _wrapped(value: Any) -> JsonObject:
    """`{"config": …}` around what is not written so already."""
    members = cast("JsonObject", value) if isinstance(value, dict) else None
    return members if members is not None and set(members) <= {"config", "ops", "inputs"} else {"config": value}


def _as_json(value: Any, place: str, around: frozenset[int] = frozenset()) -> Any:
    """A value as JSON has it.

    Args:
        value: What was given.
        place: Where it stands: `ops.sales.config`.
        around: The dicts and lists that it is in.

    Raises:
        BadRunConfig: JSON has no form of it.
    """
    if id(value) in around:
        raise BadRunConfig(f"{place} holds itself")
    match value:
        case EnvVar() | IntEnvVar():
            return {"env": value.env_var_name}
        case float() if not isfinite(value):
            raise BadRunConfig(f"{place} is {value}, which JSON has no number for")
        case str() | int() | float() | bool() | None:
            return value
        case dict():
            members = cast("dict[Any, Any]", value)
            within = around | {id(members)}
            return {str(name): _as_json(each, f"{place}.{name}", within) for name, each in members.items()}
        case list() | tuple():
            items = cast("list[Any]", value)
            within = around | {id(items)}
            return [_as_json(each, place, within) for each in items]
        case _:
            from assettui.definitions.config import as_json  # deferred: pydantic takes 0.1 s

            return as_json(value)
