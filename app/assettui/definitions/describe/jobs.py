"""What is said of a job, checked and described."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assettui.core.graph import AssetGraph
from assettui.core.run_config import of_resources, of_steps
from assettui.definitions import attributes
from assettui.definitions.describe.ops import add_op, flattened
from assettui.definitions.job import JobDefinition
from assettui.definitions.run_config import config_json
from assettui.model.errors import AssettuiError, SelectionError
from assettui.model.keys import closest
from assettui.model.project import AssetSnapshot, JobSnapshot, StepSnapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.selection.algebra import AssetSelection
    from assettui.definitions.computation import Computation
    from assettui.definitions.describe.draft import Draft
    from assettui.definitions.problems import Problems
    from assettui.model.metadata import JsonObject

_NAME = re.compile(r"[A-Za-z0-9_]+")


def describe_jobs(draft: Draft, assets: list[AssetSnapshot]) -> list[JobSnapshot]:
    """The jobs; those that select assets are resolved on these, where nothing is wrong with them."""
    found: dict[str, JobSnapshot] = {}
    if not draft.jobs:
        return []
    graph = None if draft.problems.found else AssetGraph(assets, draft.steps.values(), draft.checks.values())
    for job in draft.jobs:
        if not isinstance(job, JobDefinition):
            draft.problems.wrong(f"{job!r:.80} is not a job", None, "make one with define_asset_job, or @job")
            continue
        if job.name in found:
            other = found[job.name].at
            draft.problems.wrong(f"the job {job.name} is defined twice, here and at {other}", job.at, "rename one")
            continue
        shared, draft.resources = draft.resources, {**draft.resources, **job.resource_defs}
        found[job.name] = _describe_job(draft, job, graph)
        draft.resources = shared
    return list(found.values())


def _describe_job(draft: Draft, job: JobDefinition, graph: AssetGraph | None) -> JobSnapshot:
    subject = f"job {job.name}"
    draft.check_hooks(subject, job.hooks, job.at)
    steps: tuple[StepSnapshot, ...] = ()
    if job.composition is not None:
        flat = flattened(draft, job.composition, "", {}, job)
        for flat_op in flat.ops if flat is not None else ():
            key = f"{job.name}:{flat_op.step.key}"
            if key in draft.computations:
                draft.problems.wrong(
                    f"{subject} has an op {flat_op.step.key}, and {key} is a check", job.at, "rename one"
                )
            add_op(draft, flat_op, {}, key)
        steps = tuple(flat_op.step for flat_op in flat.ops) if flat is not None else ()
    elif graph is not None and job.selection is not None:
        check_selection(job, job.selection, graph, draft.problems)
    config = checked_config(job, draft.computations, draft.resources, draft.problems)
    return job_snapshot(job, steps, config, draft.problems)


def job_snapshot(
    job: JobDefinition, steps: tuple[StepSnapshot, ...], config: JsonObject, problems: Problems
) -> JobSnapshot:
    """A job as the snapshot has it; its secrets are not masked yet."""
    subject = f"job {job.name}"
    if not _NAME.fullmatch(job.name):
        problems.wrong(f"{job.name!r} is not a job name", job.at, "use letters, digits and _")
    return JobSnapshot(
        name=job.name,
        selection=str(job.selection) if job.selection is not None else None,
        steps=steps,
        description=job.description,
        tags=attributes.tags_of(subject, job.tags, job.at, problems),
        metadata=attributes.metadata_of(subject, job.metadata, job.at, problems),
        config=config,
        hooks=tuple(sorted(str(getattr(hook, "name", hook)) for hook in job.hooks)),
        max_concurrent=job.max_concurrent,
        partitions=job.partitions_def,
        at=job.at,
    )


def check_selection(job: JobDefinition, selection: AssetSelection, graph: AssetGraph, problems: Problems) -> None:
    """Refuse a selection that names what is not there, and doubt one that selects nothing."""
    if "status:" in str(selection):
        return  # a status is known only when the job is run
    try:
        keys = selection.resolve(graph) or selection.resolve_checks(graph)
    except SelectionError as error:
        problems.wrong(f"job {job.name}: {error.what}", job.at, error.hint)
        return
    if not keys:
        problems.warn(f"job {job.name}: {str(selection)!r} selects no asset", job.at, "see `assettui asset ls`")


def checked_config(
    job: JobDefinition, computations: Mapping[str, Computation], resources: Mapping[str, Any], problems: Problems
) -> JsonObject:
    """A job's configuration, steps by their very names.

    What it says of what is not there, and what does not fit the class that it is for, is refused.
    """
    try:
        config = config_json(job.config)
    except AssettuiError as error:
        problems.wrong(f"job {job.name}: {error.what}", job.at, error.hint)
        return {}
    own = {name.removeprefix(f"{job.name}:"): each for name, each in computations.items() if _is_for(name, each, job)}
    said = of_steps(config, own)
    for name in said.unknown.values():
        near = closest(name, own)
        hint = f"did you mean {near!r}?" if near else "name a step: an asset's key, or an op"
        problems.wrong(f"job {job.name} configures {name!r}, which is no step", job.at, hint)
    for name, each in said.found.items():
        schema = own[name].schema
        if schema is not None and each.get("config") is not None:
            from assettui.definitions.config import misfits  # deferred: pydantic takes 0.1 s

            for wrong in misfits(schema, each["config"]):
                problems.wrong(f"job {job.name}: the configuration of {name}: {wrong}", job.at, "see its class")
    for name in of_resources(config):
        if name not in resources:
            near = closest(name, resources)
            hint = f"did you mean {near!r}?" if near else "leave it out"
            problems.wrong(f"job {job.name} configures the resource {name!r}, which nothing defines", job.at, hint)
    return said.within(config)


def _is_for(step: str, computation: Computation, job: JobDefinition) -> bool:
    if job.composition is not None:
        return step.startswith(f"{job.name}:") and computation.is_op
    return ":" not in step or bool(computation.checks)
