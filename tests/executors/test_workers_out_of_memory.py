"""A worker that the system kills for want of memory is told as such; one that somebody kills is not."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from assettui.executors import workers
from assettui.executors.workers import WorkerPool
from tests.conftest import SALES, ProjectFolder


@pytest.mark.parametrize(("counted", "told"), [(1, "the worker ran out of memory"), (0, "was killed by SIGKILL")])
def test_what_the_system_counts_tells_why(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, counted: int, told: str
) -> None:
    folder.write(SALES)
    folder.store.create()
    kills = [7]
    monkeypatch.setattr(workers, "memory_kills", lambda: kills[0])
    has_died = threading.Event()
    pool = WorkerPool(folder.project, folder.store, lambda _: has_died.set())
    try:
        worker = pool.start(describe=False)
        kills[0] += counted
        os.kill(worker.pid, signal.SIGKILL)
        assert has_died.wait(10)
        cause = pool.on_lost(worker)
    finally:
        pool.close()
    assert told in cause.message
    assert cause.kind == ("memory" if counted else "signal")


def test_the_system_says_how_often_it_has_killed() -> None:
    assert workers.memory_kills() >= 0
