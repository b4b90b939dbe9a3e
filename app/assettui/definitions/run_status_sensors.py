"""Sensors that are woken by runs that come to a certain status."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from msgspec.structs import replace

from assettui.definitions.evaluation import HasInstance, call, evaluation_of, scoped
from assettui.definitions.event_records import DagsterEvent, DagsterRun, RunEventRecord
from assettui.definitions.keywords import RunSensorKeywords, shows
from assettui.definitions.placed import caller
from assettui.definitions.resources import ResourceSet
from assettui.definitions.sensor import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, sensor_of
from assettui.model.errors import DefinitionsError, Problem
from assettui.model.instigator import Watching
from assettui.model.run import RunStatus
from assettui.model.tick import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class RunStatusSensorContext(HasInstance):
    """What the function of a `run_status_sensor` can know.

    Args:
        event: The run, and what has become of it.
        sensor_name: The sensor.
        instance: The store, or where it is.
        resources: By name.
    """

    def __init__(
        self,
        event: RunEventRecord,
        *,
        sensor_name: str | None = None,
        instance: Any = None,
        resources: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(instance)
        self._event = event
        self.sensor_name = sensor_name
        self.resources: Any = scoped(resources)

    @property
    def dagster_run(self) -> DagsterRun:
        """The run."""
        return self._event.run

    @property
    def dagster_event(self) -> DagsterEvent:
        """What has become of it; of a failure the message says why."""
        return DagsterEvent(message=self._event.error)

    @property
    def partition_key(self) -> str | None:
        """The partition that it was of."""
        return self._event.run.partition_key

    @property
    def failure_event(self) -> DagsterEvent:
        """As `dagster_event`."""
        return self.dagster_event

    def get_step_failure_events(self) -> list[DagsterEvent]:
        """The steps that failed, each with the reason as its message."""
        return [DagsterEvent(message=why, step_key=step) for step, why in self._event.failed_steps]

    def for_run_failure(self) -> RunFailureSensorContext:
        """The same, as functions of a `run_failure_sensor` know it."""
        return RunFailureSensorContext(
            self._event,
            sensor_name=self.sensor_name,
            instance=self.store,
            resources=self.resources._asdict(),
        )


class RunFailureSensorContext(RunStatusSensorContext):
    """What the function of a `run_failure_sensor` can know."""


def build_run_status_sensor_context(
    sensor_name: str | None = None,
    dagster_event: DagsterEvent | None = None,
    dagster_instance: Any = None,
    dagster_run: DagsterRun | None = None,
    context: SensorEvaluationContext | None = None,
    resources: Mapping[str, Any] | None = None,
) -> RunStatusSensorContext:
    """A context for calling the function of a `run_status_sensor` directly, as in a test."""
    run = dagster_run or DagsterRun("direct", None, RunStatus.SUCCESS)
    event = RunEventRecord(0, 0.0, run, dagster_event.message if dagster_event else None)
    instance = dagster_instance if context is None or context.store is None else context.store
    return RunStatusSensorContext(event, sensor_name=sensor_name, instance=instance, resources=resources)


class RunStatusSensorDefinition(SensorDefinition, frozen=True, eq=False):
    """A sensor that is shown each run that comes to certain statuses. Made by `run_status_sensor` and its kin."""

    def evaluate(self, context: SensorEvaluationContext, resources: Any = None) -> Evaluation:
        """See `SensorDefinition`: the function is called for each run that it has not seen yet, in order."""
        if not context.run_events:
            return Evaluation(skip_reason="no run has come to that status")
        given = resources if isinstance(resources, ResourceSet) else context.resources._asdict()
        kind = RunFailureSensorContext if self.run_statuses == (RunStatus.FAILURE.value,) else RunStatusSensorContext

        def see_to(event: RunEventRecord) -> Evaluation:
            own = kind(event, sensor_name=self.name, instance=context.store, resources=context.resources._asdict())
            return evaluation_of(call(self.evaluation_fn, self.parameters, own, given), self.asker)

        found = context.tried(
            (str(each.storage_id), f"run {each.run.run_id[:8]}", partial(see_to, each)) for each in context.run_events
        )
        new = [each.storage_id for each in context.run_events if not context.is_again(str(each.storage_id))]
        return replace(found, cursor=str(new[-1]) if new else None)


@shows(RunSensorKeywords)
def run_status_sensor(
    run_status: RunStatus | str,
    name: str | None = None,
    minimum_interval_seconds: float | None = None,
    description: str | None = None,
    monitored_jobs: Sequence[Any] | None = None,
    **said: Unpack[RunSensorKeywords],
) -> Callable[[Callable[..., Any]], SensorDefinition]:
    """Declare that a function is called for each run that comes to a status, as soon as it does.

    It takes a `RunStatusSensorContext`; it may give back what a sensor may. A run that the sensor itself has asked for
    does not wake it, so that it cannot go round in cycles.

    Args:
        run_status: The status.
        name: By default the function's name.
        minimum_interval_seconds: How long it waits at least from one evaluation to the next; by default no time.
        description: By default the docstring.
        monitored_jobs: The jobs whose runs; by default all runs.
        job_selection: As `monitored_jobs`.
        monitor_all_code_locations: Taken for Dagster's sake: a store is of one project.
        default_status: Whether it is on until somebody turns it off.
        request_job: The job that it may ask for.
        request_jobs: Several.
        tags: Given to each of its runs.
        metadata: What is to be known of it.
    """
    at = caller()
    try:
        status = run_status if isinstance(run_status, RunStatus) else RunStatus(str(run_status).lower())
    except ValueError:
        known = ", ".join(each.value for each in RunStatus)
        raise DefinitionsError(
            [Problem(f"run_status_sensor: {run_status!r:.60} is no status", at, f"one of {known}")]
        ) from None
    jobs = tuple(monitored_jobs or said.get("job_selection") or ())
    common = {
        "name": name,
        "description": description,
        "metadata": said.get("metadata"),
        "tags": said.get("tags"),
        "default_status": said.get("default_status", DefaultSensorStatus.STOPPED),
        "minimum_interval_seconds": minimum_interval_seconds,
    }

    def decorate(fn: Callable[..., Any]) -> SensorDefinition:
        return sensor_of(
            RunStatusSensorDefinition,
            fn,
            at,
            common,
            job=said.get("request_job"),
            jobs=said.get("request_jobs"),
            watching=Watching.RUNS,
            run_statuses=(status.value,),
            watched_jobs=jobs,
        )

    return decorate


@shows(RunSensorKeywords)
def run_failure_sensor(
    name: str | Callable[..., Any] | None = None,
    minimum_interval_seconds: float | None = None,
    description: str | None = None,
    monitored_jobs: Sequence[Any] | None = None,
    **said: Unpack[RunSensorKeywords],
) -> Any:
    """Declare that a function is called for each run that fails, as soon as it does; see `run_status_sensor`.

    It takes a `RunFailureSensorContext`, whose `failure_event.message` says why.
    """
    fn = None if isinstance(name, str) else name  # of @run_failure_sensor without parentheses
    called = name if isinstance(name, str) else None
    decorate = run_status_sensor(
        RunStatus.FAILURE, called, minimum_interval_seconds, description, monitored_jobs, **said
    )
    return decorate if fn is None else decorate(fn)
