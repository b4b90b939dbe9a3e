"""What schedules, sensors and the queue cost."""

from __future__ import annotations

import asyncio
import signal
import statistics
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from msgspec.structs import replace
from textual.geometry import Region

from assettui.core.queue import Limits, queued_run
from assettui.kernel.decide import decide
from assettui.kernel.inputs import LimitsSeen, Moment, RunsQueued
from assettui.kernel.run_state import RunState
from assettui.kernel.state import KernelState
from assettui.model.run import RunPlan, StepPlan
from assettui.service import automation, queue
from assettui.service.catalog import catalog
from assettui.service.session import Session
from assettui.store import ticks
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from assettui.tui.app import AssettuiApp
from assettui.tui.run_list import RunList
from tests.benchmarks.figures import Figure, cpu_seconds, median_seconds, tree
from tests.benchmarks.grid import Nobody
from tests.conftest import command, wait_until

IDLE_S = 30
SCHEDULES = 1_000
QUEUED = 10_000
MANY = """
    from assettui import *

    @asset
    def nothing(): ...

    job = define_asset_job("job", "nothing")

    def make(number):
        @sensor(job=job, name=f"sensor_{number}", default_status=DefaultSensorStatus.RUNNING)
        def looking(context):
            context.update_cursor(str(int(context.cursor or 0) + 1))
        return looking

    sensors = [make(number) for number in range(50)]
    schedules = [
        ScheduleDefinition(
            name=f"schedule_{number}", job=job, cron_schedule=f"{number} 3 * * *",
            default_status=DefaultScheduleStatus.RUNNING,
        )
        for number in range(50)
    ]
"""
EVERY_MINUTE = """
    import time
    from pathlib import Path
    from assettui import *

    SAID = Path(__file__).parent / "said"

    @asset
    def line():
        now = time.time()
        with SAID.open("a") as file:
            file.write(f"{now}\\n")

    job = define_asset_job("job", "line")
    schedules = [
        ScheduleDefinition(
            name=f"schedule_{number}", job=job, cron_schedule="* * * * *", default_status=DefaultScheduleStatus.RUNNING
        )
        for number in range(COUNT)
    ]
"""
REACTING = """
    from assettui import *

    @asset
    def above(): ...

    @asset
    def below(): ...

    @asset
    def last(): ...

    first = define_asset_job("first", "above")

    @asset_sensor("above", job=define_asset_job("second", "below"), default_status=DefaultSensorStatus.RUNNING)
    def on_above(context, event):
        return RunRequest()

    @run_status_sensor(RunStatus.SUCCESS, monitored_jobs=[first], request_job=define_asset_job("third", "last"),
                       default_status=DefaultSensorStatus.RUNNING)
    def on_success(context):
        return RunRequest()

    @sensor(job=first, minimum_interval_seconds=0.02)
    def quick(context):
        return SkipReason("nothing")
"""


@contextmanager
def led(session: Session, *options: str) -> Generator[subprocess.Popen[bytes]]:
    """A leader without a screen, its project loaded."""
    leader = subprocess.Popen(command("up", *options), cwd=session.project.root, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: not session.is_new() and catalog(session).snapshot is not None)
        yield leader
    finally:
        leader.terminate()
        leader.wait()


def idle_with_many(session: Session) -> Iterator[Figure]:
    """The processor time of a leader with 50 schedules and 50 sensors that are on."""
    with led(session) as leader:
        time.sleep(5)
        processes = tree(leader.pid)
        before = cpu_seconds(processes)
        time.sleep(IDLE_S)
        used = cpu_seconds(processes) - before
        evaluated = len(automation.tick_page(session, limit=10_000))
    yield Figure(f"idle with 50 schedules, 50 sensors, {IDLE_S} s", used / IDLE_S * 100, "% of a core", 1)
    yield Figure("  evaluations meanwhile and before", evaluated, "")


def lag(session: Session) -> Iterator[Figure]:
    """From the second in which a schedule is due to the first line of the user's."""
    said = session.project.root / "said"
    with led(session):
        wait_until(lambda: said.exists() and len(said.read_text().splitlines()) >= 2, timeout_s=200)
    lags = [float(each) % 60 for each in said.read_text().splitlines()]
    yield Figure("due second → first line", max(lags) * 1e3, "ms", 100)


def many_due(session: Session) -> Iterator[Figure]:
    """1,000 schedules that are due in the same second: until the last of their runs has begun."""
    said = session.project.root / "said"
    with led(session):
        wait_until(lambda: said.exists() and len(said.read_text().splitlines()) >= SCHEDULES, timeout_s=200)
    times = sorted(float(each) for each in said.read_text().splitlines())[:SCHEDULES]
    due = times[0] - times[0] % 60
    yield Figure(f"{SCHEDULES:,} due at once: all launched", times[-1] - due, "s", 3)


