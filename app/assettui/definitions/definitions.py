"""The set of definitions that makes a project."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.job import IN_PROCESS, JobDefinition
from assettui.definitions.keywords import checks
from assettui.definitions.lazy import LazyDefinitions
from assettui.definitions.spec import AssetSpec
from assettui.model.errors import AssettuiError, DefinitionsError, NotFound, Problem
from assettui.model.keys import AssetKey, CoercibleToAssetKey, closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.definitions.automation_sensor import AutomationConditionSensorDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.schedule import ScheduleDefinition
    from assettui.definitions.sensor import SensorDefinition
    from assettui.model.metadata import RawMetadata


class Definitions:
    """All that a project defines. A module holds at most one, at its top level, under any name.

    Args:
        assets: The decorated asset functions, and specs of external assets; lists among them are taken apart.
        jobs: What is run under one name. A job that a schedule or sensor is for need not be listed.
        schedules: What is run at certain times.
        sensors: What looks whether something is to be run.
        resources: What functions work with, by name. `io_manager` stores and loads whatever names no IO manager of
            its own.
        asset_checks: Functions that test assets' data.
        metadata: What is to be known of the project.
    """

    @checks("Definitions")
    def __init__(
        self,
        assets: Iterable[AssetsDefinition | AssetSpec | Iterable[AssetsDefinition | AssetSpec]] | None = None,
        schedules: Iterable[ScheduleDefinition] | None = None,
        sensors: Iterable[SensorDefinition | AutomationConditionSensorDefinition] | None = None,
        jobs: Iterable[JobDefinition] | None = None,
        resources: Mapping[str, Any] | None = None,
        asset_checks: Iterable[AssetChecksDefinition | Iterable[AssetChecksDefinition]] | None = None,
        metadata: RawMetadata | None = None,
    ) -> None:
        self.assets: tuple[Any, ...] = tuple(flatten(assets or ()))
        self.schedules: tuple[Any, ...] = tuple(flatten(schedules or ()))
        self.sensors: tuple[Any, ...] = tuple(flatten(sensors or ()))
        named = [job for each in (*self.schedules, *self.sensors) for job in _jobs_of(each)]
        self.jobs: tuple[Any, ...] = tuple(flatten([*(jobs or ()), *named]))
        self.resources: dict[str, Any] = dict(resources or {})
        self.asset_checks: tuple[Any, ...] = tuple(flatten(asset_checks or ()))
        self.metadata: RawMetadata = metadata or {}

    @staticmethod
    def merge(*definitions: Definitions) -> Definitions:
        """All that several sets define.

        Raises:
            DefinitionsError: Two of them give one name to different resources.
        """
        resources: dict[str, Any] = {}
        problems: list[Problem] = []
        for each in definitions:
            for name, value in each.resources.items():
                if name in resources and resources[name] is not value:
                    problems.append(
                        Problem(
                            f"the resource {name!r} is defined twice, as {resources[name]!r:.60} and as {value!r:.60}",
                            None,
                            "rename one, or give both sets the same object",
                        )
                    )
                resources[name] = value
        if problems:
            raise DefinitionsError(problems)
        return Definitions(
            [asset for each in definitions for asset in each.assets],
            schedules=[each for one in definitions for each in one.schedules],
            sensors=[each for one in definitions for each in one.sensors],
            jobs=[job for each in definitions for job in each.jobs],
            resources=resources,
            asset_checks=[check for each in definitions for check in each.asset_checks],
            metadata={name: value for each in definitions for name, value in each.metadata.items()},
        )

    @staticmethod
    def validate_loadable(definitions: Definitions) -> None:
        """Check all that is defined, as a test of a project may do.

        Raises:
            DefinitionsError: Something is wrong; it holds every problem.
        """
        from assettui.definitions.describe.project import describe  # it checks what is collected here

        describe("project", definitions)

    def get_job_def(self, name: str) -> JobDefinition:
        """The job of that name, ready to be run: `defs.get_job_def("daily").execute_in_process()`.

        Raises:
            NotFound: There is none.
        """
        for job in self.jobs:
            if isinstance(job, JobDefinition) and job.name == name:
                return job.bound(self)
        near = closest(name, [job.name for job in self.jobs if isinstance(job, JobDefinition)])
        raise NotFound(f"no job is called {name!r}", hint=f"did you mean {near!r}?" if near else None)

    def resolve_job_def(self, name: str) -> JobDefinition:
        """As `get_job_def`."""
        return self.get_job_def(name)

    def get_assets_def(self, key: CoercibleToAssetKey) -> AssetsDefinition:
        """The function that makes an asset.

        Raises:
            NotFound: There is none.
        """
        wanted = AssetKey.from_coercible(key)
        for each in self.assets:
            if isinstance(each, AssetsDefinition) and wanted in each.keys:
                return each
        raise NotFound(f"no function makes {wanted}")

    def load_asset_value(
        self,
        asset_key: CoercibleToAssetKey,
        *,
        python_type: Any = None,
        instance: Any = None,
        partition_key: str | None = None,
        metadata: RawMetadata | None = None,
        resource_config: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value of an asset, outside of any run, by the IO manager that the project has for it.

        Args:
            asset_key: Whose value.
            python_type: The kind of frame wanted, where it is one; by default the kind that was stored.
            instance: The store that knows where the value is; by default the project's, see `Instance.get`.
            partition_key: Which partition.
            metadata: Given to the IO manager.
            resource_config: What resources are configured with, by name.

        Raises:
            NotFound: The asset was never materialized, or has no stored value.
        """
        return import_module(IN_PROCESS).load_asset_value(
            self,
            AssetKey.from_coercible(asset_key),
            python_type=python_type,
            instance=instance,
            partition_key=partition_key,
            metadata=metadata or {},
            resource_config=resource_config or {},
        )


