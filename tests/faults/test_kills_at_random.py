"""Leaders killed at random instants, again and again: the same promises as in the simulation, with real processes."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from assettui.engine.journal import FAILED_KEPT
from assettui.model.run import RunStatus
from assettui.store import queries, ticks
from assettui.store.database import open_for_reading
from tests.conftest import ProjectFolder, children, is_alive, wait_until
from tests.kernel.simulation import assert_state_is_what_the_events_say

KILLS = 200
PROJECT = """
    import time
    from pathlib import Path
    from assettui import AssetOut, DynamicOut, DynamicOutput, Output, asset, graph_asset, multi_asset, op

    COUNTS = Path(__file__).parent / "executed"

    def executed(context):
        # One write of one line: what is executed is counted outside of all that is tested.
        with COUNTS.open("ab", buffering=0) as counts:
            counts.write(f"{context.run_id} {context.step_key}\\n".encode())

    @asset
    def a(context):
        executed(context); return list(range(1000))

    @asset
    def b(context, a):
        executed(context); time.sleep(0.02); return len(a)

    @asset
    def c(context, a):
        executed(context); print("c"); return a[-1]

    @asset
    def d(context, b, c):
        executed(context); return b + c

    @multi_asset(outs={"e": AssetOut(), "f": AssetOut()})
    def ef(context, a):
        executed(context)
        yield Output(a[:10], "e")
        time.sleep(0.02)
        yield Output(a[10:], "f")

    @op(out=DynamicOut())
    def parts(context, a):
        executed(context)
        for start in range(0, 1000, 250):
            yield DynamicOutput(a[start : start + 250], mapping_key=f"from_{start}")

    @op
    def total(context, part):
        executed(context); return sum(part)

    @op
    def together(context, totals):
        executed(context); return sum(totals)

    @graph_asset
    def g(a):
        return together(parts(a).map(total).collect())
"""


@pytest.mark.slow
def test_nothing_is_lost_left_running_or_done_twice(folder: ProjectFolder) -> None:
    seed = int(os.environ.get("ASSETTUI_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed}: ASSETTUI_TEST_SEED={seed} runs it again")
    draw = random.Random(seed)
    folder.write(PROJECT)
    assert folder.json("materialize", "*")["status"] == "success"
    began = time.monotonic()
    assert folder.json("materialize", "*")["status"] == "success"
    took_s = time.monotonic() - began  # on this machine, as busy as it is
    made: dict[str, int] = {}
    for _ in range(KILLS):
        leader = folder.start("materialize", "*")
        time.sleep(draw.uniform(0.05, 1.0) * took_s)
        workers = children(leader.pid)
        os.kill(leader.pid, signal.SIGKILL)
        leader.wait()
        killed = time.monotonic()
        wait_until(lambda workers=workers: not any(map(is_alive, workers)), timeout_s=2)
        assert time.monotonic() - killed < 2
        made = assert_kept(folder, made)
    assert folder.json("materialize", "*")["status"] == "success"

    reader = open_for_reading(folder.store)
    runs = queries.runs(reader, limit=KILLS + 10)
    assert queries.runs_not_over(reader) == []
    assert {run.status for run in runs} <= {RunStatus.SUCCESS, RunStatus.FAILURE}
    assert {run.status for run in runs} == {RunStatus.SUCCESS, RunStatus.FAILURE}, (
        "the kills came too early or too late"
    )
    assert_state_is_what_the_events_say(reader)
    kept = {run_id for (run_id,) in reader.execute("SELECT DISTINCT run FROM handed")}
    assert kept <= {run.run_id for run in runs if run.status is RunStatus.FAILURE}  # a retry may go on from these
    assert len(kept) <= FAILED_KEPT
    op_outputs = folder.store.values / "%2Eruns"
    assert {each.name for each in op_outputs.iterdir()} <= kept if op_outputs.exists() else True
    executed = (folder.path / "executed").read_text().splitlines()
    assert len(executed) == len(set(executed)), "a step was executed twice"
    started = {
        f"{run.run_id} {step.step_key}"
        for run in runs
        for step in queries.steps(reader, run.run_id)
        if step.started_us is not None
    }
    assert set(executed) <= started, "a step was executed that was not recorded to have started"
    reader.close()


def assert_kept(folder: ProjectFolder, before: dict[str, int]) -> dict[str, int]:
    """Each materialization that was recorded is there, and its value can be read; how many there are of each asset."""
    reader = open_for_reading(folder.store)
    try:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        made: dict[str, int] = {}
        for key, state in queries.asset_states(reader).items():
            made[str(key)] = len(queries.materializations(reader, key, 10_000))
            assert state.last is not None
            assert state.last.value is not None
            assert (folder.store.values / state.last.value.path).stat().st_size == state.last.value.size_bytes
    finally:
        reader.close()
    assert all(made[key] >= count for key, count in before.items())
    return made


AUTOMATED = """
    from pathlib import Path
    from assettui import *

    COUNTS = Path(__file__).parent / "executed"

    def executed(context):
        with COUNTS.open("ab", buffering=0) as counts:
            counts.write(f"{context.run_id} {context.step_key}\\n".encode())

    @asset
    def a(context):
        executed(context)

    @asset
    def b(context):
        executed(context)

    def counting(name, target):
        @sensor(name=name, asset_selection=target, minimum_interval_seconds=0.02, default_status=DefaultSensorStatus.RUNNING)
        def it(context):
            seen = int(context.cursor or 0)
            upto = seen + 1 + seen % 3
            return SensorResult(
                [RunRequest(run_key=f"key-{number}") for number in range(seen + 1, upto + 1)], cursor=str(upto)
            )
        return it

    sensors = [counting("first", "a"), counting("second", "b")]

    @asset_sensor("a", job=define_asset_job("after", "b"), default_status=DefaultSensorStatus.RUNNING)
    def on_a(context, event):
        return RunRequest(run_key=str(event.storage_id))
