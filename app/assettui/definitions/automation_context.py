"""Conditions of the user's own: what they are given, and what they give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.subset import PartitionsSubset
from assettui.model.check import AssetCheckKey
from assettui.model.errors import AssettuiError
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.keys import AssetKey

    Entity = AssetKey | AssetCheckKey


class BadConditionResult(AssettuiError, TypeError):
    """A condition of the user's own gave something that says of no partitions that it is true of them."""


class AutomationContext:
    """Given to `AutomationCondition.evaluate`.

    Args:
        key: The asset or check whose condition it is.
        candidate_subset: All of its partitions; one without a key, where it has none.
        evaluation_time: When it is evaluated; aware, UTC.
    """

    def __init__(self, key: Entity, candidate_subset: PartitionsSubset, evaluation_time: datetime) -> None:
        self.key = key
        self.candidate_subset = candidate_subset
        self.evaluation_time = evaluation_time

    @property
    def asset_key(self) -> AssetKey:
        """The asset."""
        return self.key.asset_key if isinstance(self.key, AssetCheckKey) else self.key

    def get_empty_subset(self) -> PartitionsSubset:
        """None of its partitions."""
        return PartitionsSubset(self.candidate_subset.space, PartitionSet())

    def subset_of(self, *partition_keys: str) -> PartitionsSubset:
        """The partitions of these keys."""
        return PartitionsSubset.of(self.candidate_subset.space, partition_keys)


class AutomationResult:
    """What a condition of the user's own is true of.

    Args:
        context: As it was given.
        true_subset: Some of `context.candidate_subset`.
    """

    def __init__(self, context: AutomationContext, true_subset: PartitionsSubset) -> None:
        if not isinstance(true_subset, PartitionsSubset):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            raise BadConditionResult(
                f"true_subset is {true_subset!r:.60}, a {type(true_subset).__name__}",
                hint="give it context.candidate_subset, context.get_empty_subset() or context.subset_of(…)",
            )
        self.context = context
        self.true_subset = true_subset


class UserConditions(Struct, frozen=True):
    """What the conditions of the user's own have come to in one tick."""

    found: Mapping[tuple[Entity, int], int]
    """The partitions of which each is true, as bits."""
    failed: Mapping[tuple[Entity, int], BaseException] = {}
    """What those have raised that could not be evaluated."""


def evaluate_user_conditions(
    conditions: Mapping[tuple[Entity, int], Any],
    graph: AssetGraph,
    partitioned: PartitionedGraph,
    now_us: int,
    *,
    raising: bool = False,
) -> UserConditions:
    """Evaluate conditions of the user's own: one that raises something spoils none of the others.

    Args:
        conditions: By whose each is, and its number in the whole condition.
        graph: The project's graph.
        partitioned: Its partitions now.
        now_us: The time; microseconds since the epoch, UTC.
        raising: Whether what one raises is raised.
    """
    found: dict[tuple[Entity, int], int] = {}
    failed: dict[tuple[Entity, int], BaseException] = {}
    time = datetime.fromtimestamp(now_us / SECOND_US, UTC)
    for (entity, number), condition in conditions.items():
        key = entity.asset_key if isinstance(entity, AssetCheckKey) else entity
        if key not in graph.assets:
            continue
        space = partitioned.space(key)
        context = AutomationContext(entity, PartitionsSubset(space, space.all), time)
        try:
            found[entity, number] = _bits(condition, condition.evaluate(context))
        except BaseException as error:
            if raising:
                raise
            failed[entity, number] = error
    return UserConditions(found, failed)


def _bits(condition: Any, result: Any) -> int:
    subset = result.true_subset if isinstance(result, AutomationResult) else result
    if not isinstance(subset, PartitionsSubset):
        raise BadConditionResult(
            f"{type(condition).__name__}.evaluate gave {result!r:.60}, a {type(result).__name__}",
            hint="return AutomationResult(context, true_subset=…)",
        )
    return subset.partitions.bits
