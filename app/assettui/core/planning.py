"""Plans of runs: values that one reader carries out and another explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.check_planning import wanted_checks, with_checks
from assettui.model.errors import LaunchError
from assettui.model.run import RunPlan, StepPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.model.check import AssetCheckKey
    from assettui.model.keys import AssetKey
    from assettui.model.project import JobSnapshot, StepOutput, StepSnapshot, Wire


def plan_run(
    graph: AssetGraph,
    keys: Iterable[AssetKey],
    available: Container[AssetKey] | None = None,
    checks: Collection[AssetCheckKey] | None = None,
) -> RunPlan:
    """The steps that materialize the given assets, each as soon as what it needs from the same run is there.

    External assets among them are left out: nothing here can make them. A step that makes several assets and cannot
    make some without the others adds the others.

    Args:
        graph: The project's graph.
        keys: What is to be materialized.
        available: The assets whose values can be loaded already, or will be by the time; None where it is not known.
        checks: The checks that are to be evaluated, alone where no asset is given; None for all of what is made.

    Raises:
        LaunchError: Nothing is left to materialize, or a step would read a value that is not there.
    """
    chosen = list(keys)
    wanted = {key for key in chosen if not graph.assets[key].is_external}
    if not wanted and not checks:
        raise _nothing_to_materialize(graph, chosen)
    step_of = _parts(graph, _with_neighbours(graph, wanted))
    steps = _plan_steps(graph, step_of)
    found = wanted_checks(graph, step_of, checks)
    planned = in_order(with_checks(graph, steps, found)) if found else tuple(steps.values())
    if available is not None:
        _refuse_missing_inputs(graph, planned, step_of, available)
    return RunPlan(planned)


def plan_observation(
    graph: AssetGraph, keys: Iterable[AssetKey], checks: Collection[AssetCheckKey] | None = None
) -> RunPlan:
    """The steps that look at the given external assets, and check them; those that nothing can look at are left out.

    Raises:
        LaunchError: None of them can be observed.
    """
    step_of = {key: step for key in graph.sort(keys) if (step := _observing_step(graph, key)) is not None}
    if not step_of:
        raise LaunchError(
            "nothing to observe: what was selected has no function that looks at it",
            hint="put @observable_source_asset on one, or materialize what the project computes",
        )
    return RunPlan(in_order(with_checks(graph, _plan_steps(graph, step_of), wanted_checks(graph, step_of, checks))))


def plan_ops(job: JobSnapshot) -> RunPlan:
    # Two jobs may call different ops by one name.
    return RunPlan(tuple(replace(_plan_op(step, {}), computes=f"{job.name}:{step.key}") for step in job.steps))


def _observing_step(graph: AssetGraph, key: AssetKey) -> str | None:
    asset = graph.assets[key]
    return asset.step if asset.is_observable else None


def _nothing_to_materialize(graph: AssetGraph, keys: Sequence[AssetKey]) -> LaunchError:
    observable = next((key for key in keys if graph.assets[key].is_observable), None)
    hint = (
        f"look at it: assettui asset observe {observable}"
        if observable
        else "select an asset that the project computes"
    )
    return LaunchError("nothing to materialize: what was selected is external", hint=hint)


def _with_neighbours(graph: AssetGraph, wanted: set[AssetKey]) -> list[AssetKey]:
    """The wanted assets, with those that their steps make in any case, upstream before downstream."""
    whole = set(wanted)
    for key in wanted:
        step = graph.assets[key].step
        if step is not None and not is_subsettable(graph, step):
            whole.update(graph.steps[step])
        if step is not None and step in graph.step_snapshots:
            for above in _wired(graph, step):
                whole.update(graph.steps.get(above, ()))
    return graph.sort(whole)


def is_subsettable(graph: AssetGraph, step: str) -> bool:
    """Whether a step can make some of its assets without the others."""
    snapshot = graph.step_snapshots.get(step)
    return snapshot is not None and snapshot.can_subset


def _wired(graph: AssetGraph, step: str) -> list[str]:
    """The steps that hand something on to the given one, directly or not, the farthest first."""
    order: dict[str, None] = {}
    pending = [(step, False)]
    while pending:
        name, is_left = pending.pop()
        if is_left:
            order[name] = None
            continue
        snapshot = graph.step_snapshots.get(name)
        if name in order or snapshot is None:
            continue
        pending.append((name, True))
        pending.extend((source.step, False) for source in _sources_of(snapshot))
    order.pop(step, None)
    return list(order)


def _sources_of(step: StepSnapshot | StepPlan) -> list[StepOutput]:
    sources = [source for wire in step.wires for source in wire.sources]
    return [*sources, step.fan_out] if step.fan_out is not None else sources


def _parts(graph: AssetGraph, wanted: Sequence[AssetKey]) -> dict[AssetKey, str]:
    """For each asset the step that makes it.

    A step that can make some of its assets without the others is split where something else must be made between
    them: the second part of `load` is called `load#2`.
    """
    step_of: dict[AssetKey, str] = {}
    part_of: dict[AssetKey, int] = {}
    reached: dict[str, dict[AssetKey, int]] = {}
    for name in {step for key in wanted if (step := graph.assets[key].step) is not None}:
        if len(graph.steps[name]) > 1 and is_subsettable(graph, name):
            reached[name] = {}
    for key in wanted:
        name = graph.assets[key].step or ""
        for split, highest in reached.items():
            through = [highest[above] for above in graph.upstream[key] if above in highest]
            if split != name:
                if through:
                    highest[key] = max(through)
                continue
            inside = [
                part_of[above] for above in graph.upstream[key] if above in part_of and graph.assets[above].step == name
            ]
            outside = [
                highest[above] + 1
                for above in graph.upstream[key]
                if above in highest and graph.assets[above].step != name
            ]
            part_of[key] = highest[key] = max([1, *inside, *outside])
        step_of[key] = name if part_of.get(key, 1) == 1 else f"{name}#{part_of[key]}"
    return step_of


def _plan_steps(graph: AssetGraph, step_of: Mapping[AssetKey, str]) -> dict[str, StepPlan]:
    """The steps by key, each behind those that it waits for."""
    assets_of: dict[str, list[AssetKey]] = {}
    for key, name in step_of.items():
        assets_of.setdefault(name, []).append(key)
    steps: dict[str, StepPlan] = {}
    for name, keys in assets_of.items():
        computation = graph.assets[keys[0]].step or name
        for above in _wired(graph, computation):
            if above not in steps and above not in assets_of:
                steps[above] = replace(_plan_op(graph.step_snapshots[above], step_of), serves=keys[0])
        steps[name] = _plan_step(graph, name, computation, keys, step_of)
    return {step.key: step for step in in_order(steps)}


def in_order(steps: Mapping[str, StepPlan]) -> tuple[StepPlan, ...]:
    """The steps, each behind those that it waits for."""
    order: dict[str, StepPlan] = {}
    for root in steps:
        pending = [(root, False)]
        while pending:
            name, is_left = pending.pop()
            if is_left:
                order[name] = steps[name]
            elif name not in order:
                pending.append((name, True))
                pending.extend((above, False) for above in reversed(steps[name].after) if above not in order)
    return tuple(order.values())


def _plan_op(step: StepSnapshot, step_of: Mapping[AssetKey, str]) -> StepPlan:
    upstream = dict.fromkeys([*step.upstream, *(each.key for each in step.inputs)])
    after = dict.fromkeys(
        [*(step_of[key] for key in upstream if key in step_of), *(source.step for source in _sources_of(step))]
    )
    return StepPlan(
        key=step.key,
        after=tuple(after),
        inputs=step.inputs,
        upstream=tuple(upstream),
        wires=step.wires,
        fan_out=step.fan_out,
        pool=step.pool,
        timeout_s=step.timeout_s,
    )


def _plan_step(
    graph: AssetGraph, name: str, computation: str, assets: Sequence[AssetKey], step_of: Mapping[AssetKey, str]
) -> StepPlan:
    snapshot = graph.step_snapshots.get(computation)
    upstream = dict.fromkeys(above for key in assets for above in graph.upstream[key])
    after = dict.fromkeys(step_of[above] for above in upstream if above in step_of and step_of[above] != name)
    inputs = dict.fromkeys(each for key in assets for each in graph.assets[key].inputs)
    # The function takes what its other assets are made from too, as far as this run does not make it.
    others = (each for key in graph.steps[computation] for each in graph.assets[key].inputs)
    inputs.update(dict.fromkeys(each for each in others if each.key not in step_of))
    wires: tuple[Wire, ...] = ()
    if snapshot is not None:
        wires = snapshot.wires
        after.update(dict.fromkeys(source.step for source in _sources_of(snapshot)))
        if snapshot.is_op:
            inputs = dict.fromkeys(snapshot.inputs)
    return StepPlan(
        key=name,
        assets=tuple(assets),
        after=tuple(after),
        inputs=tuple(inputs),
        upstream=tuple(upstream),
        code_versions={key: version for key in assets if (version := graph.assets[key].code_version) is not None},
        wires=wires,
        fan_out=snapshot.fan_out if snapshot else None,
        computes=None if computation == name else computation,
        pool=snapshot.pool if snapshot is not None and snapshot.is_op else graph.assets[assets[0]].pool,
        timeout_s=snapshot.timeout_s if snapshot is not None and snapshot.is_op else graph.assets[assets[0]].timeout_s,
    )


def _refuse_missing_inputs(
    graph: AssetGraph, steps: Iterable[StepPlan], step_of: Mapping[AssetKey, str], available: Container[AssetKey]
) -> None:
    readers = [(str(key), graph.assets[key].inputs) for key in step_of]
    readers += [(step.key, step.inputs) for step in steps if step.checks and not step.assets]
    for key, inputs in readers:
        for each in inputs:
            asset = graph.assets[each.key]
            if each.key in step_of or each.key in available or asset.io_manager is not None:
                continue  # what an IO manager of the user's loads may be there without our knowing
            if asset.partitions is not None:
                continue  # which of them are needed depends on the partitions of the run
            if asset.is_external:
                raise LaunchError(
                    f"{key} reads {each.key}, which is external: nothing here has stored its value",
                    hint="take it in deps instead, and read its data in the function",
                )
            raise LaunchError(
                f"{key} reads {each.key}, which was never materialized",
                hint=f"build it with what lies upstream: assettui materialize +{each.key}"
                if ":" in key
                else f"build it with what lies upstream: assettui materialize +{key}",
            )


def _left_out(key: AssetKey, step: str) -> str:
    """Why a step is skipped that needs what another was free to leave out."""
    return f"{key} was left out by its function" if str(key) == step else f"{key} was left out by {step}"


def reason_to_skip(
    step: StepPlan, above: str, outputs: tuple[str, ...] | None, assets: tuple[AssetKey, ...]
) -> str | None:
    """Why a step cannot run without what another has left out; None where it can.

    Args:
        step: The step.
        above: The other one.
        outputs: What that one has left out; None for all.
        assets: The assets of those outputs.
    """
    for key in assets:
        if key in step.upstream:
            return _left_out(key, above) if outputs is not None else f"{above} was skipped"
    for wire in step.wires:
        for source in wire.sources:
            if not wire.is_list and source.step == above and (outputs is None or source.output in outputs):
                return f"{above} was skipped" if outputs is None else f"{above} gave no {source.output!r}"
    is_gathered = any(wire.is_list and source.step == above for wire in step.wires for source in wire.sources)
    return f"{above} was skipped" if outputs is None and not is_gathered else None
