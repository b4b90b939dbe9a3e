"""What every screen shows of how things are: a value, made anew with every change."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.staleness import AssetStatus


class Role(Enum):
    """What this process is to the store."""

    LEADER = auto()
    FOLLOWER = auto()
    ALONE = auto()
    """Nobody leads."""


class Situation(Struct, frozen=True):
    """How things are."""

    project_name: str
    role: Role
    environment: str = ""
    """Where its code runs: the machine, where one came to it by SSH, and the environment of its Python."""
    leader: str = ""
    """Who leads, where it is not this process: face and pid."""
    running: int = 0
    queued: int = 0
    next_due: tuple[str, int] | None = None
    """The schedule that is due next, and when: microseconds since the epoch, UTC."""
    overdue: int = 0
    """How many assets are: their data is older than their freshness policies allow."""
    assets: Mapping[AssetStatus, int] = {}

    def count(self, status: AssetStatus) -> int:
        """How many assets have that status."""
        return self.assets.get(status, 0)
