"""Functions that test an asset's data: the decorators, what is declared with them, and what they give.

As with assets, decorating checks nothing and raises nothing: what is wrong is found when the project is described.
"""

from __future__ import annotations

from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from msgspec import Struct

from assettui.definitions import invocation
from assettui.definitions.asset import StepArguments
from assettui.definitions.asset_outputs import as_asset_ins, docstring
from assettui.definitions.context import AssetExecutionContext, ContextRun
from assettui.definitions.keywords import shows
from assettui.definitions.parameters import Parameters, parameters_of, remember_scope
from assettui.definitions.placed import caller, location_of
from assettui.model.arguments import Checked, checks_arguments
from assettui.model.check import AssetCheckKey, AssetCheckSeverity, check_step_key
from assettui.model.errors import Location, Problem
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.inputs import AssetIn
    from assettui.definitions.retries import RetryPolicy
    from assettui.definitions.spec import AssetSpec, CoercibleToAssetDep
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata


class AssetCheckResult(Struct, frozen=True, kw_only=True, metaclass=Checked):
    """What a check has come to."""

    passed: Any
    """Whether the data is as it should be: True or False; numpy's count too."""
    asset_key: CoercibleToAssetKey | None = None
    """The asset; None where the function checks just one."""
    check_name: str | None = None
    """Which check; None where the function evaluates just one, or one of that asset."""
    metadata: RawMetadata | None = None
    """What is to be kept with the result, and shown over time."""
    severity: AssetCheckSeverity | str = AssetCheckSeverity.ERROR
    """How bad it is, where it has not passed."""
    description: str | None = None
    """Of this very result: `3 users without a name`."""


class AssetCheckSpec:
    """What is known of a check, apart from the function that evaluates it.

    Args:
        name: Its name, unique among those of its asset. Letters, digits and `_`.
        asset: The asset that it is of: its key, its decorated function or its spec.
        description: Markdown.
        additional_deps: Other assets that must be there before it is evaluated.
        blocking: Whether what depends on the asset is skipped, in the same run, where it fails with severity ERROR.
        metadata: What is known of it.
        automation_condition: When it is evaluated by itself.
        partitions_def: Those of its asset; None does as well.
    """

    @checks_arguments
    def __init__(
        self,
        name: str,
        *,
        asset: CoercibleToAssetKey | AssetsDefinition | AssetSpec,
        description: str | None = None,
        additional_deps: Iterable[CoercibleToAssetDep] | None = None,
        blocking: bool = False,
        metadata: RawMetadata | None = None,
        automation_condition: AutomationCondition | None = None,
        partitions_def: PartitionsDefinition | None = None,
    ) -> None:
        self.at: Location = caller()
        self.name = name
        self.given_asset: Any = asset
        self.description = description
        self.additional_deps = tuple(additional_deps or ())
        self.blocking = blocking
        self.metadata: RawMetadata = metadata or {}
        self.automation_condition = automation_condition
        self.partitions_def = partitions_def
        self.is_of_whole = False
        """Whether it is of an asset with partitions as a whole: of ready-made checks that look at no value."""

    @property
    def asset_key(self) -> AssetKey:
        """The asset that it is of.

        Raises:
            TypeError, ValueError: What was given names none, or several.
        """
        key = getattr(self.given_asset, "key", None)
        return key if isinstance(key, AssetKey) else AssetKey.from_coercible(self.given_asset)

    @property
    def key(self) -> AssetCheckKey:
        """Its key."""
        return AssetCheckKey(self.asset_key, self.name)

    def __repr__(self) -> str:
        return f"<check spec {self.name}>"


class CheckKeywords(TypedDict, total=False):
    """What is said of a function that evaluates checks."""

    required_resource_keys: Iterable[str] | None
    resource_defs: Mapping[str, Any] | None
    config_schema: Any
    retry_policy: RetryPolicy | None
    pool: str | None
    timeout: float | None
    op_tags: Mapping[str, str] | None
    compute_kind: str | None


