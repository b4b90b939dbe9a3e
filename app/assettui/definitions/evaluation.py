"""What functions of schedules and sensors are given, and what they may give back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from inspect import isgenerator
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct

from assettui.definitions.context import ScopedResources
from assettui.definitions.parameters import Parameters, parameters_of
from assettui.definitions.resources import ResourceSet, is_resource_annotation
from assettui.definitions.results import AssetMaterialization, AssetObservation
from assettui.definitions.run_config import RunRequest, SkipReason, config_json
from assettui.model.arguments import Checked
from assettui.model.errors import AssettuiError
from assettui.model.events import AssetEvent, Materialization, Observation, PartitionKeysRequest
from assettui.model.keys import AssetKey, closest
from assettui.model.metadata import as_metadata
from assettui.model.run import RunRequest as AskedRun
from assettui.model.tick import MAX_REQUESTS, Evaluation
from assettui.model.timing import clock_us

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.model.metadata import JsonObject

INSTANCE: Final = "assettui.executors.instance"
"""What reads the store: known here by its name alone, since it stands above. Imported only where it is asked for."""


class BadRequest(AssettuiError):
    """What a schedule or sensor gives back cannot be understood."""


class SensorResult(Struct, frozen=True, metaclass=Checked):
    """What a sensor gives back, all at once."""

    run_requests: Sequence[RunRequest] | None = None
    skip_reason: SkipReason | str | None = None
    cursor: str | None = None
    """What it is to remember; None leaves it as it is."""
    dynamic_partitions_requests: Sequence[Any] | None = None
    """Made by `build_add_request` and `build_delete_request` of a `DynamicPartitionsDefinition`."""
    asset_events: Sequence[AssetMaterialization | AssetObservation] = ()
    """What has happened to assets elsewhere."""


class HasInstance:
    """A context that knows the store.

    Args:
        instance: The store, or where it is; None where there is none.
    """

    def __init__(self, instance: Any) -> None:
        self.store = instance
        """The store, or where it is; None where there is none."""

    @property
    def instance(self) -> Any:
        """The store, as an `Instance`: what was made, what has run.

        Raises:
            BadRequest: The context was built without one.
        """
        if self.store is None:
            raise BadRequest("the context knows no store", hint="build it with instance=Instance.ephemeral()")
        if isinstance(self.store, str):
            self.store = import_module(INSTANCE).Instance.at(self.store)
        return self.store

    @property
    def has_instance(self) -> bool:
        """Whether there is a store to ask."""
        return self.store is not None

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the tick."""
        from assettui.definitions.step_log import step_log  # deferred: logging takes 10 ms

        return step_log()


class EvaluationParameters(Struct, frozen=True):
    """How a function of a schedule or sensor takes what it is given."""

    context: str | None = None
    given: tuple[str, ...] = ()
    """Further parameters that are passed by the sensor itself, such as the event."""
    resources: tuple[str, ...] = ()
    """All others: each receives the resource of its name."""


def evaluation_parameters(fn: Callable[..., Any], given: int = 0) -> EvaluationParameters:
    """How a function takes what it is given.

    Args:
        fn: The function.
        given: So many parameters after the context receive what the sensor itself passes.
    """
    parameters: Parameters = parameters_of(fn)
    names = list(parameters.named)
    context = parameters.context
    if context is None and names and not is_resource_annotation(parameters.annotations.get(names[0])):
        context = names.pop(0)
    passed: list[str] = []
    for name in list(names):
        if len(passed) < given and not is_resource_annotation(parameters.annotations.get(name)):
            passed.append(name)
            names.remove(name)
    return EvaluationParameters(context, tuple(passed), tuple(names))


def call(
    fn: Callable[..., Any],
    parameters: EvaluationParameters,
    context: Any,
    resources: Mapping[str, Any] | ResourceSet,
    given: Sequence[Any] = (),
) -> Any:
    """Call a function of a schedule or sensor."""
    arguments: dict[str, Any] = dict(zip(parameters.given, given, strict=False))
    for name in parameters.resources:
        arguments[name] = resources.get(name) if isinstance(resources, ResourceSet) else resources[name]
    if parameters.context is not None:
        arguments[parameters.context] = context
    return fn(**arguments)


class Asker(Struct, frozen=True):
    """Who asks for runs, and for which it may."""

    subject: str
    """Such as `schedule nightly`."""
    jobs: tuple[str, ...] = ()
    has_selection: bool = False
    tags: Mapping[str, str] = {}
    """Given to each of its runs."""
    is_schedule: bool = False


def evaluation_of(returned: Any, asker: Asker, cursor: str | None = None) -> Evaluation:
    """What is asked for, however the function says it.

    Args:
        returned: What the function has given: a `RunRequest`, a `SkipReason`, a `SensorResult`, a list of these, a
            generator of them, or nothing; of a schedule also a dict, which configures its run.
        asker: Who asks.
        cursor: What the function has said to the context that it wants to remember.

    Raises:
        BadRequest: It is none of these, or asks for what cannot be.
    """
    gathered = _Gathered(asker)
    for each in _each(returned, asker):
        gathered.take(each)
    return gathered.finished(cursor)


def _each(returned: Any, asker: Asker) -> Iterator[Any]:
    if returned is None:
        return
    if isinstance(returned, list | tuple) or isgenerator(returned) or isinstance(returned, Iterator):
        for each in cast("Iterable[Any]", returned):
            if each is not None:
                yield from _each(each, asker) if isinstance(each, list | tuple) else [each]
    else:
        yield returned


