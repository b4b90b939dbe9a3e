"""A real terminal: a program on a pseudo-terminal, what it writes kept byte for byte, and the screen that a person sees."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyte

ASKED_FOR_CURSOR = b"\x1b[6n"
ASKED_FOR_BACKGROUND = b"\x1b]11;?\x07"
KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "ctrl+p": "\x10",
    "ctrl+z": "\x1a",
    "home": "\x1b[H",
    "end": "\x1b[F",
}


class Terminal:
    """Runs a program until it ends or the terminal is closed.

    Args:
        arguments: The program and its arguments.
        size: Columns and lines.
        cwd: Where it runs.
        env: Its environment; this process's own where None. It is an xterm where that says nothing else.
        answers: Whether it says where its cursor is, when it is asked.
        background: What it says of its background when it is asked, as `ff/ff/ff`; nothing where None.
    """

    def __init__(
        self,
        arguments: list[str],
        *,
        size: tuple[int, int] = (80, 24),
        cwd: Path,
        env: Mapping[str, str] | None = None,
        answers: bool = False,
        background: str | None = None,
    ) -> None:
        self._answers = answers
        self._background = background
        columns, lines = size
        self.raw = bytearray()
        self._understood = 0
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.status: int | None = None
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.chdir(cwd)
            given = {name: value for name, value in (env or os.environ).items() if name not in ("COLUMNS", "LINES")}
            kind = {} if env and "TERM" in env else {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execvpe(arguments[0], arguments, {**given, **kind})

    def text(self) -> str:
        """The screen as it is now. What was written is only understood here, since that takes its time."""
        self._stream.feed(bytes(self.raw[self._understood :]))
        self._understood = len(self.raw)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def read(self, timeout_s: float = 0.02) -> bool:
        """Take what was written; whether there was anything."""
        if self.status is not None or not select.select([self._master], [], [], timeout_s)[0]:
            self._reap()
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other end is closed: the program has ended
            chunk = b""
        if not chunk:
            self._reap()
            return False
        self.raw += chunk
        if self._background is not None and ASKED_FOR_BACKGROUND in chunk:
            os.write(self._master, f"\x1b]11;rgb:{self._background}\x07".encode())
        if self._answers:
            for _ in range(
                self.raw.count(ASKED_FOR_CURSOR, max(0, len(self.raw) - len(chunk) - len(ASKED_FOR_CURSOR) + 1))
            ):
                os.write(self._master, b"\x1b[1;1R")
        return True

    def resize(self, columns: int, lines: int) -> None:
        """Make its window another size."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def forget(self) -> None:
        """Take what was written until now for not written: what is seen from here on is drawn from here on."""
        self.raw.clear()
        self._understood = 0
        self._screen.reset()

    def _reap(self) -> None:
        if self.status is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)

    def wait_until(self, is_so: Callable[[str], Any], timeout_s: float = 20) -> str:
        """Wait until the screen is as it should be, and give it."""
        deadline = time.monotonic() + timeout_s
        while not is_so(self.text()):
            self.read()
            assert time.monotonic() < deadline, f"did not appear within {timeout_s} s:\n{self.text()}"
        return self.text()

    def wait_for_bytes(self, words: bytes, timeout_s: float = 20) -> None:
        """Wait until this was written, without drawing the screen: for measuring."""
        deadline = time.monotonic() + timeout_s
        while words not in self.raw:
            self.read()
            assert time.monotonic() < deadline, f"was not written within {timeout_s} s"

    def wait_for(self, *words: str) -> str:
        """Wait until all of these are on the screen."""
        return self.wait_until(lambda text: all(word in text for word in words))

    def wait_for_end(self, timeout_s: float = 20) -> int:
        """Wait until the program has ended; its exit status."""
        deadline = time.monotonic() + timeout_s
        while self.status is None:
            self.read()
            assert time.monotonic() < deadline, f"did not end within {timeout_s} s:\n{self.text()}"
        return self.status

    def press(self, *keys: str) -> None:
        """Press keys, by name or as they are typed. After an escape, wait until it has shown an effect.

        What follows an escape too soon would be taken for one key with it.
        """
        for key in keys:
            before, pressed = len(self.raw), time.monotonic()
            os.write(self._master, KEYS.get(key, key).encode())
            while key == "escape" and (time.monotonic() < pressed + 0.3 or len(self.raw) == before):
                self.read()
                assert time.monotonic() < pressed + 20, f"escape had no effect:\n{self.text()}"

    def vanish(self) -> None:
        """Take the terminal away, as a dropped connection does; the program goes on, if it can."""
        master, self._master = self._master, -1
        os.close(master)

    def modes(self) -> list[Any]:
        """How the terminal is set: whether it echoes, gathers lines, and so on."""
        return termios.tcgetattr(self._master)

    def close(self) -> None:
        """End the program, if it has not ended."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        if self._master >= 0:
            os.close(self._master)
