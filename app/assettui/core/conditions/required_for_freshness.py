"""What freshness policies need to be made now: worked out backwards, so that each asset runs as rarely as satisfies all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import registered
from assettui.model.freshness import FreshnessStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.conditions.place import Entity, Place, Tick
    from assettui.core.graph import AssetGraph
    from assettui.model.freshness import Freshness
    from assettui.model.keys import AssetKey


class DataTimes(Protocol):
    """What is known of the age of assets' data."""

    def data_time(self, key: AssetKey) -> int | None:
        """The time of the source data that an asset incorporates; None where there is none, or none is known."""
        ...

    def freshness(self, key: AssetKey, now_us: int) -> Freshness | None:
        """What an asset is judged to be by its policy; None where it has none."""
        ...

    def usual_duration_us(self, key: AssetKey) -> int:
        """How long it usually takes to make it."""
        ...

    def updated(self, key: AssetKey) -> int | None:
        """When an asset without partitions was last made, or seen; None where it never was."""
        ...


@registered
class RequiredForFreshness(AutomationCondition, frozen=True, kw_only=True):
    """Its own policy, or one downstream, would soon fail, and no newer data than what that has is there without it."""

    @property
    def name(self) -> str:
        return "required_for_freshness"

    def true_at(self, place: Place) -> int:
        tick = place.tick
        if tick.required is None:
            tick.required = required(tick)
        return place.all if place.entity in tick.required else 0


def required(tick: Tick) -> frozenset[AssetKey]:
    """The assets that have to be made now.

    An asset whose policy is about to fail is made, if newer data can be had for it. What it depends on is made before it only
    where that has no newer data either, or data so old that the policy would fail again at once: an hourly reader of a table
    has it made once an hour, and a daily one takes what is there.
    """
    graph, times = tick.graph, tick.data_times
    if times is None:
        return frozenset()
    found: set[AssetKey] = set()
    leads: dict[AssetKey, int] = {}
    for key in graph.order:
        policy = graph.assets[key].freshness_policy
        if policy is None or not is_lazy(tick.conditions, key):
            continue
        judged = times.freshness(key, tick.now_us)
        if judged is None or not _is_due(judged, tick.now_us + lead_us(graph, tick.conditions, times, key, leads)):
            continue
        own = times.data_time(key)
        oldest_allowed = tick.now_us - policy.allowed_us
        _must_run(key, own, oldest_allowed, graph, tick.conditions, times, found)
    return frozenset(found)


def _is_due(judged: Freshness, by_us: int) -> bool:
    """Whether it is no longer as it should be, or will not be by then."""
    return judged.status is not FreshnessStatus.PASS or (judged.turns_us is not None and judged.turns_us - 1 <= by_us)


def _must_run(
    key: AssetKey,
    data_us: int | None,
    oldest_us: int,
    graph: AssetGraph,
    conditions: Mapping[Entity, AutomationCondition],
    times: DataTimes,
    found: set[AssetKey],
) -> bool:
    """Whether making an asset gives it newer data than it has; what has to be made for that, itself among it, is added."""
    above = [each for each in graph.upstream[key] if times.data_time(each) is not None or is_lazy(conditions, each)]
    gains = not above  # it brings in new data by itself
    for each in above:
        there = times.data_time(each)
        is_newer = there is not None and (data_us is None or there > data_us) and there > oldest_us
        if (
            is_newer
            or each in found
            or (is_lazy(conditions, each) and _must_run(each, there, oldest_us, graph, conditions, times, found))
        ):
            gains = True
    if gains:
        found.add(key)
    return gains


def is_lazy(conditions: Mapping[Entity, AutomationCondition], key: AssetKey) -> bool:
    """Whether an asset is made by itself where freshness policies need it."""
    condition = conditions.get(key)
    return condition is not None and any(isinstance(each, RequiredForFreshness) for each in _parts(condition))


_walked: dict[int, tuple[AutomationCondition, list[AutomationCondition]]] = {}


def _parts(condition: AutomationCondition) -> list[AutomationCondition]:
    known = _walked.get(id(condition))
    if known is None or known[0] is not condition:
        if len(_walked) > 10_000:
            _walked.clear()
        known = _walked[id(condition)] = (condition, condition.walk())
    return known[1]


def lead_us(
    graph: AssetGraph,
    conditions: Mapping[Entity, AutomationCondition],
    times: DataTimes,
    key: AssetKey,
    known: dict[AssetKey, int],
) -> int:
    """How long before a policy fails the making has to begin: as long as it usually takes, with what lies upstream.

    Args:
        graph: The project's graph.
        conditions: Of all that have one.
        times: How long each takes.
        key: The asset.
        known: What was found before; added to.
    """
    pending = [key]
    while pending:
        each = pending[-1]
        above = [every for every in graph.upstream[each] if is_lazy(conditions, every)]
        unknown = [every for every in above if every not in known]
        if unknown:
            pending.extend(unknown)
            continue
        pending.pop()
        known[each] = max((known[every] for every in above), default=0) + times.usual_duration_us(each)
    return known[key]
