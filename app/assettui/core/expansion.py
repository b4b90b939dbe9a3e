"""Fanning out: what becomes of the steps of a run once it is known which keys a dynamic output has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.model.project import StepOutput, Wire
    from assettui.model.run import StepPlan


class Expansion(Struct, frozen=True):
    """What becomes of a run's steps once the keys of a dynamic output are known."""

    plan: dict[str, StepPlan]
    """All steps of the run, by key, upstream before downstream."""
    replaced: tuple[str, ...] = ()
    """The steps that gave way, or are otherwise now; empty where nothing hangs on the output."""
    steps: tuple[StepPlan, ...] = ()
    """The steps that are new, or are otherwise now."""


def expand(steps: Mapping[str, StepPlan], made_by: str, keys: Mapping[str, Sequence[str]]) -> Expansion:
    """The steps of a run, once it is known which keys the dynamic outputs of one of them have.

    Each step that is to be copied for one of those outputs gives way to its copies, `clean[a]`, `clean[b]`, …; what
    gathers them waits for all.

    Args:
        steps: By key, upstream before downstream.
        made_by: The step that has ended.
        keys: Name of each dynamic output → its keys, in order. An output that is not named has none.
    """
    copies: dict[str, list[StepPlan]] = {}
    expanded: dict[str, StepPlan] = {}
    for name, step in steps.items():
        if step.fan_out is not None and step.fan_out.step == made_by:
            mapping_keys = keys.get(step.fan_out.output, ())
            copies[name] = [_copy(step, mapping_key, made_by, copies) for mapping_key in mapping_keys]
            expanded.update((copy.key, copy) for copy in copies[name])
        else:
            expanded[name] = _gathering(step, made_by, keys, copies)
    new = tuple(step for name, step in expanded.items() if step is not steps.get(name))
    gone = [name for name in steps if expanded.get(name) is not steps[name]]
    return Expansion(expanded, tuple(gone), new)


def awaited(steps: Iterable[StepPlan]) -> frozenset[str]:
    """The steps whose dynamic outputs others hang on: only their ends can expand a run."""
    return frozenset(
        source.step
        for step in steps
        for source in (step.fan_out, *(wire.collects for wire in step.wires))
        if source is not None
    )


def _copy(step: StepPlan, mapping_key: str, made_by: str, copies: Mapping[str, Sequence[StepPlan]]) -> StepPlan:
    def of_this_branch(source: StepOutput) -> StepOutput:
        if source.step == made_by:
            return replace(source, mapping_key=mapping_key)
        if source.step in copies:
            return replace(source, step=f"{source.step}[{mapping_key}]")
        return source

    return replace(
        step,
        key=f"{step.key}[{mapping_key}]",
        after=tuple(f"{name}[{mapping_key}]" if name in copies else name for name in step.after),
        wires=tuple(replace(wire, sources=tuple(map(of_this_branch, wire.sources))) for wire in step.wires),
        fan_out=None,
        computes=step.computation,
        mapping_key=mapping_key,
    )


def _gathering(
    step: StepPlan, made_by: str, keys: Mapping[str, Sequence[str]], copies: Mapping[str, Sequence[StepPlan]]
) -> StepPlan:
    """A step with what it collects from the copies, now that they are known."""
    if not any(wire.collects is not None and wire.collects.step == made_by for wire in step.wires):
        return step
    wires: list[Wire] = []
    for wire in step.wires:
        if wire.collects is None or wire.collects.step != made_by:
            wires.append(wire)
            continue
        (source,) = wire.sources
        gathered = (
            tuple(replace(source, mapping_key=key) for key in keys.get(source.output, ()))
            if source.step == made_by
            else tuple(replace(source, step=copy.key) for copy in copies.get(source.step, ()))
        )
        wires.append(replace(wire, sources=gathered, collects=None))
    after = dict.fromkeys(
        each for name in step.after for each in ([copy.key for copy in copies[name]] if name in copies else [name])
    )
    return replace(step, wires=tuple(wires), after=tuple(after))