def reactions(session: Session) -> Iterator[Figure]:
    """From what happens to the run of the sensor that watches for it; and what an evaluation costs besides its function."""
    with led(session):
        for _ in range(12):
            subprocess.run(
                command("materialize", "above"), cwd=session.project.root, check=True, stdout=subprocess.DEVNULL
            )
        for _ in range(8):
            subprocess.run(
                command("job", "run", "first"), cwd=session.project.root, check=True, stdout=subprocess.DEVNULL
            )
        time.sleep(1)
        automation.turn(session, ["quick"], None, is_on=True)
        time.sleep(5)
    with session.reading() as connection:
        for name, kind in (("on_above", "materialized"), ("on_success", "run_success")):
            waits: list[float] = []
            for tick in ticks.ticks(connection, instigator=name, limit=100):
                cause = int(tick.cursor_after or 0)
                row = connection.execute("SELECT time FROM events WHERE id = ? AND kind = ?", (cause, kind)).fetchone()
                queued = connection.execute("SELECT created FROM runs WHERE tick = ?", (tick.id,)).fetchone()
                if row and queued:
                    waits.append((queued[0] - row[0]) / 1e6)
            yield Figure(f"{kind} → run of its sensor", statistics.median(waits), "s", 0.3)
        quick = ticks.ticks(connection, instigator="quick", limit=500)[:-5]
    took = [(tick.ended_us - tick.started_us) / 1e3 for tick in quick]
    yield Figure("sensor evaluation", statistics.median(took), "ms", 5)


def queue_of_many(session: Session) -> Iterator[Figure]:
    """10,000 runs that wait: what a decision costs, and what it costs to look at them."""
    from assettui.model.events import RunQueued

    plan = RunPlan((StepPlan("a"),), tags={"team": "ops"})
    runs = tuple(replace(queued_run(f"{n:08x}", n, plan), plan=None) for n in range(QUEUED))
    limits = Limits(runs=50, tags={"team=*": 1})
    state, _ = decide(KernelState(2), LimitsSeen(limits), 0)
    state = replace(state, runs={"busy": RunState("busy", plan)})
    state, _ = decide(state, RunsQueued(runs), 1)
    yield Figure(
        f"{QUEUED:,} queued: a decision, none may begin",
        median_seconds(lambda: decide(state, Moment(), 2), 50) * 1e3,
        "ms",
        5,
    )
    free = replace(state, waiting=replace(state.waiting, limits=Limits(runs=50)))
    yield Figure(
        f"{QUEUED:,} queued: a decision, some begin",
        median_seconds(lambda: decide(free, Moment(), 2), 50) * 1e3,
        "ms",
        5,
    )
    db = open_for_writing(session.folder)
    with writing(db):
        record(db, [RunQueued(n, f"{n:016x}", plan=plan) for n in range(QUEUED)])
    db.close()
    yield Figure(f"{QUEUED:,} queued: the first 200 and why", median_seconds(lambda: queue.queue_view(session), 5), "s")
    yield from asyncio.run(_frames(session))


async def _frames(session: Session) -> Iterator[Figure]:
    """A frame of the list of runs while it is paged through, drawn into memory."""
    app = AssettuiApp(session, Nobody(), catalog(session))
    times: list[float] = []
    async with app.run_test(size=(160, 50)) as pilot:
        app.action_main_screen("runs")
        await pilot.pause()
        runs = app.screen.query_one(RunList)
        while not runs.rows:
            await pilot.pause()
        for _ in range(40):
            began = time.perf_counter()
            runs.action_page(1)
            runs.render_lines(Region(0, 0, *runs.size))
            times.append(time.perf_counter() - began)
            await pilot.pause()
    name = f"{QUEUED:,} queued: a frame of the runs"
    return iter(
        [Figure(name, statistics.median(times) * 1e3, "ms", 30), Figure(f"{name}, slowest", max(times) * 1e3, "ms")]
    )


def takeover(session: Session) -> Iterator[Figure]:
    """From the `kill -9` of a leader to the next one that leads."""
    times: list[float] = []
    first = subprocess.Popen(command("up"), cwd=session.project.root, stderr=subprocess.DEVNULL)
    wait_until(lambda: (leader := session.leader()) is not None and leader.pid == first.pid)
    for _ in range(5):
        second = subprocess.Popen(command("up", "--standby"), cwd=session.project.root, stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        killed = time.perf_counter()
        first.send_signal(signal.SIGKILL)
        while (leader := session.leader()) is None or leader.pid != second.pid:
            time.sleep(0.002)
        times.append(time.perf_counter() - killed)
        first.wait()
        first = second
    first.terminate()
    first.wait()
    yield Figure("takeover after kill -9, slowest of 5", max(times), "s", 2)
