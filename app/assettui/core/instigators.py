"""Schedules and sensors as plain values, and what an evaluation of one comes to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.errors import Location
from assettui.core.keys import AssetKey
from assettui.core.metadata import JsonObject, MetadataValue

if TYPE_CHECKING:
    from collections.abc import Mapping

CATCH_UP_LIMIT = 100
"""So many missed ticks of a schedule that catches up with all are made up for, the last ones, where it says nothing."""
MIN_BACKOFF_S, MAX_BACKOFF_S = 5.0, 600.0
"""How long a sensor waits, at least and at most, after its evaluation has failed again and again."""
SENSOR_INTERVAL_S = 30.0
"""How long a sensor waits from one evaluation to the next, where it says nothing."""


class InstigatorKind(StrEnum):
    """What asks for runs by itself."""

    SCHEDULE = "schedule"
    SENSOR = "sensor"


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


class InstigatorSnapshot(Struct, frozen=True):
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

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"name": self.name, "kind": self.kind.value}
        for name in ("selection", "description", "zone_name", "interval_s", "catch_up_limit"):
            value = getattr(self, name)
            if value != getattr(_DEFAULT, name):
                data[name] = value
        for name in ("jobs", "crons", "run_statuses", "watched_jobs"):
            if value := getattr(self, name):
                data[name] = list(value)
        if self.is_on_by_default:
            data["on"] = True
        if self.tags:
            data["tags"] = dict(self.tags)
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        if self.is_plain:
            data["plain"] = True
        if self.config:
            data["config"] = self.config
        if self.catch_up is not CatchUp.LATEST:
            data["catch_up"] = self.catch_up.value
        if self.watching is not Watching.TIME:
            data["watching"] = self.watching.value
        if self.assets:
            data["assets"] = [str(key) for key in self.assets]
        if self.at is not None:
            data["at"] = [self.at.file, self.at.line]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> InstigatorSnapshot:
        """The snapshot that `to_json` wrote."""
        return InstigatorSnapshot(
            name=data["name"],
            kind=InstigatorKind(data["kind"]),
            jobs=tuple(data.get("jobs", ())),
            selection=data.get("selection"),
            is_on_by_default=data.get("on", False),
            description=data.get("description"),
            tags=data.get("tags", {}),
            metadata={name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
            at=Location(*data["at"]) if "at" in data else None,
            crons=tuple(data.get("crons", ())),
            zone_name=data.get("zone_name", "UTC"),
            is_plain=data.get("plain", False),
            config=data.get("config", {}),
            catch_up=CatchUp(data.get("catch_up", CatchUp.LATEST.value)),
            catch_up_limit=data.get("catch_up_limit", CATCH_UP_LIMIT),
            interval_s=data.get("interval_s", 0.0),
            watching=Watching(data.get("watching", Watching.TIME.value)),
            assets=tuple(AssetKey(key) for key in data.get("assets", ())),
            run_statuses=tuple(data.get("run_statuses", ())),
            watched_jobs=tuple(data.get("watched_jobs", ())),
        )


_DEFAULT = InstigatorSnapshot("", InstigatorKind.SCHEDULE)


def backoff_s(interval_s: float, failures: int) -> float:
    """How long a sensor waits after so many evaluations have failed, one after the other: twice as long each time."""
    longer = max(interval_s, MIN_BACKOFF_S) * 2 ** min(max(0, failures - 1), 16)
    return min(longer, max(MAX_BACKOFF_S, interval_s))
