"""The leader's lease: a file lock that the kernel frees when its holder dies. Exactly one process holds it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import stat
import time
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.model.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


class Leader(Struct, frozen=True):
    """Who holds the lease, as it said of itself."""

    pid: int
    host: str
    since_us: int
    face: str
    """What it was started as: `tui`, `up`, `materialize` or `python`."""
    project_id: str
    """The project whose code it runs; empty where it runs none but its own."""

    @property
    def named(self) -> str:
        """In words."""
        return f"{self.face}, pid {self.pid}"


class Lease:
    """The lease, held. Release it, or die."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let another process lead."""
        os.close(self._descriptor)


def acquire(path: Path, *, face: str, project_id: str, now_us: int) -> Lease | None:
    """Take the lease, or None where another process holds it.

    Raises:
        StoreError: The lock file cannot be opened.
    """
    try:
        descriptor = _opened(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise StoreError(f"the lease {path} cannot be opened: {error.strerror}") from error
    if descriptor is None:
        raise StoreError(
            f"the lease {path} is no file of its own", hint="remove it: somebody has put something else in its place"
        )
    for _ in range(3):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)  # `holder` may be looking: it holds a shared lock for microseconds
            continue
        said = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since_us": now_us,
            "face": face,
            "project_id": project_id,
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(said).encode(), 0)
        return Lease(descriptor)
    os.close(descriptor)
    return None


def holder(path: Path) -> Leader | None:
    """Who holds the lease now; None where nobody does."""
    try:
        descriptor = _opened(path, os.O_RDONLY)
    except OSError:
        return None
    if descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        for _ in range(5):
            found = last_holder(path)
            if found is not None:
                return found
            time.sleep(0.001)  # it has taken the lease this very moment, and is still writing who it is
        return None
    else:
        return None
    finally:
        os.close(descriptor)


def _opened(path: Path, flags: int) -> int | None:
    """A descriptor of the lock file; None where there is a link, a pipe or anything else in its place.

    Where others could write to the folder, a link would have the leader empty any file that is named by it, and whoever
    opened a pipe would wait for ever.

    Raises:
        OSError: It cannot be opened.
    """
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            return None
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        return None
    return descriptor


def last_holder(path: Path) -> Leader | None:
    """Who took the lease last, alive or not; None where nobody ever did, or what it wrote is not whole."""
    try:
        descriptor = _opened(path, os.O_RDONLY)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as file:
            said: dict[str, Any] = json.load(file)
        return Leader(said["pid"], said["host"], said["since_us"], said["face"], said["project_id"])
    except (OSError, ValueError, KeyError):
        return None
