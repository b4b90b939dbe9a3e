"""Running once more what has failed: all of a run, or only what did not succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.planning import in_order
from assettui.model.errors import LaunchError
from assettui.model.run import RunPlan, StepPlan, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.model.events import RunExpanded


# Tags, by the names that Dagster documents.
MAX_RETRIES_TAG = "dagster/max_retries"
"""How many times a run is tried again by itself after it has failed."""
RETRY_STRATEGY_TAG = "dagster/retry_strategy"
"""`FROM_FAILURE`, the default, or `ALL_STEPS`."""
RETRY_NUMBER_TAG = "dagster/retry_number"
"""Which of those a run is, counted from 1."""
PARENT_RUN_TAG = "dagster/parent_run_id"
"""The run that it tries again."""
ROOT_RUN_TAG = "dagster/root_run_id"
"""The first of all of them."""
MAX_RUNTIME_TAG = "dagster/max_runtime"
"""How long a run may take, in seconds."""
MAX_RUNTIME_S = 1e9
"""More than that, thirty years, is no bound."""
ALL_STEPS = "ALL_STEPS"


def retry_of(
    run_id: str, plan: RunPlan, statuses: Mapping[str, StepStatus], *, from_failure: bool, number: int | None = None
) -> RunPlan:
    """The plan of a run that tries another one again.

    What the steps that succeeded have stored, or have passed on, is used again where it starts from the failure. A step
    that was skipped since another left out what it needs stays so.

    Args:
        run_id: The run.
        plan: What it did.
        statuses: How each of its steps ended.
        from_failure: Whether only what did not succeed is run.
        number: Which retry by itself this is, counted from 1; None where somebody has asked for it.

    Raises:
        LaunchError: Nothing of it has failed.
    """
    steps = plan.steps
    if from_failure:
        wanted = _unsuccessful(steps, statuses)
        if not wanted:
            raise LaunchError(f"nothing of run {run_id[:8]} has failed", hint="without --from-failure all of it is run")
        steps = tuple(
            replace(step, after=tuple(above for above in step.after if above in wanted))
            for step in steps
            if step.key in wanted
        )
    tags = {name: value for name, value in plan.tags.items() if name != RETRY_NUMBER_TAG}
    tags[PARENT_RUN_TAG] = run_id
    tags.setdefault(ROOT_RUN_TAG, run_id)
    if number is not None:
        tags[RETRY_NUMBER_TAG] = str(number)
    return replace(plan, steps=steps, tags=tags)


def _unsuccessful(steps: Iterable[StepPlan], statuses: Mapping[str, StepStatus]) -> set[str]:
    """The steps that did not succeed, but for those that are skipped whatever is run again."""
    wanted: set[str] = set()
    for step in steps:
        match statuses.get(step.key, StepStatus.PENDING):
            case StepStatus.SUCCESS:
                continue
            case StepStatus.SKIPPED:
                if any(above in wanted for above in step.after):
                    wanted.add(step.key)
            case _:
                wanted.add(step.key)
    return wanted


def expanded(plan: RunPlan, expansions: Iterable[RunExpanded]) -> RunPlan:
    """A plan with the copies of steps in their place that its dynamic outputs have brought.

    Args:
        plan: As it was asked for.
        expansions: What they brought, in order.
    """
    steps = {step.key: step for step in plan.steps}
    for expansion in expansions:
        for name in expansion.replaced:
            steps.pop(name, None)
        steps.update((step.key, step) for step in expansion.steps)
    return replace(plan, steps=in_order(steps))


def retries_of(tags: Mapping[str, str], default: int) -> int:
    """How many times a run with these tags is tried again by itself."""
    return _number(tags.get(MAX_RETRIES_TAG), default)


def retry_number_of(tags: Mapping[str, str]) -> int:
    """Which retry by itself a run with these tags is; 0 for none."""
    return _number(tags.get(RETRY_NUMBER_TAG), 0)


def max_runtime_of(tags: Mapping[str, str], default: float | None) -> float | None:
    """How long a run with these tags may take, in seconds; None for any time."""
    try:
        said = float(tags[MAX_RUNTIME_TAG])
    except (KeyError, ValueError):
        return default
    return said if 0 < said <= MAX_RUNTIME_S else default


MAX_DIGITS = 10
"""A number in a tag that has more says nothing."""


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text is not None and len(text) < MAX_DIGITS else default
    except ValueError:
        return default
