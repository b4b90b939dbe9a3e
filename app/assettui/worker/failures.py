"""What becomes of a step in which something was raised: how it is told, and whether it is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.definitions.results import Failure
from assettui.definitions.retries import RetryRequested
from assettui.model.metadata import as_metadata
from assettui.model.run import StepStatus
from assettui.model.step import StepOutcome
from assettui.model.timing import SECOND_US
from assettui.worker.errors import Canceled, step_error
from assettui.worker.results import BadResult

if TYPE_CHECKING:
    from assettui.definitions.retries import RetryPolicy
    from assettui.model.events import AssetEvent


def failed_outcome(
    error: BaseException, asset_events: tuple[AssetEvent, ...], retries: int, policy: RetryPolicy | None
) -> StepOutcome:
    """The outcome of a step.

    Args:
        error: What was raised.
        asset_events: What it had made before, and not told yet: that is kept.
        retries: How many times it was tried before.
        policy: Its own, or that of its job.
    """
    status = StepStatus.CANCELED if isinstance(error, Canceled) else StepStatus.FAILURE
    told = step_error(error)
    if isinstance(error, Failure):
        try:
            told = replace(told, metadata=as_metadata(error.metadata))
        except TypeError as wrong:
            told = replace(told, message=f"{told.message} (its metadata cannot be kept: {wrong})")
    after_us = _retry_after_us(error, retries, policy) if status is StepStatus.FAILURE else None
    return StepOutcome(status, asset_events, told, after_us, exception=error)


def retry_after_us(retries: int, policy: RetryPolicy | None) -> int | None:
    """How long its policy has a failed step wait before it is tried again; None where it is not to be.

    Args:
        retries: How many times it was tried before.
        policy: Its own, or that of its job.
    """
    if policy is None or retries >= policy.max_retries:
        return None
    import random  # deferred: most steps are not tried again

    return int(policy.calculate_delay(retries + 1, random.random()) * SECOND_US)


def _retry_after_us(error: BaseException, retries: int, policy: RetryPolicy | None) -> int | None:
    """How long to wait before the step is tried again; None where it is not to be."""
    if isinstance(error, RetryRequested):
        return int((error.seconds_to_wait or 0) * SECOND_US) if retries < error.max_retries else None
    is_final = isinstance(error, BadResult) or not isinstance(error, Exception)
    if isinstance(error, Failure) and not error.allow_retries:
        is_final = True
    return None if is_final else retry_after_us(retries, policy)
