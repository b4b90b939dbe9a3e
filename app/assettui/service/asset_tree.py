"""The catalog as a tree: assets by group, by the beginning of their keys, by owner or by kind, in an order of one's choice."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from assettui.core.staleness import AssetStatus
from assettui.model.check import CheckOutcome
from assettui.model.freshness import FreshnessStatus
from assettui.service.catalog import AssetRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from assettui.model.keys import AssetKey

FOLDED_FROM: Final = 500
"""Of so many assets, groups are folded at the beginning."""


class Grouping(StrEnum):
    """What assets are put together by."""

    GROUP = "group"
    PREFIX = "prefix"
    OWNER = "owner"
    KIND = "kind"
    NOTHING = "nothing"


class Order(StrEnum):
    """What they are ordered by, within their group."""

    DEFINED = "defined"
    NAME = "name"
    STATUS = "status"
    BUILT = "built"
    TOOK = "took"
    ROWS = "rows"
    FRESH = "fresh"
    CHECKS = "checks"


class GroupLine(Struct, frozen=True):
    """A group of assets, which may be folded."""

    name: str
    rows: tuple[AssetRow, ...]
    """Those of it that are listed, or would be."""
    is_folded: bool = False

    @property
    def keys(self) -> tuple[AssetKey, ...]:
        """Of its assets."""
        return tuple(row.key for row in self.rows)

    def count(self, status: AssetStatus) -> int:
        """How many of its assets have that status; external ones do not count."""
        return sum(row.status is status for row in self.rows if not row.asset.is_external)

    @property
    def overdue(self) -> int:
        """How many of its assets are."""
        return sum(row.is_overdue for row in self.rows)


CatalogLine = GroupLine | AssetRow

_STATUSES: Final = (
    AssetStatus.FAILED,
    AssetStatus.RUNNING,
    AssetStatus.STALE,
    AssetStatus.PARTIAL,
    AssetStatus.NEVER,
    AssetStatus.FRESH,
)
_FRESHNESS: Final = (FreshnessStatus.FAIL, FreshnessStatus.WARN)


def tree(
    rows: Iterable[AssetRow],
    grouping: Grouping,
    *,
    folded: Collection[str] = (),
    order: Order = Order.DEFINED,
    is_reversed: bool = False,
) -> list[CatalogLine]:
    """The lines of a catalog; without lines of groups where there is only one.

    Args:
        rows: The assets that are listed, in the order of the definition.
        grouping: What they are put together by.
        folded: The names of groups whose assets are not listed.
        order: Of the assets of a group.
        is_reversed: Whether the other way round.
    """
    groups: dict[str, list[AssetRow]] = {}
    for row in sorted(rows, key=lambda row: row.asset.is_external):
        groups.setdefault(group_of(row, grouping), []).append(row)
    lines: list[CatalogLine] = []
    for name, held in groups.items():
        listed = ordered(held, order, is_reversed=is_reversed)
        if len(groups) > 1:
            line = GroupLine(name, tuple(listed), name in folded)
            lines.append(line)
            if line.is_folded:
                continue
        lines += listed
    return lines


def group_of(row: AssetRow, grouping: Grouping) -> str:
    """The name of the group that an asset is listed in; empty where it has none."""
    match grouping:
        case Grouping.GROUP:
            return row.asset.group
        case Grouping.PREFIX:
            return "/".join(row.key.parts[:-1])
        case Grouping.OWNER:
            return row.asset.owners[0] if row.asset.owners else ""
        case Grouping.KIND:
            return row.asset.kinds[0] if row.asset.kinds else ""
        case Grouping.NOTHING:
            return ""


def ordered(rows: Sequence[AssetRow], order: Order, *, is_reversed: bool = False) -> list[AssetRow]:
    """Assets in an order: what needs a look, what is new and what is large comes first. Those with nothing to say come last."""
    if order is Order.DEFINED:
        return list(reversed(rows)) if is_reversed else list(rows)
    by = _KEYS[order]
    known = [row for row in rows if by(row) is not None]
    unknown = [row for row in rows if by(row) is None]
    return sorted(known, key=by, reverse=is_reversed) + unknown


def _negative(value: float | None) -> float | None:
    return -value if value is not None else None


def _built(row: AssetRow) -> float | None:
    latest = row.state.last or row.state.observed
    return _negative(latest.time_us if latest is not None else None)


def _fresh(row: AssetRow) -> int | None:
    if row.freshness is None:
        return None
    status = row.freshness.status
    return _FRESHNESS.index(status) if status in _FRESHNESS else len(_FRESHNESS)


def _checks(row: AssetRow) -> int | None:
    if not row.checks:
        return None
    return -sum(each.outcome in (CheckOutcome.FAILED, CheckOutcome.WARNED) for each in row.checks)


_KEYS: Final[dict[Order, Callable[[AssetRow], Any]]] = {
    Order.NAME: lambda row: row.key,
    Order.STATUS: lambda row: len(_STATUSES) if row.asset.is_external else _STATUSES.index(row.status),
    Order.BUILT: _built,
    Order.TOOK: lambda row: _negative(row.state.last.duration_us if row.state.last else None),
    Order.ROWS: lambda row: _negative(row.state.last.rows if row.state.last else None),
    Order.FRESH: _fresh,
    Order.CHECKS: _checks,
}
