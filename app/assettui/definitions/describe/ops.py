"""Ops put together, into steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.definitions.binding import bind_op, check_resources, declared_op_inputs, value_type
from assettui.definitions.computation import Computation, ValueDeclaration
from assettui.definitions.describe.values import check_managers
from assettui.definitions.job import JobDefinition
from assettui.definitions.ops.composition import Composition, CompositionError, Flat, FlatOp, flatten_composition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.describe.draft import Draft
    from assettui.model.keys import AssetKey


def flattened(
    draft: Draft,
    composition: Composition,
    prefix: str,
    assets: Mapping[str, AssetKey],
    subject: AssetsDefinition | JobDefinition,
) -> Flat | None:
    """The ops of a graph or job, each with a key of its own; None where it is put together wrongly."""
    hooks = subject.hooks if isinstance(subject, JobDefinition) else subject.arguments.hooks
    try:
        return flatten_composition(composition, prefix, assets, hooks)
    except CompositionError as error:
        draft.problems.wrong(error.what, subject.at, error.hint)
        return None


def add_op(draft: Draft, flat_op: FlatOp, assets: Mapping[str, ValueDeclaration], key: str | None = None) -> None:
    """An op, as the computation of a step; `key` where the step is called otherwise in the project than in its job."""
    op, node = flat_op.op, flat_op.node
    draft.checked_timeout(f"op {op.name}", op.timeout, op.at)
    bound = bind_op(op, draft.resources, draft.problems)
    check_resources(f"op {op.name}", op.at, sorted(op.required_resource_keys), draft.resources, draft.problems)
    draft.check_hooks(f"op {op.name}", flat_op.hooks, op.at)
    outputs = {
        out.name: assets.get(out.name)
        or ValueDeclaration(
            out.name,
            None,
            out.is_required,
            out.is_dynamic,
            out.io_manager_key,
            value_type(out.annotation),
            metadata=out.metadata or {},
        )
        for out in op.outputs.values()
    }
    declared = declared_op_inputs(op)
    unbound = {*bound.resources, *([bound.config[0]] if bound.config else [])}
    step = key or flat_op.step.key
    draft.computations[step] = Computation(
        key=step,
        fn=op.fn,
        context=op.parameters.context,
        inputs={name: each for name, each in declared.items() if name not in unbound},
        optional=op.parameters.optional,
        resources=bound.resources,
        config=bound.config,
        config_schema=op.config_schema,
        outputs=outputs,
        required_resources=op.required_resource_keys,
        retry_policy=node.retry_policy or op.retry_policy,
        hooks=flat_op.hooks,
        is_op=True,
        isolation=draft.checked_isolation(f"op {op.name}", op.tags, op.at),
    )
    check_managers(draft, step, op.at)
