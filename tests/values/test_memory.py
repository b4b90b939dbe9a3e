"""A value is in memory only as long as a step needs it: a chain over frames of a gigabyte each needs less than three.

What is measured is the resident memory of the process at its highest. A limit of the kernel's on the address space
would count what allocators reserve and never touch.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ProjectFolder

CHAIN = """
    import resource

    import polars as pl
    from assettui import AssetIn, MaterializeResult, asset

    ROWS = 45_000_000  # three columns of eight bytes: more than 1 GiB


    @asset
    def link_0() -> pl.DataFrame:
        return pl.select(pl.int_range(ROWS).alias("a"), pl.int_range(ROWS).alias("b"), pl.int_range(ROWS).alias("c"))


    def link(number):
        @asset(name=f"link_{number}", ins={"before": AssetIn(f"link_{number - 1}")})
        def following(before: pl.DataFrame) -> pl.DataFrame:
            assert before.estimated_size() > 1 << 30
            return before.with_columns(pl.col("a") + 1)

        return following


    links = [link(number) for number in (1, 2, 3)]


    @asset(deps=["link_3"])
    def peak():
        return MaterializeResult(metadata={"gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)})
"""
IN_PROCESS = """
import pipeline
from assettui import Instance, materialize

with Instance.open("in_process") as instance:
    result = materialize([pipeline.link_0, *pipeline.links, pipeline.peak], instance=instance)
    print(result.asset_materializations_for_node("peak")[0].metadata["gib"].value)
"""


@pytest.mark.slow
def test_in_a_worker(folder: ProjectFolder) -> None:
    folder.write(CHAIN)
    done = folder.run("materialize", "*", timeout=600)
    assert done.returncode == 0, done.stderr
    assert 1 < folder.json("asset", "show", "peak")["metadata"]["gib"]["value"] < 3


@pytest.mark.slow
def test_in_the_same_process(folder: ProjectFolder) -> None:
    folder.write(CHAIN)
    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESS], cwd=folder.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 1 < float(done.stdout) < 3
