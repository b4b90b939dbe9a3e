"""Functions that compute assets: the decorators, and what is declared with them.

Decorating checks nothing and raises nothing: all that is wrong with a project is found when it is described, and
told at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct
from msgspec.structs import replace

from assettui.definitions import invocation
from assettui.definitions.asset_outputs import (
    AssetOutput,
    as_asset_ins,
    decorated_spec,
    outputs_of_outs,
)
from assettui.definitions.context import AssetExecutionContext, ContextRun
from assettui.definitions.keywords import AssetKeywords, MakerKeywords, StepKeywords, bare_too, shows
from assettui.definitions.parameters import Parameters, parameters_of, remember_scope
from assettui.definitions.placed import caller, location_of
from assettui.model.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.backfill_policy import BackfillPolicy
    from assettui.definitions.checks import AssetCheckSpec
    from assettui.definitions.hooks import HookDefinition
    from assettui.definitions.inputs import AssetIn
    from assettui.definitions.ops.composition import Composition
    from assettui.definitions.outputs import AssetOut
    from assettui.definitions.retries import RetryPolicy
    from assettui.definitions.spec import AssetSpec, CoercibleToAssetDep
    from assettui.model.keys import AssetKey


class StepArguments(Struct, frozen=True):
    """What the decorator was given that concerns the function rather than what it makes; unchecked."""

    name: str | None = None
    ins: Mapping[str, AssetIn] = {}
    deps: Iterable[CoercibleToAssetDep] = ()
    required_resource_keys: frozenset[str] = frozenset()
    resource_defs: Mapping[str, Any] = {}
    """Resources of its own, which nothing else of the project needs."""
    config_schema: Any = None
    retry_policy: RetryPolicy | None = None
    pool: str | None = None
    timeout: float | None = None
    """How long it may take, in seconds."""
    can_subset: bool = False
    hooks: frozenset[HookDefinition] = frozenset()
    is_observation: bool = False
    """Whether it looks at what something else makes."""
    op_tags: Mapping[str, str] = {}
    backfill_policy: BackfillPolicy | None = None
    check_specs: tuple[AssetCheckSpec, ...] = ()
    """The checks of its assets that it evaluates itself."""


_noting: list[list[AssetsDefinition]] = []


@contextmanager
def noting_definitions() -> Generator[list[AssetsDefinition]]:
    """Notes every asset that is defined meanwhile, also one whose name is then given to another."""
    made: list[AssetsDefinition] = []
    _noting.append(made)
    try:
        yield made
    finally:
        _noting.pop()


def replaced(made: Iterable[AssetsDefinition], kept: Iterable[Any]) -> list[AssetsDefinition]:
    """The assets whose place another function of the same file and key has taken, as a copied `def` does.

    Args:
        made: All that were defined.
        kept: Those that the project holds.
    """
    places = {(each.keys, each.at.file): each for each in kept if isinstance(each, AssetsDefinition)}
    return [
        each
        for each in made
        if places.get((each.keys, each.at.file), each) is not each
        and "<locals>" not in getattr(each, "__qualname__", "")  # a factory may well make what nobody keeps
    ]


class AssetsDefinition:
    """A function that makes assets, with its declaration. Calling it calls the function, as if it were not decorated.

    Args:
        fn: The function.
        outputs: What it makes.
        arguments: What else was said of it.
        at: Where the decorator stands.
        problems: What is already known to be wrong with it.
        composition: The ops that it is made of, where it is a graph of them.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        outputs: Iterable[AssetOutput],
        arguments: StepArguments,
        at: Location,
        problems: Iterable[Problem] = (),
        composition: Composition | None = None,
    ) -> None:
        self.fn = fn
        self.outputs = tuple(outputs)
        self.arguments = arguments
        self.at = at
        self.problems = tuple(problems)
        self.composition = composition
        if callable(fn):
            update_wrapper(self, fn)
            self.at = location_of(fn) or at
        self._keys = frozenset(output.spec.key for output in self.outputs)
        for output in self.outputs:
            if output.spec.at == at:  # made by the decorator itself
                output.spec.at = self.at
        for made in _noting:
            made.append(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself: nothing is stored, nothing is recorded.

        A context may be left out where it is the first parameter; resources and config are given as arguments.
        """

        def context() -> AssetExecutionContext:
            keys = {output.name: output.spec.key for output in self.outputs}
            checks = [spec.key for spec in self.check_specs]
            return AssetExecutionContext(ContextRun("direct"), self.step_name, asset_keys=keys, check_keys=checks)

        return invocation.call(self.fn, self.parameters, args, kwargs, context)

    def __repr__(self) -> str:
        return f"<asset {', '.join(map(str, self.keys))}>"

    @property
    def keys(self) -> frozenset[AssetKey]:
        """The assets that it makes."""
        return self._keys

    @property
    def key(self) -> AssetKey:
        """The only asset that it makes.

        Raises:
            ValueError: It makes several.
        """
        if len(self.outputs) != 1:
            raise ValueError(f"{self!r} makes {len(self.outputs)} assets; see `keys`")
        return self.outputs[0].spec.key

    @property
    def specs(self) -> tuple[AssetSpec, ...]:
        """What is known of each asset that it makes, in the order of its outputs."""
        return tuple(output.spec for output in self.outputs)

    @property
    def check_specs(self) -> tuple[AssetCheckSpec, ...]:
        """The checks of its assets that it evaluates itself."""
        return self.arguments.check_specs

    @property
    def subject(self) -> str:
        """What problems call it."""
        return f"asset {self.step_name}"

    @property
    def partitions_def(self) -> PartitionsDefinition | None:
        """The partitions of what it makes, which are the same for all of it; None where there are none."""
        return self.outputs[0].spec.partitions_def if self.outputs else None

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How many partitions one run of it makes; None where nothing is said."""
        return self.arguments.backfill_policy

    @property
    def can_subset(self) -> bool:
        """Whether it can make some of its assets without the others."""
        return self.arguments.can_subset

    @cached_property
    def step_name(self) -> str:
        """The name of its step: the asset's key, or the function's name where it makes several."""
        if len(self.outputs) == 1 and self.arguments.name is None:
            return str(self.key)
        return self.arguments.name or getattr(self.fn, "__name__", "unnamed")

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of the function, sorted by what they receive."""
        return parameters_of(self.fn, self.arguments.ins) if callable(self.fn) else Parameters()

    def map_asset_specs(self, change: Callable[[AssetSpec], AssetSpec]) -> AssetsDefinition:
        """The same function, with something else said of each asset that it makes."""
        changed = [replace(output, spec=change(output.spec)) for output in self.outputs]
        return AssetsDefinition(self.fn, changed, self.arguments, self.at, self.problems, self.composition)

    def with_hooks(self, hooks: Iterable[HookDefinition]) -> AssetsDefinition:
        """The same function, with these called as well when its step has ended."""
        arguments = replace(self.arguments, hooks=self.arguments.hooks | frozenset(hooks))
        return AssetsDefinition(self.fn, self.outputs, arguments, self.at, self.problems, self.composition)


def step_arguments(said: MakerKeywords, name: str | None = None) -> StepArguments:
    """What a decorator was told of a function.

    Args:
        said: Its keywords.
        name: Of the step, where it is not the asset's.
    """
    given: StepKeywords = {**said}
    return StepArguments(
        name=name,
        ins=as_asset_ins(given.get("ins")),
        deps=given.get("deps") or (),
        required_resource_keys=frozenset(given.get("required_resource_keys") or ()),
        resource_defs=given.get("resource_defs") or {},
        config_schema=given.get("config_schema"),
        retry_policy=given.get("retry_policy"),
        pool=given.get("pool"),
        timeout=given.get("timeout"),
        can_subset=given.get("can_subset", False),
        hooks=frozenset(given.get("hooks") or ()),
        op_tags=given.get("op_tags") or {},
        backfill_policy=given.get("backfill_policy"),
        check_specs=tuple(given.get("check_specs") or ()),
    )


@shows(AssetKeywords)
@bare_too
def asset(
    *,
    out: Mapping[str, AssetOut] | None = None,
    io_manager_key: str | None = None,
    io_manager_def: Any = None,
    dagster_type: Any = None,
    output_required: bool = True,
    **said: Unpack[AssetKeywords],
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Declare that a function computes an asset.

    A first parameter called `context`, or annotated with `AssetExecutionContext`, receives the context; one annotated
    with a class of configuration or of resources receives that; any other the value of the asset of its name, or
    else the resource of its name.

    Args:
        name: The last part of the key; by default the function's name. Letters, digits and `_`.
        key: The whole key, instead of name and prefix.
        key_prefix: The parts before the name.
        deps: Assets that it depends on without reading their values. A key that nothing defines is an external asset.
        ins: For parameters whose name does not say which asset they read.
        out: Several assets, instead of one: each output's name and what is said of it; as `multi_asset(outs=…)`.
        group_name: The group that it is shown in; by default `default`.
        owners: E-mail addresses, or teams written `team:name`.
        tags: Names and values to select by.
        kinds: What it is made with or of, such as `polars` or `parquet`.
        metadata: What is known of it before it is ever materialized.
        description: Markdown; by default the docstring.
        code_version: Changed by the user when the code changes its meaning: what was derived before is then stale. `auto`
            follows the code of the function and of all that it reaches in the project.
        data_version: `content`: the data is identified by what the value is, so that one that comes out as it was before
            leads to nothing more. By default by the code version and what was read.
        io_manager_key: The resource that stores and loads its value; by default `io_manager`, or files in the store.
        io_manager_def: The IO manager itself, instead of a resource.
        dagster_type: The type of its value, where the function has no annotation for it.
        required_resource_keys: Resources that it takes from `context.resources`.
        resource_defs: Resources of its own, by name.
        config_schema: What `context.op_config` holds: a class of configuration, or a dict of names and types.
        retry_policy: Whether and when it is tried again after it has failed.
        pool: The pool of slots, shared by all runs, that its step takes one from.
        timeout: How long its step may take, in seconds, before it is stopped and has failed.
        output_required: Whether the step fails where the function yields nothing; otherwise what reads it is skipped.
        can_subset: With `out`: whether the function can make some of its assets without the others.
        hooks: Called when its step has ended.
        op_tags: Of the step. `{"dagster/isolation": "process"}` gives it a process of its own.
        partitions_def: The partitions of what it makes; None for none.
        backfill_policy: How many partitions one run of a backfill makes; by default one.
        check_specs: Checks of the asset that the function evaluates itself: it yields an `AssetCheckResult` for each.
        freshness_policy: How old its data may be: otherwise it is overdue.
        legacy_freshness_policy: The same, by its older name.
        automation_condition: When it is materialized by itself.
        auto_materialize_policy: The older way to say so.
    """
    at = caller()
    arguments = step_arguments(said)

    def decorate(fn: Callable[..., Any]) -> AssetsDefinition:
        remember_scope(fn)
        if out is not None:
            prefix, partitions_def = said.get("key_prefix"), said.get("partitions_def")
            outputs, problems = outputs_of_outs(out, at, said.get("group_name"), prefix, partitions_def=partitions_def)
            given = replace(arguments, name=said.get("name"))
            return AssetsDefinition(fn, outputs, given, at, (*problems, *not_callable(fn, at)))
        spec = decorated_spec(fn, at, said)
        given, manager_key = arguments, io_manager_key
        if io_manager_def is not None:
            manager_key = f"io_manager of {spec.key}"
            given = replace(arguments, resource_defs={**arguments.resource_defs, manager_key: io_manager_def})
        output = AssetOutput("result", spec, output_required, manager_key, dagster_type)
        return AssetsDefinition(fn, [output], given, at, not_callable(fn, at))

    return decorate


def not_callable(fn: Any, at: Location) -> list[Problem]:
    """The problem that a decorator was put on what is no function."""
    if callable(fn):
        return []
    return [
        Problem(
            f"@asset was put on {type(fn).__name__} {fn!r:.60}, which cannot be called",
            at,
            "put it on a function that computes the asset",
        )
    ]
