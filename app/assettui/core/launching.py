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
    from collections.abc import Container, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.sets import PartitionSet
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
        chosen = request.assets if request.assets is not None else selected_by(job, context) if job is not None else ()
        if request.is_observation:
            plan = plan_observation(context.graph, chosen)
        else:
            plan = plan_run(context.graph, chosen, context.available)
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


def selected_by(job: JobSnapshot, context: PlanningContext) -> Sequence[AssetKey]:
    """The assets that a job selects now, upstream before downstream.

    Raises:
        LaunchError: It selects none.
        SelectionError: It names what is not there.
    """
    keys = context.select(job.selection or "*")
    if not keys:
        raise LaunchError(f"the job {job.name} selects no asset now")
    return keys
