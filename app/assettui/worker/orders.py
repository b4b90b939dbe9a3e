"""What a worker is told: to run a step, or to evaluate a schedule or sensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from assettui.definitions.event_cursor import Position, positions_of
from assettui.definitions.event_records import AssetEventRecord, RunEventRecord
from assettui.model.keys import AssetKey
from assettui.model.step import StepRequest

if TYPE_CHECKING:
    from assettui.model.instigator import InstigatorSnapshot


class EvaluationRequest(Struct, frozen=True, omit_defaults=True):
    """All that an evaluation needs."""

    name: str
    """Of the schedule or sensor."""
    scheduled_us: int
    """When it was due; microseconds since the epoch, UTC."""
    store: str = ""
    """Where the store is, for functions that ask it."""
    cursor: str | None = None
    last_ended_us: int | None = None
    """When its last evaluation ended."""
    last_run_key: str | None = None
    since_us: int | None = None
    """When it was last turned on."""
    is_first: bool = False
    """Whether this is the first evaluation since."""
    asset_events: tuple[AssetEventRecord, ...] = ()
    run_events: tuple[RunEventRecord, ...] = ()
    again: Mapping[str, int] = {}
    """Runs, or files, that have failed before and are to be tried again: how often each was."""
    is_of_conditions: bool = False
    """Whether the automation conditions of the user's own are to be evaluated, rather than a schedule or sensor."""
    dynamic: Mapping[str, Mapping[str, int]] = {}
    """For these: the keys of dynamic partitions."""


class RunStep(Struct, frozen=True, tag_field="do", tag="run"):
    """Run a step."""

    request: StepRequest


class Evaluate(Struct, frozen=True, tag_field="do", tag="evaluate"):
    """Evaluate a schedule or sensor."""

    request: EvaluationRequest


ToWorker: TypeAlias = RunStep | Evaluate


def number_of(cursor: str | None) -> int:
    """The last event that a sensor has seen, by what it remembers; 0 for none."""
    return int(cursor) if cursor and cursor.isascii() and cursor.isdigit() else 0


def positions(snapshot: InstigatorSnapshot, cursor: str | None) -> dict[AssetKey, Position]:
    """How far a sensor has come with each asset, by what it remembers: one number, or what `event_cursor` writes."""
    said = positions_of(cursor)
    return {key: said.get(str(key), Position(number_of(cursor))) for key in snapshot.assets}
