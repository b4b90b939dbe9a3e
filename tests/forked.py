"""The program as a process, without the time that it takes to start: forked from one that has imported it already.

The tests run some thousand commands, and importing the program takes longer than what most of them do. What is forked is a
process as any other, with a folder, an environment, an output and an end of its own. How the program really starts is tested
by those who start it for long (`ProjectFolder.start`), in a terminal, from a wheel and as one file.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

PRELOADED = ("cli", "core", "engine", "executors", "kernel", "model", "project", "render", "service", "store")
_LENGTH = struct.Struct(">I")
_STATUS = struct.Struct(">i")
_SETTLED_AT_START = ("PYTHON", "LC_", "LANG")
"""Variables that Python reads before anything else runs."""


class Forks:
    """A process that has imported the program, and forks."""

    def __init__(self) -> None:
        self._settled = _settled(os.environ)
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def can_run(self) -> bool:
        """Whether what Python reads at its start is as it was when this one started."""
        return self._settled == _settled(os.environ)

    def run(self, arguments: tuple[str, ...], cwd: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Raises:
            TimeoutExpired: It has not ended; it is killed.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            socket.send_fds(self._control, [b"\0"], [theirs.fileno()])
            body = json.dumps({"arguments": arguments, "cwd": str(cwd), "environment": dict(os.environ)}).encode()
            socket.send_fds(ours, [_LENGTH.pack(len(body))], [output.fileno(), errors.fileno()])
            ours.sendall(body)
            theirs.close()
            (pid,) = _STATUS.unpack(_received(ours, _STATUS.size))
            deadline = time.monotonic() + timeout_s
            while not select.select([ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["assettui", *arguments], timeout_s)
            (status,) = _STATUS.unpack(_received(ours, _STATUS.size))
            said = [_text(each.fileno()) for each in (output, errors)]
        return subprocess.CompletedProcess(["assettui", *arguments], status, *said)


@cache
def forks() -> Forks:
    """The one of this process, started when it is first needed; it ends with this process."""
    return Forks()


def _settled(environment: os._Environ[str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_SETTLED_AT_START)}


def _text(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, encoding="utf-8", closefd=False) as file:
        return file.read()


def _received(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        assert part, "the process that forks has ended"
        found += part
    return found


def _await_command(control: socket.socket) -> list[str]:
    """Fork for each command that is asked for; return in the process that is to run it, which then looks like any other."""
    while True:
        asked, descriptors, *_ = socket.recv_fds(control, 1, 1)
        if not asked:
            os._exit(0)
        if os.fork() == 0:
            break
        os.close(descriptors[0])
    control.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=descriptors[0]) as connection:
        size, outputs, *_ = socket.recv_fds(connection, _LENGTH.size, 2)
        request = json.loads(_received(connection, _LENGTH.unpack(size)[0]))
        pid = os.fork()
        if pid != 0:  # this one waits for it, and tells how it ended
            connection.sendall(_STATUS.pack(pid))
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            connection.sendall(_STATUS.pack(status))
            os._exit(0)
    for descriptor, number in zip(outputs, (1, 2), strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    return request["arguments"]


def _preload() -> None:
    for name in PRELOADED:
        package = importlib.import_module(f"assettui.{name}")
        for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(each.name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    from assettui.main import main

    _preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits for a command is reaped by the system
    arguments = _await_command(socket.socket(fileno=int(sys.argv[1])))
    try:
        main(arguments)
    except SystemExit as error:
        # As Python ends, but for taking apart all that was imported, which takes ten times as long as a command.
        threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        atexit._run_exitfuncs()
        for each in (sys.stdout, sys.stderr):
            if not each.closed:
                each.flush()
        os._exit(error.code if isinstance(error.code, int) else 0)
