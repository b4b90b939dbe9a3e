"""Schedules and sensors as plain values, and what an evaluation of one comes to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from assettui.model.errors import Location
from assettui.model.keys import AssetKey
from assettui.model.metadata import JsonObject, MetadataValue

CATCH_UP_LIMIT = 100
"""So many missed ticks of a schedule that catches up with all are made up for, the last ones, where it says nothing."""
MIN_BACKOFF_S, MAX_BACKOFF_S = 5.0, 600.0
"""How long a sensor waits, at least and at most, after its evaluation has failed again and again."""
SENSOR_INTERVAL_S = 30.0
"""How long a sensor waits from one evaluation to the next, where it says nothing."""


DEFAULT_AUTOMATION = "default_automation_condition_sensor"
"""What evaluates the conditions that no other one does, by the name that Dagster documents."""


class InstigatorKind(StrEnum):
    """What asks for runs by itself."""

    SCHEDULE = "schedule"
    SENSOR = "sensor"
    AUTOMATION = "automation"
    """The automation conditions of assets and checks."""


class CatchUp(StrEnum):
    """What becomes of the ticks of a schedule that were missed while nothing ran."""

    LATEST = "latest"
    """The last one is made up for."""
    ALL = "all"
    """Each is, in order."""
    NONE = "none"
    """None is."""


class Watching(StrEnum):
    """What wakes a sensor."""

    TIME = "time"
    """Its interval."""
    ASSETS = "assets"
    """Whatever is materialized of certain assets."""
    RUNS = "runs"
    """Runs that come to a certain status."""


class InstigatorSnapshot(Struct, frozen=True, omit_defaults=True):
    """A schedule or a sensor as the project defines it."""

    name: str
    kind: InstigatorKind
    jobs: tuple[str, ...] = ()
    """The jobs that it may ask for; the first is meant where a request names none."""
    selection: str | None = None
    """The assets that it asks for, in the syntax of selections, where it is for no job."""
    is_on_by_default: bool = False
    description: str | None = None
    tags: Mapping[str, str] = {}
    """Given to each of its runs."""
    metadata: Mapping[str, MetadataValue] = {}
    at: Location | None = None
    # Of a schedule.
    crons: tuple[str, ...] = ()
    zone_name: str = "UTC"
    is_plain: bool = False
    """Whether each tick asks for the same run, so that no user code need be asked."""
    config: JsonObject = {}
    """Of a plain one: what its runs are configured with."""
    catch_up: CatchUp = CatchUp.LATEST
    catch_up_limit: int = CATCH_UP_LIMIT
    # Of a sensor.
    interval_s: float = 0.0
    """How long it waits from one evaluation to the next, in seconds."""
    watching: Watching = Watching.TIME
    assets: tuple[AssetKey, ...] = ()
    """Those that it watches."""
    run_statuses: tuple[str, ...] = ()
    """Of a sensor that watches runs: the statuses that wake it."""
    watched_jobs: tuple[str, ...] = ()
    """Of a sensor that watches runs: the jobs whose runs; empty for all."""


MIN_INTERVAL_S = 1.0
"""A sensor that only time wakes is looked at no more often, whatever it says."""


def backoff_s(interval_s: float, failures: int) -> float:
    """How long a sensor waits after so many evaluations have failed, one after the other: twice as long each time."""
    longer = max(interval_s, MIN_BACKOFF_S) * 2 ** min(max(0, failures - 1), 16)
    return min(longer, max(MAX_BACKOFF_S, interval_s))
