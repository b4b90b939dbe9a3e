"""Sensors: what looks, again and again, whether something is to be run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from msgspec import Struct
from msgspec.structs import replace

from assettui.definitions import evaluation
from assettui.definitions.keywords import SensorKeywords, shows
from assettui.definitions.placed import caller, location_of
from assettui.definitions.resources import ResourceSet
from assettui.definitions.schedule import requests_of
from assettui.definitions.target import Target, target_of
from assettui.model.arguments import Checked
from assettui.model.events import FailedItem
from assettui.model.instigator import SENSOR_INTERVAL_S, Watching
from assettui.model.tick import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.definitions.event_records import AssetEventRecord, RunEventRecord
    from assettui.definitions.run_config import RunRequest
    from assettui.model.errors import Location
    from assettui.model.events import AssetEvent, PartitionKeysRequest
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import RawMetadata
    from assettui.model.run import StepError

D = TypeVar("D", bound="SensorDefinition")


class DefaultSensorStatus(StrEnum):
    """Whether a sensor is on until somebody turns it off, or off until somebody turns it on."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class SensorEvaluationContext(evaluation.HasInstance):
    """What a sensor's function can know, and what it can have remembered.

    Args:
        cursor: What it remembered last.
        instance: The store, or where it is.
        resources: By name.
        sensor_name: The sensor.
        last_tick_completion_time: When the last evaluation ended; seconds since the epoch, UTC.
        last_run_key: The run key that it asked for last.
        last_sensor_start_time: When it was last turned on; seconds since the epoch, UTC.
        is_first_tick_since_sensor_start: Whether this is the first evaluation since.
        asset_events: Of a sensor that watches assets: what was made of them since the last time, the oldest first.
        run_events: Of a sensor that watches runs: those that have come to its statuses since the last time.
        again: Runs, or files, that have failed before and are to be tried again: how often each was.
        told: Says what an error was; without it, the first one is raised.
    """

    def __init__(
        self,
        cursor: str | None = None,
        *,
        instance: Any = None,
        resources: Mapping[str, Any] | None = None,
        sensor_name: str | None = None,
        last_tick_completion_time: float | None = None,
        last_run_key: str | None = None,
        last_sensor_start_time: float | None = None,
        is_first_tick_since_sensor_start: bool = False,
        asset_events: Sequence[AssetEventRecord] = (),
        run_events: Sequence[RunEventRecord] = (),
        again: Mapping[str, int] | None = None,
        told: Callable[[BaseException], StepError] | None = None,
    ) -> None:
        super().__init__(instance)
        self._again = again or {}
        self._told = told
        self._cursor = cursor
        self.is_cursor_updated = False
        """Whether `update_cursor` was called."""
        self.resources: Any = evaluation.scoped(resources)
        self.sensor_name = sensor_name
        self.last_tick_completion_time = last_tick_completion_time
        self.last_run_key = last_run_key
        self.last_sensor_start_time = last_sensor_start_time
        self.is_first_tick_since_sensor_start = is_first_tick_since_sensor_start
        self.asset_events = asset_events
        self.run_events = run_events

    def is_again(self, item: str) -> bool:
        """Whether a run, or a file, has failed before and is to be tried again."""
        return item in self._again

    def tried(self, items: Iterable[tuple[str, str, Callable[[], Evaluation]]]) -> Evaluation:
        """What becomes of runs, or files, each of which is seen to by itself: one by which that fails stops no other.

        Args:
            items: What each is known by, as a person knows it, and what sees to it.
        """
        found: list[Evaluation] = []
        failed: list[FailedItem] = []
        again: list[str] = []
        for item, label, see_to in items:
            before = self._again.get(item, 0)
            if before:
                again.append(item)
            try:
                found.append(see_to())
            except Exception as error:
                if self._told is None:
                    raise
                failed.append(FailedItem(item, label, self._told(error), before + 1))
        runs = tuple(run for each in found for run in each.runs)
        reason = next((each.skip_reason for each in reversed(found) if each.skip_reason), None)
        return Evaluation(
            runs,
            None if runs else reason,
            None,
            tuple(keys for each in found for keys in each.keys),
            tuple(event for each in found for event in each.reports),
            failed=tuple(failed),
            tried=tuple(again),
        )

    @property
    def cursor(self) -> str | None:
        """What the sensor remembers; None where it remembers nothing."""
        return self._cursor

    def update_cursor(self, cursor: str | None) -> None:
        """Remember this, if the evaluation succeeds.

        Args:
            cursor: Any text; None for none.
        """
        self._cursor = None if cursor is None else str(cursor)
        self.is_cursor_updated = True

    @property
    def said_cursor(self) -> str | None:
        """What it was told to remember: an empty text for nothing, None where it was told nothing."""
        return (self._cursor or "") if self.is_cursor_updated else None


def build_sensor_context(
    instance: Any = None,
    cursor: str | None = None,
    sensor_name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    last_sensor_start_time: float | None = None,
    last_run_key: str | None = None,
    last_tick_completion_time: float | None = None,
    *,
    is_first_tick_since_sensor_start: bool = False,
) -> SensorEvaluationContext:
    """A context for evaluating a sensor directly, as in a test.

    Args:
        instance: Such as `Instance.ephemeral()`; None where the sensor asks none.
        cursor: What the sensor is to remember.
        sensor_name: What it is called.
        resources: By name.
        last_sensor_start_time: When it was last turned on; seconds since the epoch, UTC.
        last_run_key: The run key that it asked for last.
        last_tick_completion_time: When the last evaluation ended; seconds since the epoch, UTC.
        is_first_tick_since_sensor_start: Whether this is the first evaluation since it was turned on.
    """
    return SensorEvaluationContext(
        cursor,
        instance=instance,
        resources=resources,
        sensor_name=sensor_name,
        last_sensor_start_time=last_sensor_start_time,
        last_run_key=last_run_key,
        last_tick_completion_time=last_tick_completion_time,
        is_first_tick_since_sensor_start=is_first_tick_since_sensor_start,
    )


