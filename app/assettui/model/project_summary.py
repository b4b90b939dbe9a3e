"""How a project is, in one line: what is shown of each of many."""

from __future__ import annotations

from msgspec import Struct


class ProjectSummary(Struct, frozen=True, omit_defaults=True):
    """One project, here or on another machine, as it was a moment ago."""

    name: str
    place: str = ""
    """Its folder there."""
    host: str = ""
    """What ssh was told to reach it; empty for this machine."""
    arguments: tuple[str, ...] = ()
    """What assettui is told there to open it."""
    fresh: int = 0
    stale: int = 0
    failed: int = 0
    never: int = 0
    """Assets that were never materialized."""
    overdue: int = 0
    """Assets whose data is older than their policies allow, whatever else they are."""
    running: int = 0
    """Runs."""
    queued: int = 0
    leader: str = ""
    """The face and the process that lead it; empty where nobody does."""
    problem: str = ""
    """Why no more is known of it, in one line."""
