"""A worker that the system kills for want of memory is told as such; one that somebody kills is not."""

from __future__ import annotations

import os
import signal

import pytest

from assettui.executors import processes as module
from assettui.executors.base import Ended, Heard
from assettui.executors.processes import Processes
from tests.conftest import SALES, ProjectFolder


@pytest.mark.parametrize(("counted", "told"), [(1, "the worker ran out of memory"), (0, "was killed by SIGKILL")])
def test_what_the_system_counts_tells_why(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, counted: int, told: str
) -> None:
    folder.write(SALES)
    folder.store.create()
    kills = [7]
    monkeypatch.setattr(module, "memory_kills", lambda: kills[0])
    heard: list[Heard] = []
    processes = Processes(folder.project, folder.store, lambda worker, each: heard.append(each))
    try:
        worker = processes.start_worker(describe=False)
        kills[0] += counted
        os.kill(processes.pid(worker), signal.SIGKILL)
        while not heard:
            processes.receive(10)
    finally:
        processes.close()
    (ended,) = heard
    assert isinstance(ended, Ended)
    assert told in ended.cause.message
    assert ended.cause.kind == ("memory" if counted else "signal")


def test_the_system_says_how_often_it_has_killed() -> None:
    assert module.memory_kills() >= 0
