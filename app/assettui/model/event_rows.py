"""Events as the store keeps them: the word for what happened, its columns, and the rest as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.model import codec
from assettui.model.backfill import BackfillStatus
from assettui.model.check import CheckOutcome
from assettui.model.events import (
    BackfillChanged,
    BackfillQueued,
    CheckEvaluation,
    CursorSet,
    DataProfiled,
    DriftExpected,
    Event,
    FreshnessChanged,
    InstigatorTurned,
    LimitSet,
    LogEntry,
    Materialization,
    Observation,
    RunChanged,
    RunExpanded,
    RunQueued,
    StepEnded,
    StepRetried,
    StepStarted,
    Tick,
    TickOutcome,
    Wiped,
)
from assettui.model.run import RunStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: dict[str, tuple[type[Event], str | None]] = {
    **{
        cast("str", each.__struct_config__.tag): (each, None)
        for each in (
            RunQueued,
            RunExpanded,
            StepStarted,
            StepRetried,
            BackfillQueued,
            CursorSet,
            LimitSet,
            Materialization,
            Observation,
            Wiped,
            FreshnessChanged,
            DataProfiled,
            DriftExpected,
            LogEntry,
        )
    },
    **{f"run_{each.value}": (RunChanged, "status") for each in RunStatus if each is not RunStatus.QUEUED},
    **{f"step_{each.value}": (StepEnded, "status") for each in StepStatus if each.is_over},
    **{f"backfill_{each.value}": (BackfillChanged, "status") for each in BackfillStatus if each != "queued"},
    **{f"instigator_{each}": (InstigatorTurned, "status") for each in ("on", "off")},
    **{f"tick_{each.value}": (Tick, "outcome") for each in TickOutcome},
    **{f"check_{each.value}": (CheckEvaluation, "outcome") for each in CheckOutcome if each != "errored"},
}
"""The word for each kind of event → its class, and the field that its last part is, where it is one."""


def event_text(event: Event) -> str | None:
    """What the columns of the store do not hold, as the JSON that it keeps; None where there is nothing more."""
    data = event.payload
    return codec.encode_text(data) if data else None


def kept(event: Event) -> Event:
    """The event in a form that can be kept, whatever texts it holds; the same where it is in one.

    Raises:
        ValueError: It has none.
    """
    if codec.is_plain(event):
        return event
    return codec.decode(codec.encode_plain(event), type(event))


def event_of(kind: str, columns: Mapping[str, Any], text: str | None) -> Event:
    """The event that the store has.

    Args:
        kind: The word for what happened.
        columns: The fields of `Event` that it has.
        text: What `event_text` gave.

    Raises:
        ValueError: It is none.
    """
    event_type, coded = _TYPES[kind]
    data: dict[str, Any] = codec.decode(text, dict[str, Any]) if text else {}
    data.update(columns)
    if coded is not None:
        data[coded] = kind.partition("_")[2]
    return codec.from_builtins(data, event_type)