class _Gathered:
    """What one evaluation has asked for so far."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.runs: list[AskedRun] = []
        self.keys: list[PartitionKeysRequest] = []
        self.reports: list[AssetEvent] = []
        self.skip_reason: str | None = None
        self.cursor: str | None = None

    def take(self, given: Any) -> None:
        match given:
            case RunRequest():
                self._ask(given)
            case SkipReason():
                self.skip_reason = given.skip_message
            case SensorResult() if not self.asker.is_schedule:
                self._take_result(given)
            case dict() if self.asker.is_schedule:
                self._ask(RunRequest(run_config=cast("JsonObject", given)))
            case AssetMaterialization() | AssetObservation() if not self.asker.is_schedule:
                self._see(given)
            case _:
                wanted = (
                    "RunRequest or SkipReason" if self.asker.is_schedule else "RunRequest, SkipReason or SensorResult"
                )
                raise BadRequest(
                    f"{self.asker.subject} gave {given!r:.60}, a {type(given).__name__}", hint=f"give back a {wanted}"
                )

    def _take_result(self, given: SensorResult) -> None:
        reason = given.skip_reason
        if reason is not None and given.run_requests:
            raise BadRequest(
                f"{self.asker.subject} gave a SensorResult that both asks for runs and skips",
                hint="leave one of them out",
            )
        if reason is not None:
            self.skip_reason = reason.skip_message if isinstance(reason, SkipReason) else str(reason)
        for request in given.run_requests or ():
            self.take(request)
        for request in given.dynamic_partitions_requests or ():
            self._change_keys(request)
        for event in given.asset_events:
            self._see(event)
        if given.cursor is not None:
            self.cursor = given.cursor

    def _ask(self, request: RunRequest) -> None:
        if len(self.runs) >= MAX_REQUESTS:
            raise BadRequest(
                f"{self.asker.subject} asked for more than {MAX_REQUESTS:,} runs at once",
                hint="ask for some of them, and remember by the cursor how far it came",
            )
        job = self._job_of(request)
        self.runs.append(
            AskedRun(
                run_key=request.run_key,
                job=job,
                assets=tuple(AssetKey.from_coercible(key) for key in request.asset_selection)
                if request.asset_selection is not None
                else None,
                config=config_json(request.run_config),
                tags={**self.asker.tags, **request.tags},
                partitions=((request.partition_key, request.partition_key),)
                if request.partition_key is not None
                else (),
                checks=tuple(request.asset_check_keys) if request.asset_check_keys is not None else None,
            )
        )

    def _job_of(self, request: RunRequest) -> str | None:
        jobs, name = self.asker.jobs, request.job_name
        if name is None:
            if len(jobs) > 1:
                raise BadRequest(
                    f"{self.asker.subject} has several jobs, and a RunRequest that names none",
                    hint=f"RunRequest(job_name=…): {', '.join(jobs)}",
                )
            is_of_something = request.asset_selection is not None or request.asset_check_keys is not None
            if not jobs and not self.asker.has_selection and not is_of_something:
                raise BadRequest(
                    f"{self.asker.subject} asks for a run, and has neither a job nor assets",
                    hint="give it job=…, or target=…, or the request an asset_selection",
                )
            return jobs[0] if jobs else None
        if name not in jobs:
            near = closest(name, jobs)
            known = f"there are: {', '.join(jobs)}" if jobs else "give it job=… or jobs=[…]"
            raise BadRequest(
                f"{self.asker.subject} asks for the job {name!r}, which is not one of its own",
                hint=f"did you mean {near!r}?" if near else known,
            )
        return name

    def _change_keys(self, request: Any) -> None:
        name, keys = getattr(request, "partitions_def_name", None), getattr(request, "partition_keys", None)
        if name is None or keys is None:
            raise BadRequest(
                f"{self.asker.subject} gave {request!r:.60} as a request for dynamic partitions",
                hint="make it with build_add_request or build_delete_request",
            )
        are_added = type(request).__name__.startswith("Add")
        self.keys.append(PartitionKeysRequest(str(name), tuple(keys), are_added))

    def _see(self, event: Any) -> None:
        if not isinstance(event, AssetMaterialization | AssetObservation):
            raise BadRequest(
                f"{self.asker.subject} reports {event!r:.60}", hint="give AssetMaterialization or AssetObservation"
            )
        said: Any = {
            "asset_key": AssetKey.from_coercible(event.asset_key),
            "partition": event.partition,
            "metadata": as_metadata(event.metadata or {}),
            "description": event.description or None,
        }
        version = (event.tags or {}).get("dagster/data_version")
        if isinstance(event, AssetObservation):
            self.reports.append(Observation(clock_us(), data_version=version, **said))
        else:  # nothing is known of its data but that it is new
            new = version if version is not None else os.urandom(8).hex()
            self.reports.append(Materialization(clock_us(), data_version=new, **said))

    def finished(self, cursor: str | None) -> Evaluation:
        if self.runs and self.skip_reason is not None:
            self.skip_reason = None  # it has asked for runs after all
        return Evaluation(
            tuple(self.runs),
            self.skip_reason,
            self.cursor if self.cursor is not None else cursor,
            tuple(self.keys),
            tuple(self.reports),
        )


def scoped(given: Mapping[str, Any] | None) -> ScopedResources:
    """Resources as a context has them."""
    return ScopedResources(given or {})
