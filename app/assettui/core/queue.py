"""The queue of runs: which of them may begin, in which order, and what each of the others waits for.

Limits are of three kinds: how many runs there are at once; how many with a tag, or with each value of it; and how many
steps at once take a slot of a pool. A run is taken from the queue as soon as it could do something.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.model.run import RunPlan, StepPlan

PRIORITY_TAG = "dagster/priority"
"""The tag by which a run has another priority than 0, as Dagster documents it; higher ones are taken first."""
EACH_VALUE = "*"
"""Instead of a value: the limit holds for each value of the tag by itself."""
Key = tuple[str, str]
"""What is counted: `("tag", name)`, `("tag", name=value)` or `("pool", name)`."""


class BadLimit(AssettuiError, ValueError):
    """A limit that cannot be."""


class Limits(Struct, frozen=True):
    """How much may go on at once; what is not named is not limited."""

    runs: int | None = None
    """How many runs."""
    tags: Mapping[str, int] = {}
    """How many runs with a tag: `team`, with a value of it: `team=ops`, or with each value: `team=*`."""
    pools: Mapping[str, int] = {}
    """How many steps of a pool."""
    default_pool: int | None = None
    """How many steps of each pool that is not named."""

    def of_pool(self, name: str) -> int | None:
        """How many steps of a pool may run at once; None for any number."""
        return self.pools.get(name, self.default_pool)

    def keys_of(self, tags: Mapping[str, str]) -> tuple[Key, ...]:
        """The limits by tag that a run with these tags is subject to."""
        found: list[Key] = []
        for name in self.tags:
            tag, mark, value = name.partition("=")
            if tag not in tags:
                continue
            if not mark or tags[tag] == value:
                found.append(("tag", name))
            elif value == EACH_VALUE and f"{tag}={tags[tag]}" not in self.tags:
                found.append(("tag", f"{tag}={tags[tag]}"))
        return tuple(found)

    def of_key(self, key: Key) -> int | None:
        """How much of what is counted there may be at once; None for any number."""
        kind, name = key
        if kind == "pool":
            return self.of_pool(name)
        if name in self.tags:
            return self.tags[name]
        return self.tags.get(f"{name.partition('=')[0]}={EACH_VALUE}")


class QueuedRun(Struct, frozen=True):
    """A run that waits to be taken."""

    run_id: str
    created_us: int
    priority: int = 0
    tags: Mapping[str, str] = {}
    pools: tuple[str, ...] = ()
    """Where each step with which it may begin needs a slot of a pool: those pools. One of them must have room."""
    plan: RunPlan | None = None
    """What it does, where that is at hand."""

    @property
    def place(self) -> tuple[int, int, str]:
        """Its place in the queue: the highest priority first, then the oldest."""
        return (-self.priority, self.created_us, self.run_id)


class Usage(Struct, frozen=True):
    """What goes on now."""

    runs: int = 0
    counts: Mapping[Key, int] = {}

    def lacks(self, key: Key, limits: Limits) -> bool:
        """Whether there is no room for one more."""
        limit = limits.of_key(key)
        return limit is not None and self.counts.get(key, 0) >= limit

    def is_full(self, limits: Limits) -> bool:
        """Whether there may be no more runs."""
        return limits.runs is not None and self.runs >= limits.runs

    def admits(self, tag_keys: Iterable[Key], pools: Iterable[str], limits: Limits) -> bool:
        """Whether a run that is subject to these limits may begin."""
        if self.is_full(limits) or any(self.lacks(key, limits) for key in tag_keys):
            return False
        wanted = tuple(pools)
        return not wanted or any(not self.lacks(("pool", pool), limits) for pool in wanted)

    def with_run(self, tag_keys: Iterable[Key]) -> Usage:
        counts = dict(self.counts)
        for key in tag_keys:
            counts[key] = counts.get(key, 0) + 1
        return replace(self, runs=self.runs + 1, counts=counts)


class RunQueue(Struct, frozen=True):
    """The runs that wait, in order."""

    order: tuple[tuple[tuple[int, int, str], QueuedRun], ...] = ()
    by_id: Mapping[str, QueuedRun] = {}

    def __len__(self) -> int:
        return len(self.order)

    def with_run(self, run: QueuedRun) -> RunQueue:
        """With one more; one that is there already stays."""
        if run.run_id in self.by_id:
            return self
        order = list(self.order)
        insort(order, (run.place, run), key=_place)
        return RunQueue(tuple(order), {**self.by_id, run.run_id: run})

    def with_runs(self, runs: Iterable[QueuedRun]) -> RunQueue:
        """With several more."""
        new = {run.run_id: run for run in runs if run.run_id not in self.by_id}
        if not new:
            return self
        order = sorted([*self.order, *((run.place, run) for run in new.values())], key=_place)
        return RunQueue(tuple(order), {**self.by_id, **new})

    def without(self, run_id: str) -> RunQueue:
        if run_id not in self.by_id:
            return self
        by_id = dict(self.by_id)
        run = by_id.pop(run_id)
        position = bisect_left(self.order, run.place, key=_place)
        return RunQueue((*self.order[:position], *self.order[position + 1 :]), by_id)

    def first(self, usage: Usage, limits: Limits) -> QueuedRun | None:
        if usage.is_full(limits):
            return None
        # Runs that are alike in what is limited are judged once.
        names = sorted({name.partition("=")[0] for name in limits.tags})
        refused: set[object] = set()
        for _, run in self.order:
            kind = (run.pools, *map(run.tags.get, names))
            if kind in refused:
                continue
            if usage.admits(limits.keys_of(run.tags), run.pools, limits):
                return run
            refused.add(kind)
        return None


def _place(entry: tuple[tuple[int, int, str], QueuedRun]) -> tuple[int, int, str]:
    return entry[0]


def queued_run(run_id: str, created_us: int, plan: RunPlan) -> QueuedRun:
    return QueuedRun(run_id, created_us, priority_of(plan.tags), plan.tags, first_pools(plan.steps), plan)


MAX_DIGITS = 10
"""A number in a tag that has more says nothing."""


def priority_of(tags: Mapping[str, str]) -> int:
    """The priority that a run's tags say; 0 where they say none, or no whole number, or one that nobody means."""
    said = tags.get(PRIORITY_TAG, "0")
    try:
        priority = int(said) if len(said) < MAX_DIGITS else 0
    except ValueError:
        return 0
    return priority


