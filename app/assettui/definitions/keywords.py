"""Keywords that several decorators share, and how decorators take them: each list of keywords stands once.

A list is a `TypedDict`, which a decorator takes as `**said: Unpack[…]`: editors and type checkers complete it. `shows`
spells it out for `help()`, and refuses what it does not name, and what is of no kind that it takes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar, cast, overload

from assettui.definitions.placed import caller
from assettui.definitions.problems import raised_here
from assettui.model.arguments import WrongArgument, parameters_of
from assettui.model.errors import AssettuiError, DefinitionsError, Problem

if TYPE_CHECKING:
    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.auto_materialize import AutoMaterializePolicy
    from assettui.definitions.backfill_policy import BackfillPolicy
    from assettui.definitions.checks import AssetCheckSpec
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.inputs import AssetIn, In
    from assettui.definitions.outputs import Out
    from assettui.definitions.retries import RetryPolicy
    from assettui.definitions.run_config import RunConfig
    from assettui.definitions.schedule import DefaultScheduleStatus
    from assettui.definitions.sensor import DefaultSensorStatus
    from assettui.definitions.spec import CoercibleToAssetDep
    from assettui.model.freshness import FreshnessPolicy
    from assettui.model.instigator import CatchUp
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])


_CALLED_WRONGLY = re.compile(r"\(\) (got|missing|takes) ")
"""What Python says of a call with other arguments than a function has."""


class SpecKeywords(TypedDict, total=False):
    """What is said of an asset by the decorator of the function that makes it."""

    name: str | None
    key: CoercibleToAssetKey | None
    key_prefix: str | Sequence[str] | None
    group_name: str | None
    owners: Sequence[str] | None
    tags: Mapping[str, str] | None
    kinds: Iterable[str] | None
    metadata: RawMetadata | None
    description: str | None
    code_version: str | None
    data_version: Literal["content"] | None
    partitions_def: PartitionsDefinition | None
    freshness_policy: FreshnessPolicy | None
    legacy_freshness_policy: FreshnessPolicy | None
    automation_condition: AutomationCondition | None
    auto_materialize_policy: AutoMaterializePolicy | None


class MakerKeywords(TypedDict, total=False):
    """What is said of whatever makes assets, a function or a graph of ops."""

    ins: Mapping[str, AssetIn] | None
    resource_defs: Mapping[str, Any] | None
    hooks: Iterable[HookDefinition] | None
    backfill_policy: BackfillPolicy | None


class StepKeywords(MakerKeywords, total=False):
    """What is said of a function that makes assets, rather than of the assets."""

    deps: Iterable[CoercibleToAssetDep] | None
    required_resource_keys: Iterable[str] | None
    config_schema: Any
    retry_policy: RetryPolicy | None
    pool: str | None
    timeout: float | None
    can_subset: bool
    op_tags: Mapping[str, str] | None
    check_specs: Sequence[AssetCheckSpec] | None


class AssetKeywords(SpecKeywords, StepKeywords, total=False):
    """What is said of a function and of the asset that it makes."""


class GraphAssetKeywords(SpecKeywords, MakerKeywords, total=False):
    """What is said of a graph of ops and of the asset that it makes."""


class OpKeywords(TypedDict, total=False):
    """What is said of an op."""

    name: str | None
    description: str | None
    ins: Mapping[str, In] | None
    out: Out | Mapping[str, Out] | None
    config_schema: Any
    required_resource_keys: Iterable[str] | None
    retry_policy: RetryPolicy | None
    tags: Mapping[str, str] | None
    pool: str | None
    timeout: float | None
    code_version: str | None


class JobKeywords(TypedDict, total=False):
    """What is said of any job."""

    config: RunConfig | Mapping[str, Any] | None
    description: str | None
    tags: Mapping[str, str] | None
    run_tags: Mapping[str, str] | None
    metadata: RawMetadata | None
    hooks: Iterable[HookDefinition] | None
    op_retry_policy: RetryPolicy | None
    max_concurrent: int | None
    partitions_def: PartitionsDefinition | None


class SensorKeywords(TypedDict, total=False):
    """What is said of any sensor that asks for jobs, besides the job by its name."""

    name: str | None
    minimum_interval_seconds: float | None
    description: str | None
    job: Any
    jobs: Sequence[Any] | None
    default_status: DefaultSensorStatus
    required_resource_keys: Iterable[str]
    tags: Mapping[str, str] | None
    metadata: RawMetadata | None
    target: Any


class EventSensorKeywords(SensorKeywords, total=False):
    """What is said of a sensor that something wakes."""

    job_name: str | None


class RunSensorKeywords(TypedDict, total=False):
    """What is said of a sensor that runs wake."""

    job_selection: Sequence[Any] | None
    monitor_all_code_locations: bool | None
    default_status: DefaultSensorStatus
    request_job: Any
    request_jobs: Sequence[Any] | None
    tags: Mapping[str, str] | None
    metadata: RawMetadata | None


class ScheduleKeywords(TypedDict, total=False):
    """What is said of a schedule besides its times and its function."""

    job_name: str | None
    name: str | None
    tags: Mapping[str, str] | None
    tags_fn: Callable[..., Mapping[str, str]] | None
    should_execute: Callable[..., bool] | None
    execution_timezone: str | None
    description: str | None
    job: Any
    default_status: DefaultScheduleStatus
    required_resource_keys: Iterable[str]
    target: Any
    metadata: RawMetadata | None
    catch_up: CatchUp | str
    catch_up_limit: int


def shows(kind: type) -> Callable[[F], F]:
    """Have `help()` name the keywords that a function takes as `**said`, and refuse what is of no kind that they take."""

    def show(given: F) -> F:
        fn = _checked(given, kind)
        signature = inspect.signature(fn)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        known = {each.name for each in own}
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in inspect.get_annotations(kind).items()
            if name not in known
        ]
        shown: Any = fn
        shown.__signature__ = signature.replace(parameters=[*own, *more])
        return fn

    return show


class NoMore(TypedDict):
    """No keywords besides those that stand in the signature."""


def checks(name: str, kind: type = NoMore) -> Callable[[F], F]:
    """Have a constructor refuse what is of no kind that it takes.

    Args:
        name: What it is called.
        kind: The keywords that it takes as `**said`.
    """
    return lambda fn: _checked(fn, kind, name)


def _checked(fn: F, kind: type, called: str = "") -> F:
    """The function, which is not called with what its annotations do not allow."""
    parameters, name = parameters_of(fn, kind.__annotations__), called or fn.__name__

    @wraps(fn)
    def checked(*args: Any, **said: Any) -> Any:
        try:
            parameters.check(name, args, said)
        except WrongArgument as wrong:
            raise DefinitionsError([Problem(wrong.what, caller(), wrong.hint)]) from None
        made = _told(fn, called or fn.__name__, args, said)
        if not inspect.isfunction(made):
            return made
        return wraps(made)(lambda *given: _told(made, called or fn.__name__, given, {}))

    return cast("F", checked)


def _told(fn: Callable[..., Any], called: str, args: tuple[Any, ...], said: dict[str, Any]) -> Any:
    """What a function gives; what our own code cannot make anything of is told as a problem of the definitions.

    Raises:
        DefinitionsError: That.
        TypeError: It was not called as it can be.
    """
    try:
        return fn(*args, **said)
    except AssettuiError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        if not raised_here(error) or _CALLED_WRONGLY.search(str(error)):
            raise
        raise DefinitionsError([Problem(f"{called}: {error}", caller(), f"see help({called})")]) from error


class Decorator(Protocol[P, R_co]):
    """A decorator that may be used bare, or called with keywords first."""

    @overload
    def __call__(self, fn: Callable[..., Any], /) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Callable[[Callable[..., Any]], R_co]: ...


def bare_too(configure: Callable[P, Callable[[Callable[..., Any]], R]]) -> Decorator[P, R]:
    """Let what takes keywords, and gives a decorator, be used as a decorator itself."""

    @wraps(configure)
    def decorator(fn: Callable[..., Any] | None = None, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        decorate = configure(*args, **kwargs)
        return decorate if fn is None else decorate(fn)

    return decorator
