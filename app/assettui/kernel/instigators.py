"""What the engine knows of schedules and sensors, and what it decides of a tick: values, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.instigator import InstigatorKind, InstigatorSnapshot
    from assettui.model.keys import AssetKey
    from assettui.model.tick import Evaluation

EVALUATION_TIMEOUT_US = 60 * SECOND_US
"""How long a function of a schedule or sensor may take, where the settings say nothing."""


class Instigator(Struct, frozen=True):
    """A schedule or a sensor, as the engine knows it."""

    snapshot: InstigatorSnapshot
    is_on: bool = False
    since_us: int = 0
    """When it was last turned on or off."""
    scheduled_us: int | None = None
    """Of a schedule: the last time that it was ticked for."""
    recent: tuple[int, ...] = ()
    """Of a schedule: the last times that it was ticked for."""
    failures: int = 0
    next_us: int | None = None
    """When it is due; None where it is off, or waits for something to happen."""
    backlog: tuple[int, ...] = ()
    """Of a schedule with a function: the times that it has yet to be ticked for, besides the one that is on its way."""
    is_busy: bool = False
    """Whether an evaluation of it waits for a worker, or goes on."""
    is_woken: bool = False
    """Of a sensor that watches: whether something has happened since its last evaluation began."""
    dry_us: int = 0
    """Of a sensor that watches: how much it has done of late, as `pacing` counts it."""


class Evaluating(Struct, frozen=True):
    """An evaluation that waits for a worker, or goes on in one."""

    name: str
    scheduled_us: int
    """When it was due."""
    due_us: int | None = None
    """Of a tick of a schedule that came by itself: the same; it is what the tick is known by."""
    missed: int = 0
    intent: int | None = None
    """The intent of whoever asked for it; None where it came by itself."""
    started_us: int = 0
    deadline_us: int = 0


class TickDecided(Struct, frozen=True):
    """A tick that is to be recorded."""

    name: str
    kind: InstigatorKind
    evaluation: Evaluation
    scheduled_us: int
    due_us: int | None
    started_us: int
    ended_us: int
    missed: int = 0
    intent: int | None = None


class Ticking(Struct, frozen=True):
    """What the engine knows of schedules and sensors."""

    is_on: bool = False
    """Whether this leader evaluates them by itself; one that only carries out a command does not."""
    instigators: Mapping[str, Instigator] = {}
    waiting: tuple[Evaluating, ...] = ()
    """Evaluations that wait for a worker."""
    next_us: int | None = None
    """When the next one is due."""
    last_us: int = 0
    """The time of the last decision."""
    watched_assets: frozenset[AssetKey] = frozenset()
    watched_statuses: frozenset[str] = frozenset()
    timeout_us: int = EVALUATION_TIMEOUT_US
