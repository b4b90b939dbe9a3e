"""What dbt says while it works: lines of JSON (https://docs.getdbt.com/reference/events-logging)."""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

from msgspec import Struct

from assettui.model.text import clean

_COLORS: Final = re.compile(r"\x1b\[[\d;]*m")


class Event(Struct, frozen=True):
    """What dbt says while it works."""

    name: str
    message: str
    level: str = "info"
    data: dict[str, Any] = {}

    @property
    def unique_id(self) -> str | None:
        """The node that it is about."""
        info: Any = self.data.get("node_info") or {}
        return cast("dict[str, Any]", info).get("unique_id")

    @property
    def status(self) -> str:
        """How the node is: `success`, `error`, `pass`, `fail`, `warn`, `skipped`. Of a unit test, dbt's `node_info` does not say."""
        info: Any = self.data.get("node_info") or {}
        said = str(cast("dict[str, Any]", info).get("node_status") or "None")
        return (said if said != "None" else str(self.data.get("status") or "")).lower()


def event_of(line: bytes) -> Event | None:
    """The event of a line; None of what is none, as a warning of Python's."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        said: Any = json.loads(line)
        info: dict[str, Any] = said["info"]
        return Event(
            str(info["name"]), str(info.get("msg") or ""), str(info.get("level") or "info"), said.get("data") or {}
        )
    except (ValueError, KeyError, TypeError):
        return None


def metadata_of(event: Event) -> dict[str, Any]:
    """What an event says of what was built."""
    found: dict[str, Any] = {"unique_id": event.unique_id}
    taken = event.data.get("execution_time")
    if isinstance(taken, int | float):
        found["execution_seconds"] = round(float(taken), 3)
    said = str(event.data.get("result_message") or event.data.get("status") or "")
    rows = said.rpartition(" ")[2]
    if said:
        found["message"] = said
    if rows.isdigit():
        found["row_count"] = int(rows)
    return found


def plain(text: str) -> str:
    """A message without its colors."""
    return "\n".join(clean(line) for line in _COLORS.sub("", text).strip().splitlines())
