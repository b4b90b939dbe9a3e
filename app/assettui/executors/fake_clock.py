"""A clock for tests of schedules and sensors: time passes as fast as the test says, and what is due is evaluated here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.graph import AssetGraph
from assettui.core.schedule_times import ScheduleTimes
from assettui.core.timeline import zone_named
from assettui.definitions.describe.project import describe
from assettui.definitions.resources import ResourceSet
from assettui.definitions.run_config import RunRequest
from assettui.definitions.schedule import ScheduleDefinition, ScheduleEvaluationContext, requests_of
from assettui.definitions.sensor import SensorDefinition, SensorEvaluationContext
from assettui.executors.fake_automation import FakeAutomation
from assettui.model.errors import AssettuiError, NotFound
from assettui.model.instigator import DEFAULT_AUTOMATION
from assettui.model.keys import AssetKey
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.definitions.definitions import Definitions
    from assettui.executors.fake_automation import Asked
    from assettui.executors.instance import Instance
    from assettui.model.freshness import Freshness
    from assettui.model.instigator import InstigatorSnapshot
    from assettui.model.tick import Evaluation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadTime(AssettuiError, ValueError):
    """A clock that is asked to go back, or without a time zone."""


class FakeTick(Struct, frozen=True):
    """One evaluation."""

    name: str
    """Of the schedule or sensor."""
    time: datetime
    """When it was due: aware, on the clock of the schedule's time zone; of a sensor in UTC."""
    run_requests: Sequence[RunRequest]
    """The runs that it asked for, but for those whose run key had been asked for before."""
    skip_reason: str | None = None
    cursor: str | None = None
    """Of a sensor: what it remembers since."""


