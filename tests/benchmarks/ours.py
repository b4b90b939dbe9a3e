"""What assettui costs. Each benchmark gives its figures; the budgets are those that the design sets."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from assettui import AssetIn, AssetKey, AssetsDefinition, asset, materialize
from assettui.executors.instance import Instance
from assettui.project.locate import locate
from assettui.service.asset_tree import FOLDED_FROM
from assettui.service.catalog import catalog
from assettui.service.loading import ensure_loaded
from assettui.service.runs import launch
from assettui.service.session import Session
from assettui.store.folder import StoreFolder
from tests.benchmarks import (
    brought,
    carried,
    conditions,
    deciding,
    drift,
    logs,
    over_time,
    partitions,
    programs,
    values,
)
from tests.benchmarks import face as face_of
from tests.benchmarks.figures import Figure, cpu_seconds, median_seconds, proportional_mb, seconds, tree
from tests.conftest import command, wait_until
from tests.terminal import Terminal

TWO_ASSETS = """
    from assettui import asset

    @asset
    def first():
        return 1

    @asset
    def second(first):
        return first + 1
"""
FIRST_LINE = """
    import time
    from pathlib import Path
    from assettui import asset

    SAID = Path(__file__).parent / "said"

    @asset
    def line():
        now = time.time_ns()
        SAID.with_suffix(".new").write_text(str(now))
        SAID.with_suffix(".new").rename(SAID)
"""
REACTING = """
        import time
        from pathlib import Path
        from assettui import AutomationCondition

        HERE = Path(__file__).parent

        def note(name):
            (HERE / f"{name}.new").write_text(str(time.time_ns()))
            (HERE / f"{name}.new").rename(HERE / name)

        @asset
        def cause():
            note("ended")

        @asset(deps=[cause], automation_condition=AutomationCondition.eager())
        def effect():
            note("said")
"""
"""Behind the other assets: one that is made, and one that follows it."""
CHAINS = (1, 100, 1_000)
IDLE_S = 30
LAUNCHES = 40


def many_assets(count: int, days: int = 0) -> str:
    """A project of so many assets, in groups of twenty, each reading the one before it in its group.

    Args:
        count: How many.
        days: How many daily partitions each has; 0 for none.
    """
    return f"""
        from datetime import date, timedelta

        from assettui import DailyPartitionsDefinition, asset

        END = str(date(2022, 1, 1) + timedelta(days={days}))
        DAYS = DailyPartitionsDefinition("2022-01-01", end_date=END) if {days} else None

        def make(number):
            @asset(
                name=f"asset_{{number:05}}", group_name=f"group_{{number // 20:03}}", kinds=["python"], owners=["team:data"],
                deps=[f"asset_{{number - 1:05}}"] if number % 20 else [], description=f"Number {{number}} of {count}.",
                partitions_def=DAYS,
            )
            def made():
                return number
            return made

        made = [make(number) for number in range({count})]
    """


@contextmanager
def project(text: str) -> Generator[Session]:
    """A project in a folder of its own, with a store that is yet to be made."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        (folder / "pipeline.py").write_text(textwrap.dedent(text))
        located = locate(folder)
        yield Session(located, StoreFolder.at(located.store_path))


def run(session: Session, *arguments: str) -> None:
    """Run a command to its end."""
    subprocess.run(command(*arguments), cwd=session.project.root, check=True, stdout=subprocess.DEVNULL)


def imports() -> Iterator[Figure]:
    """What `import assettui` adds to the start of an interpreter."""
    python = [sys.executable, "-I", "-c"]
    bare = median_seconds(lambda: subprocess.run([*python, "pass"], check=True), 15)
    for line, budget in (
        ("import assettui", 60),
        ("from assettui import asset, Definitions", 60),
        ("from assettui import Config", None),
    ):
        with_us = median_seconds(lambda line=line: subprocess.run([*python, line], check=True), 15)
        yield Figure(line, (with_us - bare) * 1e3, "ms", budget)
    yield Figure("interpreter alone", bare * 1e3, "ms")


def two_assets() -> Iterator[Figure]:
    """`materialize` of two assets as a whole command."""
    with project(TWO_ASSETS) as session:
        yield Figure(
            "materialize two assets, command", median_seconds(lambda: run(session, "materialize", "*"), 9), "s", 0.5
        )


def chain(length: int) -> list[AssetsDefinition]:
    """So many assets, each reading the one before."""

    @asset(name="a0")
    def first() -> int:
        return 0

    return [first, *map(_next, range(1, length))]


