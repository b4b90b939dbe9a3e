"""What becomes of a step in which something was raised: how it is told, and whether it is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.definitions.resources import ResourceFailed
from assettui.definitions.results import Failure
from assettui.definitions.retries import RetryRequested
from assettui.model.errors import AssettuiError, ProgramFailed, StoreError, ValueStorageError
from assettui.model.metadata import as_metadata
from assettui.model.run import StepStatus
from assettui.model.step import StepOutcome
from assettui.model.timing import SECOND_US
from assettui.worker.errors import Canceled, step_error
from assettui.worker.value_types import WrongType

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
    if isinstance(error, WrongType):
        told = replace(told, metadata=error.metadata)
    elif isinstance(error, Failure):
        try:
            told = replace(told, metadata=as_metadata(error.metadata))
        except TypeError as wrong:
            told = replace(told, message=f"{told.message} (its metadata cannot be kept: {wrong})")
    if status is StepStatus.CANCELED:
        return StepOutcome(status, asset_events, told, exception=error)
    after_us = _retry_after_us(error, retries, policy)
    return StepOutcome(status, asset_events, told, after_us, is_final=_is_final(error), exception=error)


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
    return None if _is_final(error) else retry_after_us(retries, policy)


def _is_final(error: BaseException) -> bool:
    """Whether the same would happen again: a person has to mend the definitions, the configuration or the environment."""
    match error:
        case Failure():
            return not error.allow_retries
        case RetryRequested():
            return False
        case ResourceFailed() | ValueStorageError():  # by what the user's own code or a disk did
            return error.__cause__ is None or _is_final(error.__cause__)
        case StoreError() | ProgramFailed():
            return False
        case AssettuiError():
            return True
        case _:
            return not isinstance(error, Exception)
