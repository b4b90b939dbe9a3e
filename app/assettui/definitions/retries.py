"""Whether and when a failed step is tried again."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from assettui.model.arguments import Checked, checks_arguments


class Backoff(StrEnum):
    """How the delay grows from one retry to the next."""

    LINEAR = "linear"
    """delay × retry number"""
    EXPONENTIAL = "exponential"
    """delay × (2 ^ retry number - 1), the retry number counted from 1"""


class Jitter(StrEnum):
    """How chance enters the delay."""

    FULL = "full"
    """Between 0 and the delay."""
    PLUS_MINUS = "plus_minus"
    """Up to the base delay more or less."""


class RetryPolicy(Struct, frozen=True, metaclass=Checked):
    """How often a failed step is tried again, and how long is waited before it.

    The formulas are those that Dagster documents for the classes of these names.
    """

    max_retries: int = 1
    """How many times after the first attempt; at least 1."""
    delay: float | None = None
    """Seconds to wait before a retry; None waits not at all."""
    backoff: Backoff | None = None
    jitter: Jitter | None = None

    def calculate_delay(self, attempt_num: int, chance: float = 0.5) -> float:
        """Seconds to wait before a retry.

        Args:
            attempt_num: Which retry, counted from 1.
            chance: A random number from 0 up to 1, which only jitter makes use of.
        """
        base = self.delay or 0.0
        match self.backoff:
            case Backoff.LINEAR:
                delay = base * attempt_num
            case Backoff.EXPONENTIAL:
                delay = base * (2**attempt_num - 1)
            case _:
                delay = base
        match self.jitter:
            case Jitter.FULL:
                delay *= chance
            case Jitter.PLUS_MINUS:
                delay += (2 * chance - 1) * base
            case _:
                pass
        return max(0.0, delay)


class RetryRequested(Exception):
    """Raised in a step to have it tried again, whatever went wrong; `raise RetryRequested(…) from error` tells why.

    Args:
        max_retries: How many times in all; when they are used up, the step has failed.
        seconds_to_wait: How long to wait before the retry.
    """

    @checks_arguments
    def __init__(self, max_retries: int = 1, seconds_to_wait: float | None = None) -> None:
        super().__init__("a retry was requested")
        self.max_retries = max_retries
        self.seconds_to_wait = seconds_to_wait
