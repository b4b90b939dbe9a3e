"""What any process may ask the leader for: each is taken once, in order.

A run that is asked for is no intent of its own: it is recorded as queued, and so it is there whatever dies next.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from assettui.model.backfill import BackfillCommand
from assettui.model.instigator import InstigatorKind


class CancelRun(Struct, frozen=True, tag_field="kind", tag="cancel"):
    """A run is to stop."""

    run_id: str
    id: int = 0


class ReloadProject(Struct, frozen=True, tag_field="kind", tag="reload"):
    """The project is to be imported anew."""

    id: int = 0


class CommandBackfill(Struct, frozen=True, tag_field="kind", tag="backfill"):
    """A backfill is to pause, go on, stop, or try again what has failed."""

    backfill_id: str
    command: BackfillCommand
    id: int = 0


class EvaluateInstigator(Struct, frozen=True, tag_field="kind", tag="tick"):
    """A schedule or sensor is to be evaluated now."""

    instigator: str
    instigator_kind: InstigatorKind
    scheduled_us: int
    """The time that it is to be evaluated for; microseconds since the epoch, UTC."""
    id: int = 0


Intent: TypeAlias = CancelRun | ReloadProject | CommandBackfill | EvaluateInstigator
