"""When each step of a run waited, ran and was tried again, and which steps made the run as long as it was. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.model.run import StepRecord


class StepSpan(Struct, frozen=True):
    """One step; all times are microseconds since the epoch, UTC."""

    step_key: str
    ready_us: int | None
    """Since when nothing but a free worker was missing; None of one that is not ready yet."""
    tries: tuple[tuple[int, int], ...] = ()
    """When it ran: from when to when, the last one until now where it still does."""
    is_critical: bool = False
    """Whether the run would have ended sooner, had it been quicker."""


def step_spans(
    steps: Sequence[StepRecord],
    after: Mapping[str, Sequence[str]],
    failed_us: Mapping[str, Sequence[tuple[int, int]]],
    began_us: int,
    now_us: int,
) -> dict[str, StepSpan]:
    """Of each step, when it waited and ran.

    Args:
        steps: As they are now, upstream before downstream.
        after: Which steps each of them waits for.
        failed_us: The tries of each step that failed and were followed by another: when they began, when they ended.
        began_us: When the run began.
        now_us: Now.
    """
    ended = {step.step_key: step.ended_us for step in steps}
    critical = critical_path(steps, after, now_us)
    found: dict[str, StepSpan] = {}
    for step in steps:
        waited_for = [ended.get(key) for key in after.get(step.step_key, ())]
        ready = None if None in waited_for else max([began_us, *(each for each in waited_for if each is not None)])
        tries = list(failed_us.get(step.step_key, ()))
        if step.started_us is not None and (not tries or step.started_us > tries[-1][0]):
            tries.append((step.started_us, step.ended_us or now_us))
        found[step.step_key] = StepSpan(step.step_key, ready, tuple(tries), step.step_key in critical)
    return found


def critical_path(steps: Sequence[StepRecord], after: Mapping[str, Sequence[str]], now_us: int) -> set[str]:
    """From the step that ended last back: of those that each waited for, the one that kept it waiting the longest."""
    end = {step.step_key: step.ended_us or now_us for step in steps if step.started_us is not None}
    if not end:
        return set()
    path: set[str] = set()
    at: str | None = max(end, key=lambda key: end[key])
    while at is not None and at not in path:
        path.add(at)
        at = _latest(after.get(at, ()), end)
    return path


def _latest(keys: Iterable[str], end: Mapping[str, int]) -> str | None:
    return max((key for key in keys if key in end), key=lambda key: end[key], default=None)
