"""What a backfill is about: from what somebody asks for to partitions of assets, and to why some are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.partition_status import spread
from assettui.core.partitions.multi import ProductSpace
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS, PartitionSpace, range_text
from assettui.core.partitions.time_space import TimeSpace
from assettui.core.planning import is_subsettable
from assettui.model.backfill import BackfillRequest, Which
from assettui.model.errors import LaunchError
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.partition_status import PartitionStatuses
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.keys import AssetKey

Sets = dict["AssetKey", PartitionSet]


class NothingToDo(LaunchError):
    """Of what was asked for, all is as it should be."""


class Skipped(Struct, frozen=True):
    """Partitions that are left out, or an asset of which none is meant."""

    key: AssetKey
    partitions: PartitionSet
    """Empty where the asset has none of what was asked for."""
    why: str
    """In one line."""
    hint: str
    """What can be done about it."""


class BackfillTarget(Struct, frozen=True):
    """What a backfill is about."""

    targets: Mapping[AssetKey, PartitionSet]
    """Upstream before downstream; none of them is empty."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def count(self) -> int:
        """How many partitions there are in all."""
        return sum(len(partitions) for partitions in self.targets.values())


def resolve_target(
    partitioned: PartitionedGraph,
    request: BackfillRequest,
    statuses: Mapping[AssetKey, PartitionStatuses],
    whole_statuses: Mapping[AssetKey, Which | None],
) -> BackfillTarget:
    """The partitions that somebody asks for.

    Args:
        partitioned: The project's partitions.
        request: What is asked for.
        statuses: Where the partitions of each asset with partitions stand.
        whole_statuses: Where each asset without partitions stands; None where it is up to date.

    Raises:
        LaunchError: Nothing is left to be materialized; the message says why.
        NothingToDo: There is nothing that is missing, failed or stale, where that was asked for.
        UnknownPartition: No asset that is selected has a partition of such a key.
        BadRange: A range is reversed, or over keys that have no order.
    """
    chosen = [key for key in partitioned.graph.sort(request.keys) if not partitioned.graph.assets[key].is_external]
    if not chosen:
        raise LaunchError("nothing to backfill: what was selected is external", hint="select what the project computes")
    bounded = _bounded(partitioned, request, chosen)
    found: Sets = {}
    for key in chosen:
        standing = _standing(key, request.which, statuses, whole_statuses)
        partitions = bounded[key] & standing & partitioned.space(key).all
        if partitions:
            found[key] = partitions
    found = _with_siblings(partitioned, found)
    if request.with_upstream:
        found = _with_upstream(partitioned, found, statuses, whole_statuses)
    kept, skipped = _without_what_cannot_be(partitioned, found, statuses, whole_statuses)
    if not kept:
        raise _nothing(request, chosen, skipped)
    without = [
        Skipped(key, EMPTY, f"has no partition {_there_in_words(request)}", f"see assettui partition ls {key}")
        for key in chosen
        if not bounded[key] and partitioned.space(key).all and key not in kept
    ]
    external = [
        Skipped(key, EMPTY, "is made by something else", "observe it: assettui asset observe")
        for key in partitioned.graph.sort(request.keys)
        if partitioned.graph.assets[key].is_external
    ]
    return BackfillTarget(kept, (*external, *without, *skipped))


def _standing(
    key: AssetKey,
    which: Which,
    statuses: Mapping[AssetKey, PartitionStatuses],
    whole: Mapping[AssetKey, Which | None],
) -> PartitionSet:
    if key not in statuses:
        fits = which is Which.ALL or whole.get(key) is which
        return NO_PARTITIONS.all if fits else EMPTY
    known = statuses[key]
    match which:
        case Which.ALL:
            return known.all
        case Which.MISSING:
            return known.missing - known.running - known.queued
        case Which.FAILED:
            return known.failed - known.running - known.queued
        case Which.STALE:
            return known.stale - known.running - known.queued


# Bounds: ranges, keys, a span of time.


