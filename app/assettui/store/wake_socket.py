"""The wake socket: a local socket beside the store, on which the leader is woken, and others are told of its commits.

Only a byte travels, and it says nothing but "look": what there is to know is in the store. Where no such socket can
be made, whoever waits looks once a second in any case.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_MAX_PATH_BYTES = 100  # a Unix socket's address holds 108, or 104, bytes


@contextmanager
def _address(path: Path) -> Generator[str]:
    """The socket's path, by way of an open folder where it is too long to be an address."""
    if len(os.fsencode(path)) <= _MAX_PATH_BYTES:
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)


class WakeSocket:
    """The leader's side: hears of being woken, and tells of commits.

    Args:
        path: Where the socket is made; one that a dead leader left there is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clients: list[socket.socket] = []
        self._listening: socket.socket | None = None
        with suppress(OSError):  # no such sockets here: everybody looks once a second
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            path.unlink(missing_ok=True)
            with _address(path) as address:
                listening.bind(address)
            path.chmod(0o600)
            listening.listen(64)
            listening.setblocking(False)
            self._listening = listening

    def sockets(self) -> list[socket.socket]:
        """What to wait on: any that becomes readable is to be `answer`ed."""
        return [*([self._listening] if self._listening else []), *self._clients]

    def answer(self, ready: socket.socket) -> None:
        """Let a client in, or take what one has sent; one that has gone is forgotten."""
        if ready is self._listening:
            with suppress(OSError):
                wake_client, _ = ready.accept()
                wake_client.setblocking(False)
                self._clients.append(wake_client)
                wake_client.send(b".")  # what was committed while it stood at the door
            return
        try:
            if ready.recv(4096):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._clients.remove(ready)
        ready.close()

    def tell(self) -> None:
        """Tell every client to look; one that has not yet looked since the last time needs no second byte."""
        for wake_client in self._clients:
            with suppress(OSError):
                wake_client.send(b".")

    def close(self) -> None:
        """Take the socket away; clients see that the leader is gone."""
        for each in self.sockets():
            each.close()
        self._path.unlink(missing_ok=True)


class WakeClient:
    """A follower's side: wakes the leader, and waits for its commits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self.connect()

    def connect(self) -> bool:
        """Find the leader, where it is not yet found; whether it is."""
        if self._socket is None:
            wanted = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                if not stat.S_ISSOCK(self._path.lstat().st_mode):  # no link to the socket of another
                    raise ConnectionRefusedError
                with _address(self._path) as address:
                    wanted.connect(address)
            except OSError:
                wanted.close()
                return False
            wanted.setblocking(False)
            self._socket = wanted
        return True

    def ring(self) -> None:
        if self.connect() and self._socket is not None:
            try:
                self._socket.send(b".")
            except BlockingIOError:
                return
            except OSError:
                self._lose()

    def wait(self, timeout_s: float) -> bool:
        """Wait until something may have been committed, at most so long; whether the leader said so."""
        if not self.connect() or self._socket is None:
            time.sleep(timeout_s)
            return False
        ready, _, _ = select.select([self._socket], [], [], timeout_s)
        if not ready:
            return False
        try:
            if self._socket.recv(65536):
                return True
        except OSError:
            pass
        self._lose()
        return True

    def close(self) -> None:
        self._lose()

    def _lose(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
