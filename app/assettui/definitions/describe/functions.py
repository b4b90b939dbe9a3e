"""The functions of a project that make assets, described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.definitions import attributes
from assettui.definitions.binding import bind_asset, check_resources, declared_input
from assettui.definitions.computation import Computation
from assettui.definitions.describe.assets import describe_output
from assettui.definitions.describe.ops import add_op, flattened
from assettui.definitions.describe.values import check_managers, declared_by_op, declared_value
from assettui.definitions.inputs import MAY_LACK, wants
from assettui.model.keys import AssetKey, closest
from assettui.model.project import InputSnapshot, StepSnapshot

if TYPE_CHECKING:
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.asset_outputs import AssetOutput
    from assettui.definitions.describe.draft import Draft
    from assettui.definitions.ops.composition import Composition
    from assettui.model.check import CheckSnapshot


def describe_function(draft: Draft, definition: AssetsDefinition) -> None:
    """A function that makes assets: its step, and each asset that it makes."""
    draft.problems.found.extend(definition.problems)
    step = definition.step_name
    if any(draft.declared[key].definition is not definition for key in definition.keys):
        return  # another one makes the same asset, which has been told
    if step in draft.computations:
        draft.problems.wrong(
            f"two functions make a step called {step!r}", definition.at, "give one of them another name"
        )
        return
    subject = f"asset {step}"
    needed = definition.arguments.required_resource_keys
    check_resources(subject, definition.at, sorted(needed), draft.resources, draft.problems)
    draft.check_hooks(subject, definition.arguments.hooks, definition.at)
    if definition.composition is not None:
        _describe_graph(draft, definition, definition.composition)
        return
    bound = bind_asset(definition, draft.known_asset, draft.declared, draft.resources, draft.problems)
    if bound is None:
        return
    # An input of type `Nothing` is not read: its asset is only depended on.
    inputs = {
        name: _input_snapshot(draft, definition, name, each.key)
        for name, each in bound.inputs.items()
        if declared_input(definition, name).is_passed
    }
    outputs = {output.name: declared_value(draft, definition, output) for output in definition.outputs}
    parameters = definition.parameters
    draft.computations[step] = Computation(
        key=step,
        fn=definition.fn,
        context=parameters.context,
        inputs={name: declared_input(definition, name) for name in inputs},
        optional=parameters.optional,
        resources=bound.resources,
        config=bound.config,
        config_schema=definition.arguments.config_schema,
        outputs=outputs,
        required_resources=needed,
        retry_policy=definition.arguments.retry_policy,
        hooks=definition.arguments.hooks,
        is_observation=definition.arguments.is_observation,
        can_subset=definition.can_subset,
        isolation=draft.checked_isolation(subject, definition.arguments.op_tags, definition.at),
        checks=_checks(draft, definition, step),
    )
    check_managers(draft, step, definition.at)
    if definition.can_subset:
        draft.steps[step] = StepSnapshot(step, can_subset=True)
    for output in definition.outputs:
        describe_output(draft, definition, output, step, output.name, tuple(inputs.values()))


def _checks(draft: Draft, definition: AssetsDefinition, step: str) -> tuple[CheckSnapshot, ...]:
    if not definition.check_specs:
        return ()
    from assettui.definitions.describe.checks import describe_own_specs  # deferred: many projects have none

    return describe_own_specs(draft, definition, step)


def _describe_graph(draft: Draft, definition: AssetsDefinition, composition: Composition) -> None:
    """A graph of ops behind assets: a step for each op; each asset is what one of them gives."""
    inputs: dict[str, InputSnapshot] = {}
    for name in composition.inputs:
        found = _graph_input(draft, definition, name)
        if found is not None:
            inputs[name] = _input_snapshot(draft, definition, name, found)
    flat = flattened(draft, composition, f"{definition.step_name}.", {n: i.key for n, i in inputs.items()}, definition)
    if flat is None:
        return
    deps = attributes.dep_keys(
        f"asset {definition.step_name}", definition.arguments.deps, definition.at, draft.problems
    )
    outputs = {output.name: output for output in definition.outputs}
    made_by: dict[str, dict[str, AssetOutput]] = {}
    for name, source in flat.outputs.items():
        if name in outputs and source.output in made_by.get(source.step, {}):
            draft.problems.wrong(
                f"asset {outputs[name].spec.key}: its graph returns {source} for two outputs",
                definition.at,
                "have an op of its own make each of them",
            )
        elif name in outputs:
            made_by.setdefault(source.step, {})[source.output] = outputs[name]
    for name, output in outputs.items():
        if name not in flat.outputs:
            draft.problems.wrong(
                f"asset {output.spec.key}: its graph returns nothing for the output {name!r}",
                definition.at,
                "return what its last op gives",
            )
    for flat_op in flat.ops:
        step = replace(flat_op.step, upstream=() if flat_op.step.wires else tuple(deps))
        draft.steps[step.key] = step
        assets = made_by.get(step.key, {})
        declared = {name: declared_by_op(draft, definition, out, flat_op, name) for name, out in assets.items()}
        add_op(draft, flat_op, declared)
        for name, output in assets.items():
            describe_output(draft, definition, output, step.key, name, tuple(inputs.values()))


def _input_snapshot(draft: Draft, definition: AssetsDefinition, name: str, key: AssetKey) -> InputSnapshot:
    spec = draft.declared[key].spec if key in draft.declared else None
    said = declared_input(definition, name).metadata
    return InputSnapshot(name, key, wants(MAY_LACK, said, spec.metadata if spec is not None else {}))


def _graph_input(draft: Draft, definition: AssetsDefinition, name: str) -> AssetKey | None:
    asset_in = definition.arguments.ins.get(name)
    key = asset_in.key_for(name) if asset_in is not None else None
    key = key or draft.known_asset(definition, name) or AssetKey((name,))
    if key in draft.declared:
        return key
    near = closest(str(key), [str(known) for known in draft.declared if known not in definition.keys])
    draft.problems.wrong(
        f"asset {definition.step_name} reads {str(key)!r}, which nothing defines",
        definition.at,
        f"did you mean {near!r}?" if near else "define it",
    )
    return None
