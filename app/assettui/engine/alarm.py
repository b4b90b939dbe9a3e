"""The alarm that wakes the engine. APScheduler waits; what is due, and what was missed, the engine decides itself.

The only module that imports APScheduler, which has no types.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Alarm(Protocol):
    """Wakes the engine at a time that it names."""

    def wake_at(self, time_us: int) -> None:
        """Call `ring` at that time (microseconds since the epoch, UTC), or at once where it has passed.

        Of several times, each may be rung at; a ring too many does no harm.
        """
        ...

    def close(self) -> None:
        """Ring no more."""
        ...


class SchedulerAlarm:
    """An alarm with APScheduler behind it, which is started when it is first needed.

    Args:
        ring: Called from a thread of the scheduler.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._scheduler: Any = None

    def wake_at(self, time_us: int) -> None:
        if self._scheduler is None:
            import logging  # deferred, as the scheduler: 75 ms, which a run that nothing is timed for need not pay

            from apscheduler.schedulers.background import (  # pyright: ignore[reportMissingTypeStubs]
                BackgroundScheduler,
            )

            # What falls due while it is closed would else be told on the terminal, with a traceback.
            logging.getLogger("apscheduler").addHandler(logging.NullHandler())
            # By default a wake-up that is a second late would be dropped.
            self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
            self._scheduler.start()
        at = datetime.fromtimestamp(time_us / 1_000_000, UTC)
        self._scheduler.add_job(self._ring, "date", run_date=at, id=str(time_us), replace_existing=True)

    def close(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
