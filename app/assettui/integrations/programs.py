"""Programs that a step runs: what one starts ends with it, and it ends with the step, however that ends."""

from __future__ import annotations

import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

GRACE_S: Final = 1.5
"""How long a program that is to end may clean up; a worker that is canceled is itself killed after 2 s, unless the settings say else."""
MAX_SHOWN: Final = 100
"""So many characters of a command are told."""

_GUARD: Final = "trap '' HUP INT QUIT TERM; while read -r _; do :; done; kill -s KILL 0"
"""Leads the process group of a program, and kills all of it, itself too, once nothing holds the other end of its pipe.

The kernel closes that end however this process ends. The group is there before the program is, which joins it as it
starts: at no moment does a program run that would outlive this process.
"""


class BadCommand(AssettuiError):
    """A program cannot be started."""


class Program:
    """A program that runs. Made by `running`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.status: int | None = None
        """How it ended, as `subprocess` gives it; None as long as the manager is entered."""

    def wait(self) -> None:
        """Wait until it has ended: who leaves the manager before that kills it."""
        with suppress(ChildProcessError):  # reaped already
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)

    def on_end(self, tell: Callable[[], object]) -> None:
        """Have something called, in a thread, when it has ended."""
        threading.Thread(target=_await_end, args=(self.process.pid, tell), name="program", daemon=True).start()


@contextmanager
def running(
    command: str | Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    is_asked_to_end: bool = True,
) -> Generator[Program]:
    """Run a program. As the manager is left, it is killed if it has not ended, with all that it has started.

    Args:
        command: The program and its arguments; or a line for the shell.
        env: Its environment variables, all of them.
        cwd: Where it runs.
        stdout: As `subprocess.Popen` takes it; by default the step's.
        stderr: As `stdout`.
        is_asked_to_end: Whether it is asked to end (SIGTERM) where something is raised meanwhile, before it is killed.

    Raises:
        BadCommand: It cannot be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with _process_group() as group:
        try:
            process = subprocess.Popen(
                command,
                shell=isinstance(command, str),
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                process_group=group,
            )
        except (OSError, ValueError) as error:
            where = f" in {cwd}" if cwd else ""
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise BadCommand(
                f"{shown(command)} cannot be started{where}: {reason}",
                hint="name a program that is there, as a list of its arguments",
            ) from None
        program = Program(process)
        try:
            yield program
        except BaseException:
            if is_asked_to_end:
                _signal(group, signal.SIGTERM)
                _wait_for_end(process.pid, GRACE_S)
            raise
        finally:
            _signal(group, signal.SIGKILL)
            program.status = process.wait()


@contextmanager
def _process_group() -> Generator[int]:
    """A process group that is killed as the manager is left, or as this process ends."""
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        process_group=0,
    )
    try:
        yield guard.pid
    finally:
        # Before its leader is reaped: until then, the number of the group is its own.
        _signal(guard.pid, signal.SIGKILL)
        guard.communicate()


def shown(command: str | Sequence[str]) -> str:
    """A command as it would be typed, in one line."""
    text = command if isinstance(command, str) else shlex.join(command)
    line = " ".join(text.split())
    return f"`{line}`" if len(line) <= MAX_SHOWN else f"`{line[: MAX_SHOWN - 1]}…`"


def _await_end(pid: int, tell: Callable[[], object]) -> None:
    with suppress(ChildProcessError):  # reaped already
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    tell()


def _wait_for_end(pid: int, timeout_s: float) -> None:
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_await_end, args=(pid, lambda: ended.put(None)), daemon=True).start()
    with suppress(queue.Empty):
        ended.get(timeout=timeout_s)


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