def _next(number: int) -> AssetsDefinition:
    @asset(name=f"a{number}", ins={"before": AssetIn(f"a{number - 1}")})
    def link(before: int) -> int:
        return before + 1

    return link


def chains() -> Iterator[Figure]:
    """Chains in process, with and without a store."""
    for length in CHAINS:
        assets = chain(length)
        took = median_seconds(lambda assets=assets: materialize(assets), 5)
        yield Figure(f"chain of {length:,}, per step", took / length * 1e3, "ms", 0.3 if length == 1_000 else None)
    for length in CHAINS:
        assets = chain(length)
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "store"
            Instance.open(store).close()
            before = (store / "store.db").stat().st_size
            with Instance.open(store) as instance:
                times = [seconds(lambda: materialize(assets, instance=instance)) for _ in range(5)]  # noqa: B023 - called at once
            grown = ((store / "store.db").stat().st_size - before) / len(times) / length
        is_promised = length == 1_000
        took = statistics.median(times)
        yield Figure(
            f"chain of {length:,} with a store, per step", took / length * 1e3, "ms", 1 if is_promised else None
        )
        yield Figure(f"chain of {length:,} with a store, per step", grown, "bytes", 2_000 if is_promised else None)


def first_line() -> Iterator[Figure]:
    """From the request to run an asset to the first line of its function, the engine warm."""
    with project(FIRST_LINE) as session:
        leader = subprocess.Popen(command("up"), cwd=session.project.root, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: not session.is_new() and catalog(session).snapshot is not None)
            said, times = session.project.root / "said", list[float]()
            for _ in range(LAUNCHES + 3):
                began = time.time_ns()
                launch(session, [AssetKey("line")])
                wait_until(said.exists)
                times.append((int(said.read_text()) - began) / 1e6)
                said.unlink()
                time.sleep(0.05)
        finally:
            leader.terminate()
            leader.wait()
    times = sorted(times[3:])
    yield Figure("launch → first line, median", statistics.median(times), "ms", 20)
    yield Figure("launch → first line, 95th percentile", times[int(len(times) * 0.95)], "ms")


