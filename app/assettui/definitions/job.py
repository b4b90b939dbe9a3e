"""Jobs: what is run under one name, a selection of assets or a graph of ops."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Unpack

from msgspec import Struct
from msgspec.structs import replace

from assettui.definitions.keywords import JobKeywords, shows
from assettui.definitions.placed import caller
from assettui.model.arguments import Checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.selection.algebra import AssetSelection
    from assettui.definitions.definitions import Definitions
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.ops.composition import Composition
    from assettui.definitions.retries import RetryPolicy
    from assettui.definitions.run_config import RunConfig
    from assettui.model.errors import Location
    from assettui.model.metadata import RawMetadata


IN_PROCESS: Final = "assettui.executors.in_process"
"""What runs definitions in this process: known here by its name alone, since it stands above."""


class JobDefinition(Struct, frozen=True, eq=False, metaclass=Checked):
    """What is run under one name. Made by `define_asset_job` or `job`."""

    name: str
    selection: AssetSelection | None = None
    """The assets that it builds; None where it is made of ops."""
    composition: Composition | None = None
    config: Any = None
    """What its runs are configured with, where they say nothing else."""
    description: str | None = None
    tags: Mapping[str, str] = {}
    """Given to each of its runs."""
    metadata: RawMetadata = {}
    hooks: frozenset[HookDefinition] = frozenset()
    """Called after each of its steps."""
    op_retry_policy: RetryPolicy | None = None
    """Of the steps that have none of their own."""
    max_concurrent: int | None = None
    """How many of its steps may run at once, in one run."""
    resource_defs: Mapping[str, Any] = {}
    """Resources of its own."""
    at: Location | None = None
    partitions_def: PartitionsDefinition | None = None
    """The partitions that its runs are of; None leaves it to its assets."""
    definitions: Definitions | None = None
    """The project that it belongs to, once it was asked for by `Definitions.get_job_def`."""

    def bound(self, definitions: Definitions) -> JobDefinition:
        """The same job, of that project."""
        return replace(self, definitions=definitions)

    def execute_in_process(
        self,
        *,
        run_config: RunConfig | Mapping[str, Any] | None = None,
        instance: Any = None,
        partition_key: str | None = None,
        raise_on_error: bool = True,
        tags: Mapping[str, str] | None = None,
        resources: Mapping[str, Any] | None = None,
        asset_selection: Any = None,
        input_values: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the job in this process, one step after the other.

        Args:
            run_config: What the run is configured with, on top of what the job says.
            instance: Where the run and its values are kept; by default they live as long as the result.
            partition_key: The partition to make.
            raise_on_error: Whether the first failure is raised rather than recorded.
            tags: Kept with the run, on top of those of the job.
            resources: On top of those of the project.
            asset_selection: Which of the job's assets; by default all.
            input_values: Values of inputs of the job's graph that no op gives.

        Returns:
            A `MaterializeInProcessResult`.
        """
        return import_module(IN_PROCESS).run_job(
            self,
            run_config=run_config,
            instance=instance,
            partition_key=partition_key,
            raise_on_error=raise_on_error,
            tags=tags,
            resources=resources,
            asset_selection=asset_selection,
            input_values=input_values,
        )

    def __repr__(self) -> str:
        return f"<job {self.name}>"


def job_of(name: str, said: JobKeywords, at: Location, **own: Any) -> JobDefinition:
    """A job.

    Args:
        name: Of the job.
        said: The keywords of whatever makes it.
        at: Where that stands.
        own: What it is made of.
    """
    fields: dict[str, Any] = {**said, **own}
    fields["tags"] = {**(said.get("tags") or {}), **(fields.pop("run_tags", None) or {})}
    fields["metadata"] = said.get("metadata") or {}
    fields["hooks"] = frozenset(said.get("hooks") or ())
    return JobDefinition(name, at=at, **fields)


@shows(JobKeywords)
def define_asset_job(name: str, selection: Any = None, **said: Unpack[JobKeywords]) -> JobDefinition:
    """A job that builds a selection of assets.

    Args:
        name: Of the job.
        selection: An `AssetSelection`, a text in its syntax, keys, or asset functions; by default all assets. Which
            assets they are is found out whenever the job is run.
        config: What its runs are configured with, where they say nothing else.
        description: What it is for.
        tags: Given to each of its runs.
        run_tags: As `tags`, on top of them.
        metadata: What is to be known of it.
        hooks: Called after each of its steps.
        op_retry_policy: Of the steps that have none of their own.
        max_concurrent: How many of its steps may run at once, in one run; by default as many as the engine allows.
        partitions_def: The partitions that its runs are of; by default those of its assets.
    """
    from assettui.core.selection.algebra import (
        AssetSelection,  # deferred: 10 ms that a project without jobs need not take
    )

    chosen = AssetSelection.all() if selection is None else AssetSelection.from_coercible(selection)
    return job_of(name, said, caller(), selection=chosen)
