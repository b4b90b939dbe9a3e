"""A worker that the kernel kills for want of memory, really: in a control group that may have little of it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, command

LIMIT_BYTES = 200 << 20
HIERARCHIES = {"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"}
"""Where groups are made, by the first version and by the second, and what limits their memory."""
PROJECT = """
    from assettui import RetryPolicy, asset

    def eat():
        return [bytearray(b"x") * (20 << 20) for _ in range(100)]

    @asset
    def hungry():
        eat()

    @asset(retry_policy=RetryPolicy())
    def modest_at_last(context):
        if context.retry_number == 0:
            eat()
"""


@pytest.fixture
def group() -> Generator[Path]:
    """A control group with little memory."""
    for root, limit in HIERARCHIES.items():
        made = Path(root, f"assettui-test-{os.getpid()}")
        try:
            made.mkdir()
        except OSError:
            continue
        try:
            (made / limit).write_text(str(LIMIT_BYTES))
        except OSError:
            made.rmdir()
            continue
        yield made
        for _ in range(100):  # it is not empty until the kernel has cleared the last process away
            with suppress(OSError):
                made.rmdir()
                return
            time.sleep(0.02)
        raise AssertionError(f"{made} cannot be removed")
    pytest.skip("no control group with a limit of memory can be made here")


@pytest.mark.slow
def test_it_is_told_as_such_and_tried_again_by_its_policy(folder: ProjectFolder, group: Path) -> None:
    folder.write(PROJECT)
    enter = f'echo $$ > {group / "cgroup.procs"} && exec "$@"'
    subprocess.run(["sh", "-c", enter, "sh", *command("materialize", "*")], cwd=folder.path, check=False, timeout=60)
    (run,) = folder.json("run", "ls")
    steps = {step["step"]: step for step in folder.json("run", "show", run["run_id"])["steps"]}
    assert steps["modest_at_last"]["status"] == "success"
    assert steps["hungry"]["status"] == "failure"
    assert steps["hungry"]["error"]["kind"] == "memory"
    assert steps["hungry"]["error"]["message"].startswith("the worker ran out of memory: the system killed it")
