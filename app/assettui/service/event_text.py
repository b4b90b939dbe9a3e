"""What an event says, in words: the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.events import (
    LogEntry,
    Materialization,
    Observation,
    RunChanged,
    RunExpanded,
    RunQueued,
    StepEnded,
    StepRetried,
)
from assettui.model.metadata import config_lines
from assettui.model.run import StepError
from assettui.model.text import plural

if TYPE_CHECKING:
    from assettui.model.events import Event


class EventText(Struct, frozen=True):
    """The words of an event. Text from outside, not yet cleaned."""

    text: str
    """May be of several lines, where the user's log message is."""
    level: str | None = None
    """Of a log record: `DEBUG` to `CRITICAL`."""
    traceback: str | None = None


def event_text(event: Event) -> EventText:
    """The words of an event."""
    words = event.kind.value.replace("_", " ")
    if event.asset_key is not None and str(event.asset_key) != event.step_key:
        words = f"{words} {event.asset_key}"
    if event.partition is not None:
        words = f"{words} {event.partition}"
    match event:
        case LogEntry():
            logger = f"{event.logger}: " if event.logger else ""
            return EventText(f"{logger}{event.message}", event.level, event.traceback)
        case Materialization(rows=int(rows)):
            return EventText(f"{words}: {plural(rows, 'row')}")
        case Observation(data_version=str(version)):
            return EventText(f"{words}: data version {version}")
        case RunQueued():
            words = f"{words}: job {event.plan.job}" if event.plan.job else words
            return EventText("\n".join([words, *(f"config {line}" for line in config_lines(event.plan.config))]))
        case RunExpanded():
            return EventText(f"{words}: {plural(len(event.steps), 'step')}")
        case StepRetried(error=StepError() as error):
            return EventText(f"{words} {event.retry}: {error.message}", traceback=error.traceback)
        case StepEnded(error=StepError() as error):
            return EventText(f"{words}: {error.message}", traceback=error.traceback)
        case RunChanged(error=str(error)):
            return EventText(f"{words}: {error}")
        case _:
            return EventText(words)
