"""Ticks in the store: recorded once, listed, and forgotten when they are old."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from assettui.model.events import RunChanged, Tick, TickOutcome, TickRun
from assettui.model.instigator import InstigatorKind
from assettui.model.run import RunStatus
from assettui.store import ticks
from assettui.store.database import open_for_writing, writing
from assettui.store.folder import StoreFolder
from assettui.store.recording import record

DAY = 86_400_000_000


@pytest.fixture
def db(tmp_path: Path) -> Generator[sqlite3.Connection]:
    db = open_for_writing(StoreFolder.at(tmp_path / "store"))
    yield db
    db.close()


def tick(name: str, time_us: int, outcome: TickOutcome, *runs: tuple[str, str | None]) -> Tick:
    return Tick(
        time_us,
        instigator=name,
        instigator_kind=InstigatorKind.SENSOR,
        outcome=outcome,
        scheduled_us=time_us,
        started_us=time_us,
        runs=tuple(TickRun(*run) for run in runs),
    )


def test_old_ticks_and_too_many_skipped_ones_are_forgotten_and_run_keys_never(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "SKIPPED_KEPT", 3)
    with writing(db):
        record(db, [tick("a", 1, TickOutcome.SUCCESS, ("r1", "key"))])
        for number in range(10):
            record(db, [tick("a", 5 * DAY + number, TickOutcome.SKIPPED)])
        record(db, [tick("b", 5 * DAY, TickOutcome.SKIPPED), tick("a", 6 * DAY, TickOutcome.FAILURE)])
        record(db, [RunChanged(1, "r1", status=RunStatus.STARTED)])
    with writing(db):
        assert ticks.forget_old(db, 2 * DAY) == 8
    left = [(each.instigator, each.outcome) for each in ticks.ticks(db, limit=100)]
    assert left == [
        ("a", TickOutcome.FAILURE),
        ("b", TickOutcome.SKIPPED),
        *[("a", TickOutcome.SKIPPED)] * 3,
    ]
    assert ticks.known_run_keys(db, InstigatorKind.SENSOR, "a", ["key", "other"]) == {"key"}
    assert db.execute("SELECT count(*) FROM events").fetchone() == (6,)
    state = ticks.instigator_state(db, "a")
    assert state is not None
    assert (state.failures, ticks.last_ended(db, "a")) == (1, 6 * DAY)