def _bounded(partitioned: PartitionedGraph, request: BackfillRequest, chosen: Sequence[AssetKey]) -> Sets:
    found = {key: partitioned.space(key).all for key in chosen}
    if request.partitions is not None:
        found = {key: request.partitions.get(key, EMPTY) for key in chosen}
    if request.since_us is not None:
        since_s = -(-request.since_us // 1_000_000)
        found = _both(
            found, _spread_down(partitioned, chosen, {key: _since(partitioned.space(key), since_s) for key in chosen})
        )
    if request.ranges:
        found = _both(found, _spread_down(partitioned, chosen, _in_ranges(partitioned, chosen, request.ranges)))
    return found


def _both(one: Sets, other: Sets) -> Sets:
    return {key: partitions & other[key] for key, partitions in one.items()}


def _since(space: PartitionSpace, since_s: int) -> PartitionSet | None:
    """The partitions whose window begins no earlier; None where they stand for no time."""
    if isinstance(space, TimeSpace):
        return PartitionSet.span(max(0, space.definition.index_after(since_s)), space.size) & space.all
    if isinstance(space, ProductSpace) and isinstance(space.major, TimeSpace):
        majors = _since(space.major, since_s)
        return space.product(majors, space.minor.all) if majors is not None else None
    return None


def _in_ranges(
    partitioned: PartitionedGraph, chosen: Sequence[AssetKey], ranges: Sequence[tuple[str, str]]
) -> dict[AssetKey, PartitionSet | None]:
    """For each asset the partitions of these ranges; None where the keys are not those of its partitions.

    Raises:
        UnknownPartition: They are no asset's.
        BadRange: A range is reversed, or over keys that have no order.
    """
    found: dict[AssetKey, PartitionSet | None] = {}
    for key in chosen:
        space = partitioned.space(key)
        knows = all(space.find(first) is not None and space.find(last) is not None for first, last in ranges)
        found[key] = partitioned.set_of(key, ranges) if knows and space is not NO_PARTITIONS else None
    if all(partitions is None for partitions in found.values()):
        first = next((key for key in chosen if partitioned.is_partitioned(key)), None)
        if first is None:
            raise LaunchError(
                f"{chosen[0]} has no partitions, and {range_text(*ranges[0])} was named",
                hint="leave the partitions out",
            )
        for one, other in ranges:
            for end in (one, other):
                partitioned.space(first).index(end)
    return found


def _spread_down(
    partitioned: PartitionedGraph, chosen: Sequence[AssetKey], given: Mapping[AssetKey, PartitionSet | None]
) -> Sets:
    """A bound for each asset: where it cannot be told for one, what depends on the partitions of those above it."""
    found: Sets = {}
    for key in chosen:
        said = given[key]
        if said is not None:
            found[key] = said
            continue
        above = [each for each in partitioned.graph.upstream[key] if each in found]
        partitions = EMPTY
        for each in above:
            partitions = partitions | partitioned.below(each, key, found[each])
        if not above:
            partitions = _of_time(partitioned, key, given) if partitioned.is_partitioned(key) else NO_PARTITIONS.all
        found[key] = partitions
    return found


def _of_time(
    partitioned: PartitionedGraph, key: AssetKey, given: Mapping[AssetKey, PartitionSet | None]
) -> PartitionSet:
    """The windows of an asset that overlap those that are meant of another."""
    space = partitioned.space(key)
    for other, partitions in given.items():
        there = partitioned.space(other)
        if partitions and isinstance(space, TimeSpace) and isinstance(there, TimeSpace):
            spans = [
                space.overlapping(there.definition.begins(start), there.definition.begins(end))
                for start, end in partitions.ranges()
            ]
            return PartitionSet.of_ranges([(max(0, start), min(end, space.size)) for start, end in spans]) & space.all
    return EMPTY


# What goes with it.


def _with_siblings(partitioned: PartitionedGraph, found: Sets) -> Sets:
    """With the assets that one function makes together, in any case."""
    more = dict(found)
    for key, partitions in found.items():
        step = partitioned.graph.assets[key].step
        if step is not None and not is_subsettable(partitioned.graph, step):
            for other in partitioned.graph.steps[step]:
                more[other] = more.get(other, EMPTY) | partitions
    return _sorted(partitioned, more)


def _with_upstream(
    partitioned: PartitionedGraph,
    found: Sets,
    statuses: Mapping[AssetKey, PartitionStatuses],
    whole: Mapping[AssetKey, Which | None],
) -> Sets:
    """With all partitions that these need, directly or not, and that are not up to date: missing, failed or stale."""
    more = dict(found)
    # Downstream before upstream: by the time that an asset is looked at, all that needs it has been.
    for key in reversed(partitioned.graph.order):
        if key not in more:
            continue
        for above in partitioned.sources(key):
            asset = partitioned.graph.assets[above]
            if asset.is_external:
                continue
            needed = partitioned.above(key, above, more[key]).partitions
            lacking = EMPTY
            for which in (Which.MISSING, Which.FAILED, Which.STALE):
                lacking = lacking | _standing(above, which, statuses, whole)
            wanted = needed & lacking
            if above == key:
                while wanted - more[key]:  # the partitions before those before it
                    more[key] = more[key] | wanted
                    wanted = partitioned.above(key, key, more[key]).partitions & lacking
            elif wanted:
                more[above] = more.get(above, EMPTY) | wanted
    return _with_siblings(partitioned, more)


def _sorted(partitioned: PartitionedGraph, found: Mapping[AssetKey, PartitionSet]) -> Sets:
    return {key: found[key] for key in partitioned.graph.sort(found) if found[key]}


# What cannot be.


def _without_what_cannot_be(
    partitioned: PartitionedGraph,
    found: Sets,
    statuses: Mapping[AssetKey, PartitionStatuses],
    whole: Mapping[AssetKey, Which | None],
) -> tuple[Sets, list[Skipped]]:
    """Without the partitions that need what neither is there nor will be."""
    kept = dict(found)
    skipped: list[Skipped] = []
    for key in found:
        for above in partitioned.sources(key):
            partitions = kept[key]
            if not partitions:
                break
            upstream = partitioned.above(key, above, partitions)
            if upstream.incomplete:
                why = f"needs partitions of {above} that do not exist: {', '.join(upstream.missing[:3])}"
                hint = f"see assettui partition ls {above}"
                partitions = kept[key] = _leave_out(skipped, Skipped(key, upstream.incomplete, why, hint), partitions)
            reads = next((each for each in partitioned.graph.assets[key].inputs if each.key == above), None)
            asset = partitioned.graph.assets[above]
            if reads is None or reads.may_lack or asset.io_manager is not None:
                continue  # what an IO manager of the user's loads may be there without our knowing
            there = kept.get(above, EMPTY) | _there(above, statuses, whole)
            lacking = partitioned.above(key, above, partitions).partitions - there
            if lacking:
                hit = partitioned.below(above, key, lacking) & partitions
                if above == key:
                    hit = spread(partitioned, key, hit, partitions)
                shown = partitioned.space(above).shown(lacking) if partitioned.is_partitioned(above) else ""
                why = f"reads {above}{f' of {shown}' if shown else ''}, which was never materialized"
                hint = "take what it needs into the backfill: --with-upstream"
                kept[key] = _leave_out(skipped, Skipped(key, hit, why, hint), partitions)
    return _sorted(partitioned, kept), skipped


def _there(
    key: AssetKey, statuses: Mapping[AssetKey, PartitionStatuses], whole: Mapping[AssetKey, Which | None]
) -> PartitionSet:
    if key in statuses:
        return statuses[key].materialized | statuses[key].running | statuses[key].queued
    return EMPTY if whole.get(key) is Which.MISSING else NO_PARTITIONS.all


def _leave_out(skipped: list[Skipped], candidate: Skipped, partitions: PartitionSet) -> PartitionSet:
    out = partitions & candidate.partitions
    if out:
        skipped.append(replace(candidate, partitions=out))
    return partitions - out


def _there_in_words(request: BackfillRequest) -> str:
    if request.ranges:
        first, *others = request.ranges
        return f"in {range_text(*first)}{f' and {len(others):,} more' if others else ''}"
    return "in that time" if request.since_us is not None else "there"


def _nothing(request: BackfillRequest, chosen: Sequence[AssetKey], skipped: Iterable[Skipped]) -> LaunchError:
    first = next(iter(skipped), None)
    if first is not None:
        return LaunchError(
            f"nothing to backfill: {plural(len(first.partitions), 'partition')} of {first.key}: {first.why}",
            hint=first.hint,
        )
    names = ", ".join(str(key) for key in chosen[:3])
    hint = f"see assettui partition ls {chosen[0]}"
    if request.which is Which.ALL:
        return LaunchError(f"nothing to backfill: {names} has no partition there", hint=hint)
    return NothingToDo(f"nothing to backfill: {names} has no partition that is {request.which.value} there", hint=hint)
