"""Freshness: how each asset with a policy stands, what its data rests on, and how that went over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.errors import NotFound
from assettui.model.events import Materialization, Observation
from assettui.model.freshness import Freshness, FreshnessPolicy, FreshnessStatus
from assettui.model.timing import SECOND_US, clock_us
from assettui.service.catalog import require_asset
from assettui.store import freshness as store
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from assettui.model.keys import AssetKey
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

COMPLIANCE_DAYS = 7
"""The strip of compliance is of so many days."""
MAX_SOURCES = 200
"""So much of what data rests on is shown."""


class FreshnessRow(Struct, frozen=True):
    """One asset that has a policy."""

    key: AssetKey
    policy: FreshnessPolicy
    found: Freshness


class DataSource(Struct, frozen=True):
    """One materialization, or observation, that the present data of an asset rests on."""

    key: AssetKey
    depth: int
    """How many steps upstream of the asset; 0 is the asset itself."""
    what: str
    """`made`, or `seen`."""
    time_us: int | None
    """When; None where it never was."""
    data_time_us: int | None
    """The time of its own source data."""
    is_old: bool = False
    """Whether that is older than the policy allows, and nothing further upstream is the cause."""
    is_superseded: bool = False
    """Whether it is not the latest one: it was made again since, with other data."""


class Compliance(Struct, frozen=True):
    """How the freshness of an asset went over time."""

    from_us: int
    until_us: int
    spans: tuple[tuple[int, int, FreshnessStatus], ...]
    """Each from when until when it was what, in order."""

    @property
    def share(self) -> float:
        """Of the time of which something is known, how much it was as it should be: 0 to 1."""
        known = [
            (until - since, status) for since, until, status in self.spans if status is not FreshnessStatus.UNKNOWN
        ]
        total = sum(length for length, _ in known)
        good = sum(length for length, status in known if status is not FreshnessStatus.FAIL)
        return good / total if total else 1.0


class FreshnessDetail(Struct, frozen=True):
    """One asset with a policy, and why it stands so."""

    row: FreshnessRow
    sources: tuple[DataSource, ...] = ()
    """What its present data rests on, the asset itself first."""
    compliance: Compliance | None = None


def freshness_rows(session: Session, terms: Sequence[str] = ()) -> list[FreshnessRow]:
    """The assets that have a policy, of those that are selected, or all; in the order of the definition.

    Raises:
        SelectionError: A term cannot be understood, or nothing is selected.
    """
    with session.reading() as connection:
        state = session.state(connection)
        chosen = set(state.select_terms(terms)) if terms else None
        return [
            FreshnessRow(key, policy, found)
            for key, found in state.freshness.items()
            if (policy := state.graph.assets[key].freshness_policy) is not None and (chosen is None or key in chosen)
        ]


def freshness_detail(session: Session, key: AssetKey) -> FreshnessDetail:
    """How fresh one asset is, and why.

    Raises:
        NotFound: There is no such asset, or it has no policy.
    """
    now_us = clock_us()
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        policy = state.graph.assets[key].freshness_policy
        if policy is None:
            raise NotFound(f"{key} has no freshness policy", hint="give it one: freshness_policy=FreshnessPolicy(…)")
        row = FreshnessRow(key, policy, state.freshness[key])
        return FreshnessDetail(row, tuple(_sources(connection, state, row)), compliance_of(connection, key, now_us))


def compliance_of(connection: sqlite3.Connection, key: AssetKey, now_us: int) -> Compliance:
    """How the freshness of an asset went in the last days."""
    from_us = now_us - COMPLIANCE_DAYS * 86_400 * SECOND_US
    spans: list[tuple[int, int, FreshnessStatus]] = []
    until = now_us
    for change in store.changes(connection, key, 10_000):
        spans.append((max(from_us, change.time_us), until, change.freshness))
        until = change.time_us
        if until <= from_us:
            break
    return Compliance(from_us, now_us, tuple(span for span in reversed(spans) if span[1] > span[0]))


def _sources(connection: sqlite3.Connection, state: ProjectState, row: FreshnessRow) -> list[DataSource]:
    """The small graph of materializations that the present data rests on: what each has read, as it was then."""
    graph, required = state.graph, row.found.required_us
    found: list[DataSource] = []
    seen: set[AssetKey] = set()
    pending: list[tuple[AssetKey, int, str | None, bool]] = [(row.key, 0, None, False)]
    while pending and len(found) < MAX_SOURCES:
        key, depth, version, is_read = pending.pop()
        if key in seen:
            continue
        seen.add(key)
        asset_state = queries.asset_state(connection, key)
        event = _event_behind(connection, key, version) if is_read and version is not None else None
        latest: Materialization | Observation | None = asset_state.last
        if asset_state.observed is not None and (latest is None or asset_state.observed.time_us > latest.time_us):
            latest = asset_state.observed
        is_superseded = event is not None and latest is not None and event.data_version != asset_state.data_version
        shown = event if is_superseded and event is not None else latest
        time_us = shown.source_time_us if shown is not None else None
        if not is_superseded and not state.partitioned.is_partitioned(key):
            time_us = state.ages.data_time(key)
        inputs = shown.input_versions if isinstance(shown, Materialization) else dict[str, str | None]()
        above = [each for each in graph.upstream[key] if str(each) in inputs]
        found.append(
            DataSource(
                key,
                depth,
                "seen" if isinstance(shown, Observation) else "made",
                shown.time_us if shown is not None else None,
                time_us,
                is_old=required is not None and time_us is not None and time_us < required and not above,
                is_superseded=is_superseded,
            )
        )
        pending.extend((each, depth + 1, inputs[str(each)], True) for each in reversed(above))
    return found


def _event_behind(connection: sqlite3.Connection, key: AssetKey, version: str) -> Materialization | Observation | None:
    """The last materialization, or observation, of an asset with that data version."""
    for event in (*queries.materializations(connection, key, 100), *queries.observations(connection, key, 100)):
        if event.data_version == version:
            return event
    return None
