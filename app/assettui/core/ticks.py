"""Ticks: what an evaluation of a schedule or a sensor comes to, and the record of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.instigators import InstigatorKind
from assettui.core.keys import AssetKey
from assettui.core.records import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.instigators import InstigatorSnapshot
    from assettui.core.metadata import JsonObject

NAME_TAG = {InstigatorKind.SCHEDULE: "dagster/schedule_name", InstigatorKind.SENSOR: "dagster/sensor_name"}
"""Tags of the runs that schedules and sensors ask for, by the names that Dagster documents."""
RUN_KEY_TAG = "dagster/run_key"
MAX_REQUESTS = 10_000
"""So many runs one evaluation may ask for."""


class TickOutcome(StrEnum):
    """How a tick ended."""

    SUCCESS = "success"
    """It asked for runs, changed dynamic partitions, or reported what happened to assets."""
    SKIPPED = "skipped"
    """It asked for nothing."""
    FAILURE = "failure"


class RunAsked(Struct, frozen=True):
    """A run that a schedule or sensor asks for."""

    run_key: str | None = None
    """A run of the same key is asked for once, for ever."""
    job: str | None = None
    assets: tuple[AssetKey, ...] | None = None
    """Which of the job's assets; None for all."""
    config: JsonObject = {}
    tags: Mapping[str, str] = {}
    partition: str | None = None

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {}
        for name in ("run_key", "job", "partition"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.assets is not None:
            data["assets"] = [str(key) for key in self.assets]
        if self.config:
            data["config"] = self.config
        if self.tags:
            data["tags"] = dict(self.tags)
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> RunAsked:
        """The request that `to_json` wrote."""
        return RunAsked(
            run_key=data.get("run_key"),
            job=data.get("job"),
            assets=tuple(AssetKey(key) for key in data["assets"]) if "assets" in data else None,
            config=data.get("config", {}),
            tags=data.get("tags", {}),
            partition=data.get("partition"),
        )


class PartitionKeysRequest(Struct, frozen=True):
    """Keys of dynamic partitions that a sensor wants to be added or removed."""

    name: str
    """Of the definition."""
    keys: tuple[str, ...]
    are_added: bool = True


class AssetReport(Struct, frozen=True):
    """What a sensor reports of an asset: that it was made or looked at elsewhere."""

    key: AssetKey
    is_materialization: bool
    payload: JsonObject
    partition: str | None = None


class LogLine(Struct, frozen=True):
    """What was logged during an evaluation."""

    level: str
    message: str


class Evaluation(Struct, frozen=True):
    """What an evaluation comes to."""

    runs: tuple[RunAsked, ...] = ()
    skip_reason: str | None = None
    cursor: str | None = None
    """What the sensor is to remember; None where it stays as it was."""
    keys: tuple[PartitionKeysRequest, ...] = ()
    seen: tuple[AssetReport, ...] = ()
    log: tuple[LogLine, ...] = ()
    error: StepError | None = None
    """Why it failed: then nothing else of it counts but the log."""

    @property
    def does_something(self) -> bool:
        """Whether it asks for runs or partitions, or reports what was made elsewhere."""
        return self.error is None and bool(self.runs or self.keys or self.seen)

    @property
    def outcome(self) -> TickOutcome:
        """How its tick ends, if nothing that it asks for is refused."""
        if self.error is not None:
            return TickOutcome.FAILURE
        return TickOutcome.SUCCESS if self.runs or self.keys or self.seen else TickOutcome.SKIPPED

    def to_json(self) -> JsonObject:
        """Compact: what is empty is left out."""
        data: dict[str, Any] = {}
        if self.runs:
            data["runs"] = [each.to_json() for each in self.runs]
        for name in ("skip_reason", "cursor"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.keys:
            data["keys"] = [[each.name, list(each.keys), each.are_added] for each in self.keys]
        if self.seen:
            data["seen"] = [
                [str(each.key), each.is_materialization, each.payload, each.partition] for each in self.seen
            ]
        if self.log:
            data["log"] = [[line.level, line.message] for line in self.log]
        if self.error is not None:
            data["error"] = self.error.to_json()
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_json` wrote."""
        return Evaluation(
            runs=tuple(RunAsked.from_json(each) for each in data.get("runs", ())),
            skip_reason=data.get("skip_reason"),
            cursor=data.get("cursor"),
            keys=tuple(
                PartitionKeysRequest(name, tuple(keys), are_added) for name, keys, are_added in data.get("keys", ())
            ),
            seen=tuple(
                AssetReport(AssetKey(key), store_exists, payload, partition)
                for key, store_exists, payload, partition in data.get("seen", ())
            ),
            log=tuple(LogLine(level, message) for level, message in data.get("log", ())),
            error=StepError.from_json(data["error"]) if "error" in data else None,
        )


class TickRecord(Struct, frozen=True):
    """One tick."""

    tick_id: int
    instigator: str
    kind: InstigatorKind
    outcome: TickOutcome
    scheduled_us: int
    """The time that it was for: when it was due, or what somebody said."""
    started_us: int
    ended_us: int
    due_us: int | None = None
    """Of a tick of a schedule that came by itself: the same time. There is one such tick for each."""
    runs: tuple[tuple[str, str | None], ...] = ()
    """The runs that it asked for, as far as they are new, with their run keys."""
    known_run_keys: tuple[str, ...] = ()
    """Run keys that it asked for, and that had been asked for before."""
    skip_reason: str | None = None
    cursor_before: str | None = None
    """Of a sensor: what it remembered."""
    cursor_after: str | None = None
    """What it remembers since, where that is something else; an empty text for nothing."""
    keys: tuple[PartitionKeysRequest, ...] = ()
    """The dynamic partitions that it added or removed."""
    log: tuple[LogLine, ...] = ()
    error: StepError | None = None
    missed: int = 0
    """So many ticks before it were missed, and are not made up for."""
    intent: int | None = None
    """The intent of whoever asked for it; None where it came by itself."""

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs that it asked for, as far as they are new."""
        return tuple(run_id for run_id, _ in self.runs)

    @property
    def is_manual(self) -> bool:
        """Whether somebody asked for it."""
        return self.intent is not None

    def payload(self) -> JsonObject:
        """The payload of the event that records it."""
        data: dict[str, Any] = {
            "instigator": self.instigator,
            "kind": self.kind.value,
            "scheduled": self.scheduled_us,
            "started": self.started_us,
        }
        if self.runs:
            data["runs"] = [[run_id, key] if key is not None else [run_id] for run_id, key in self.runs]
        if self.known_run_keys:
            data["known"] = list(self.known_run_keys)
        for name in ("due_us", "skip_reason", "cursor_before", "cursor_after"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.intent is not None:
            data["asked"] = self.intent
        if self.keys:
            data["keys"] = [[each.name, list(each.keys), each.are_added] for each in self.keys]
        if self.log:
            data["log"] = [[line.level, line.message] for line in self.log]
        if self.error is not None:
            data["error"] = self.error.to_json()
        if self.missed:
            data["missed"] = self.missed
        return data

    @staticmethod
    def from_payload(tick_id: int, outcome: TickOutcome, ended_us: int, data: Mapping[str, Any]) -> TickRecord:
        """The tick that `payload` wrote."""
        return TickRecord(
            tick_id=tick_id,
            instigator=data["instigator"],
            kind=InstigatorKind(data["kind"]),
            outcome=outcome,
            scheduled_us=data["scheduled"],
            started_us=data["started"],
            ended_us=ended_us,
            due_us=data.get("due_us"),
            runs=tuple((run[0], run[1] if len(run) > 1 else None) for run in data.get("runs", ())),
            known_run_keys=tuple(data.get("known", ())),
            skip_reason=data.get("skip_reason"),
            cursor_before=data.get("cursor_before"),
            cursor_after=data.get("cursor_after"),
            keys=tuple(
                PartitionKeysRequest(name, tuple(keys), are_added) for name, keys, are_added in data.get("keys", ())
            ),
            log=tuple(LogLine(level, message) for level, message in data.get("log", ())),
            error=StepError.from_json(data["error"]) if "error" in data else None,
            missed=data.get("missed", 0),
            intent=data.get("asked"),
        )


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

    def is_on_by(self, snapshot: InstigatorSnapshot) -> bool:
        """Whether it is on: as somebody has decided, or else as the project says."""
        return self.is_on if self.is_manual else snapshot.is_on_by_default
