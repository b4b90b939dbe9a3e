"""What an event says, in words: the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.metadata import config_lines
from assettui.core.records import EventKind
from assettui.core.text import plural

if TYPE_CHECKING:
    from assettui.core.records import Event


class EventText(Struct, frozen=True):
    """The words of an event. Text from outside, not yet cleaned."""

    text: str
    """May be of several lines, where the user's log message is."""
    level: str | None = None
    """Of a log record: `DEBUG` to `CRITICAL`."""
    traceback: str | None = None


def event_text(event: Event) -> EventText:
    """The words of an event."""
    payload = event.payload
    if event.kind is EventKind.LOG:
        logger = f"{payload['logger']}: " if payload.get("logger") else ""
        return EventText(f"{logger}{payload['message']}", payload["level"], payload.get("traceback"))
    error = payload.get("error")
    words = event.kind.value.replace("_", " ")
    if event.asset_key is not None and str(event.asset_key) != event.step_key:
        words = f"{words} {event.asset_key}"
    if event.partition is not None:
        words = f"{words} {event.partition}"
    if event.kind is EventKind.MATERIALIZED and payload.get("rows") is not None:
        return EventText(f"{words}: {plural(payload['rows'], 'row')}")
    if event.kind is EventKind.RUN_QUEUED:
        plan = payload.get("plan", {})
        words = f"{words}: job {plan['job']}" if plan.get("job") else words
        return EventText("\n".join([words, *(f"config {line}" for line in config_lines(plan.get("config", {})))]))
    if event.kind is EventKind.OBSERVED and payload.get("data_version") is not None:
        return EventText(f"{words}: data version {payload['data_version']}")
    if event.kind is EventKind.RUN_EXPANDED:
        return EventText(f"{words}: {plural(len(payload.get('steps', ())), 'step')}")
    if event.kind is EventKind.STEP_RETRY and error is not None:
        return EventText(f"{words} {payload['retry']}: {error['message']}", traceback=error.get("traceback"))
    if isinstance(error, str):
        return EventText(f"{words}: {error}")
    if error is not None:
        return EventText(f"{words}: {error['message']}", traceback=error.get("traceback"))
    return EventText(words)