def flatten(items: Iterable[Any]) -> Iterable[Any]:
    """The items in order, those of nested lists and tuples in their place, each object once."""
    seen: set[int] = set()
    pending = list(items)[::-1]
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue  # a list may hold itself
        seen.add(id(item))
        if isinstance(item, list | tuple):
            pending.extend(reversed(item))  # pyright: ignore[reportUnknownArgumentType] - of whatever users put there
        else:
            yield item


def in_namespace(namespace: Mapping[str, Any]) -> Definitions | list[Definitions]:
    """What a module defines: its one `Definitions`, all of them where there are several, or else its bare assets and jobs.

    Args:
        namespace: The module's globals.
    """
    values = list(flatten(namespace.values()))
    found = [
        _called(value) if isinstance(value, LazyDefinitions) else value
        for value in flatten(namespace.values())
        if isinstance(value, Definitions | LazyDefinitions)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        return found
    return Definitions(
        assets_among(values),
        schedules=[value for value in values if is_schedule(value)],
        sensors=[value for value in values if is_sensor(value)],
        asset_checks=[value for value in values if is_check(value)],
        jobs=[value for value in values if isinstance(value, JobDefinition)],
    )


def is_schedule(value: Any) -> bool:
    """Whether it is a schedule."""
    known = sys.modules.get("assettui.definitions.schedule")  # where nobody has imported it, there is none
    return known is not None and isinstance(value, known.ScheduleDefinition)


def is_sensor(value: Any) -> bool:
    """Whether it is a sensor, one of automation conditions among them."""
    known = sys.modules.get("assettui.definitions.sensor")
    return (known is not None and isinstance(value, known.SensorDefinition)) or is_automation(value)


def is_automation(value: Any) -> bool:
    """Whether it evaluates automation conditions."""
    known = sys.modules.get("assettui.definitions.automation_sensor")
    return known is not None and isinstance(value, known.AutomationConditionSensorDefinition)


def is_check(value: Any) -> bool:
    """Whether it is a function that evaluates checks."""
    known = sys.modules.get("assettui.definitions.checks")
    return known is not None and isinstance(value, known.AssetChecksDefinition)


def _jobs_of(value: Any) -> Iterable[JobDefinition]:
    """The jobs that a schedule or sensor is for, where it was given them themselves."""
    if not (is_schedule(value) or is_sensor(value)) or is_automation(value):
        return ()
    try:
        return value.targets.jobs
    except (AssettuiError, TypeError):  # told when the project is described
        return ()


def _called(lazy: LazyDefinitions) -> Definitions:
    made = lazy()
    if not isinstance(made, Definitions):
        raise DefinitionsError(
            [Problem(f"@definitions {lazy.name} returns {type(made).__name__}", lazy.at, "return Definitions(…)")]
        )
    return made


def assets_among(values: Sequence[Any]) -> list[AssetsDefinition | AssetSpec]:
    """The assets among the values of a namespace, those in lists included."""
    found = [item for item in flatten(values) if isinstance(item, AssetsDefinition | AssetSpec)]
    made = {key for item in found if isinstance(item, AssetsDefinition) for key in item.keys}
    # A spec that has a name of its own, and was given to a function too, is not another asset.
    return [item for item in found if isinstance(item, AssetsDefinition) or item.key not in made]
