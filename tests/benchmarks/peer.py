"""The same work in Dagster, run by an interpreter that has it (with its webserver), for the figures that both have.

Only what it documents is used: its command line, `materialize`, and the GraphQL interface of `dagster dev`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.conditions import figures_by_hand
from tests.benchmarks.figures import Figure, cpu_seconds, median_seconds, proportional_mb, tree
from tests.benchmarks.ours import CHAINS, FIRST_LINE, IDLE_S, TWO_ASSETS, many_assets
from tests.benchmarks.partitions import DAYS, FEW_DAYS
from tests.conftest import wait_until

LAUNCHES = 5
CHAIN = """
import json, sys, tempfile, time
from dagster import AssetIn, DagsterInstance, asset, materialize

def chain(length):
    @asset(name="a0")
    def first():
        return 0
    made = [first]
    for number in range(1, length):
        @asset(name=f"a{number}", ins={"before": AssetIn(f"a{number - 1}")})
        def link(before):
            return before + 1
        made.append(link)
    return made

length, with_store = int(sys.argv[1]), sys.argv[2] == "store"
assets = chain(length)
with tempfile.TemporaryDirectory() as folder:
    instance = DagsterInstance.local_temp(folder) if with_store else DagsterInstance.ephemeral()
    times = []
    for _ in range(1 if length >= 1000 else 3):
        began = time.perf_counter()
        assert materialize(assets, instance=instance, resources=None).success
        times.append(time.perf_counter() - began)
print(json.dumps(min(times)))
"""
SETS = """
import json, time, warnings
warnings.filterwarnings("ignore")
from dagster import DailyPartitionsDefinition, HourlyPartitionsDefinition, TimeWindowPartitionMapping

def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

hours = HourlyPartitionsDefinition("1900-01-01-00:00", end_date="2014-01-30-16:00", timezone="Europe/Paris")
days = DailyPartitionsDefinition("1900-01-01", end_date="2014-01-31", timezone="Europe/Paris")
keys = hours.get_partition_keys()
whole, all_days = hours.subset_with_all_partitions(), days.subset_with_all_partitions()
every_other = hours.empty_subset().with_partition_keys(keys[::2])
some = [keys[number * 7919 % len(keys)] for number in range(2_000)]
mapping = TimeWindowPartitionMapping()
print(json.dumps({
    "union": seconds(lambda: every_other | whole),
    "intersection": seconds(lambda: every_other & whole),
    "difference": seconds(lambda: whole - every_other),
    "count": seconds(lambda: len(every_other)),
    "window": seconds(lambda: [hours.time_window_for_partition_key(key) for key in some]) / len(some),
    "all": seconds(lambda: mapping.get_downstream_partitions_for_partitions(whole, hours, days)),
    "every other": seconds(lambda: mapping.get_downstream_partitions_for_partitions(every_other, hours, days)),
    "back": seconds(lambda: mapping.get_upstream_mapped_partitions_result_for_partitions(all_days, days, hours)),
}))
"""
PAIRS = """
import json, time, warnings
warnings.filterwarnings("ignore")
from dagster import (
    DailyPartitionsDefinition, MultiPartitionsDefinition, MultiToSingleDimensionPartitionMapping, StaticPartitionsDefinition
)

def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