def first_pools(steps: Iterable[StepPlan]) -> tuple[str, ...]:
    """Where each step with which a run may begin needs a slot of a pool: those pools; else none."""
    pools = dict.fromkeys(step.pool for step in steps if not step.after)
    return () if None in pools else tuple(pool for pool in pools if pool is not None)


def waits_for(run: QueuedRun, usage: Usage, limits: Limits, held_by: Mapping[Key, tuple[str, ...]]) -> str:
    """What a run in the queue waits for, in words.

    Args:
        run: The run.
        usage: What goes on now.
        limits: How much may.
        held_by: Who has what is counted, in a few words each.
    """
    if usage.is_full(limits):
        return f"runs {usage.runs}/{limits.runs}"
    for key in limits.keys_of(run.tags):
        if usage.lacks(key, limits):
            return shortage(key, usage, limits, held_by)
    pools = [("pool", pool) for pool in run.pools]
    if pools and all(usage.lacks(key, limits) for key in pools):
        return shortage(pools[0], usage, limits, held_by)
    return "a worker"


def shortage(key: Key, usage: Usage, limits: Limits, held_by: Mapping[Key, tuple[str, ...]]) -> str:
    """What there is no more room for, in words: `pool warehouse 2/2 held by 1a2b3c4d load`."""
    kind, name = key
    holders = held_by.get(key, ())
    held = f" held by {', '.join(holders[:3])}{' …' if len(holders) > 3 else ''}" if holders else ""
    return f"{kind} {name} {usage.counts.get(key, 0)}/{limits.of_key(key)}{held}"


def checked_limit(kind: str, name: str, slots: Any) -> int:
    """A limit as it is kept.

    Raises:
        BadLimit: It is no whole number from 0 up, or nothing is called so.
    """
    if kind not in ("runs", "tag", "pool"):
        raise BadLimit(f"{kind!r} cannot be limited", hint="there are: runs, tag, pool")
    if kind != "runs" and (not name or not name.isprintable()):
        raise BadLimit(f"{name!r} is not the name of a {kind}", hint="name one")
    if isinstance(slots, bool) or not isinstance(slots, int) or slots < 0:
        raise BadLimit(f"{slots!r} is no limit", hint="give it a whole number, from 0 up")
    return slots
