"""Sensors that are woken by what is made of certain assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, cast

from msgspec.structs import replace

from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.evaluation import (
    BadRequest,
    EvaluationParameters,
    call,
    evaluation_of,
    evaluation_parameters,
)
from assettui.definitions.event_cursor import Position, cursor_of, positions_of
from assettui.definitions.keywords import EventSensorKeywords, shows
from assettui.definitions.placed import caller
from assettui.definitions.resources import ResourceSet
from assettui.definitions.sensor import SensorDefinition, SensorEvaluationContext, sensor_of
from assettui.definitions.spec import AssetSpec
from assettui.model.instigator import Watching
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.tick import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.selection.algebra import AssetSelection
    from assettui.definitions.event_records import AssetEventRecord


class AssetSensorDefinition(SensorDefinition, frozen=True, eq=False):
    """A sensor that is shown each materialization of one asset. Made by `asset_sensor`."""

    @property
    def parameters(self) -> EvaluationParameters:
        """See `SensorDefinition`: the second parameter is the event."""
        return evaluation_parameters(self.evaluation_fn, given=1)

    def evaluate(self, context: SensorEvaluationContext, resources: Any = None) -> Evaluation:
        """See `SensorDefinition`: the function is called with the last materialization that it has not seen yet."""
        if not context.asset_events:
            return Evaluation(skip_reason=f"no new materialization of {self.assets[0]}")
        event = context.asset_events[-1]
        given = resources if isinstance(resources, ResourceSet) else context.resources._asdict()
        returned = call(self.evaluation_fn, self.parameters, context, given, [event])
        found = evaluation_of(returned, self.asker)
        return replace(found, cursor=str(event.storage_id))


class MultiAssetSensorDefinition(SensorDefinition, frozen=True, eq=False):
    """A sensor that is shown what is made of several assets. Made by `multi_asset_sensor`."""

    def evaluate(self, context: SensorEvaluationContext, resources: Any = None) -> Evaluation:
        """See `SensorDefinition`: the function is called with a `MultiAssetSensorEvaluationContext`."""
        own = MultiAssetSensorEvaluationContext.of(context, self.assets)
        given = resources if isinstance(resources, ResourceSet) else context.resources._asdict()
        found = evaluation_of(call(self.evaluation_fn, self.parameters, own, given), self.asker)
        return found if found.cursor is not None else replace(found, cursor=own.said_cursor)


class MultiAssetSensorEvaluationContext(SensorEvaluationContext):
    """What the function of a `multi_asset_sensor` can know: what was made of each asset since it last took note.

    What it does not take note of, by `advance_cursor` or `advance_all_cursors`, it is shown again.
    """

    asset_keys: tuple[AssetKey, ...] = ()
    """The assets that it watches."""

    @staticmethod
    def of(context: SensorEvaluationContext, assets: tuple[AssetKey, ...]) -> MultiAssetSensorEvaluationContext:
        """The context of a sensor that watches these assets."""
        own = MultiAssetSensorEvaluationContext(
            context.cursor,
            instance=context.store,
            resources=context.resources._asdict(),
            sensor_name=context.sensor_name,
            last_tick_completion_time=context.last_tick_completion_time,
            last_run_key=context.last_run_key,
            last_sensor_start_time=context.last_sensor_start_time,
            is_first_tick_since_sensor_start=context.is_first_tick_since_sensor_start,
            asset_events=context.asset_events,
        )
        own.asset_keys = assets
        own._before = positions_of(context.cursor)
        own._taken = dict(own._before)
        return own

    _before: Mapping[str, Position]
    """How far it had come when it was called."""
    _taken: dict[str, Position]
    """How far it has come by now."""

    def _of(self, key: CoercibleToAssetKey) -> tuple[Position, list[AssetEventRecord]]:
        """How far it had come with an asset, and all events of it that it is shown."""
        wanted = AssetKey.from_coercible(key)
        if wanted not in self.asset_keys:
            raise BadRequest(f"the sensor {self.sensor_name} does not watch {wanted}", hint="name it: monitored_assets")
        position = self._before.get(str(wanted), Position())
        return position, [each for each in self.asset_events if each.asset_key == wanted and position.shows(each)]

    def _new(self, key: CoercibleToAssetKey) -> list[AssetEventRecord]:
        position, shown = self._of(key)
        return [each for each in shown if position.is_new(each)]

    def latest_materialization_records_by_key(
        self, asset_keys: Sequence[CoercibleToAssetKey] | None = None
    ) -> dict[AssetKey, AssetEventRecord | None]:
        """The last materialization of each asset since the last that it has taken note of; None where there is none."""
        keys = self.asset_keys if asset_keys is None else [AssetKey.from_coercible(key) for key in asset_keys]
        return {key: (self._new(key) or [None])[-1] for key in keys}

    def materialization_records_for_key(
        self, asset_key: CoercibleToAssetKey, limit: int | None = None
    ) -> list[AssetEventRecord]:
        """The materializations of an asset since the last that it has taken note of, the oldest first."""
        found = self._new(asset_key)
        return found if limit is None else found[:limit]

    def latest_materialization_records_by_partition(
        self, asset_key: CoercibleToAssetKey
    ) -> dict[str, AssetEventRecord]:
        """Of each partition that was made and that it has not taken note of, the last materialization."""
        return {each.partition_key: each for each in self._of(asset_key)[1] if each.partition_key is not None}

    def latest_materialization_records_by_partition_and_asset(self) -> dict[str, dict[AssetKey, AssetEventRecord]]:
        """The same of all assets: partition → asset → the last materialization."""
        found: dict[str, dict[AssetKey, AssetEventRecord]] = {}
        for key in self.asset_keys:
            for partition, event in self.latest_materialization_records_by_partition(key).items():
                found.setdefault(partition, {})[key] = event
        return found

    def get_trailing_unconsumed_events(self, asset_key: CoercibleToAssetKey) -> list[AssetEventRecord]:
        """Of each partition that it has passed over, the last materialization, the oldest first."""
        position, shown = self._of(asset_key)
        return [each for each in shown if not position.is_new(each)]

    def advance_cursor(self, materialization_records_by_key: Mapping[AssetKey, AssetEventRecord | None]) -> None:
        """Take note of these materializations, and of all before them of the same assets.

        Of an asset with partitions that is all before it of the same partition: the others are shown again.
        """
        for key, event in materialization_records_by_key.items():
            if event is not None:
                name = str(AssetKey.from_coercible(key))
                self._taken[name] = self._taken.get(name, Position()).consuming(event, self._of(key)[1])
        self.update_cursor(cursor_of(self._taken))

    def advance_all_cursors(self) -> None:
        """Take note of everything that has been shown."""
        for key in self.asset_keys:
            shown = self._of(key)[1]
            if shown:
                self._taken[str(key)] = Position(max(self._before.get(str(key), Position()).at, shown[-1].storage_id))
        self.update_cursor(cursor_of(self._taken))


@shows(EventSensorKeywords)
def asset_sensor(
    asset_key: CoercibleToAssetKey, **said: Unpack[EventSensorKeywords]
) -> Callable[[Callable[..., Any]], SensorDefinition]:
    """Declare that a function is called whenever an asset was materialized.

    It takes a `SensorEvaluationContext` and the event, of which `asset_materialization`, `run_id` and `partition_key`
    are known. It is called as soon as that has happened; where that happens several times meanwhile, with the last one.

    Args:
        asset_key: The asset.
        job_name: The job that it asks for, by its name.
        name: By default the function's name.
        minimum_interval_seconds: How long it waits at least from one evaluation to the next; by default no time.
        description: By default the docstring.
        job: The job that it asks for.
        jobs: Several, of which each request names one.
        default_status: Whether it is on until somebody turns it off.
        required_resource_keys: Resources that it takes from `context.resources`.
        tags: Given to each of its runs.
        metadata: What is to be known of it.
        target: A job, several, or a selection of assets.
    """
    at, assets = caller(), tuple(_keys_of([asset_key]))

    def decorate(fn: Callable[..., Any]) -> SensorDefinition:
        return sensor_of(AssetSensorDefinition, fn, at, said, watching=Watching.ASSETS, assets=assets)

    return decorate


@shows(EventSensorKeywords)
def multi_asset_sensor(
    monitored_assets: Iterable[Any] | AssetSelection, *, request_assets: Any = None, **said: Unpack[EventSensorKeywords]
) -> Callable[[Callable[..., Any]], SensorDefinition]:
    """Declare that a function is called whenever any of several assets was materialized.

    It takes a `MultiAssetSensorEvaluationContext`, see there.

    Args:
        monitored_assets: The keys of the assets, or functions that make them.
        job_name: The job that it asks for, by its name.
        name: By default the function's name.
        minimum_interval_seconds: How long it waits at least from one evaluation to the next; by default no time.
        description: By default the docstring.
        job: The job that it asks for.
        jobs: Several, of which each request names one.
        default_status: Whether it is on until somebody turns it off.
        request_assets: The assets that it asks for, where it is for no job.
        required_resource_keys: Resources that it takes from `context.resources`.
        metadata: What is to be known of it.
    """
    at, assets = caller(), tuple(_keys_of(monitored_assets))

    def decorate(fn: Callable[..., Any]) -> SensorDefinition:
        return sensor_of(
            MultiAssetSensorDefinition,
            fn,
            at,
            said,
            asset_selection=request_assets,
            watching=Watching.ASSETS,
            assets=assets,
        )

    return decorate


def build_multi_asset_sensor_context(
    *,
    monitored_assets: Any,
    asset_events: Sequence[AssetEventRecord] = (),
    instance: Any = None,
    cursor: str | None = None,
    resources: Mapping[str, Any] | None = None,
) -> MultiAssetSensorEvaluationContext:
    """A context for evaluating a `multi_asset_sensor` directly, as in a test.

    Args:
        monitored_assets: The assets that it watches.
        asset_events: What was made of them; by default what the instance knows.
        instance: Such as `Instance.ephemeral()`.
        cursor: What the sensor is to remember.
        resources: By name.
    """
    keys = tuple(_keys_of(monitored_assets))
    if not asset_events and instance is not None:
        asset_events = instance.asset_events_after({str(key): 0 for key in keys})
    context = SensorEvaluationContext(cursor, instance=instance, resources=resources, asset_events=asset_events)
    return MultiAssetSensorEvaluationContext.of(context, keys)


def _keys_of(given: Any) -> Iterable[AssetKey]:
    if not isinstance(given, list | tuple | set | frozenset):
        given = [given]
    for each in cast("Iterable[Any]", given):
        if isinstance(each, AssetsDefinition):
            yield from each.keys
        elif isinstance(each, AssetSpec):
            yield each.key
        else:
            yield AssetKey.from_coercible(each)
