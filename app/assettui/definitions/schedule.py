"""Schedules: what is run at certain times."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct, field
from msgspec.structs import replace

from assettui.definitions import evaluation
from assettui.definitions.keywords import ScheduleKeywords, shows
from assettui.definitions.placed import caller, location_of
from assettui.definitions.resources import ResourceSet
from assettui.definitions.run_config import RunConfig, RunRequest, config_json
from assettui.definitions.target import Target, target_of
from assettui.model.arguments import Checked
from assettui.model.instigator import CATCH_UP_LIMIT, CatchUp
from assettui.model.tick import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from assettui.definitions.partitioned_schedule import DueAt
    from assettui.model.errors import Location
    from assettui.model.metadata import JsonObject, RawMetadata


class DefaultScheduleStatus(StrEnum):
    """Whether a schedule is on until somebody turns it off, or off until somebody turns it on."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class ScheduleEvaluationContext(evaluation.HasInstance):
    """What a schedule's function can know.

    Args:
        scheduled_execution_time: When it was due, on the clock of the schedule's time zone.
        instance: The store, or where it is.
        resources: By name.
        schedule_name: The schedule.
    """

    def __init__(
        self,
        scheduled_execution_time: datetime | None = None,
        *,
        instance: Any = None,
        resources: Mapping[str, Any] | None = None,
        schedule_name: str | None = None,
    ) -> None:
        super().__init__(instance)
        self._scheduled = scheduled_execution_time
        self.resources: Any = evaluation.scoped(resources)
        self.schedule_name = schedule_name

    @property
    def scheduled_execution_time(self) -> datetime:
        """When it was due, aware, on the clock of the schedule's time zone.

        Raises:
            BadRequest: The context was built without one.
        """
        if self._scheduled is None:
            raise evaluation.BadRequest(
                "the context has no scheduled_execution_time",
                hint="build it with build_schedule_context(scheduled_execution_time=…)",
            )
        return self._scheduled

    @property
    def has_scheduled_execution_time(self) -> bool:
        """Whether it is known when the schedule was due."""
        return self._scheduled is not None


def build_schedule_context(
    instance: Any = None,
    scheduled_execution_time: datetime | None = None,
    resources: Mapping[str, Any] | None = None,
    schedule_name: str | None = None,
) -> ScheduleEvaluationContext:
    """A context for evaluating a schedule directly, as in a test.

    Args:
        instance: Such as `Instance.ephemeral()`; None where the schedule asks none.
        scheduled_execution_time: When it is to have been due.
        resources: By name.
        schedule_name: What the schedule is called.
    """
    return ScheduleEvaluationContext(
        scheduled_execution_time, instance=instance, resources=resources, schedule_name=schedule_name
    )