dates = DailyPartitionsDefinition("2013-01-01", end_date="2014-01-01")
customers = StaticPartitionsDefinition([f"customer{number}" for number in range(247)])
both = MultiPartitionsDefinition({"date": dates, "customer": customers})
took = {"all keys": seconds(both.get_partition_keys)}
keys = both.get_partition_keys()
took["all keys → set"] = seconds(lambda: both.empty_subset().with_partition_keys(keys))
third = both.empty_subset().with_partition_keys(keys[::3])
mapping = MultiToSingleDimensionPartitionMapping("date")
took["mapped to dates"] = seconds(
    lambda: mapping.get_upstream_mapped_partitions_result_for_partitions(third, both, dates)
)
whole = dates.subset_with_all_partitions()
took["mapped from dates"] = seconds(lambda: mapping.get_downstream_partitions_for_partitions(whole, dates, both))
print(json.dumps(took))
"""


def as_theirs(text: str) -> str:
    """A project of ours as one of theirs: the words are the same."""
    return textwrap.dedent(text).replace("from assettui import", "from dagster import")


@contextmanager
def home(python: Path, text: str) -> Generator[tuple[Path, dict[str, str]]]:
    """A project in a folder of its own, and the environment to run it in."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        (folder / "pipeline.py").write_text(as_theirs(text))
        (folder / "home").mkdir()
        (folder / "home" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        yield folder, {**os.environ, "DAGSTER_HOME": str(folder / "home"), "PATH": path}


def two_assets(python: Path) -> Iterator[Figure]:
    """The same two assets."""
    with home(python, TWO_ASSETS) as (folder, env):
        line = [str(python), "-m", "dagster", "asset", "materialize", "--select", "*", "-f", "pipeline.py"]

        def run() -> None:
            subprocess.run(line, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        yield Figure("materialize two assets, command", median_seconds(run, 3), "s")


def imports(python: Path) -> Iterator[Figure]:
    """What `import dagster` adds."""
    bare = median_seconds(lambda: subprocess.run([python, "-I", "-c", "pass"], check=True), 5)
    with_it = median_seconds(lambda: subprocess.run([python, "-I", "-c", "import dagster"], check=True), 5)
    yield Figure("import assettui", (with_it - bare) * 1e3, "ms")


def chains(python: Path) -> Iterator[Figure]:
    """The same chains."""
    for store, name in (("none", ""), ("store", " with a store")):
        for length in CHAINS:
            with home(python, "") as (folder, env):
                (folder / "chain.py").write_text(CHAIN)
                done = subprocess.run(
                    [python, "chain.py", str(length), store], cwd=folder, env=env, check=True, capture_output=True
                )
                took = json.loads(done.stdout.splitlines()[-1])
            yield Figure(f"chain of {length:,}{name}, per step", took / length * 1e3, "ms")


class Dev:
    """`dagster dev` on a project."""

    def __init__(self, python: Path, folder: Path, env: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [python, "-m", "dagster", "dev", "-f", "pipeline.py", "-p", str(self.port)],
            cwd=folder,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def ask(self, query: str, **variables: Any) -> Any:
        """Ask its GraphQL interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def assets(self) -> int:
        """How many assets its catalog has; 0 while it cannot say."""
        with contextlib.suppress(OSError, KeyError, TypeError, ValueError):
            return len(self.ask("{ assetNodes { id } }")["assetNodes"])
        return 0

    def close(self) -> None:
        """End it with all that it has started."""
        processes = tree(self.process.pid)
        os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        for process in processes:
            with contextlib.suppress(Exception):
                process.kill()


@contextmanager
def developing(python: Path, text: str) -> Generator[tuple[Dev, Path]]:
    """`dagster dev` on a project, for as long as it is needed."""
    with home(python, text) as (folder, env):
        dev = Dev(python, folder, env)
        try:
            yield dev, folder
        finally:
            dev.close()


def screens(python: Path) -> Iterator[Figure]:
    """From the command to a catalog that answers, and memory."""
    for count, days in ((10, 0), (2_000, 1_000)):
        began = time.perf_counter()
        with developing(python, many_assets(count, days)) as (dev, _):
            wait_until(lambda dev=dev, count=count: dev.assets() == count, 120)
            yield Figure(f"{count:,} assets: catalog loaded", time.perf_counter() - began, "s")
            time.sleep(3)
            yield Figure(f"{count:,} assets: memory with one worker", proportional_mb(tree(dev.process.pid)), "MB")


def idle(python: Path) -> Iterator[Figure]:
    """Its processor time while nothing happens."""
    with developing(python, many_assets(2_000)) as (dev, _):
        wait_until(lambda: dev.assets() == 2_000, 120)
        time.sleep(15)
        processes = tree(dev.process.pid)
        before = cpu_seconds(processes)
        time.sleep(IDLE_S)
        yield Figure(f"idle, over {IDLE_S} s", (cpu_seconds(processes) - before) / IDLE_S * 100, "% of a core")


LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""


def first_line(python: Path) -> Iterator[Figure]:
    """From the wish to the first line."""
    with developing(python, FIRST_LINE) as (dev, folder):
        wait_until(lambda: dev.assets() == 1, 120)
        said, times = folder / "said", list[float]()
        params = {
            "selector": {
                "repositoryName": "__repository__",
                "repositoryLocationName": "pipeline.py",
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": ["line"]}],
            },
            "mode": "default",
        }
        for _ in range(LAUNCHES + 1):
            began = time.time_ns()
            answer = dev.ask(LAUNCH, params=params)["launchPipelineExecution"]["__typename"]
            if answer != "LaunchRunSuccess":
                raise RuntimeError(f"it would not launch: {answer}")
            wait_until(said.exists, 60)
            times.append((int(said.read_text()) - began) / 1e6)
            said.unlink()
            time.sleep(2)
    yield Figure("launch → first line, median", statistics.median(times[1:]), "ms")


def said(python: Path, program: str) -> Any:
    """What a program prints, as JSON."""
    done = subprocess.run([python, "-c", program], check=True, capture_output=True)
    return json.loads(done.stdout.splitlines()[-1])


def sets(python: Path) -> Iterator[Figure]:
    """The same sets of a million partitions."""
    took = said(python, SETS)
    for name in ("union", "intersection", "difference", "count"):
        yield Figure(f"1,000,000 partitions: {name}", took[name] * 1e3, "ms")
    yield Figure("key → window", took["window"] * 1e6, "µs")
    yield Figure("1,000,000 hours → days, all", took["all"] * 1e3, "ms")
    yield Figure("1,000,000 hours → days, every other", took["every other"] * 1e3, "ms")
    yield Figure("41,667 days → hours", took["back"] * 1e3, "ms")


def pairs(python: Path) -> Iterator[Figure]:
    """The same 90,000 partitions of two dimensions."""
    for name, took in said(python, PAIRS).items():
        yield Figure(f"90,000 multi-partitions: {name}", took, "s")


BACKFILL = """
mutation Backfill($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) { __typename ... on LaunchBackfillSuccess { backfillId } }
}
"""
STATUS = """
query Status($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }
"""


def runs_of_backfills(python: Path) -> Iterator[Figure]:
    """A backfill of some daily partitions, each in a run of its own, by `dagster dev`."""
    with developing(python, DAYS) as (dev, _):
        wait_until(lambda: dev.assets() == 3, 120)
        time.sleep(5)
        first = date(1998, 1, 1)
        params = {
            "assetSelection": [{"path": ["day"]}],
            "partitionNames": [str(first + timedelta(days=number)) for number in range(FEW_DAYS)],
            "title": "figures",
        }
        began = time.perf_counter()
        asked = dev.ask(BACKFILL, params=params)["launchPartitionBackfill"]
        if asked["__typename"] != "LaunchBackfillSuccess":
            raise RuntimeError(f"it would not launch: {asked}")

        def is_over() -> bool:
            status = dev.ask(STATUS, id=asked["backfillId"])["partitionBackfillOrError"]["status"]
            return status.startswith("COMPLETED")

        wait_until(is_over, 600)
        yield Figure(f"backfill of {FEW_DAYS} daily partitions", time.perf_counter() - began, "s")


def nothing(python: Path) -> Iterator[Figure]:
    """For what has no like there."""
    return iter(())


def conditions_by_hand(python: Path) -> Iterator[Figure]:
    """`evaluate_automation_conditions` of 1,000 and 5,000 eager assets."""
    yield from figures_by_hand(python, "dagster", "DagsterInstance")


BENCHMARKS = {
    "import": imports,
    "snapshot": nothing,
    "materialize": two_assets,
    "chain": chains,
    "launch": first_line,
    "screens": screens,
    "idle": idle,
    "sets": sets,
    "pairs": pairs,
    "planning": nothing,
    "backfill": runs_of_backfills,
    "grid": nothing,
    "automation": nothing,
    "conditions": conditions_by_hand,
    "staleness": nothing,
    "checks": nothing,
    "reaction": nothing,
}
