"""What a run is going to be: its configuration as it is typed, what may be typed next, and what it would do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from assettui.core.config_check import WrongConfig
from assettui.core.masking import holds_secret, masked
from assettui.core.partitions.space import BadPartitions
from assettui.core.run_config import of_resources
from assettui.model.run import RunRequest
from assettui.service.run_config import config_of
from assettui.service.runs import PlannedRun, preview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.model.metadata import JsonObject
    from assettui.model.project import ProjectSnapshot
    from assettui.service.session import Session

AS_GIVEN = "as the project gives it"
NAME = Path("config.yaml")
"""What the text that is typed is called in messages."""


class Typed(Struct, frozen=True):
    """What has been typed."""

    request: RunRequest
    """The job, or the assets."""
    config: str = ""
    """YAML."""
    tags: str = ""
    """`name=value`, with blanks between."""
    partition: str = ""
    """A key, or `A...B`; empty for none."""


def planned(session: Session, typed: Typed) -> PlannedRun:
    """What would be done.

    Raises:
        AssettuiError: It could not be run so; the message says why, and where in the text.
    """
    return preview(session, request_of(typed))


def request_of(typed: Typed) -> RunRequest:
    """The run that is asked for.

    Raises:
        WrongConfig: The configuration is no YAML, or a tag has no value.
        BadPartitions: The range is none.
    """
    first, dots, last = (part.strip() for part in typed.partition.partition("..."))
    if dots and not (first and last):
        raise BadPartitions(f"{typed.partition!r} is no range", hint="write A...B, both ends included")
    ranges = ((first, last if dots else first),) if first else ()
    tags: dict[str, str] = {}
    for each in typed.tags.split():
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise WrongConfig(f"{each!r} is no tag", hint="write name=value")
        tags[name] = value
    asked = typed.request
    return RunRequest(
        assets=asked.assets,
        job=asked.job,
        config=config_of(NAME, typed.config),
        tags={**asked.tags, **tags},
        is_observation=asked.is_observation,
        partitions=ranges,
    )


class ResourceRow(Struct, frozen=True):
    """A resource of the project, and what a run would configure it with."""

    name: str
    fields: tuple[tuple[str, str, bool], ...] = ()
    """Each that can be configured: its name, its value as it is shown, and whether it is the run that says so."""


def resource_rows(snapshot: ProjectSnapshot, config: JsonObject) -> list[ResourceRow]:
    """The project's resources as a run of such a configuration would have them, their secrets masked.

    What the project's code gives a field is not kept: it may be a secret. Of one of which the run says nothing, that is told
    in place of a value, with the default of its class.
    """
    given = of_resources(masked(config, snapshot.config_schemas))
    found: list[ResourceRow] = []
    for name in snapshot.resources:
        schema = snapshot.config_schemas.get(f"resources.{name}", {})
        own = cast("JsonObject", given.get(name, {}))
        fields: list[tuple[str, str, bool]] = []
        for field, about in cast("dict[str, JsonObject]", schema.get("properties", {})).items():
            if field in own:
                fields.append((field, _yaml(own[field]), True))
            else:
                default = _default(about)
                fields.append((field, f"{AS_GIVEN}, else {default}" if default is not None else AS_GIVEN, False))
        found.append(ResourceRow(name, tuple(fields)))
    return found


def config_tree(snapshot: ProjectSnapshot, steps: Sequence[str]) -> JsonObject:
    """What may be configured: names within names, and at the ends the schema of a value.

    Args:
        snapshot: The project.
        steps: Those of the run, as a configuration names them.
    """
    tree: JsonObject = {}
    for place, schema in snapshot.config_schemas.items():
        kind, _, name = place.partition(".")
        if kind == "ops" and name not in steps:
            continue
        properties = cast("JsonObject", schema.get("properties", {}))
        if properties:
            cast("JsonObject", tree.setdefault(kind, {}))[name] = {"config": properties}
    return tree


def skeleton(tree: JsonObject) -> str:
    """All that may be configured as YAML, each value with its default; what has none is a comment."""
    lines: list[str] = []
    for kind, named in tree.items():
        lines.append(f"{kind}:")
        for name, held in cast("dict[str, dict[str, JsonObject]]", named).items():
            lines += [f"  {name}:", "    config:"]
            for field, schema in held["config"].items():
                said = _default(schema)
                lines.append(
                    f"      {field}: {said}" if said is not None else f"      # {field}: {schema.get('type', '…')}"
                )
    return "\n".join([*lines, ""]) if lines else ""


def _default(schema: JsonObject) -> str | None:
    """The default of a field; None where it has none, or one that is secret and so is not known here."""
    return _yaml(schema["default"]) if "default" in schema and not holds_secret(schema) else None


def _yaml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML


def completions(tree: JsonObject, text: str, line: int, column: int) -> tuple[str, list[str]]:
    """What has been typed of the name at a place in the text, and the names that it may become.

    Args:
        tree: As `config_tree` gives it.
        text: YAML, as far as it is typed.
        line: Of the cursor, from 0.
        column: Likewise.
    """
    lines = text.split("\n")
    typed = lines[line][:column] if line < len(lines) else ""
    name = typed.strip()
    indent = len(typed) - len(typed.lstrip())
    node: Any = tree
    for each in _parents(lines[:line], indent):
        node = cast("Mapping[str, Any]", node).get(each) if isinstance(node, dict) else None
    if not isinstance(node, dict) or "type" in node or "$ref" in node:
        return name, []
    siblings = {each.strip().partition(":")[0] for each in lines if len(each) - len(each.lstrip()) == indent}
    known = cast("dict[str, Any]", node)
    return name, [each for each in known if each.startswith(name) and each not in siblings - {name}]


def _parents(lines: Sequence[str], indent: int) -> list[str]:
    """The names above, each indented less than the next."""
    found: list[str] = []
    for each in reversed(lines):
        own = len(each) - len(each.lstrip())
        if each.strip() and not each.lstrip().startswith("#") and own < indent:
            found.append(each.strip().partition(":")[0])
            indent = own
    return found[::-1]