class FakeClock:
    """Lets time pass for the schedules and sensors of a project, and for its automation conditions and freshness policies.

    All of them are on, and all that is due is evaluated, in order. Sensors that watch assets or runs wait for these, so they
    are not evaluated. What automation asks for is taken for made at once; `materialize` says that something else was. What a
    function raises is raised.

    Args:
        definitions: The project.
        start: When it begins; aware.
        only: The names of those that are evaluated; by default all.
        resources: On top of those of the project.
        instance: The store that functions are given, such as `Instance.ephemeral()`; None where they ask none.

    Raises:
        DefinitionsError: The definitions are wrong.
        BadTime: `start` has no time zone.
    """

    def __init__(
        self,
        definitions: Definitions,
        start: datetime,
        *,
        only: Iterable[str] | None = None,
        resources: Mapping[str, Any] | None = None,
        instance: Instance | None = None,
    ) -> None:
        self._described = describe("project", definitions)
        self._resources = {**self._described.resources, **(resources or {})}
        self._now_us = us_of(start)
        self._instance = instance
        wanted = None if only is None else set(only)
        self._snapshots = {
            each.name: each
            for each in self._described.snapshot.instigators
            if (wanted is None or each.name in wanted) and (each.crons or each.interval_s > 0)
        }
        self._due = {name: self._first(each) for name, each in self._snapshots.items()}
        self._cursors: dict[str, str | None] = {}
        self._run_keys: dict[str, set[str]] = {}
        """What each sensor has asked for; a schedule's run keys count within one tick."""
        self._last_us: dict[str, int] = {}
        self._automation: FakeAutomation | None = None
        graph = AssetGraph.of(self._described.snapshot)
        has_any = any(
            asset.condition is not None or asset.freshness_policy is not None for asset in graph.assets.values()
        )
        if has_any and only is None:
            self._automation = FakeAutomation(
                graph, self._now_us, instance.dynamic_indices() if instance is not None else {}
            )

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return _EPOCH + timedelta(microseconds=self._now_us)

    def advance(self, **length: float) -> list[FakeTick]:
        """Let time pass: `advance(days=1, hours=2)`, as `timedelta` takes it. What was evaluated meanwhile."""
        return self.advance_to(self.now + timedelta(**length))

    def advance_to(self, moment: datetime) -> list[FakeTick]:
        """Let time pass until then, inclusive. What was evaluated meanwhile, in order.

        Raises:
            BadTime: It has no time zone, or lies before now.
        """
        until_us = us_of(moment)
        if until_us < self._now_us:
            raise BadTime(f"{moment} lies before {self.now}", hint="a clock goes on")
        found: list[FakeTick] = self._automated()
        while True:
            name = min(self._due, key=lambda each: (self._due[each], each), default=None)
            due_us = self._due[name] if name is not None else None
            turns_us = self._automation.next_us(self._now_us) if self._automation is not None else None
            next_us = min((each for each in (due_us, turns_us) if each is not None), default=None)
            if next_us is None or next_us > until_us:
                break
            self._now_us = max(self._now_us, next_us)
            if name is not None and due_us is not None and due_us == next_us:
                found.append(self._tick(self._snapshots[name], due_us))
                self._due[name] = self._next(self._snapshots[name], due_us)
            found += self._automated()
        self._now_us = until_us
        return found

    def _automated(self) -> list[FakeTick]:
        """What automation conditions and freshness policies ask for now: it counts as made."""
        if self._automation is None:
            return []
        return [
            FakeTick(
                DEFAULT_AUTOMATION,
                self.now,
                [
                    RunRequest(asset_selection=keys, partition_key=partition)
                    for partition, keys in _by_partition(asked).items()
                ],
            )
            for asked in self._automation.look(self._now_us)
        ]

    def materialize(self, *asset_keys: Any, partition_key: str | None = None, data_version: str | None = None) -> None:
        """Say that assets have just been made, or, of external ones, been seen, by whatever means.

        Args:
            asset_keys: Which.
            partition_key: Which partition of them.
            data_version: What identifies the data; by default it is new.

        Raises:
            NotFound: There is no such asset, or nothing in the project has a condition or a freshness policy.
        """
        for given in asset_keys:
            key = AssetKey.from_coercible(getattr(given, "key", given))
            if self._automation is None or key not in AssetGraph.of(self._described.snapshot).assets:
                raise NotFound(f"the project defines no asset {key} that automation looks at")
            self._automation.made(key, partition_key, self._now_us, data_version)

    def freshness(self, asset_key: Any) -> Freshness | None:
        """What the data of an asset is judged to be by its policy now; None where it has none."""
        key = AssetKey.from_coercible(getattr(asset_key, "key", asset_key))
        return self._automation.freshness(key, self._now_us) if self._automation is not None else None

    def _first(self, snapshot: InstigatorSnapshot) -> int:
        return self._next(snapshot, self._now_us) if snapshot.crons else self._now_us

    def _next(self, snapshot: InstigatorSnapshot, after_us: int) -> int:
        if snapshot.crons:
            return ScheduleTimes(snapshot.crons, snapshot.zone_name).next_after(after_us)
        return after_us + int(snapshot.interval_s * SECOND_US)

    def _tick(self, snapshot: InstigatorSnapshot, due_us: int) -> FakeTick:
        definition, name = self._described.instigators[snapshot.name], snapshot.name
        time = (_EPOCH + timedelta(microseconds=due_us)).astimezone(zone_named(snapshot.zone_name))
        with ResourceSet(self._resources) as resources:
            found = self._evaluated(definition, time, due_us, resources)
        if found.cursor is not None:
            self._cursors[name] = found.cursor or None
        self._last_us[name] = due_us
        known = set[str]() if snapshot.crons else self._run_keys.setdefault(name, set())
        fresh: list[RunRequest] = []
        for request in requests_of(found):
            if request.run_key is None or request.run_key not in known:
                fresh.append(request)
            if request.run_key is not None:
                known.add(request.run_key)
        return FakeTick(name, time, fresh, found.skip_reason, self._cursors.get(name))

    def _evaluated(
        self, definition: ScheduleDefinition | SensorDefinition, time: datetime, due_us: int, resources: ResourceSet
    ) -> Evaluation:
        given = resources.scoped(sorted(definition.required_resource_keys))
        if isinstance(definition, ScheduleDefinition):
            context = ScheduleEvaluationContext(
                time, instance=self._instance, resources=given, schedule_name=definition.called
            )
            return definition.evaluate(context, resources)
        last_us = self._last_us.get(definition.name)
        sensing = SensorEvaluationContext(
            self._cursors.get(definition.name),
            instance=self._instance,
            resources=given,
            sensor_name=definition.name,
            last_tick_completion_time=None if last_us is None else last_us / SECOND_US,
            is_first_tick_since_sensor_start=last_us is None,
        )
        return definition.evaluate(sensing, resources)


def _by_partition(asked: Asked) -> dict[str | None, list[AssetKey]]:
    """What can go into one run: the assets that are asked for by partition; None for those that have none."""
    found: dict[str | None, list[AssetKey]] = {}
    for key, partitions in asked.items():
        for partition in partitions:
            found.setdefault(partition, []).append(key)
    return found


def us_of(moment: datetime) -> int:
    """An aware time in microseconds since the epoch, UTC.

    Raises:
        BadTime: It has no time zone.
    """
    if moment.tzinfo is None:
        raise BadTime(f"{moment} has no time zone", hint="such as datetime(2024, 3, 1, tzinfo=timezone.utc)")
    return (moment - _EPOCH) // timedelta(microseconds=1)