class AssetChecksDefinition:
    """A function that evaluates checks, with its declaration. Calling it calls the function, as if it were not decorated.

    Args:
        fn: The function.
        specs: What it evaluates.
        arguments: What else was said of it.
        at: Where the decorator stands.
        is_of_one: Whether its parameters may stand for the asset that it checks, whatever they are called.
        problems: What is already known to be wrong with it.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        specs: Iterable[AssetCheckSpec],
        arguments: StepArguments,
        at: Location,
        *,
        is_of_one: bool = False,
        problems: Iterable[Problem] = (),
    ) -> None:
        self.fn = fn
        self.specs = tuple(specs)
        self.arguments = arguments
        self.at = at
        self.is_of_one = is_of_one
        self.problems = tuple(problems)
        self.keys: frozenset[AssetKey] = frozenset()
        """The assets that it makes: none."""
        if callable(fn):
            update_wrapper(self, fn)
            self.at = location_of(fn) or at
        for spec in self.specs:
            if spec.at == at:  # made by the decorator itself
                spec.at = self.at

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself: nothing is recorded. See `AssetsDefinition.__call__`."""

        def context() -> AssetExecutionContext:
            return AssetExecutionContext(ContextRun("direct"), self.step_name, check_keys=self.check_keys)

        return invocation.call(self.fn, self.parameters, args, kwargs, context)

    def __repr__(self) -> str:
        return f"<check {', '.join(map(str, sorted(map(str, self.check_keys))))}>"

    @property
    def check_keys(self) -> frozenset[AssetCheckKey]:
        """The checks that it evaluates."""
        return frozenset(spec.key for spec in self.specs)

    @property
    def check_specs(self) -> tuple[AssetCheckSpec, ...]:
        """What is known of each check that it evaluates."""
        return self.specs

    @property
    def check_key(self) -> AssetCheckKey:
        """The only check that it evaluates.

        Raises:
            ValueError: It evaluates several.
        """
        if len(self.specs) != 1:
            raise ValueError(f"{self!r} evaluates {len(self.specs)} checks; see `check_keys`")
        return self.specs[0].key

    @property
    def step_name(self) -> str:
        """The name of its step: `ASSET:CHECK`, or the function's name where it evaluates several."""
        if self.arguments.name is None and len(self.specs) == 1:
            return check_step_key(self.specs[0].asset_key, self.specs[0].name)
        return self.arguments.name or getattr(self.fn, "__name__", "unnamed")

    @property
    def subject(self) -> str:
        """What problems call it."""
        return f"check {self.step_name}"

    def with_key_prefix(self, prefix: str | Sequence[str]) -> AssetChecksDefinition:
        """The same function, its checks being of assets below that prefix."""
        specs: list[AssetCheckSpec] = []
        for spec in self.specs:
            changed = object.__new__(AssetCheckSpec)
            changed.__dict__.update(spec.__dict__)
            changed.given_asset = spec.asset_key.with_prefix(prefix)
            specs.append(changed)
        return AssetChecksDefinition(
            self.fn, specs, self.arguments, self.at, is_of_one=self.is_of_one, problems=self.problems
        )

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of the function, sorted by what they receive."""
        return parameters_of(self.fn, self.arguments.ins) if callable(self.fn) else Parameters()


@shows(CheckKeywords)
def asset_check(
    *,
    asset: CoercibleToAssetKey | AssetsDefinition | AssetSpec,
    name: str | None = None,
    description: str | None = None,
    blocking: bool = False,
    additional_ins: Mapping[str, AssetIn] | None = None,
    additional_deps: Iterable[CoercibleToAssetDep] | None = None,
    metadata: RawMetadata | None = None,
    automation_condition: AutomationCondition | None = None,
    partitions_def: PartitionsDefinition | None = None,
    **said: Unpack[CheckKeywords],
) -> Callable[[Callable[..., Any]], AssetChecksDefinition]:
    """Declare that a function tests an asset's data. It runs right after the asset, in the same run, or alone.

    It returns an `AssetCheckResult`. A first parameter called `context` receives the context; one that is called as the
    asset, or the first that is nothing else, receives its value; all others as of `asset`.

    Args:
        asset: The asset: its key, its decorated function or its spec.
        name: Of the check; by default the function's name.
        description: Markdown; by default the docstring.
        blocking: Whether the asset has failed, and what depends on it is skipped in the same run, where the check fails with
            severity ERROR.
        additional_ins: Which other assets parameters read.
        additional_deps: Other assets that must be there before it is evaluated, and are not read.
        metadata: What is known of it.
        automation_condition: When it is evaluated by itself, besides after its asset.
        partitions_def: Those of its asset; None does as well.
        required_resource_keys: Resources that it takes from `context.resources`.
        resource_defs: Resources of its own, by name.
        config_schema: What `context.op_config` holds: a class of configuration, or a dict of names and types.
        retry_policy: Whether and when it is tried again after it has raised something.
        pool: The pool of slots, shared by all runs, that its step takes one from.
        timeout: How long it may take, in seconds, before it is stopped and has failed.
        op_tags: Of the step. `{"dagster/isolation": "process"}` gives it a process of its own.
        compute_kind: Has no meaning here.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> AssetChecksDefinition:
        remember_scope(fn)
        spec = AssetCheckSpec(
            name if name is not None else getattr(fn, "__name__", "unnamed"),
            asset=asset,
            description=description if description is not None else docstring(fn),
            additional_deps=additional_deps,
            blocking=blocking,
            metadata=metadata,
            automation_condition=automation_condition,
            partitions_def=partitions_def,
        )
        spec.at = at
        arguments = _arguments(said, additional_ins)
        return AssetChecksDefinition(fn, [spec], arguments, at, is_of_one=True, problems=_not_callable(fn, at))

    return decorate


