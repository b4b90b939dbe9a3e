"""What an event says, in words and in lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model import events
from assettui.model.metadata import config_lines
from assettui.model.run import StepError
from assettui.model.text import plural
from assettui.model.timing import local
from assettui.render.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.render.table import Cell

if TYPE_CHECKING:
    from assettui.model.events import Event


_LEVEL_COLORS = {"DEBUG": GREY, "WARNING": YELLOW, "ERROR": RED, "CRITICAL": RED}
_KIND_COLORS = {
    events.EventKind.STEP_FAILURE: RED,
    events.EventKind.RUN_FAILURE: RED,
    events.EventKind.STEP_SUCCESS: GREEN,
    events.EventKind.RUN_SUCCESS: GREEN,
    events.EventKind.MATERIALIZED: BLUE,
    events.EventKind.CHECK_PASSED: GREEN,
    events.EventKind.CHECK_WARNED: YELLOW,
    events.EventKind.CHECK_FAILED: RED,
    events.EventKind.STEP_SKIPPED: YELLOW,
    events.EventKind.STEP_RETRY: YELLOW,
}
_INDENT = " " * 10


class EventText(Struct, frozen=True):
    """The words of an event. Text from outside, not yet cleaned."""

    text: str
    """May be of several lines, where the user's log message is."""
    level: str | None = None
    """Of a log record: `DEBUG` to `CRITICAL`."""
    traceback: str | None = None


def event_text(event: Event) -> EventText:
    words = event.kind.value.replace("_", " ")
    if event.asset_key is not None and str(event.asset_key) != event.step_key:
        words = f"{words} {event.asset_key}"
    if event.partition is not None:
        words = f"{words} {event.partition}"
    match event:
        case events.CheckEvaluation():
            said = f": {event.description}" if event.description else ""
            partition = f" for {event.partition}" if event.partition is not None else ""
            return EventText(f"check {event.check_key}{partition} {event.outcome.value}{said}")
        case events.LogEntry():
            logger = f"{event.logger}: " if event.logger else ""
            return EventText(f"{logger}{event.message}", event.level, event.traceback)
        case events.Materialization(rows=int(rows)):
            return EventText(f"{words}: {plural(rows, 'row')}")
        case events.Observation(data_version=str(version)):
            return EventText(f"{words}: data version {version}")
        case events.RunQueued():
            words = f"{words}: job {event.plan.job}" if event.plan.job else words
            return EventText("\n".join([words, *(f"config {line}" for line in config_lines(event.plan.config))]))
        case events.RunExpanded():
            return EventText(f"{words}: {plural(len(event.steps), 'step')}")
        case events.StepRetried(error=StepError() as error):
            return EventText(f"{words} {event.retry}: {error.message}", traceback=error.traceback)
        case events.StepEnded(error=StepError() as error):
            return EventText(f"{words}: {error.message}", traceback=error.traceback)
        case events.RunChanged(error=str(error)):
            return EventText(f"{words}: {error}")
        case _:
            return EventText(words)


def level_of(event: Event) -> int:
    """How much an event is to be heeded: 0 as most, 1 as a warning, 2 as an error."""
    said = event_text(event)
    color = _LEVEL_COLORS.get(said.level, "") if said.level else _KIND_COLORS.get(event.kind, "")
    return 2 if color == RED else 1 if color == YELLOW else 0


def event_lines(event: Event) -> list[Cell]:
    """An event as lines: one, and those of its traceback where there is one; in print with the day."""
    said = event_text(event)
    color = _LEVEL_COLORS.get(said.level, "") if said.level else _KIND_COLORS.get(event.kind, GREY)
    level = f"{said.level:<8} " if said.level else ""
    first, *rest = said.text.split("\n")
    head = f"{event.step_key or '–'}  {level}{first}"
    traceback = said.traceback.rstrip().split("\n") if said.traceback else []
    time = local(event.time_us)
    return [
        Cell(f"{time[11:]}  {head}", color, f"{time}  {head}"),
        *(Cell(f"{_INDENT}{line}", color) for line in (*rest, *traceback)),
    ]
