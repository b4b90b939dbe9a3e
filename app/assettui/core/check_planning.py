"""The part of planning a run that concerns checks: which are evaluated, by which steps, and what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.model.errors import LaunchError
from assettui.model.run import StepPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from assettui.core.graph import AssetGraph
    from assettui.model.check import AssetCheckKey, CheckSnapshot
    from assettui.model.keys import AssetKey


def wanted_checks(
    graph: AssetGraph, made: Iterable[AssetKey], chosen: Collection[AssetCheckKey] | None
) -> list[CheckSnapshot]:
    """The checks of a run: those that were asked for, or else all of the assets that it makes or looks at.

    A function that evaluates several of them takes its others along, unless it can do without.

    Args:
        graph: The project's graph.
        made: What the run makes, or looks at.
        chosen: The checks that were asked for; None where nothing was said of them.

    Raises:
        LaunchError: One that was asked for is evaluated by the function of an asset that the run does not make.
    """
    assets = set(made)
    if chosen is None:
        return [check for key in assets for check in graph.checks_of.get(key, ())] if graph.checks else []
    found = [graph.checks[key] for key in chosen]
    for check in found:
        if check.step in graph.steps and check.asset_key not in assets:
            raise LaunchError(
                f"the check {check.key} is evaluated by the function of its asset, and not without it",
                hint=f"materialize {check.asset_key}",
            )
    return found


def with_checks(
    graph: AssetGraph, steps: Mapping[str, StepPlan], checks: Iterable[CheckSnapshot]
) -> dict[str, StepPlan]:
    """The steps of a run with those that evaluate checks: each as soon as the asset is there that it is of.

    What depends on an asset waits, in the same run, for the blocking checks of it.

    Args:
        graph: The project's graph.
        steps: The steps that make assets, or look at them.
        checks: Those that are wanted.
    """
    step_of = {key: step.key for step in steps.values() for key in step.assets}
    found = dict(steps)
    alone: dict[str, list[CheckSnapshot]] = {}
    for check in checks:
        if check.step in graph.steps:
            maker = found[step_of[check.asset_key]]
            found[maker.key] = replace(maker, checks=(*maker.checks, check.key))
        else:
            alone.setdefault(check.step, []).append(check)
    holding: dict[AssetKey, list[str]] = {}
    for name, together in alone.items():
        planned = _plan_check(graph, name, together, step_of)
        found[name] = planned
        for check in together:
            if check.is_blocking:
                holding.setdefault(check.asset_key, []).append(name)
    for step in steps.values():
        held = dict.fromkeys(name for key in step.upstream for name in holding.get(key, ()))
        if held:
            found[step.key] = replace(found[step.key], after=tuple(dict.fromkeys((*step.after, *held))))
    return found


def _plan_check(
    graph: AssetGraph, name: str, chosen: Iterable[CheckSnapshot], step_of: Mapping[AssetKey, str]
) -> StepPlan:
    snapshot = graph.step_snapshots[name]
    keys = [check.key for check in chosen]
    if not snapshot.can_subset:
        keys = [check.key for check in graph.checks.values() if check.step == name]
    upstream = dict.fromkeys(
        [*(key.asset_key for key in keys), *snapshot.upstream, *(each.key for each in snapshot.inputs)]
    )
    return StepPlan(
        key=name,
        after=tuple(dict.fromkeys(step_of[key] for key in upstream if key in step_of)),
        inputs=snapshot.inputs,
        upstream=tuple(upstream),
        serves=None if all(graph.checks[key].is_of_whole for key in keys) else keys[0].asset_key,
        pool=snapshot.pool,
        timeout_s=snapshot.timeout_s,
        checks=tuple(keys),
    )