class ScheduleDefinition(Struct, frozen=True, eq=False, metaclass=Checked):
    """What is run at certain times.

    A schedule that is given no function asks for the same run each time.
    """

    name: str | None = None
    """By default the job's, with `_schedule` behind it."""
    cron_schedule: str | Sequence[str] = ""
    """One cron expression, or several: it is due whenever one of them is."""
    job_name: str | None = None
    run_config: RunConfig | Mapping[str, Any] | None = None
    run_config_fn: Callable[..., Any] | None = None
    """Gives the configuration, from the context."""
    tags: Mapping[str, str] | None = None
    tags_fn: Callable[..., Mapping[str, str]] | None = None
    """Gives tags, from the context."""
    should_execute: Callable[..., bool] | None = None
    """Says, from the context, whether anything is run at all."""
    execution_timezone: str | None = None
    """The IANA name of the time zone on whose clock the expressions are read; by default UTC."""
    execution_fn: Callable[..., Any] | None = None
    """Says what is run; see `schedule`."""
    description: str | None = None
    job: Any = None
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED
    required_resource_keys: Iterable[str] = ()
    target: Any = None
    """A job, or a selection of assets."""
    metadata: RawMetadata = {}
    catch_up: CatchUp | str = CatchUp.LATEST
    """What becomes of ticks that are missed while nothing runs: of all of them the `latest` is made up for, `all` are,
    or `none` is."""
    catch_up_limit: int = CATCH_UP_LIMIT
    """Of `all`, so many: the last ones."""
    due_at: DueAt | None = None
    """Of one that is made by `build_schedule_from_partitioned_job`: when it is due."""
    at: Location | None = field(default_factory=lambda: caller())

    @property
    def targets(self) -> Target:
        """The job, or the assets, that it is for."""
        return target_of([self.job, self.target], names=[self.job_name])

    @property
    def called(self) -> str:
        """Its name, given or made."""
        if self.name:
            return self.name
        if self.execution_fn is not None:
            return getattr(self.execution_fn, "__name__", "schedule")
        jobs = self.targets.job_names
        return f"{jobs[0]}_schedule" if jobs else "schedule"

    @property
    def crons(self) -> tuple[str, ...]:
        """Its cron expressions."""
        given = self.cron_schedule
        return ((given,) if given else ()) if isinstance(given, str) else tuple(given)

    @property
    def parameters(self) -> evaluation.EvaluationParameters:
        """How its function takes what it is given."""
        fn = self.execution_fn
        return evaluation.evaluation_parameters(fn) if fn is not None else evaluation.EvaluationParameters("context")

    @property
    def is_plain(self) -> bool:
        """Whether it asks for the same run each time."""
        return not any((self.execution_fn, self.run_config_fn, self.tags_fn, self.should_execute, self.due_at))

    @property
    def asker(self) -> evaluation.Asker:
        """Who asks for the runs."""
        targets = self.targets
        return evaluation.Asker(
            f"schedule {self.called}",
            targets.job_names,
            targets.selection is not None,
            self.tags or {},
            is_schedule=True,
        )

    def evaluate(self, context: ScheduleEvaluationContext, resources: Any = None) -> Evaluation:
        """What it asks for at the time that the context says.

        Args:
            context: See there.
            resources: Those that its parameters receive; by default those of the context.

        Raises:
            BadRequest: What its function gives cannot be understood.
        """
        given = resources if isinstance(resources, ResourceSet) else context.resources._asdict()
        if self.should_execute is not None and not _called(self.should_execute, context):
            return Evaluation(skip_reason=f"should_execute of {self.called} said no")
        if self.execution_fn is not None:
            return evaluation.evaluation_of(
                evaluation.call(self.execution_fn, self.parameters, context, given), self.asker
            )
        config = _called(self.run_config_fn, context) if self.run_config_fn is not None else self.run_config
        tags: Mapping[str, str] = _called(self.tags_fn, context) if self.tags_fn is not None else {}
        return evaluation.evaluation_of(RunRequest(run_config=config or {}, tags=tags), self.asker)

    def evaluate_tick(self, context: ScheduleEvaluationContext) -> ScheduleExecutionData:
        """What it asks for at the time that the context says, for tests.

        Raises:
            BadRequest: What its function gives cannot be understood.
        """
        found = self.evaluate(context)
        return ScheduleExecutionData(requests_of(found), found.skip_reason)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call its function directly."""
        if self.execution_fn is None:
            return RunRequest(run_config=self.run_config or {}, tags=self.tags or {})
        return self.execution_fn(*args, **kwargs)

    def with_updated_job(self, new_job: Any) -> ScheduleDefinition:
        """The same schedule for another job."""
        return replace(self, job=new_job, job_name=None, target=None)

    def plain_config(self) -> JsonObject:
        """Of a plain schedule: what its runs are configured with.

        Raises:
            BadRunConfig: It cannot be understood.
        """
        return config_json(self.run_config)

    def __repr__(self) -> str:
        return f"<schedule {self.called}>"


class ScheduleExecutionData(Struct, frozen=True):
    """What a schedule asked for."""

    run_requests: Sequence[RunRequest] = ()
    skip_message: str | None = None


def requests_of(found: Evaluation) -> list[RunRequest]:
    """What was asked for, as users write it."""
    return [
        RunRequest(
            run_key=each.run_key,
            run_config=each.config,
            tags=each.tags,
            job_name=each.job,
            asset_selection=each.assets,
            partition_key=each.partition_key,
            asset_check_keys=each.checks,
        )
        for each in found.runs
    ]


def _called(fn: Callable[..., Any], context: ScheduleEvaluationContext) -> Any:
    parameters = evaluation.evaluation_parameters(fn)
    return evaluation.call(fn, parameters, context, context.resources._asdict())


@shows(ScheduleKeywords)
def schedule(
    cron_schedule: str | Sequence[str], **said: Unpack[ScheduleKeywords]
) -> Callable[[Callable[..., Any]], ScheduleDefinition]:
    """Declare that a function says, at certain times, what is to be run.

    It may take a `ScheduleEvaluationContext` first, and resources by their names. It gives back, or yields, any number
    of `RunRequest`, a `SkipReason`, a dict that configures the job's run, or nothing, which skips.

    Args:
        cron_schedule: One cron expression, or several.
        job_name: The job that is run, by its name.
        name: By default the function's name.
        tags: Given to each of its runs.
        tags_fn: Gives more tags, from the context.
        should_execute: Says, from the context, whether the function is called at all.
        execution_timezone: The IANA name of the time zone on whose clock the expressions are read; by default UTC.
        description: By default the docstring.
        job: The job that is run.
        default_status: Whether it is on until somebody turns it off.
        required_resource_keys: Resources that it takes from `context.resources`.
        target: A job, or a selection of assets.
        metadata: What is to be known of it.
        catch_up: What becomes of ticks that are missed while nothing runs; see `ScheduleDefinition`.
        catch_up_limit: Of `all`, so many.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> ScheduleDefinition:
        fields: dict[str, Any] = dict(said)
        fields["name"] = said.get("name") or getattr(fn, "__name__", "schedule")
        fields["description"] = fields["description"] if fields.get("description") is not None else fn.__doc__
        fields["metadata"] = said.get("metadata") or {}
        return ScheduleDefinition(cron_schedule=cron_schedule, execution_fn=fn, at=location_of(fn) or at, **fields)

    return decorate