class SensorDefinition(Struct, frozen=True, eq=False, metaclass=Checked):
    """What looks, again and again, whether something is to be run. Made by `sensor` and its kin."""

    name: str
    evaluation_fn: Callable[..., Any]
    job_name: str | None = None
    minimum_interval_seconds: float | None = None
    """How long it waits from one evaluation to the next; by default 30 seconds, and no time where it is woken."""
    description: str | None = None
    job: Any = None
    jobs: Sequence[Any] | None = None
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED
    asset_selection: Any = None
    required_resource_keys: Iterable[str] = ()
    tags: Mapping[str, str] | None = None
    """Given to each of its runs."""
    metadata: RawMetadata = {}
    target: Any = None
    watching: Watching = Watching.TIME
    """What wakes it."""
    assets: tuple[AssetKey, ...] = ()
    """Those that it watches."""
    run_statuses: tuple[str, ...] = ()
    """The statuses of runs that it watches."""
    watched_jobs: tuple[Any, ...] = ()
    """The jobs whose runs it watches; empty for all."""
    at: Location | None = None

    @property
    def targets(self) -> Target:
        """The jobs, or the assets, that it may ask for."""
        return target_of([self.job, self.jobs, self.target, self.asset_selection], names=[self.job_name])

    @property
    def called(self) -> str:
        """Its name."""
        return self.name

    @property
    def interval_s(self) -> float:
        """How long it waits from one evaluation to the next, in seconds."""
        if self.minimum_interval_seconds is not None:
            return float(self.minimum_interval_seconds)
        return SENSOR_INTERVAL_S if self.watching is Watching.TIME else 0.0

    @property
    def parameters(self) -> evaluation.EvaluationParameters:
        """How its function takes what it is given."""
        return evaluation.evaluation_parameters(self.evaluation_fn)

    @property
    def asker(self) -> evaluation.Asker:
        """Who asks for the runs."""
        targets = self.targets
        return evaluation.Asker(
            f"sensor {self.name}", targets.job_names, targets.selection is not None, self.tags or {}
        )

    def evaluate(self, context: SensorEvaluationContext, resources: Any = None) -> Evaluation:
        """What it asks for now.

        Args:
            context: See there.
            resources: Those that its parameters receive; by default those of the context.

        Raises:
            BadRequest: What its function gives cannot be understood.
        """
        given = resources if isinstance(resources, ResourceSet) else context.resources._asdict()
        returned = evaluation.call(self.evaluation_fn, self.parameters, context, given)
        found = evaluation.evaluation_of(returned, self.asker)
        return found if found.cursor is not None else replace(found, cursor=context.said_cursor)

    def evaluate_tick(self, context: SensorEvaluationContext) -> SensorExecutionData:
        """What it asks for now, for tests.

        Raises:
            BadRequest: What its function gives cannot be understood.
        """
        found = self.evaluate(context)
        cursor = context.cursor if found.cursor is None else found.cursor
        return SensorExecutionData(requests_of(found), found.skip_reason, cursor, found.keys, found.reports)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call its function directly."""
        return self.evaluation_fn(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<sensor {self.name}>"


class SensorExecutionData(Struct, frozen=True):
    """What a sensor asked for."""

    run_requests: Sequence[RunRequest] = ()
    skip_message: str | None = None
    cursor: str | None = None
    """What it remembers now."""
    dynamic_partitions_requests: Sequence[PartitionKeysRequest] = ()
    asset_events: Sequence[AssetEvent] = ()


def sensor_of(kind: type[D], fn: Callable[..., Any], at: Location, said: Mapping[str, Any], **own: Any) -> D:
    """A sensor.

    Args:
        kind: Which one.
        fn: Its function.
        at: Where its decorator stands.
        said: The keywords of that.
        own: What is its kind's own.
    """
    fields = {**said, **own}
    fields["name"] = said.get("name") or getattr(fn, "__name__", "sensor")
    fields["description"] = said["description"] if said.get("description") is not None else fn.__doc__
    fields["metadata"] = said.get("metadata") or {}
    return kind(evaluation_fn=fn, at=location_of(fn) or at, **fields)


@shows(SensorKeywords)
def sensor(
    job_name: str | None = None, *, asset_selection: Any = None, **said: Unpack[SensorKeywords]
) -> Callable[[Callable[..., Any]], SensorDefinition]:
    """Declare that a function looks, again and again, whether something is to be run.

    It may take a `SensorEvaluationContext` first, and resources by their names. It gives back, or yields, any number of
    `RunRequest`, a `SkipReason`, a `SensorResult`, or nothing, which skips.

    Args:
        job_name: The job that it asks for, by its name.
        name: By default the function's name.
        minimum_interval_seconds: How long it waits from one evaluation to the next; by default 30.
        description: By default the docstring.
        job: The job that it asks for.
        jobs: Several, of which each request names one.
        default_status: Whether it is on until somebody turns it off.
        asset_selection: The assets that it asks for, where it is for no job.
        required_resource_keys: Resources that it takes from `context.resources`.
        tags: Given to each of its runs.
        metadata: What is to be known of it.
        target: A job, several, or a selection of assets.
    """
    at = caller()
    if callable(job_name):  # @sensor without parentheses
        return sensor()(job_name)  # pyright: ignore[reportReturnType] - the definition itself

    def decorate(fn: Callable[..., Any]) -> SensorDefinition:
        return sensor_of(SensorDefinition, fn, at, said, job_name=job_name, asset_selection=asset_selection)

    return decorate