def reaction() -> Iterator[Figure]:
    """From the end of a materialization among 10,000 assets to the first line of what follows it eagerly."""
    with project(many_assets(10_000) + REACTING) as session:
        leader = subprocess.Popen(command("up"), cwd=session.project.root, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: not session.is_new() and catalog(session).snapshot is not None, 60)
            said, ended = session.project.root / "said", session.project.root / "ended"
            times = list[float]()
            for _ in range(LAUNCHES // 2):
                launch(session, [AssetKey("cause")])
                wait_until(said.exists, 60)
                times.append((int(said.read_text()) - int(ended.read_text())) / 1e6)
                said.unlink()
                time.sleep(0.3)
        finally:
            leader.terminate()
            leader.wait()
    times = sorted(times[3:])
    yield Figure("10,000 assets: made → what follows, median", statistics.median(times), "ms", 200)
    yield Figure("10,000 assets: made → what follows, slowest", times[-1], "ms")


def screens() -> Iterator[Figure]:
    """First paint, loaded catalog, and memory, with 10 assets, and with 2,000 that have 1,000 daily partitions each."""
    for count, days, paint_budget, load_budget, memory_budget in (
        (10, 0, 0.4, 0.8, 150),
        (2_000, 1_000, 0.5, 1.5, 200),
    ):
        with project(many_assets(count, days)) as session:
            new = _open(session, count)
            if days:
                partitions.fill(session)
            known = [_open(session, count) for _ in range(5)]
        yield Figure(f"{count:,} assets: first paint, new store", new[0], "s", paint_budget)
        yield Figure(f"{count:,} assets: catalog loaded, new store", new[1], "s", load_budget)
        yield Figure(f"{count:,} assets: first paint", statistics.median(each[0] for each in known), "s", paint_budget)
        yield Figure(
            f"{count:,} assets: catalog loaded", statistics.median(each[1] for each in known), "s", load_budget
        )
        yield Figure(
            f"{count:,} assets: memory with one worker",
            statistics.median(each[2] for each in known),
            "MB",
            memory_budget,
        )


def _open(session: Session, count: int) -> tuple[float, float, float]:
    """Open the screens once: seconds to the first paint, seconds to the loaded catalog, MB (PSS) of all processes."""
    began, began_us = time.perf_counter(), time.time_ns() // 1_000
    terminal = Terminal(command(), size=(120, 40), cwd=session.project.root)
    try:
        terminal.wait_for_bytes(b"leader")
        painted = time.perf_counter() - began
        terminal.wait_for_bytes(b"asset_00000" if count < FOLDED_FROM else b"group_000")
        while not _is_loaded(session, began_us):
            terminal.read()
        loaded = time.perf_counter() - began
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            terminal.read()
        memory = proportional_mb(tree(terminal.pid))
        terminal.press("q")
        terminal.wait_for_end()
        return painted, loaded, memory
    finally:
        terminal.close()


def _is_loaded(session: Session, since_us: int) -> bool:
    """Whether the project was loaded since; not by reading the catalog, which would cost what is measured."""
    if session.is_new():
        return False
    with session.reading() as connection:
        (loaded_us,) = connection.execute("SELECT max(loaded) FROM projects").fetchone()
    return loaded_us is not None and loaded_us > since_us


def idle() -> Iterator[Figure]:
    """The processor time of open screens on which nothing happens, with 2,000 assets and a warm worker."""
    with project(many_assets(2_000)) as session:
        terminal = Terminal(command(), size=(120, 40), cwd=session.project.root)
        try:
            terminal.wait_for("group_000")
            settled = time.monotonic() + 5
            while time.monotonic() < settled:
                terminal.read()
            processes = tree(terminal.pid)
            before, until = cpu_seconds(processes), time.monotonic() + IDLE_S
            while time.monotonic() < until:
                terminal.read(0.5)
            used = cpu_seconds(processes) - before
        finally:
            terminal.close()
    yield Figure(f"idle, over {IDLE_S} s", used / IDLE_S * 100, "% of a core", 0.5)


def snapshots() -> Iterator[Figure]:
    """A project of 10,000 assets, from its file to a catalog in the hands of a face, with an empty store."""
    with project(many_assets(10_000)) as session:
        took = seconds(lambda: run(session, "--version"))  # what every command takes
        whole = seconds(lambda: ensure_loaded(session))
        with session.reading() as connection:
            (size,) = connection.execute("SELECT length(snapshot) FROM projects").fetchone()
        loaded = seconds(lambda: catalog(session))
    yield Figure("10,000 assets: imported, described, sent, stored", whole, "s", 2)
    yield Figure("10,000 assets: catalog read", loaded, "s")
    yield Figure("10,000 assets: snapshot", size / 1e6, "MB", 20)
    yield Figure("a command that does nothing", took, "s")


def automation() -> Iterator[Figure]:
    """Schedules, sensors and the queue."""
    for text, measure in (
        (over_time.MANY, over_time.idle_with_many),
        (over_time.EVERY_MINUTE.replace("COUNT", "1"), over_time.lag),
        (over_time.EVERY_MINUTE.replace("COUNT", str(over_time.SCHEDULES)), over_time.many_due),
        (over_time.REACTING, over_time.reactions),
        (TWO_ASSETS, over_time.queue_of_many),
        (TWO_ASSETS, over_time.takeover),
    ):
        with project(text) as session:
            yield from measure(session)


def looking_at_values() -> Iterator[Figure]:
    """Pages and profiles of large files, frames of the preview, and what a step feels of a profile."""
    yield from asyncio.run(values.frames())
    with project(values.PROJECT) as session:
        yield from values.runs(session)
        yield from values.pages_and_profiles(session)
        yield from values.histories(session)
    yield from values.differences()


def face() -> Iterator[Figure]:
    """What the screens send, how soon they answer, what lineage costs."""
    with project(face_of.CHAINED) as session:
        ensure_loaded(session)
        yield from face_of.drawn(session)
    for text, measure in face_of.MEASURES:
        with project(text) as session:
            yield from measure(session)


def hour() -> Iterator[Figure]:
    """Whether the screens grow while they are looked at for an hour."""
    with project(face_of.FEW) as session:
        yield from face_of.hour(session)


LONG = {"hour"}
"""These are measured only where they are named."""
BENCHMARKS = {
    "import": imports,
    "snapshot": snapshots,
    "materialize": two_assets,
    "chain": chains,
    "decide": deciding.decisions,
    "launch": first_line,
    "screens": screens,
    "face": face,
    "hour": hour,
    "idle": idle,
    "sets": partitions.sets,
    "pairs": partitions.pairs,
    "planning": partitions.planning,
    "backfill": partitions.runs_of_backfills,
    "grid": partitions.grid,
    "automation": automation,
    "conditions": conditions.condition_figures,
    "staleness": conditions.staleness,
    "checks": conditions.checks,
    "reaction": reaction,
    "logs": logs.logs,
    "values": looking_at_values,
    "drift": drift.figures,
    "carried": carried.carried,
    "outside": programs.outside,
    "brought": brought.brought,
}
