"""What a step runs, once the project is known to be well defined: every parameter bound, every output declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.definitions.results import NO_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.job import JobDefinition
    from assettui.definitions.retries import RetryPolicy
    from assettui.definitions.schedule import ScheduleDefinition
    from assettui.definitions.sensor import SensorDefinition
    from assettui.model.check import AssetCheckKey, CheckSnapshot
    from assettui.model.keys import AssetKey
    from assettui.model.project import ProjectSnapshot


class ValueDeclaration(Struct, frozen=True):
    """What is declared of a value that is stored: of an asset's, or of an op's output."""

    name: str = "result"
    """Of the output."""
    asset_key: AssetKey | None = None
    is_required: bool = True
    is_dynamic: bool = False
    io_manager: str | None = None
    """The resource that stores and loads it; None for files in the store."""
    annotation: Any = None
    """Its type; None where nothing says it."""
    has_value: bool = True
    """Whether there is a value to store: False where the function is said to return None."""
    metadata: Mapping[str, Any] = {}
    has_content_version: bool = False
    """Whether its data version is taken of the value."""


class InputDeclaration(Struct, frozen=True):
    """What is declared of a parameter that receives a value."""

    annotation: Any = None
    io_manager: str | None = None
    """The resource that loads it; None for the one that stored it."""
    metadata: Mapping[str, Any] = {}
    is_passed: bool = True
    """Whether the function is given the value, rather than only run after it is there."""
    default: Any = NO_VALUE
    """Given where nothing else is; `NO_VALUE` for none."""


class Computation(Struct, frozen=True):
    """What a step runs."""

    key: str
    fn: Callable[..., Any]
    context: str | None = None
    """The parameter that receives the context."""
    inputs: Mapping[str, InputDeclaration] = {}
    """By parameter."""
    optional: frozenset[str] = frozenset()
    """Those of the inputs that have a default."""
    resources: Mapping[str, str] = {}
    """Parameter → the resource that it receives."""
    config: tuple[str, Any] | None = None
    """The parameter that receives the configuration, and its class."""
    config_schema: Any = None
    """Of `context.op_config`; None where anything goes."""
    outputs: Mapping[str, ValueDeclaration] = {}
    """By name, in the order of the definition."""
    required_resources: frozenset[str] = frozenset()
    """What `context.resources` holds."""
    retry_policy: RetryPolicy | None = None
    hooks: frozenset[HookDefinition] = frozenset()
    is_op: bool = False
    """Whether it is an op, whose outputs other steps of the run may read."""
    is_observation: bool = False
    can_subset: bool = False
    checks: tuple[CheckSnapshot, ...] = ()
    """Those that it evaluates."""
    isolation: str | None = None
    """Whether it has a process of its own (`process`), or not (`worker`); None where the settings say."""

    @property
    def schema(self) -> Any:
        """Of its configuration; None where it has none, or anything goes."""
        return self.config[1] if self.config is not None else self.config_schema


class Described(Struct, frozen=True):
    """A project that is well defined: its snapshot, and what is behind it."""

    snapshot: ProjectSnapshot
    computations: Mapping[str, Computation]
    """By step."""
    values: Mapping[AssetKey, ValueDeclaration]
    """Of every asset whose value can be stored or loaded."""
    resources: Mapping[str, Any]
    jobs: Mapping[str, JobDefinition] = {}
    upstream: Mapping[AssetKey, tuple[AssetKey, ...]] = {}
    """What each asset depends on, of those that are made together with others."""
    partitions: Mapping[AssetKey, PartitionsDefinition] = {}
    """Of the assets that have any."""
    instigators: Mapping[str, ScheduleDefinition | SensorDefinition] = {}
    """Schedules and sensors, by name."""
    user_conditions: Mapping[tuple[AssetKey | AssetCheckKey, int], Any] = {}
    """The automation conditions of the user's own, each by whose it is and its number in the whole condition."""

    def resources_of(self, job: str | None) -> Mapping[str, Any]:
        """The resources that a run has: the project's, and on top of them those of its job."""
        own = self.jobs[job].resource_defs if job is not None and job in self.jobs else dict[str, Any]()
        return {**self.resources, **own} if own else self.resources
