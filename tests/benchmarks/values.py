"""What it costs to look at values: the first page of a large file, a frame while scrolling, a profile, what a step feels of it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import psutil
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.geometry import Region

from assettui.executors.viewing import ViewerProcess
from assettui.model.asset import ValueRef
from assettui.model.events import Materialization
from assettui.model.keys import AssetKey
from assettui.model.metadata import as_metadata
from assettui.model.preview import Page, PreviewColumn, Profiled, Query, ReadPage, ReadProfile, StoredValue
from assettui.model.run import RunStatus
from assettui.render.chart import chart_lines
from assettui.render.history import history_chart
from assettui.service.catalog import catalog
from assettui.service.history import history_of, history_pages
from assettui.service.runs import launch, run_page
from assettui.service.session import Session
from assettui.store.recording import record
from assettui.tui.preview_table import BLOCK_COLUMNS, BLOCK_ROWS, Block, PreviewTable
from tests.benchmarks.figures import Figure, seconds
from tests.conftest import command, wait_until

ROWS = 10_000_000
FRAMES = 60
STEPS = 30
MATERIALIZATIONS = 10_000
PROJECT = """
    import polars as pl
    from assettui import asset

    @asset(metadata={"profile": False})
    def plain(): return pl.DataFrame({"n": range(100_000)})

    @asset
    def profiled(): return pl.DataFrame({"n": range(100_000)})
"""


def large(rows: int) -> pl.LazyFrame:
    """Twenty columns of numbers, texts, times and truth values, some of them empty here and there."""
    number = pl.int_range(rows, dtype=pl.Int64)
    mixed = [number.hash(seed) for seed in range(20)]
    columns = [(each.cast(pl.Float64) / 1.8e19).alias(f"f{index}") for index, each in enumerate(mixed[:7])]
    columns += [(each % 10 ** (index + 1)).cast(pl.Int64).alias(f"i{index}") for index, each in enumerate(mixed[7:12])]
    columns += [
        (each % 10 ** (index + 1)).cast(pl.String).alias(f"s{index}") for index, each in enumerate(mixed[12:16])
    ]
    columns += [(each % 2 == 0).alias(f"b{index}") for index, each in enumerate(mixed[16:18])]
    columns.append((mixed[18] % 2**40).cast(pl.Datetime("ms")).alias("t0"))
    columns.append(pl.when(mixed[19] % 10 == 0).then(None).otherwise(mixed[19] % 1_000).alias("n0"))
    return pl.LazyFrame().select(columns)


def peak_mb(pid: int) -> float:
    """The most memory that a process has ever needed."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3


