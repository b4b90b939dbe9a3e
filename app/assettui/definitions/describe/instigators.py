"""What is said of schedules and sensors, checked and described."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assettui.core.cron import parse_cron
from assettui.core.selection.algebra import AssetSelection
from assettui.core.timeline import zone_named
from assettui.definitions import attributes
from assettui.definitions.binding import check_resources
from assettui.definitions.job import JobDefinition
from assettui.definitions.schedule import ScheduleDefinition
from assettui.definitions.sensor import SensorDefinition
from assettui.model.errors import AssettuiError, SelectionError
from assettui.model.instigator import MIN_INTERVAL_S, CatchUp, InstigatorKind, InstigatorSnapshot, Watching
from assettui.model.keys import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.definitions.problems import Problems
    from assettui.model.metadata import JsonObject
    from assettui.model.project import JobSnapshot

_NAME = re.compile(r"[A-Za-z0-9_]+")
MAX_INTERVAL_S = 366 * 86_400.0
"""A sensor that waits longer is a mistake."""


class InstigatorDescription:
    """One pass over the schedules and sensors of a project.

    Args:
        jobs: The project's jobs, those that only schedules and sensors name included.
        graph: Its assets; None where these are wrong already.
        resources: By name.
        problems: Takes what is wrong.
    """

    def __init__(
        self,
        jobs: Sequence[JobSnapshot],
        graph: AssetGraph | None,
        resources: Mapping[str, Any],
        problems: Problems,
    ) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._graph = graph
        self._resources = resources
        self._problems = problems
        self.found: dict[str, InstigatorSnapshot] = {}
        self.definitions: dict[str, ScheduleDefinition | SensorDefinition] = {}

    def add_all(self, schedules: Iterable[Any], sensors: Iterable[Any]) -> None:
        for each in schedules:
            if isinstance(each, ScheduleDefinition):
                self._add(each, self._schedule)
            else:
                self._problems.wrong(
                    f"{each!r:.80} is not a schedule", None, "make one with ScheduleDefinition, or @schedule"
                )
        for each in sensors:
            if getattr(each, "is_automation", False):
                continue  # see `describe.automation`
            if isinstance(each, SensorDefinition):
                self._add(each, self._sensor)
            else:
                self._problems.wrong(f"{each!r:.80} is not a sensor", None, "put @sensor on the function")

    def _add(self, each: Any, describe: Any) -> None:
        kind = "schedule" if isinstance(each, ScheduleDefinition) else "sensor"
        name = each.called
        subject = f"{kind} {name}"
        if not _NAME.fullmatch(name):
            self._problems.wrong(f"{name!r} is not the name of a {kind}", each.at, "use letters, digits and _")
        if name in self.found:
            other = self.found[name]
            self._problems.wrong(
                f"the {kind} {name} has the name of a {other.kind.value}, at {other.at}", each.at, "rename one"
            )
            return
        count = len(self._problems.found)
        self._check_targets(subject, each)
        names = sorted({*each.required_resource_keys, *self._parameters(subject, each)})
        check_resources(subject, each.at, names, self._resources, self._problems)
        made = None
        with self._problems.telling(subject, each.at):
            made = describe(subject, each) if len(self._problems.found) == count else None
        if made is not None and len(self._problems.found) == count:
            self.found[name] = made

    def _parameters(self, subject: str, each: Any) -> tuple[str, ...]:
        try:
            return each.parameters.resources
        except (TypeError, ValueError) as error:
            self._problems.wrong(f"{subject}: its parameters cannot be read: {error}", each.at, "use a plain function")
            return ()

    def _check_targets(self, subject: str, each: ScheduleDefinition | SensorDefinition) -> None:
        try:
            targets = each.targets
        except (AssettuiError, TypeError) as error:
            hint = error.hint if isinstance(error, AssettuiError) else "give it a job, or a selection of assets"
            self._problems.wrong(f"{subject}: its target cannot be understood: {error}", each.at, hint)
            return
        for name in targets.job_names:
            if name not in self._jobs:
                near = closest(name, self._jobs)
                known = (
                    f"jobs: {', '.join(self._jobs)}" if self._jobs else "define one: define_asset_job(name, selection)"
                )
                self._problems.wrong(
                    f"{subject} is for the job {name!r}, which nothing defines",
                    each.at,
                    f"did you mean {near!r}?" if near else known,
                )
        if isinstance(each, ScheduleDefinition) and not targets.job_names and targets.selection is None:
            self._problems.wrong(f"{subject} has nothing to run", each.at, "give it job=…, or target=…")
        if targets.selection is not None and self._graph is not None and "status:" not in str(targets.selection):
            try:
                if not targets.selection.resolve(self._graph):
                    self._problems.warn(f"{subject} selects no asset", each.at, "see `assettui asset ls`")
            except SelectionError as error:
                self._problems.wrong(f"{subject}: {error.what}", each.at, error.hint)

    def _schedule(self, subject: str, given: ScheduleDefinition) -> InstigatorSnapshot | None:
        found = given
        if given.due_at is not None:
            from assettui.definitions.partitioned_schedule import with_partitions  # deferred: with the partitions

            try:
                found = with_partitions(given, self._partitions_of(given))
            except AssettuiError as error:
                self._problems.wrong(f"{subject}: {error.what}", given.at, error.hint)
                return None
        zone = found.execution_timezone or "UTC"
        try:
            zone_named(zone)
            for cron in found.crons:
                parse_cron(cron)
            catch_up = CatchUp(str(found.catch_up).lower())
            config = found.plain_config() if found.is_plain else {}
        except AssettuiError as error:
            self._problems.wrong(f"{subject}: {error.what}", given.at, error.hint)
            return None
        except ValueError:
            known = ", ".join(each.value for each in CatchUp)
            self._problems.wrong(f"{subject}: catch_up is {found.catch_up!r}", given.at, f"there are: {known}")
            return None
        if not found.crons:
            self._problems.wrong(f"{subject} has no cron_schedule", given.at, 'such as cron_schedule="0 6 * * *"')
            return None
        if not isinstance(found.catch_up_limit, int) or found.catch_up_limit < 1:  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            self._problems.wrong(f"{subject}: catch_up_limit is {found.catch_up_limit!r}", given.at, "at least 1")
            return None
        self.definitions[found.called] = found
        targets = found.targets
        return InstigatorSnapshot(
            **self._common(subject, given),
            kind=InstigatorKind.SCHEDULE,
            jobs=targets.job_names,
            selection=str(targets.selection) if targets.selection is not None else None,
            crons=tuple(cron.strip() for cron in found.crons),
            zone_name=zone,
            is_plain=found.is_plain,
            config=config,
            catch_up=catch_up,
            catch_up_limit=found.catch_up_limit,
        )

    def _sensor(self, subject: str, given: SensorDefinition) -> InstigatorSnapshot | None:
        interval = given.interval_s
        if not 0 <= interval <= MAX_INTERVAL_S:
            self._problems.wrong(f"{subject}: minimum_interval_seconds is {interval:g}", given.at, "from 0 seconds up")
            return None
        if given.watching is Watching.ASSETS and self._graph is not None:
            for key in given.assets:
                if key not in self._graph.assets:
                    near = closest(str(key), [str(known) for known in self._graph.assets])
                    self._problems.wrong(
                        f"{subject} watches {key}, which nothing defines",
                        given.at,
                        f"did you mean {near!r}?" if near else "see `assettui asset ls`",
                    )
        watched = tuple(job.name if isinstance(job, JobDefinition) else str(job) for job in given.watched_jobs)
        for name in watched:
            if name not in self._jobs:
                near = closest(name, self._jobs)
                self._problems.wrong(
                    f"{subject} watches the job {name!r}, which nothing defines",
                    given.at,
                    f"did you mean {near!r}?" if near else "see `assettui job ls`",
                )
        self.definitions[given.name] = given
        targets = given.targets
        return InstigatorSnapshot(
            **self._common(subject, given),
            kind=InstigatorKind.SENSOR,
            jobs=targets.job_names,
            selection=str(targets.selection) if targets.selection is not None else None,
            interval_s=max(interval, MIN_INTERVAL_S) if given.watching is Watching.TIME else interval,
            watching=given.watching,
            assets=given.assets,
            run_statuses=given.run_statuses,
            watched_jobs=watched,
        )

    def _common(self, subject: str, given: ScheduleDefinition | SensorDefinition) -> JsonObject:
        return {
            "name": given.called,
            "is_on_by_default": str(getattr(given.default_status, "value", given.default_status)).upper() == "RUNNING",
            "description": given.description.strip() if given.description else None,
            "tags": attributes.tags_of(subject, given.tags or {}, given.at, self._problems),
            "metadata": attributes.metadata_of(subject, given.metadata, given.at, self._problems),
            "at": given.at,
        }

    def _partitions_of(self, given: ScheduleDefinition) -> Any:
        """The partitions of a schedule's job: its own, or else those of its assets."""
        for name in given.targets.job_names:
            job = self._jobs.get(name)
            if job is None or job.partitions is not None:
                return job.partitions if job is not None else None
            if job.selection is not None and self._graph is not None:
                keys = AssetSelection.from_string(job.selection).resolve(self._graph)
                return next((asset.partitions for key in keys if (asset := self._graph.assets[key]).partitions), None)
        return None
