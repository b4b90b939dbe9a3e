"""Ticks: what an evaluation of a schedule or a sensor comes to. The record of a tick is an event: `events.Tick`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.events import AssetEvent, FailedItem, LogLine, PartitionKeysRequest, TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.run import RunRequest, StepError

if TYPE_CHECKING:
    from assettui.model.instigator import InstigatorSnapshot

NAME_TAG = {
    InstigatorKind.SCHEDULE: "dagster/schedule_name",
    InstigatorKind.SENSOR: "dagster/sensor_name",
    InstigatorKind.AUTOMATION: "dagster/sensor_name",
}
"""Tags of the runs that schedules and sensors ask for, by the names that Dagster documents."""
RUN_KEY_TAG = "dagster/run_key"
ATTEMPTS = 3
"""A run, or a file, by which a sensor fails is tried so often, then set aside: it must not stop all the others."""
MAX_REQUESTS = 10_000
"""So many runs one evaluation may ask for."""


class ConditionResult(Struct, frozen=True, array_like=True, omit_defaults=True):
    """What an automation condition of the user's own has come to."""

    entity: str
    """The asset or check whose condition it is part of."""
    number: int
    """Which part of that."""
    bits: str = "0"
    """The partitions of which it is true, as bits, in hexadecimal."""
    error: StepError | None = None
    """Why it could not be evaluated."""


class Evaluation(Struct, frozen=True, omit_defaults=True):
    """What an evaluation comes to."""

    runs: tuple[RunRequest, ...] = ()
    skip_reason: str | None = None
    cursor: str | None = None
    """What the sensor is to remember; None where it stays as it was."""
    keys: tuple[PartitionKeysRequest, ...] = ()
    reports: tuple[AssetEvent, ...] = ()
    """What happened to assets elsewhere, as the sensor says."""
    log: tuple[LogLine, ...] = ()
    error: StepError | None = None
    """Why it failed: then nothing else of it counts but the log."""
    failed: tuple[FailedItem, ...] = ()
    """Runs, or files, by which its function failed: the rest of it counts, and these are tried again, each by itself."""
    tried: tuple[str, ...] = ()
    """Those of before that were tried again."""
    conditions: tuple[ConditionResult, ...] = ()
    """Of automation: what the conditions of the user's own have come to."""

    @property
    def does_something(self) -> bool:
        """Whether it asks for runs or partitions, or reports what was made elsewhere."""
        return self.error is None and bool(self.runs or self.keys or self.reports)

    @property
    def outcome(self) -> TickOutcome:
        """How its tick ends, if nothing that it asks for is refused."""
        if self.error is not None or self.failed:
            return TickOutcome.FAILURE
        return TickOutcome.SUCCESS if self.does_something else TickOutcome.SKIPPED


class InstigatorState(Struct, frozen=True):
    """What is known of a schedule or a sensor now."""

    name: str
    is_on: bool = False
    is_manual: bool = False
    """Whether somebody has decided that, rather than the project's code."""
    since_us: int = 0
    """When it was last turned on or off, or first seen; microseconds since the epoch, UTC."""
    turned: int = 0
    """The event by which it was."""
    cursor: str | None = None
    scheduled_us: int | None = None
    """Of a schedule: the last time that was ticked for."""
    failures: int = 0
    """So many of the last ticks have failed, one after the other."""
    items: tuple[FailedItem, ...] = ()
    """Runs, or files, by which it has failed, and which are to be tried again, or set aside after so many attempts."""

    @property
    def set_aside(self) -> tuple[FailedItem, ...]:
        """Those that are no longer tried by themselves."""
        return tuple(each for each in self.items if each.attempts >= ATTEMPTS)

    def is_on_by(self, snapshot: InstigatorSnapshot) -> bool:
        """Whether it is on: as somebody has decided, or else as the project says."""
        return self.is_on if self.is_manual else snapshot.is_on_by_default