def pages_and_profiles(session: Session) -> Iterator[Figure]:
    """Of files of 1 GB, of 10,000,000 rows, and of 5 GB."""
    project, folder = session.project, session.folder

    def value(path: Path) -> StoredValue:
        return StoredValue(AssetKey("large"), ValueRef("file"), None, str(path))

    with tempfile.TemporaryDirectory() as temporary:
        one = Path(temporary) / "rows.parquet"
        large(ROWS).sink_parquet(one)
        gigabytes = one.stat().st_size / 1e9
        with closing(ViewerProcess(project, folder)) as viewer:
            first = ReadPage(value(one), rows=BLOCK_ROWS)
            yield Figure(f"{gigabytes:.1f} GB: first page, process and all", seconds(lambda: viewer.ask(first)), "s")
            warm = replace(value(one), asset_key=AssetKey("again"))  # opened anew, by a process that is there
            yield Figure(
                f"{gigabytes:.1f} GB: first page",
                seconds(lambda: viewer.ask(ReadPage(warm, rows=BLOCK_ROWS))),
                "s",
                0.3,
            )
            for name, asked in (
                ("a page in the middle", ReadPage(warm, first=ROWS // 2, rows=BLOCK_ROWS)),
                ("first page of a condition", ReadPage(warm, Query("i0 = 3"), rows=BLOCK_ROWS)),
                ("its count", ReadPage(warm, Query("i0 = 3"), rows=BLOCK_ROWS, is_counted=True)),
                ("first page in an order", ReadPage(warm, Query(sort="f0"), rows=BLOCK_ROWS)),
            ):
                yield Figure(f"{gigabytes:.1f} GB: {name}", seconds(lambda asked=asked: viewer.ask(asked)), "s")
        yield from _profile(session, value(one), f"{ROWS:,} × 20: profile", 5)
        five = Path(temporary) / "five.parquet"
        pl.concat([pl.scan_parquet(one)] * -(-5_000_000_000 // one.stat().st_size)).sink_parquet(five)
        with closing(ViewerProcess(project, folder)) as viewer:
            viewer.ask(ReadPage(value(one), rows=0))
            asked = ReadPage(value(five), rows=BLOCK_ROWS)
            yield Figure(
                f"{five.stat().st_size / 1e9:.1f} GB: first page", seconds(lambda: viewer.ask(asked)), "s", 0.3
            )
        yield from _profile(session, value(five), f"{five.stat().st_size / 1e9:.1f} GB: profile", None, 1_000)


def _profile(
    session: Session, value: StoredValue, name: str, budget_s: float | None, budget_mb: float | None = None
) -> Iterator[Figure]:
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        viewer.ask(ReadPage(value, rows=0))
        answers: list[Any] = []
        yield Figure(name, seconds(lambda: answers.append(viewer.ask(ReadProfile(value)))), "s", budget_s)
        assert isinstance(answers[0], Profiled)
        (pid,) = (
            each.pid for each in psutil.Process(os.getpid()).children() if "assettui.worker.viewer" in each.cmdline()
        )
        yield Figure(f"{name}, memory", peak_mb(pid), "MB", budget_mb)


async def frames() -> list[Figure]:
    """A table of 100,000,000 rows, drawn page after page, each of them there already."""
    table = PreviewTable()

    class Shown(App[None]):
        def compose(self) -> ComposeResult:
            yield table

    columns = tuple(PreviewColumn(f"column_{number}", "Float64", True) for number in range(BLOCK_COLUMNS))
    cells = tuple(tuple(f"{row * 1.5 + column}" for column in range(BLOCK_COLUMNS)) for row in range(BLOCK_ROWS))
    times: list[float] = []
    async with Shown().run_test(size=(160, 50)) as pilot:
        for number in range(FRAMES):
            block = Block(number * 1_000, 0)
            began = time.perf_counter()
            table.show(block, Page(columns, block.row * BLOCK_ROWS, 0, cells, 100_000_000, 100_000_000))
            table.move_to(block.row * BLOCK_ROWS + 60, number % BLOCK_COLUMNS)
            table.render_lines(Region(0, 0, *table.size))
            times.append((time.perf_counter() - began) * 1e3)
            await pilot.pause()
    return [
        Figure("100,000,000 rows: a frame of the preview", statistics.median(times), "ms", 30),
        Figure("100,000,000 rows: the slowest frame", max(times), "ms"),
    ]


def runs(session: Session) -> Iterator[Figure]:
    """Runs of one step whose table is looked at behind it, and of one whose table is not."""
    leader = subprocess.Popen(command("up"), cwd=session.project.root, stderr=subprocess.DEVNULL)
    took: dict[str, list[float]] = {"plain": [], "profiled": []}
    try:
        wait_until(lambda: not session.is_new() and catalog(session).snapshot is not None, 60)
        for number in range(2 * STEPS):
            name = ("plain", "profiled")[number % 2]
            run_id = launch(session, [AssetKey(name)])
            run = wait_until(
                lambda run_id=run_id: next(
                    (
                        each
                        for each in run_page(session, limit=1).runs
                        if each.run_id == run_id and each.status is RunStatus.SUCCESS
                    ),
                    None,
                )
            )
            took[name].append((run.ended_us - run.created_us) / 1e3)
    finally:
        leader.terminate()
        leader.wait()
    plain, profiled = (statistics.median(each[3:]) for each in took.values())
    yield Figure("a run of one step, its table not looked at", plain, "ms")
    yield Figure("what a profile adds to it", profiled - plain, "ms", 5)


def differences() -> Iterator[Figure]:
    """Two tables of ten million rows each, in one order and in another: each in a process of its own, for its memory."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _TABLES, folder], check=True)
        for name, words in (("after", "in one order"), ("shuffled", "in another order")):
            done = subprocess.run(
                [sys.executable, "-c", _COMPARE, folder, name], check=True, capture_output=True, text=True
            )
            took, peak = map(float, done.stdout.split())
            yield Figure(f"difference of {ROWS:,} rows x 20, {words}", took, "s", 10)
            yield Figure("its peak memory", peak, "MB", 2_000)


_TABLES = f"""
import sys
import polars as pl
rows = pl.int_range({ROWS}, eager=True)
made = {{"id": rows}}
made |= {{f"n{{index}}": (rows.hash(index) % 1_000_000) / 1_000 for index in range(12)}}
made |= {{f"i{{index}}": (rows.hash(20 + index) % 1_000).cast(pl.Int64) for index in range(4)}}
made |= {{f"s{{index}}": (rows.hash(30 + index) % 50_000).cast(pl.String) for index in range(3)}}
before = pl.DataFrame(made)
before.write_parquet(sys.argv[1] + "/before.parquet")
changed = pl.when(pl.col("id") % 100 == 0).then(pl.col("n3") + 1).otherwise("n3")
new = before.head(3_000).with_columns(id=pl.col("id") + {ROWS})
after = pl.concat([before.with_columns(n3=changed).slice(5_000), new])
after.write_parquet(sys.argv[1] + "/after.parquet")
after.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(sys.argv[1] + "/shuffled.parquet")
"""
_COMPARE = """
import re, sys, time
import polars as pl
from assettui.viewing.differences import difference
began = time.perf_counter()
found = difference(*(pl.scan_parquet(f"{sys.argv[1]}/{name}.parquet") for name in ("before", sys.argv[2])), ["id"])
assert (found.added, found.removed, found.changed) == (3_000, 5_000, 99_950), found
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(time.perf_counter() - began, int(peak[1]) / 1e3)
"""


def histories(session: Session) -> Iterator[Figure]:
    """A page of the past of an asset that was made ten thousand times, and the chart of all of it."""
    key = AssetKey("plain")
    made = Materialization(
        0, asset_key=key, data_version="v", rows=1, metadata=as_metadata({"mean": 0.5, "note": "x" * 50})
    )
    with session.writing() as db:
        record(db, [replace(made, time_us=10**15 + number * 10**9, rows=number) for number in range(MATERIALIZATIONS)])
    yield Figure(
        f"a page of {MATERIALIZATIONS:,} materializations",
        statistics.median(seconds(lambda: next(history_pages(session, key))) for _ in range(10)) * 1e3,
        "ms",
        50,
    )
    whole = history_of(session, key)
    yield Figure(f"all {MATERIALIZATIONS:,} of them", seconds(lambda: history_of(session, key)) * 1e3, "ms")
    chart = history_chart(whole.past[::-1], ["rows", "mean"], is_over_partitions=False)
    yield Figure("their chart, drawn", seconds(lambda: chart_lines(chart, 160, 20)) * 1e3, "ms")
