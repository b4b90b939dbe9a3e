"""A whole project, described: every definition is checked before anything is refused."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assettui.core.graph import AssetGraph
from assettui.core.masking import masked
from assettui.definitions import consistency
from assettui.definitions.computation import Described
from assettui.definitions.describe.assets import describe_external, undeclared
from assettui.definitions.describe.draft import Draft
from assettui.definitions.describe.functions import describe_function
from assettui.definitions.describe.jobs import describe_jobs
from assettui.definitions.job import JobDefinition
from assettui.model.errors import DefinitionsError
from assettui.model.project import AssetSnapshot, JobSnapshot, ProjectSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.definitions import Definitions
    from assettui.definitions.describe.instigators import InstigatorDescription
    from assettui.model.instigator import InstigatorSnapshot

NO_KEYS: Mapping[str, Mapping[str, int]] = MappingProxyType({})


def describe(
    name: str,
    definitions: Definitions,
    *,
    sources: Iterable[str] = (),
    dynamic: Mapping[str, Mapping[str, int]] | None = NO_KEYS,
) -> Described:
    """Check what a project defines and describe it.

    Args:
        name: What the project is called.
        definitions: What it defines.
        sources: Absolute paths of the project's own files that were imported.
        dynamic: The keys of dynamic partitions, for which mappings of the user's own are evaluated; None to leave
            these as they are, which does for whoever only carries out steps.

    Raises:
        DefinitionsError: Something is wrong; it holds every problem, in the order of the definitions.
    """
    return _described(Draft(definitions, dynamic), name, tuple(sources))


def _described(draft: Draft, name: str, sources: tuple[str, ...]) -> Described:
    for definition in draft.functions:
        with draft.problems.telling(f"asset {definition.step_name}", definition.at):
            describe_function(draft, definition)
    for key, declared in draft.declared.items():
        if declared.definition is None:
            describe_external(draft, key, declared.spec)
    if draft.definitions.asset_checks:
        from assettui.definitions.describe.checks import describe_checks, refuse_unblockable  # deferred: many have none

        describe_checks(draft)
        refuse_unblockable(draft)
    external = undeclared(draft)
    _check_partitions(draft)
    _check_automation(draft)
    consistency.refuse_cycles(draft.snapshots, draft.functions, draft.computations, draft.problems)
    consistency.warn_mismatches(draft.snapshots, draft.values, draft.computations, draft.problems)
    assets = [draft.snapshots[key] for key in draft.declared if key in draft.snapshots]
    assets = [*sorted(assets, key=lambda asset: asset.is_external), *(AssetSnapshot(key) for key in external)]
    jobs = describe_jobs(draft, assets)
    instigators = _describe_instigators(draft, assets, jobs)
    if draft.problems.found:
        raise DefinitionsError(draft.problems.found)
    by_name = {job.name: job for job in draft.jobs if isinstance(job, JobDefinition)}
    schemas = _config_schemas(draft)
    jobs = [replace(job, config=masked(job.config, schemas, job.name)) for job in jobs]
    snapshots = [_without_secrets(each, schemas) for each in instigators.found.values()] if instigators else []
    snapshots += draft.automation
    snapshot = ProjectSnapshot(
        name,
        tuple(assets),
        tuple(draft.problems.warnings),
        sources,
        steps=tuple(draft.steps.values()),
        jobs=tuple(jobs),
        config_schemas=schemas,
        resources=tuple(dict.fromkeys([*draft.resources, *(n for job in by_name.values() for n in job.resource_defs)])),
        instigators=tuple(snapshots),
        checks=tuple(draft.checks.values()),
    )
    together = {
        output.spec.key: draft.snapshots[output.spec.key].upstream
        for definition in draft.functions
        if len(definition.outputs) > 1
        for output in definition.outputs
    }
    partitions = {key: asset.partitions for key, asset in draft.snapshots.items() if asset.partitions is not None}
    definitions = instigators.definitions if instigators else {}
    return Described(
        snapshot,
        draft.computations,
        draft.values,
        draft.resources,
        by_name,
        together,
        partitions,
        definitions,
        draft.user_conditions,
    )


def _check_partitions(draft: Draft) -> None:
    if any(asset.partitions is not None or asset.mappings for asset in draft.snapshots.values()):
        from assettui.definitions import partitioning  # deferred: 20 ms that most projects need not take

        draft.snapshots = partitioning.checked(draft.snapshots, draft.dynamic, draft.problems)


def _check_automation(draft: Draft) -> None:
    of_assets = (
        asset.condition is not None or asset.freshness_policy is not None for asset in draft.snapshots.values()
    )
    of_checks = (check.condition is not None for check in draft.checks.values())
    if (
        any(of_assets)
        or any(of_checks)
        or any(getattr(each, "is_automation", False) for each in draft.definitions.sensors)
    ):
        from assettui.definitions.describe.automation import check_automation  # deferred: many projects have none

        check_automation(draft)


def _describe_instigators(
    draft: Draft, assets: list[AssetSnapshot], jobs: list[JobSnapshot]
) -> InstigatorDescription | None:
    if not (draft.definitions.schedules or draft.definitions.sensors):
        return None
    from assettui.definitions.describe.instigators import InstigatorDescription  # deferred: many have none

    graph = None if draft.problems.found else AssetGraph(assets, draft.steps.values())
    found = InstigatorDescription(jobs, graph, draft.resources, draft.problems)
    found.add_all(draft.definitions.schedules, draft.definitions.sensors)
    return found


def _config_schemas(draft: Draft) -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for step, computation in draft.computations.items():
        if computation.schema is not None:
            schemas[f"ops.{step}"] = _json_schema(computation.schema)
    for name, value in draft.resources.items():
        schema_of = getattr(value, "config_json_schema", None)
        if schema_of is not None:
            schemas[f"resources.{name}"] = schema_of()
        elif getattr(value, "config_schema", None) is not None:
            schemas[f"resources.{name}"] = _json_schema(value.config_schema)
    return schemas


def _without_secrets(each: InstigatorSnapshot, schemas: Mapping[str, Any]) -> InstigatorSnapshot:
    """A schedule whose runs are configured with a secret: that stays with its code, which is asked each time."""
    shown = masked(each.config, schemas, each.jobs[0] if each.jobs else None)
    return each if shown == each.config else replace(each, config=shown, is_plain=False)


def _json_schema(schema: Any) -> dict[str, Any]:
    from assettui.definitions.config import json_schema  # deferred: pydantic takes 0.1 s

    return json_schema(schema)
