"""Checks, described: those with a function of their own, and those that the functions of assets evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.definitions import attributes
from assettui.definitions.binding import bind_asset, check_resources, declared_input
from assettui.definitions.checks import AssetChecksDefinition, AssetCheckSpec
from assettui.definitions.computation import Computation
from assettui.definitions.inputs import MAY_LACK, wants
from assettui.model.check import AssetCheckKey, CheckSnapshot
from assettui.model.keys import NAME, AssetKey, closest
from assettui.model.project import InputSnapshot, StepSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.describe.draft import Draft


def describe_checks(draft: Draft) -> None:
    """The checks that have functions of their own, once all assets are known."""
    for given in draft.definitions.asset_checks:
        if not isinstance(given, AssetChecksDefinition):
            draft.problems.wrong(
                f"{given!r:.80} is not a check", None, "put @asset_check on the function, and list the result"
            )
            continue
        draft.problems.found.extend(given.problems)
        try:
            subject = given.subject
        except (TypeError, ValueError):  # told with its spec
            subject = f"check {given.specs[0].name}"
        with draft.problems.telling(subject, given.at):
            _describe_function(draft, given, subject)


def describe_specs(draft: Draft, specs: Iterable[AssetCheckSpec], step: str) -> tuple[CheckSnapshot, ...]:
    """Checks that a step evaluates, as far as nothing is wrong with them."""
    found: list[CheckSnapshot] = []
    for spec in specs:
        checked = _describe_spec(draft, spec, step)
        if checked is not None:
            found.append(checked)
            draft.checks[checked.key] = checked
    return tuple(found)


def describe_own_specs(draft: Draft, definition: AssetsDefinition, step: str) -> tuple[CheckSnapshot, ...]:
    """The checks that the function of assets evaluates itself."""
    for spec in definition.check_specs:
        if not isinstance(spec, AssetCheckSpec):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            draft.problems.wrong(
                f"asset {definition.step_name}: {spec!r:.60} among its check_specs is no AssetCheckSpec",
                definition.at,
                'write AssetCheckSpec("name", asset="key")',
            )
            return ()
    found = describe_specs(draft, definition.check_specs, step)
    for check in found:
        if check.asset_key not in definition.keys:
            draft.problems.wrong(
                f"check {check.key} is to be evaluated by {step}, which does not make {check.asset_key}",
                check.at,
                "give it to the function that makes the asset, or a function of its own: @asset_check",
            )
    return found


def _describe_spec(draft: Draft, spec: AssetCheckSpec, step: str) -> CheckSnapshot | None:
    problems, at = draft.problems, spec.at
    try:
        key = AssetCheckKey(spec.asset_key, spec.name)
    except (TypeError, ValueError) as error:
        problems.wrong(f"check {spec.name}: its asset: {error}", at, "name the asset by its key or its function")
        return None
    subject = f"check {key}"
    if not NAME.fullmatch(spec.name):
        problems.wrong(f"{spec.name!r} is not a check name", at, "use letters, digits and _")
        return None
    if key.asset_key not in draft.declared:
        near = closest(str(key.asset_key), map(str, draft.declared))
        hint = f"did you mean {near!r}?" if near else "see `assettui asset ls`"
        problems.wrong(f"{subject} is of the asset {key.asset_key}, which nothing defines", at, hint)
        return None
    other = draft.checks.get(key)
    if other is not None:
        problems.wrong(f"the check {key} is defined twice, here and at {other.at}", at, "rename one")
        return None
    partitions = draft.declared[key.asset_key].spec.partitions_def
    if spec.partitions_def is not None and spec.partitions_def != partitions:
        problems.wrong(
            f"{subject} has partitions, {spec.partitions_def.summary}, that are not those of its asset",
            at,
            "leave partitions_def out: a check has the partitions of its asset",
        )
    return CheckSnapshot(
        key,
        step,
        spec.blocking,
        spec.description,
        attributes.metadata_of(subject, spec.metadata, at, problems),
        spec.automation_condition,
        spec.is_of_whole,
        at,
    )


def _describe_function(draft: Draft, definition: AssetChecksDefinition, subject: str) -> None:
    problems, arguments = draft.problems, definition.arguments
    known = dict(draft.checks)
    checks = describe_specs(draft, definition.specs, "")
    draft.checks = known
    if len(checks) != len(definition.specs) or not checks:
        return
    step = definition.step_name
    if step in draft.computations:
        problems.wrong(f"two functions make a step called {step!r}", definition.at, "give one of them another name")
        return
    check_resources(subject, definition.at, sorted(arguments.required_resource_keys), draft.resources, problems)
    bound = bind_asset(definition, draft.known_asset_of_check, draft.declared, draft.resources, problems)
    if bound is None:
        return
    deps = [
        key
        for spec in definition.specs
        for key in attributes.dep_keys(subject, spec.additional_deps, spec.at, problems)
    ]
    for key in deps:
        if key not in draft.declared:
            near = closest(str(key), map(str, draft.declared))
            hint = f"did you mean {near!r}?" if near else "see `assettui asset ls`"
            problems.wrong(f"{subject} depends on {key}, which nothing defines", definition.at, hint)
    inputs = {
        name: InputSnapshot(name, each.key, wants(MAY_LACK, declared_input(definition, name).metadata))
        for name, each in bound.inputs.items()
        if declared_input(definition, name).is_passed
    }
    draft.computations[step] = Computation(
        key=step,
        fn=definition.fn,
        context=definition.parameters.context,
        inputs={name: declared_input(definition, name) for name in inputs},
        optional=definition.parameters.optional,
        resources=bound.resources,
        config=bound.config,
        config_schema=arguments.config_schema,
        required_resources=arguments.required_resource_keys,
        retry_policy=arguments.retry_policy,
        can_subset=arguments.can_subset,
        isolation=draft.checked_isolation(subject, arguments.op_tags, definition.at),
        checks=describe_specs(draft, definition.specs, step),
    )
    mappings = {
        key: mapping
        for name, asset_in in arguments.ins.items()
        if (mapping := getattr(asset_in, "partition_mapping", None)) is not None
        and (key := bound.inputs[name].key if name in bound.inputs else None) is not None
    }
    for spec in definition.specs:
        mappings.update(attributes.dep_mappings(spec.additional_deps))
    draft.steps[step] = StepSnapshot(
        step,
        inputs=tuple(inputs.values()),
        upstream=tuple(dict.fromkeys(deps)),
        can_subset=arguments.can_subset,
        pool=arguments.pool,
        timeout_s=draft.checked_timeout(subject, arguments.timeout, definition.at),
        mappings=mappings,
    )


def refuse_unblockable(draft: Draft) -> None:
    """Refuse blocking checks that need what they would hold up."""
    downstream: dict[AssetKey, list[AssetKey]] = {}
    for key, asset in draft.snapshots.items():
        for above in asset.upstream:
            downstream.setdefault(above, []).append(key)
    for check in draft.checks.values():
        step = draft.steps.get(check.step)
        if not check.is_blocking or step is None or check.step in {each.step for each in draft.snapshots.values()}:
            continue
        needed = {*step.upstream, *(each.key for each in step.inputs)} - {check.asset_key}
        below, frontier = set[AssetKey](), [check.asset_key]
        while frontier:
            for key in downstream.get(frontier.pop(), ()):
                if key not in below:
                    below.add(key)
                    frontier.append(key)
        for key in sorted(needed & below, key=str):
            draft.problems.wrong(
                f"the blocking check {check.key} needs {key}, which depends on {check.asset_key} and so waits for the check",
                check.at,
                "leave blocking out, or check without it",
            )
