"""How old the data is that assets incorporate: the time of the sources that it goes back to, not of the last run.

Each materialization notes the time of the oldest source that it has read (`data_time_us`). Where an input has been made again
since with the same data, what was made of it is as young as that: an unchanged value keeps everything below it fresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assettui.model.events import Materialization, Observation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.graph import AssetGraph
    from assettui.model.keys import AssetKey


class Age(NamedTuple):
    """What is known of the data of one asset."""

    source_us: int
    """The time of its sources, as it was when it was made or seen."""
    version: str | None
    input_versions: Mapping[str, str | None]
    time_us: int


class DataAges:
    """The ages of the data of all assets, as events tell of them.

    Args:
        graph: The project's graph.
    """

    def __init__(self, graph: AssetGraph) -> None:
        self._graph = graph
        self._ages: dict[AssetKey, Age] = {}
        self._partitions: dict[AssetKey, dict[str, int]] = {}
        self._durations: dict[AssetKey, int] = {}
        self._memo: dict[AssetKey, int | None] = {}

    def note(self, event: Materialization | Observation) -> None:
        """Take in that an asset was made, or seen."""
        key = event.asset_key
        if isinstance(event, Materialization) and event.duration_us is not None:
            known = self._durations.get(key)
            self._durations[key] = event.duration_us if known is None else (3 * known + event.duration_us) // 4
        if event.partition is not None:
            self._partitions.setdefault(key, {})[event.partition] = event.source_time_us
            return
        known_age = self._ages.get(key)
        if isinstance(event, Observation):
            version = (
                event.data_version if event.data_version is not None else (known_age.version if known_age else None)
            )
            inputs: Mapping[str, str | None] = {}
        else:
            version, inputs = event.data_version, event.input_versions
        self._ages[key] = Age(event.source_time_us, version, inputs, event.time_us)
        self._memo.clear()

    def forget(self, key: AssetKey) -> None:
        """An asset was wiped."""
        self._ages.pop(key, None)
        self._partitions.pop(key, None)
        self._memo.clear()

    def of_partition(self, key: AssetKey, partition: str | None) -> int | None:
        """The time of the sources of one partition, as it was when it was made; None where that is not known."""
        return self._partitions.get(key, {}).get(partition) if partition is not None else None

    def note_partition(self, key: AssetKey, partition: str, source_us: int) -> None:
        """Take over what is known of a partition that was made before."""
        self._partitions.setdefault(key, {})[partition] = source_us

    def usual_duration_us(self, key: AssetKey) -> int:
        """How long it takes to make an asset, on the average of late."""
        return self._durations.get(key, 0)

    def updated(self, key: AssetKey) -> int | None:
        """When an asset without partitions was last made, or seen; None where it never was, or has partitions."""
        age = self._ages.get(key)
        return age.time_us if age is not None else None

    def data_time(self, key: AssetKey) -> int | None:
        """The time of the source data that an asset without partitions incorporates now; None where none is known."""
        memo = self._memo
        pending = [key]
        while pending:
            each = pending[-1]
            if each in memo:
                pending.pop()
                continue
            age = self._ages.get(each)
            if age is None:
                memo[each] = None
                continue
            unknown = [above for above in self._matching(each, age) if above not in memo]
            if unknown:
                pending.extend(unknown)
                continue
            memo[each] = self._found(each, age)
        return memo[key]

    def _matching(self, key: AssetKey, age: Age) -> list[AssetKey]:
        """What it depends on of which it has read what there is now, whose age is known."""
        found: list[AssetKey] = []
        for above in self._graph.upstream[key]:
            there = self._ages.get(above)
            if (
                there is not None
                and str(above) in age.input_versions
                and age.input_versions[str(above)] == there.version
            ):
                found.append(above)
        return found

    def _found(self, key: AssetKey, age: Age) -> int:
        known = [above for above in self._graph.upstream[key] if above in self._ages]
        matching = self._matching(key, age)
        if not known or len(matching) != len(known):
            return age.source_us
        times = [time for above in matching if (time := self._memo[above]) is not None]
        return min(times, default=age.source_us)

    def outdated_inputs(self, key: AssetKey) -> list[AssetKey]:
        """What an asset depends on, directly, that has other data now than what it was made of."""
        age = self._ages.get(key)
        if age is None:
            return []
        return [
            above
            for above in self._graph.upstream[key]
            if str(above) in age.input_versions
            and (there := self._ages.get(above)) is not None
            and age.input_versions[str(above)] != there.version
        ]

    def is_outdated(self, key: AssetKey) -> bool:
        """Whether something that it depends on, directly or not, has other data now than what it was made of."""
        seen: set[AssetKey] = set()
        pending = [key]
        while pending:
            each = pending.pop()
            age = self._ages.get(each)
            if age is None or each in seen:
                continue
            seen.add(each)
            for above in self._graph.upstream[each]:
                there = self._ages.get(above)
                if there is None:
                    continue
                if str(above) in age.input_versions and age.input_versions[str(above)] != there.version:
                    return True
                pending.append(above)
        return False
