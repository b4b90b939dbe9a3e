"""The doorbell wakes, and tells; where no socket can be, waiting still ends."""

from __future__ import annotations

import select
import time
from pathlib import Path

import pytest

from assettui.store.doorbell import Doorbell, Visitor


def answer_all(doorbell: Doorbell) -> int:
    """Answer whatever rings now; how many did."""
    ready, _, _ = select.select(doorbell.sockets(), [], [], 0.5)
    for each in ready:
        doorbell.answer(each)
    return len(ready)


@pytest.mark.parametrize("depth", [0, 8])
def test_a_visitor_wakes_the_leader_and_is_told_of_commits(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["a-rather-long-name"] * depth)  # longer than a socket's address may be
    folder.mkdir(parents=True, exist_ok=True)
    doorbell = Doorbell(folder / "bell")
    visitor = Visitor(folder / "bell")
    assert answer_all(doorbell) == 1  # let in
    assert visitor.wait(1)  # and told at once to look, for what was committed while it stood at the door
    assert not visitor.wait(0.01)
    visitor.ring()
    assert answer_all(doorbell) == 1
    doorbell.tell()
    doorbell.tell()
    assert visitor.wait(1)
    doorbell.close()
    assert visitor.wait(1)  # the leader has gone: look
    assert not visitor.connect()
    visitor.close()


def test_a_visitor_that_leaves_is_forgotten(tmp_path: Path) -> None:
    doorbell = Doorbell(tmp_path / "bell")
    visitor = Visitor(tmp_path / "bell")
    answer_all(doorbell)
    visitor.close()
    answer_all(doorbell)
    assert len(doorbell.sockets()) == 1
    doorbell.close()


def test_waiting_without_a_leader_ends(tmp_path: Path) -> None:
    visitor = Visitor(tmp_path / "nobody")
    started = time.monotonic()
    assert not visitor.wait(0.05)
    assert time.monotonic() - started >= 0.05
    visitor.ring()


def test_a_socket_that_a_dead_leader_left_is_replaced(tmp_path: Path) -> None:
    dead = Doorbell(tmp_path / "bell")
    for each in dead.sockets():
        each.close()  # as the kernel does when a process is killed: the name stays
    doorbell = Doorbell(tmp_path / "bell")
    visitor = Visitor(tmp_path / "bell")
    assert visitor.connect()
    visitor.close()
    doorbell.close()
    assert not (tmp_path / "bell").exists()
