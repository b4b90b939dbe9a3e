"""Leaders killed in the middle of backfills: the next one goes on with what is missing, and does nothing twice."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from assettui.model.backfill import BackfillStatus
from assettui.store import backfills, queries
from assettui.store.database import open_for_reading
from tests.conftest import ProjectFolder, children, is_alive, wait_until
from tests.kernel.simulation import assert_state_is_what_the_events_say

KILLS = 25
PROJECT = """
    import time
    from pathlib import Path

    from assettui import (
        AssetIn, DailyPartitionsDefinition, MonthlyPartitionsDefinition, TimeWindowPartitionMapping, asset,
    )

    DAYS = DailyPartitionsDefinition("2013-01-01", end_date="2014-01-01")
    COUNTS = Path(__file__).parent / "executed"

    def executed(context):
        # One write of one line: what is executed is counted outside of all that is tested.
        with COUNTS.open("ab", buffering=0) as counts:
            counts.write(f"{context.run_id} {context.step_key} {context.partition_key}\\n".encode())

    @asset(partitions_def=DAYS)
    def raw(context):
        executed(context); return 1

    @asset(partitions_def=DAYS)
    def clean(context, raw):
        executed(context); return raw

    @asset(
        partitions_def=DAYS,
        ins={"balance": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))},
    )
    def balance(context, balance, clean):
        executed(context); return (balance or 0) + clean

    @asset(partitions_def=MonthlyPartitionsDefinition("2013-01-01", end_date="2014-01-01"))
    def monthly(context, balance: dict):
        executed(context); return sum(balance.values())
"""


@pytest.mark.slow
def test_it_goes_on_with_what_is_missing(folder: ProjectFolder) -> None:
    seed = int(os.environ.get("ASSETTUI_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed}: ASSETTUI_TEST_SEED={seed} runs it again")
    draw = random.Random(seed)
    folder.write(PROJECT)
    folder.json("asset", "ls")
    started = folder.json("backfill", "start", "*")
    name = started["backfill_id"]
    assert started["counts"]["requested"] == 3 * 365 + 12
    made: set[tuple[str, str]] = set()
    for _ in range(KILLS):
        leader = folder.lead()
        time.sleep(draw.uniform(0.0, 0.25))
        workers = children(leader.pid)
        os.kill(leader.pid, signal.SIGKILL)
        leader.wait()
        wait_until(lambda workers=workers: not any(map(is_alive, workers)), timeout_s=2)
        reader = open_for_reading(folder.store)
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        now = {(key, partition) for key, partition, *_ in materialized(reader)}
        assert made <= now, "what was recorded stays"
        made = now
        reader.close()
    leader = folder.lead()
    wait_until(lambda: folder.json("backfill", "show", name)["status"] not in ("queued", "started"), timeout_s=120)
    leader.send_signal(signal.SIGTERM)
    leader.wait(timeout=10)

    reader = open_for_reading(folder.store)
    record = backfills.backfill(reader, name)
    assert record.status is BackfillStatus.SUCCESS
    assert (record.counts.materialized, record.counts.failed, record.counts.skipped) == (1107, 0, 0)
    recorded = materialized(reader)
    assert len(recorded) == len(set(recorded)) == 1107, "each partition was recorded, and none twice"
    assert queries.runs_not_over(reader) == []
    assert_state_is_what_the_events_say(reader)
    executed = (folder.path / "executed").read_text().splitlines()
    assert len(executed) == len(set(executed)), "a step was executed twice in one run"
    reader.close()
    values = {key: folder.store.values / each["value"]["path"] for key, each in last_payloads(folder).items()}
    assert all(path.stat().st_size > 0 for path in values.values())
    kept = {path for path in folder.store.values.rglob("@*") if path.is_file()}
    assert kept == set(values.values()), "what was cut short left nothing behind"


def materialized(reader: object) -> list[tuple[str, str]]:
    """Every materialization of a partition that was recorded."""
    rows = reader.execute("SELECT asset, partition FROM events WHERE kind = 'materialized'")  # pyright: ignore[reportAttributeAccessIssue]
    return rows.fetchall()


def last_payloads(folder: ProjectFolder) -> dict[tuple[str, str], dict[str, dict[str, str]]]:
    """Of each partition, what its last materialization says."""
    import json

    reader = open_for_reading(folder.store)
    try:
        rows = reader.execute(
            "SELECT partitions.asset, partitions.partition, events.payload FROM partitions"
            " JOIN events ON events.id = partitions.made"
        )
        return {(asset, partition): json.loads(payload) for asset, partition, payload in rows}
    finally:
        reader.close()
