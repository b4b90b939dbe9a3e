"""The wake socket wakes, and tells; where no socket can be, waiting still ends."""

from __future__ import annotations

import select
import time
from pathlib import Path

import pytest

from assettui.store.wake_socket import WakeClient, WakeSocket


def answer_all(wake_socket: WakeSocket) -> int:
    """Answer whatever rings now; how many did."""
    ready, _, _ = select.select(wake_socket.sockets(), [], [], 0.5)
    for each in ready:
        wake_socket.answer(each)
    return len(ready)


@pytest.mark.parametrize("depth", [0, 8])
def test_a_client_wakes_the_leader_and_is_told_of_commits(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["a-rather-long-name"] * depth)  # longer than a socket's address may be
    folder.mkdir(parents=True, exist_ok=True)
    wake_socket = WakeSocket(folder / "bell")
    wake_client = WakeClient(folder / "bell")
    assert answer_all(wake_socket) == 1  # let in
    assert wake_client.wait(1)  # and told at once to look, for what was committed while it stood at the door
    assert not wake_client.wait(0.01)
    wake_client.ring()
    assert answer_all(wake_socket) == 1
    wake_socket.tell()
    wake_socket.tell()
    assert wake_client.wait(1)
    wake_socket.close()
    assert wake_client.wait(1)  # the leader has gone: look
    assert not wake_client.connect()
    wake_client.close()


def test_a_client_that_leaves_is_forgotten(tmp_path: Path) -> None:
    wake_socket = WakeSocket(tmp_path / "bell")
    wake_client = WakeClient(tmp_path / "bell")
    answer_all(wake_socket)
    wake_client.close()
    answer_all(wake_socket)
    assert len(wake_socket.sockets()) == 1
    wake_socket.close()


def test_waiting_without_a_leader_ends(tmp_path: Path) -> None:
    wake_client = WakeClient(tmp_path / "nobody")
    started = time.monotonic()
    assert not wake_client.wait(0.05)
    assert time.monotonic() - started >= 0.05
    wake_client.ring()


def test_a_socket_that_a_dead_leader_left_is_replaced(tmp_path: Path) -> None:
    dead = WakeSocket(tmp_path / "bell")
    for each in dead.sockets():
        each.close()  # as the kernel does when a process is killed: the name stays
    wake_socket = WakeSocket(tmp_path / "bell")
    wake_client = WakeClient(tmp_path / "bell")
    assert wake_client.connect()
    wake_client.close()
    wake_socket.close()
    assert not (tmp_path / "bell").exists()
