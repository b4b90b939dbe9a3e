"""What a run that is asked for would do: by a person, a schedule or a sensor alike, and refused for the same reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from assettui.core.config_check import checked_config
from assettui.core.partitioned_runs import of_job_partitions, with_partitions
from assettui.core.planning import plan_observation, plan_ops, plan_run
from assettui.core.run_config import max_concurrent_of
from assettui.model.errors import LaunchError, NotFound
from assettui.model.keys import AssetKey, closest

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.check import AssetCheckKey
    from assettui.model.project import JobSnapshot, ProjectSnapshot
    from assettui.model.run import RunPlan, RunRequest


class PlanningContext(Protocol):
    """What a run is planned on: the project, and what there is of its assets."""

    @property
    def snapshot(self) -> ProjectSnapshot: ...

    @property
    def graph(self) -> AssetGraph: ...

    @property
    def partitioned(self) -> PartitionedGraph: ...

    @property
    def available(self) -> Container[AssetKey]:
        """The assets whose values can be loaded already, or will be by the time that a run is carried out."""
        ...

    @property
    def materialized(self) -> Mapping[AssetKey, PartitionSet]:
        """The partitions of which the same holds, of each asset that has any."""
        ...

    def select(self, selection: str) -> Sequence[AssetKey]:
        """The assets that a selection names now, upstream before downstream."""
        ...

    def select_with_checks(self, selection: str) -> tuple[Sequence[AssetKey], tuple[AssetCheckKey, ...] | None]:
        """As `select`, with the checks that it names; None for all of these assets."""
        ...


def plan_launch(request: RunRequest, context: PlanningContext) -> RunPlan:
    """What a run would do.

    Raises:
        LaunchError: It could not be run: nothing can be materialized, or something that it would read is not there.
        UnknownPartition: There is no partition of such a key.
        NotFound: The project has no such job.
        SelectionError: The job's selection names what is not there.
        WrongConfig: The configuration does not fit.
    """
    snapshot = context.snapshot
    job = job_named(snapshot, request.job) if request.job is not None else None
    if job is not None and job.selection is None:
        plan = of_job_partitions(plan_ops(job), job, context.partitioned.moment, request.partitions)
    else:
        chosen, checks = request.assets or (), request.checks
        if request.assets is None and job is not None:
            chosen, selected = selected_by(job, context)
            checks = checks if checks is not None else selected
        if checks is not None:
            refuse_unknown_checks(context.graph, checks)
        assets = context.graph.assets
        is_job_of_sources = job is not None and bool(chosen) and all(assets[key].is_observable for key in chosen)
        if request.is_observation or is_job_of_sources:
            plan = plan_observation(context.graph, chosen, checks)
        else:
            plan = plan_run(context.graph, chosen, context.available, checks)
        plan = with_partitions(plan, context.partitioned, request.partitions, context.materialized)
    config = checked_config(request.config, job.config if job is not None else {}, plan, request.job, snapshot)
    said = max_concurrent_of(config)
    limit = said if said is not None else job.max_concurrent if job is not None else None
    tags = {**(job.tags if job is not None else {}), **request.tags}
    return replace(plan, job=request.job, config=config, tags=tags, max_concurrent=limit)


def job_named(snapshot: ProjectSnapshot | None, name: str) -> JobSnapshot:
    """The definition of a job.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    known = {each.name: each for each in (snapshot.jobs if snapshot is not None else ())}
    if name in known:
        return known[name]
    near = closest(name, known)
    if near:
        raise NotFound(f"no job is called {name!r}", hint=f"did you mean {near!r}?")
    hint = f"jobs: {', '.join(known)}" if known else "define one: define_asset_job(name, selection)"
    raise NotFound(f"no job is called {name!r}", hint=hint)


def refuse_unknown_checks(graph: AssetGraph, keys: Iterable[AssetCheckKey]) -> None:
    """Refuse what is no check of the project.

    Raises:
        NotFound: One of them is none; the closest is offered.
    """
    for key in keys:
        if key not in graph.checks:
            near = closest(str(key), [str(known) for known in graph.checks])
            hint = f"did you mean {near!r}?" if near else "see `assettui check ls`"
            raise NotFound(f"no check is called {str(key)!r}", hint=hint)


def selected_by(
    job: JobSnapshot, context: PlanningContext
) -> tuple[Sequence[AssetKey], tuple[AssetCheckKey, ...] | None]:
    """The assets that a job selects now, upstream before downstream, and the checks; None for all of these assets.

    Raises:
        LaunchError: It selects none.
        SelectionError: It names what is not there.
    """
    keys, checks = context.select_with_checks(job.selection or "*")
    if not keys and not checks:
        raise LaunchError(f"the job {job.name} selects no asset now")
    return keys, checks
