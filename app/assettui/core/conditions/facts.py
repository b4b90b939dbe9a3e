"""What a tick knows of one asset or check: sets of partitions, as bits, and what has changed since the tick before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.model.freshness import FreshnessStatus
    from assettui.model.keys import AssetKey


class LastRun(NamedTuple):
    """The run that has updated something."""

    assets: frozenset[AssetKey] = frozenset()
    """All that it was to make."""
    tags: Mapping[str, str] = {}


class LastRuns:
    """For each partition the run that last updated it; one that is only known by its id is looked up when it is asked for."""

    __slots__ = ("_find", "_ids", "_runs")

    def __init__(self, find: Callable[[str], LastRun]) -> None:
        self._find = find
        self._ids: dict[int, str] = {}
        self._runs: dict[int, LastRun] = {}

    def remember(self, index: int, run_id: str) -> None:
        """Note which run it was."""
        self._ids[index] = run_id

    def __setitem__(self, index: int, run: LastRun) -> None:
        self._ids.pop(index, None)
        self._runs[index] = run

    def items(self) -> Iterable[tuple[int, LastRun]]:
        """Each partition and its run."""
        for index, run_id in self._ids.items():
            self._runs[index] = self._find(run_id)
        self._ids.clear()
        return self._runs.items()


class EntityFacts:
    """What is known of one asset or check.

    Sets are bits by the index of a partition; an entity without partitions is one, at index 0.
    """

    __slots__ = (
        "all",
        "backfilled",
        "code_version",
        "data_changed",
        "failed",
        "freshness",
        "last_runs",
        "made",
        "outcome_failed",
        "outcome_passed",
        "running",
        "same",
        "updated",
        "updates",
    )

    def __init__(self, every: int = 1, run_of: Callable[[str], LastRun] = lambda _: LastRun()) -> None:
        self.all = every
        """The partitions that there are."""
        self.made = 0
        """Those that were ever materialized or observed; of a check: evaluated."""
        self.failed = 0
        """Those whose last attempt has failed."""
        self.running = 0
        """Those that a run makes which is not over, those of backfills excepted."""
        self.backfilled = 0
        """Those that a backfill makes which is not over, and has yet to make."""
        self.code_version: str | None = None
        self.freshness: FreshnessStatus | None = None
        """By its policy; None where it has none."""
        self.outcome_passed = 0
        """Of a check: those of which it has passed, or only warns, on the latest data."""
        self.outcome_failed = 0
        """Of a check: those of which it has failed or could not be evaluated, on the latest data."""
        self.last_runs = LastRuns(run_of)
        # Since the last tick.
        self.updated = 0
        """Those that were materialized or observed; of a check: evaluated."""
        self.same = 0
        """Of these, those whose data is identified by what it is, and is what it was: nothing follows from them."""
        self.data_changed = 0
        """Those whose data version has changed."""
        self.updates: list[tuple[int, LastRun]] = []
        """Each update, as bits, with the run that made it."""

    def settle(self) -> None:
        """Begin a new tick: nothing has happened since."""
        self.updated = self.same = self.data_changed = 0
        self.updates = []


def has_tags(run: LastRun, keys: Sequence[str], values: Sequence[tuple[str, str]]) -> bool:
    """Whether a run has all these tags."""
    return all(key in run.tags for key in keys) and all(run.tags.get(key) == value for key, value in values)
