"""Runs of certain partitions: what is checked before one is launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.partitions.mapping import Upstream
from assettui.core.partitions.space import range_text
from assettui.model.errors import LaunchError
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.definition import AsOf
    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.keys import AssetKey
    from assettui.model.project import JobSnapshot
    from assettui.model.run import RunPlan, StepPlan


def with_partitions(
    plan: RunPlan,
    partitioned: PartitionedGraph,
    partitions: Sequence[tuple[str, str]],
    materialized: Mapping[AssetKey, PartitionSet] | None = None,
) -> RunPlan:
    """The plan as a run of these partitions.

    Args:
        plan: What the run does.
        partitioned: The project's partitions.
        partitions: Ranges of keys, both ends included; empty for none.
        materialized: The partitions whose values can be loaded already, of each asset with partitions; None where that is
            not known.

    Raises:
        LaunchError: An asset needs partitions and none are given, or has none and some are; assets of the run have
            different ones; or what they need does not exist.
        UnknownPartition: A key is no partition's.
        BadRange: A range is reversed, or over keys that have no order.
    """
    subjects = [step.subject for step in plan.steps]
    keys = [key for key in subjects if key is not None and partitioned.is_partitioned(key)]
    if not partitions:
        if keys and not _are_observed(keys, partitioned):
            raise LaunchError(
                f"{keys[0]} has partitions, and none was named",
                hint=f"name one: --partition KEY, or --range A...B; for many: assettui backfill start {keys[0]}",
            )
        _refuse_missing(plan, partitioned, (), materialized)
        return plan
    if not keys:
        raise LaunchError(
            f"{_first(subjects)} has no partitions, and {_shown(partitions)} was named", hint="leave the partition out"
        )
    first = keys[0]
    other = next((key for key in keys if partitioned.space(key).identity != partitioned.space(first).identity), None)
    if other is not None:
        raise LaunchError(
            f"{first} and {other} have different partitions, and a run is of those of one definition",
            hint=f"backfill them: assettui backfill start {first} {other} --range A...B",
        )
    chosen = partitioned.set_of(first, partitions)
    if not chosen:
        raise LaunchError(
            f"{first} has no partition in {_shown(partitions)}", hint=f"see assettui partition ls {first}"
        )
    _refuse_nonexistent(plan, partitioned, chosen)
    _refuse_missing(plan, partitioned, partitions, materialized)
    steps = tuple(
        replace(step, is_partitioned=True)
        if step.subject is not None and partitioned.is_partitioned(step.subject)
        else step
        for step in plan.steps
    )
    return replace(plan, steps=steps, partitions=tuple(partitioned.space(first).ranges(chosen)))


def of_job_partitions(plan: RunPlan, job: JobSnapshot, moment: AsOf, partitions: Sequence[tuple[str, str]]) -> RunPlan:
    """The plan of a job of ops as a run of these partitions.

    Raises:
        LaunchError: The job needs a partition and none is given, or has none and some are.
        UnknownPartition: A key is no partition's.
        BadRange: A range is reversed, or over keys that have no order.
    """
    if job.partitions is None:
        if partitions:
            raise LaunchError(
                f"the job {job.name} has no partitions, and {_shown(partitions)} was named",
                hint="leave the partition out",
            )
        return plan
    if not partitions:
        raise LaunchError(f"the job {job.name} has partitions, and none was named", hint="name one: --partition KEY")
    space = job.partitions.at(moment)
    for ends in partitions:
        space.range(*ends)
    return replace(plan, partitions=tuple(partitions))


def partitions_of(
    step: StepPlan, partitioned: PartitionedGraph, partitions: Sequence[tuple[str, str]]
) -> PartitionSet | None:
    """The partitions that a step makes in a run of these partitions; None where it is of no asset with partitions."""
    if not step.is_partitioned or step.subject is None:
        return None
    return partitioned.set_of(step.subject, partitions)


def needed_by(step: StepPlan, partitioned: PartitionedGraph, above: AssetKey, partitions: PartitionSet) -> Upstream:
    """The partitions of an asset that a step needs for some of its subject: of its own asset, a check needs just these.

    Args:
        step: The step, which has a subject.
        partitioned: The project's partitions.
        above: The asset.
        partitions: Those of the subject.
    """
    subject = step.subject
    assert subject is not None
    if step.assets or not step.checks:
        return partitioned.above(subject, above, partitions)
    if above == subject:
        return Upstream(partitions)
    snapshot = partitioned.graph.step_snapshots.get(step.computation)
    mapping = snapshot.mappings.get(above) if snapshot is not None else None
    mapping = mapping or partitioned.default(subject, above)
    return mapping.upstream(partitions, partitioned.space(subject), partitioned.space(above))


def _are_observed(keys: Sequence[AssetKey], partitioned: PartitionedGraph) -> bool:
    return all(partitioned.graph.assets[key].is_observable for key in keys)


def _refuse_nonexistent(plan: RunPlan, partitioned: PartitionedGraph, chosen: PartitionSet) -> None:
    """Refuse partitions that need some that do not exist."""
    for key in plan.assets:
        if not partitioned.is_partitioned(key):
            continue
        for above in partitioned.sources(key):
            found = partitioned.above(key, above, chosen)
            if found.incomplete:
                from assettui.core.partitions.window_mapping import (
                    TimeWindowPartitionMapping,  # deferred: seldom needed
                )

                space = partitioned.space(key)
                can_allow = isinstance(partitioned.mapping(key, above), TimeWindowPartitionMapping)
                allow = ", or allow it: TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)"
                raise LaunchError(
                    f"{key} of {space.shown(found.incomplete)} needs partitions of {above} that do not exist: "
                    f"{', '.join(found.missing[:5])}",
                    hint=f"leave {space.shown(found.incomplete)} out{allow if can_allow else ''}",
                )


def _refuse_missing(
    plan: RunPlan,
    partitioned: PartitionedGraph,
    partitions: Sequence[tuple[str, str]],
    materialized: Mapping[AssetKey, PartitionSet] | None,
) -> None:
    """Refuse a step that would read partitions that were never materialized, and that the run does not make."""
    if materialized is None:
        return
    made = frozenset(plan.assets)
    for step in plan.steps:
        subject = step.subject
        for each in step.inputs:
            if subject is None or each.may_lack or not partitioned.is_partitioned(each.key):
                continue
            if partitioned.graph.assets[each.key].io_manager is not None:
                continue  # what an IO manager of the user's loads may be there without our knowing
            own = (
                partitioned.set_of(subject, partitions)
                if partitioned.is_partitioned(subject)
                else partitioned.space(subject).all
            )
            there = materialized.get(each.key)
            lacking = needed_by(step, partitioned, each.key, own).partitions
            lacking = lacking - there if there is not None else lacking
            if each.key in made and partitions:
                lacking = lacking - partitioned.set_of(each.key, partitions)
            if lacking:
                raise LaunchError(
                    f"{subject} reads {plural(len(lacking), 'partition')} of {each.key} that "
                    f"{'was' if len(lacking) == 1 else 'were'} never materialized: {partitioned.space(each.key).shown(lacking)}",
                    hint=f"build them first: assettui backfill start {each.key} --missing",
                )


def _first(subjects: Sequence[AssetKey | None]) -> str:
    found = next((str(key) for key in subjects if key is not None), None)
    return found if found is not None else "the job"


def _shown(partitions: Sequence[tuple[str, str]]) -> str:
    return ", ".join(range_text(first, last) for first, last in partitions[:3])