"""
TICK_KILLS = 200


@pytest.mark.slow
def test_no_cursor_is_ahead_of_its_runs_whenever_its_leader_is_killed(folder: ProjectFolder) -> None:
    seed = int(os.environ.get("ASSETTUI_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed}: ASSETTUI_TEST_SEED={seed} runs it again")
    draw = random.Random(seed)
    folder.write(AUTOMATED)
    assert folder.json("materialize", "a")["status"] == "success"
    for number in range(TICK_KILLS):
        seen = last_tick(folder)
        leader = folder.lead()
        if number % 2:  # every other one is killed while it ticks, however long it takes to come so far
            wait_until(lambda seen=seen: last_tick(folder) > seen)
        time.sleep(draw.uniform(0.0, 0.4))
        os.kill(leader.pid, signal.SIGKILL)
        leader.wait()
    folder.json("sensor", "off", "first", "second", "on_a")
    leader = folder.lead()
    wait_until(lambda: folder.json("status")["queued"] == folder.json("status")["running"] == 0, timeout_s=120)
    leader.send_signal(signal.SIGTERM)
    leader.wait()

    reader = open_for_reading(folder.store)
    assert queries.runs_not_over(reader) == []
    for name in ("first", "second"):
        reached = int(ticks.cursor_of(reader, name) or 0)
        keys = {key for (key,) in reader.execute("SELECT run_key FROM run_keys WHERE instigator = ?", (name,))}
        assert keys == {f"key-{number}" for number in range(1, reached + 1)}
        assert reached > TICK_KILLS / 10, "the kills came too early"
        cursor: str | None = None
        for tick in reversed(ticks.ticks(reader, instigator=name, limit=100_000)):
            if tick.cursor_after is not None:
                assert tick.cursor_before == cursor
                cursor = tick.cursor_after
    runs = {run.run_id for run in queries.runs(reader, limit=100_000)}
    asked = [run_id for tick in ticks.ticks(reader, limit=100_000) for run_id in tick.run_ids]
    assert len(asked) == len(set(asked))
    assert set(asked) <= runs
    executed = (folder.path / "executed").read_text().splitlines()
    assert len(executed) == len(set(executed)), "a step was executed twice"
    assert_state_is_what_the_events_say(reader)
    reader.close()


def last_tick(folder: ProjectFolder) -> int:
    """The number of the last tick that was recorded; 0 where there is none."""
    reader = open_for_reading(folder.store)
    try:
        return reader.execute("SELECT coalesce(max(id), 0) FROM ticks").fetchone()[0]
    finally:
        reader.close()
