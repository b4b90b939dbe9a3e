"""What a run is configured with, as JSON: `{"ops": {STEP: {"config": …, "inputs": …}}, "resources": {NAME: {"config": …}}}`.

People may write the config of a step in several ways; `of_steps` brings it into one, and everything else looks there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.model.metadata import JsonObject

SECTIONS = ("ops", "resources", "execution", "loggers")
"""What a configuration may have at its top; `loggers` is read for Dagster's sake, and changes nothing."""


class BadRunConfig(AssettuiError):
    """A run's configuration does not have the form that it should."""


class StepConfigs(Struct, frozen=True):
    """What a configuration says of steps."""

    found: dict[str, JsonObject] = {}
    """Each step that it names → what it says of it."""
    paths: dict[str, str] = {}
    """Each of those → where that is written."""
    unknown: dict[str, str] = {}
    """Where something is written that is no step's → the name there."""
    odd: dict[str, Any] = {}
    """Where something else than a mapping is written of a step → what."""

    def within(self, config: Mapping[str, Any]) -> JsonObject:
        """The whole configuration, with what it says of steps by their very names."""
        rest = {name: value for name, value in config.items() if name != "ops"}
        return {**rest, "ops": self.found} if self.found else rest


def of_steps(config: Mapping[str, Any], steps: Iterable[str]) -> StepConfigs:
    """What a configuration says of these steps.

    A step of a graph may be written by its path, `graph.op`, or nested, `graph: {ops: {op: …}}`; an asset's key with
    `/` or, as in Dagster, with `__`.
    """
    known = {written: step for step in steps for written in (step.replace("/", "__"), step)}
    configs = StepConfigs()
    _gather(cast("Mapping[str, Any]", config.get("ops") or {}), known, configs, "", "ops")
    return configs


def _gather(ops: Mapping[str, Any], known: Mapping[str, str], configs: StepConfigs, prefix: str, path: str) -> None:
    for name, value in ops.items():
        written, here = f"{prefix}{name}", f"{path}.{name}"
        said = cast("JsonObject", value) if isinstance(value, dict) else {}
        inner = said.get("ops")
        if written in known:
            configs.found[known[written]] = said
            configs.paths[known[written]] = here
            if value is not None and not isinstance(value, dict):
                configs.odd[here] = value
        elif isinstance(inner, dict) and any(step.startswith(f"{written}.") for step in known):
            _gather(cast("JsonObject", inner), known, configs, f"{written}.", f"{here}.ops")
        else:
            configs.unknown[here] = written


def of_step(config: Mapping[str, Any], step: str) -> JsonObject:
    """What a configuration, steps by their very names, says of one: `{"config": …, "inputs": …}`, or nothing."""
    return cast("dict[str, JsonObject]", config.get("ops") or {}).get(step, {})


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> JsonObject:
    """What the first configuration says, with what the second says on top of it."""
    found: JsonObject = dict(first)
    for name, value in second.items():
        known = found.get(name)
        is_nested = isinstance(known, dict) and isinstance(value, dict)
        found[name] = merged(cast("JsonObject", known), cast("JsonObject", value)) if is_nested else value
    return found


def of_resources(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration says of resources: name → fields.

    Raises:
        BadRunConfig: What it says of one is no mapping.
    """
    resources = cast("dict[str, Any]", config.get("resources") or {})
    for name, each in resources.items():
        if each is not None and not isinstance(each, dict):
            raise BadRunConfig(f'resources.{name}: {each!r:.40} is no mapping; write {{"config": {{…}}}}')
    return {name: cast("JsonObject", each or {}).get("config") or {} for name, each in resources.items()}


def max_concurrent_of(config: Mapping[str, Any]) -> int | None:
    """How many steps may run at once, where a configuration says.

    Raises:
        BadRunConfig: It is no whole number above 0.
    """
    execution = cast("dict[str, Any]", config.get("execution") or {})
    said = cast("dict[str, Any]", execution.get("config") or {})
    for settings in (said, cast("dict[str, Any]", said.get("multiprocess") or {})):
        value = settings.get("max_concurrent")
        if value is not None:
            if not isinstance(value, int) or value < 1:
                raise BadRunConfig(f"execution.config.max_concurrent: {value!r} is no whole number above 0")
            return value
    return None
