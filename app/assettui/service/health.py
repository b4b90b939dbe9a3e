"""Health: what needs attention, the worst first, each with what would mend it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.staleness import AssetStatus, root_causes
from assettui.model.check import CheckOutcome
from assettui.model.freshness import FreshnessStatus
from assettui.model.text import plural
from assettui.model.timing import local

if TYPE_CHECKING:
    from assettui.model.check import AssetCheckKey
    from assettui.model.freshness import Freshness
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import AssetRow, Catalog


class AilmentKind(StrEnum):
    """What is the matter, the worst first."""

    FAILED = "failed"
    OVERDUE = "overdue"
    CHECK = "check failed"
    WARNED = "warned"
    DRIFT = "looks wrong"
    STALE = "stale"


class Ailment(Struct, frozen=True):
    """One thing that needs attention."""

    kind: AilmentKind
    subject: str
    """What it is about: an asset, a check, or what many assets are stale by."""
    asset: AssetKey
    """The asset; of several the first."""
    what: str
    """In one line."""
    since_us: int | None = None
    """Since when, where that is known."""
    build: tuple[AssetKey, ...] = ()
    """What would be built to mend it."""
    check: AssetCheckKey | None = None
    """The check that would be evaluated again to see whether it is mended."""
    run_id: str | None = None
    """The run in which it came to light."""
    count: int = 1
    """How many assets it concerns."""
    is_partitioned: bool = False
    """Whether what would be built are partitions: it is a backfill then."""

    @property
    def command(self) -> str:
        """The command that would mend it; of what looks wrong, the one that says that it is as it should be."""
        if self.kind is AilmentKind.DRIFT:
            return f"assettui asset expect {self.asset}"
        if self.check is not None:
            return f"assettui check run {self.check}"
        names = " ".join(map(str, self.build[:3])) + (" …" if len(self.build) > 3 else "")
        if not self.build:
            return ""
        if self.is_partitioned:
            which = {AilmentKind.FAILED: "--failed", AilmentKind.OVERDUE: "--missing"}.get(self.kind, "--stale")
            return f"assettui backfill start {names} {which}"
        return f"assettui materialize {names}"


class Health(Struct, frozen=True):
    """How a project is."""

    ailments: tuple[Ailment, ...]
    assets: int

    def count(self, kind: AilmentKind) -> int:
        """How many ailments of a kind there are."""
        return sum(each.kind is kind for each in self.ailments)

    @property
    def is_well(self) -> bool:
        """Whether nothing has failed and nothing is overdue; what is stale or warned of may be."""
        bad = (AilmentKind.FAILED, AilmentKind.OVERDUE, AilmentKind.CHECK)
        return not any(each.kind in bad for each in self.ailments)


def health(catalog: Catalog) -> Health:
    """What needs attention, of what the catalog shows."""
    found: list[Ailment] = []
    for row in catalog.rows:
        found += _failed(row)
        found += _overdue(row, catalog)
        found += _checks(row)
        found += _drifts(row)
    found += _stale(catalog)
    order = list(AilmentKind)
    found.sort(key=lambda each: (order.index(each.kind), -(each.count), -(each.since_us or 0)))
    return Health(tuple(found), len(catalog.rows))


def _failed(row: AssetRow) -> list[Ailment]:
    """An attempt that has failed; where that was by a blocking check, the check says so."""
    by_check = [
        state
        for check in row.checks
        for state in check.states
        if state.is_blocking and state.outcome is CheckOutcome.FAILED
    ]
    if row.statuses is not None:
        failed = len(row.statuses.failed) - len({state.partition for state in by_check})
        if failed <= 0:
            return []
        what = f"{failed:,} of {plural(len(row.statuses.all), 'partition')} failed"
        return [Ailment(AilmentKind.FAILED, str(row.key), row.key, what, build=(row.key,), is_partitioned=True)]
    if row.state.failed_us is None or any(state.run_id == row.state.failed_run for state in by_check):
        return []
    what = row.state.error or "its last run failed"
    build = () if row.asset.is_external else (row.key,)
    return [
        Ailment(
            AilmentKind.FAILED, str(row.key), row.key, what, row.state.failed_us, build, run_id=row.state.failed_run
        )
    ]


def _overdue(row: AssetRow, catalog: Catalog) -> list[Ailment]:
    found = row.freshness
    if found is None or found.status not in (FreshnessStatus.FAIL, FreshnessStatus.WARN):
        return []
    is_overdue = found.status is FreshnessStatus.FAIL
    what = f"the partition {found.lacks} is not there" if found.lacks is not None else _how_old(found)
    upstream = catalog.graph.sort(catalog.graph.all_upstream([row.key]))
    build = tuple(key for key in upstream if not catalog.graph.assets[key].is_external)
    return [
        Ailment(
            AilmentKind.OVERDUE if is_overdue else AilmentKind.WARNED,
            str(row.key),
            row.key,
            what,
            found.since_us,
            build if row.statuses is None else (row.key,),
            is_partitioned=row.statuses is not None,
        )
    ]


def _how_old(found: Freshness) -> str:
    if found.data_time_us is None:
        return "its data is older than its freshness policy allows"
    required = f", and should be of {local(found.required_us)} or later" if found.required_us is not None else ""
    return f"its data is of {local(found.data_time_us)}{required}"


def _checks(row: AssetRow) -> list[Ailment]:
    found: list[Ailment] = []
    for check in row.checks:
        if check.outcome in (None, CheckOutcome.PASSED) or check.last is None:
            continue
        is_warning = check.outcome is CheckOutcome.WARNED
        what = check.message or ("could not be evaluated" if check.outcome is CheckOutcome.ERRORED else "failed")
        found.append(
            Ailment(
                AilmentKind.WARNED if is_warning else AilmentKind.CHECK,
                str(check.key),
                row.key,
                what,
                check.last.time_us,
                check=check.key,
                run_id=check.last.run_id,
            )
        )
    return found


def _drifts(row: AssetRow) -> list[Ailment]:
    """What is unusual about its data, the partition that was made last first; more of them are counted."""
    if not row.drifts:
        return []
    first = row.drifts[0]
    more = sum(len(each.drifts) for each in row.drifts) - 1
    part = f"{first.partition}: " if first.partition is not None else ""
    what = f"{part}{first.drifts[0].what}{f' (and {more:,} more)' if more else ''}"
    return [Ailment(AilmentKind.DRIFT, str(row.key), row.key, what, first.since_us)]


def _stale(catalog: Catalog) -> list[Ailment]:
    """What is stale, by what has led to it: one cause may have made many assets so."""
    by_cause: dict[str, list[AssetRow]] = {}
    for row in catalog.rows:
        if row.status is not AssetStatus.STALE:
            continue
        roots = root_causes(row.standing.causes)
        for what in dict.fromkeys(root.what for root in roots):
            by_cause.setdefault(what, []).append(row)
    return [
        Ailment(
            AilmentKind.STALE,
            str(rows[0].key) if len(rows) == 1 else f"{rows[0].key} +{len(rows) - 1:,}",
            rows[0].key,
            what,
            build=tuple(catalog.graph.sort(row.key for row in rows)),
            count=len(rows),
            is_partitioned=any(row.statuses is not None for row in rows),
        )
        for what, rows in by_cause.items()
    ]