@shows(CheckKeywords)
def multi_asset_check(
    *,
    specs: Sequence[AssetCheckSpec],
    name: str | None = None,
    description: str | None = None,
    can_subset: bool = False,
    ins: Mapping[str, AssetIn] | None = None,
    **said: Unpack[CheckKeywords],
) -> Callable[[Callable[..., Any]], AssetChecksDefinition]:
    """Declare that a function evaluates several checks, of one asset or of several, in one step.

    It yields an `AssetCheckResult` for each, which names its asset and check. It reads assets by parameters of their names.

    Args:
        specs: The checks.
        name: Of the step; by default the function's name.
        description: What the step does.
        can_subset: Whether it can evaluate some without the others: it asks `context.selected_asset_check_keys`.
        ins: Which assets parameters read, where their names do not say.
        required_resource_keys: Resources that it takes from `context.resources`.
        resource_defs: Resources of its own, by name.
        config_schema: What `context.op_config` holds.
        retry_policy: Whether and when it is tried again after it has raised something.
        pool: The pool of slots, shared by all runs, that its step takes one from.
        timeout: How long it may take, in seconds.
        op_tags: Of the step.
        compute_kind: Has no meaning here.
    """
    at = caller()
    problems: list[Problem] = []
    if not specs:
        hint = 'give it specs=[AssetCheckSpec("name", asset="key"), …]'
        problems.append(Problem("multi_asset_check evaluates no check", at, hint))

    def decorate(fn: Callable[..., Any]) -> AssetChecksDefinition:
        remember_scope(fn)
        step = name if name is not None else getattr(fn, "__name__", "unnamed")
        arguments = _arguments(said, ins, step, can_subset=can_subset)
        return AssetChecksDefinition(fn, specs, arguments, at, problems=(*problems, *_not_callable(fn, at)))

    return decorate


def _arguments(
    said: CheckKeywords, ins: Mapping[str, AssetIn] | None, name: str | None = None, *, can_subset: bool = False
) -> StepArguments:
    return StepArguments(
        name=name,
        ins=as_asset_ins(ins),
        required_resource_keys=frozenset(said.get("required_resource_keys") or ()),
        resource_defs=said.get("resource_defs") or {},
        config_schema=said.get("config_schema"),
        retry_policy=said.get("retry_policy"),
        pool=said.get("pool"),
        timeout=said.get("timeout"),
        can_subset=can_subset,
        op_tags=said.get("op_tags") or {},
    )


def _not_callable(fn: Any, at: Location) -> list[Problem]:
    if callable(fn):
        return []
    what = f"@asset_check was put on {type(fn).__name__} {fn!r:.60}, which cannot be called"
    return [Problem(what, at, "put it on a function that returns an AssetCheckResult")]
