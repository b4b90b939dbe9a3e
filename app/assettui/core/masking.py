"""Configuration as it may be kept and shown: without its secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunPlan

MASK = "••••••"
"""Stands for a secret."""
_SECRET = re.compile(r"(?i)(^|_)(password|passwd|secret|token|api_?key|private_key|credentials?)(_|$)")


def masked(config: Mapping[str, Any], schemas: Mapping[str, JsonObject], job: str | None = None) -> JsonObject:
    """A run's configuration with every literal secret replaced by `MASK`.

    A secret is what its schema says is one (pydantic's `SecretStr`), and what is called a password, a token, a key.
    The name of an environment variable, `{"env": NAME}`, is none.

    Args:
        config: As it was given, steps by their very names.
        schemas: The JSON schema of what can be configured: `ops.STEP` and `resources.NAME`; of a job's own ops
            `ops.JOB:STEP`.
        job: The job whose configuration it is.
    """
    found: JsonObject = dict(config)
    for section in ("ops", "resources"):
        entries: Mapping[str, Any] = config.get(section) or {}
        if entries:
            found[section] = {
                name: _masked(
                    value,
                    {
                        "properties": {
                            "config": schemas.get(f"{section}.{job}:{name}") or schemas.get(f"{section}.{name}", {})
                        }
                    },
                    {},
                    is_secret=False,
                )
                for name, value in entries.items()
            }
    return found


def without_secrets(plan: RunPlan, schemas: Mapping[str, JsonObject]) -> RunPlan:
    """What a run does, as it may be kept and shown.

    Args:
        plan: What it does.
        schemas: Of what can be configured: what they call a secret is masked.
    """
    shown = masked(plan.config, schemas, plan.job)
    return replace(plan, config=shown, has_secrets=plan.has_secrets or shown != plan.config)


def restored(config: Mapping[str, Any], original: Mapping[str, Any]) -> JsonObject:
    """A configuration with what stands behind each `MASK` put back from another one, where that has it."""
    found: JsonObject = {}
    for name, value in config.items():
        behind: Any = original.get(name)
        if isinstance(value, dict) and isinstance(behind, dict):
            found[name] = restored(cast("JsonObject", value), cast("JsonObject", behind))
        else:
            found[name] = behind if value == MASK and behind is not None else value
    return found


def _masked(value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any], *, is_secret: bool) -> Any:
    definitions = schema.get("$defs") or definitions
    reference: Any = schema.get("$ref")
    if isinstance(reference, str):
        schema = definitions.get(reference.rsplit("/", 1)[-1], {})
    is_secret = is_secret or holds_secret(schema)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if set(members) == {"env"} and isinstance(members["env"], str):
            return members
        properties: Mapping[str, Any] = schema.get("properties", {})
        return {
            name: _masked(
                each, properties.get(name, {}), definitions, is_secret=is_secret or bool(_SECRET.search(name))
            )
            for name, each in members.items()
        }
    if isinstance(value, list):
        items: Mapping[str, Any] = schema.get("items", {})
        return [_masked(each, items, definitions, is_secret=is_secret) for each in cast("list[Any]", value)]
    return MASK if is_secret and value is not None and not isinstance(value, bool) else value


def holds_secret(schema: Mapping[str, Any]) -> bool:
    """Whether what a schema describes is a secret."""
    variants: list[Mapping[str, Any]] = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return schema.get("format") == "password" or bool(schema.get("writeOnly")) or any(map(holds_secret, variants))
