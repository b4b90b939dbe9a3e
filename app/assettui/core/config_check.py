"""Whether what a run is to be configured with fits what can be configured: told before the run is launched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.core.masking import MASK
from assettui.core.run_config import SECTIONS, merged, of_step, of_steps
from assettui.model.errors import AssettuiError
from assettui.model.keys import closest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.metadata import JsonObject
    from assettui.model.project import ProjectSnapshot
    from assettui.model.run import RunPlan


class WrongConfig(AssettuiError):
    """The configuration of a run does not fit what can be configured; every wrong place is named by its path."""


def checked_config(
    given: Mapping[str, Any], of_job: Mapping[str, Any], plan: RunPlan, job: str | None, snapshot: ProjectSnapshot
) -> JsonObject:
    """What a run is configured with, steps by their very names: what its job says, and on top of it what is given.

    What the schemas cannot tell, as rules that a class has in code, is checked when the step begins.

    Args:
        given: With this run.
        of_job: What its job says, of these and of other steps, which is known to be right.
        plan: Its steps.
        job: The job whose run it is, if it is one's.
        snapshot: What can be configured.

    Raises:
        WrongConfig: It does not fit; every wrong place is named by its path.
    """
    wrong: list[str] = []
    _check_sections(given, wrong)
    names = plan.configurable()
    config: JsonObject = {}
    if not wrong:
        said = of_steps(given, names)
        for path, name in said.unknown.items():
            near = closest(name, names)
            wrong.append(f"{path}: the run has no step {name!r}" + (f"; did you mean {near!r}?" if near else ""))
        wrong.extend(f"{path}: a mapping was expected here, not {value!r:.40}" for path, value in said.odd.items())
        config = merged(of_steps(of_job, names).within(of_job), said.within(given))
        for name, computation in names.items():
            path = said.paths.get(name, f"ops.{name}")
            _check(of_step(config, name), snapshot.config_schemas.get(f"ops.{computation}"), f"{path}.config", wrong)
        _check_resources(given, snapshot, wrong)
    if wrong:
        raise WrongConfig("the configuration of the run is wrong:" + "".join(f"\n    {each}" for each in wrong))
    return config


def _check_sections(config: Mapping[str, Any], wrong: list[str]) -> None:
    for name, value in config.items():
        if name not in SECTIONS:
            near = closest(name, SECTIONS)
            wrong.append(f"{name}: there is no such section" + (f"; did you mean {near!r}?" if near else ""))
        elif value is not None and not isinstance(value, dict):
            wrong.append(f"{name}: a mapping was expected here, not {value!r:.40}")


def _check_resources(config: Mapping[str, Any], snapshot: ProjectSnapshot, wrong: list[str]) -> None:
    resources = cast("Mapping[str, Any]", config.get("resources") or {})
    for name, value in resources.items():
        if name not in snapshot.resources:
            near = closest(name, snapshot.resources)
            wrong.append(f"resources.{name}: there is no such resource" + (f"; did you mean {near!r}?" if near else ""))
            continue
        if value is not None and not isinstance(value, dict):
            wrong.append(f"resources.{name}: a mapping was expected here, not {value!r:.40}")
            continue
        schema = snapshot.config_schemas.get(f"resources.{name}")
        # What the project has given the resource already need not be given again.
        partial = {key: each for key, each in schema.items() if key != "required"} if schema else schema
        _check(cast("JsonObject", value or {}), partial, f"resources.{name}.config", wrong)


def _check(said: Mapping[str, Any], schema: JsonObject | None, path: str, wrong: list[str]) -> None:
    config: Any = said.get("config")
    if not schema:
        return
    if config is None:
        wrong.extend(f"{path}.{name}: is missing" for name in schema.get("required", ()))
        return
    from jsonschema.validators import Draft202012Validator  # deferred: 80 ms that only configuration needs

    validator: Any = Draft202012Validator(_lenient(schema))
    for error in sorted(validator.iter_errors(config), key=lambda each: list(map(str, each.absolute_path))):
        wrong.extend(_told(error, path))


def _told(error: Any, path: str) -> list[str]:
    here = ".".join([path, *map(str, error.absolute_path)])
    match error.validator:
        case "additionalProperties":
            known = list(error.schema.get("properties", {}))
            extra = [name for name in error.instance if name not in known]
            return [
                f"{here}.{name}: there is no such field"
                + (
                    f"; did you mean {near!r}?"
                    if (near := closest(name, known))
                    else f"; there are: {', '.join(known)}"
                )
                for name in extra
            ]
        case "required":
            return [f"{here}.{name}: is missing" for name in error.validator_value if name not in error.instance]
        case _:
            return [f"{here}: {error.message}"]


def _lenient(schema: Any) -> Any:
    """The schema that also takes, for any value, what stands for one that only a worker knows."""
    if isinstance(schema, dict):
        given = cast("dict[str, Any]", schema)
        changed = {name: _lenient(value) for name, value in given.items()}
        properties = given.get("properties")
        if isinstance(properties, dict):
            changed["properties"] = {
                name: {"anyOf": [*_LATE, _lenient(each)]} if _is_simple(each) else _lenient(each)
                for name, each in cast("dict[str, Any]", properties).items()
            }
        return changed
    if isinstance(schema, list):
        return [_lenient(each) for each in cast("list[Any]", schema)]
    return schema


_LATE = (
    {"type": "object", "properties": {"env": {"type": "string"}}, "required": ["env"], "additionalProperties": False},
    {"const": MASK},
)
"""What stands for a value that only a worker knows: an environment variable, or a secret of the job's."""


def _is_simple(schema: Any) -> bool:
    return isinstance(schema, dict) and cast("dict[str, Any]", schema).get("type") in (
        "string",
        "integer",
        "number",
        "boolean",
    )
