"""How what a process reports comes to us."""

from __future__ import annotations

import os
import select
import tempfile
import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from contextlib import AbstractContextManager

    from assettui.integrations.pipes.session import PipesMessageHandler

_LOOK_EVERY_S: Final = 0.1
"""A file tells nobody that it has grown."""
_CHUNK_BYTES: Final = 1 << 16
MAX_LINE_BYTES: Final = 50_000_000
"""A message that is longer is none."""


class PipesMessageReader(ABC):
    """Reads what a process reports."""

    @abstractmethod
    def read_messages(self, handler: PipesMessageHandler) -> AbstractContextManager[Mapping[str, Any]]:
        """Hand messages to the handler, from any thread, as long as the manager is entered; all of them, as it is left.

        Returns:
            What the process is told, to report: the parameters of its message writer.
        """

    def no_messages_debug_text(self) -> str:
        """What to say where nothing came: how it was tried."""
        return f"messages were read by {type(self).__name__}"


class _Lines:
    """Cuts bytes into lines."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def add(self, data: bytes) -> list[bytes]:
        """The lines that are whole now. What grows beyond all measure without an end is dropped."""
        if b"\n" not in data and len(self._rest) <= MAX_LINE_BYTES:
            self._rest += data
            return []
        *lines, rest = bytes(self._rest + data).split(b"\n")
        self._rest = bytearray(rest if len(rest) <= MAX_LINE_BYTES else b"")
        return lines

    def end(self) -> list[bytes]:
        """What is left, which no line break ends."""
        rest, self._rest = bytes(self._rest), bytearray()
        return [rest] if rest else []


class PipesTempFileMessageReader(PipesMessageReader):
    """The process writes to what looks like a file, and is a pipe: each message is here as soon as it is written."""

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Generator[Mapping[str, Any]]:
        """Read them as they come."""
        with tempfile.TemporaryDirectory(prefix="assettui-pipes-") as folder:
            path = Path(folder) / "messages"
            os.mkfifo(path, 0o600)
            # Open for writing as well: else it would end whenever the process closes it between two messages.
            pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            woken, wake = os.pipe()
            thread = threading.Thread(target=_read_pipe, args=(pipe, woken, handler), name="pipes", daemon=True)
            thread.start()
            try:
                yield {"path": str(path)}
            finally:
                os.close(wake)
                thread.join()
                os.close(pipe)
                os.close(woken)


def _read_pipe(pipe: int, woken: int, handler: PipesMessageHandler) -> None:
    lines = _Lines()
    is_ending = False
    while True:
        if not is_ending:
            is_ending = woken in select.select([pipe, woken], [], [])[0]
        try:
            data = os.read(pipe, _CHUNK_BYTES)
        except BlockingIOError:
            if is_ending:
                break
            continue
        for line in lines.add(data):
            handler.take_line(line)
    for line in lines.end():
        handler.take_line(line)


class PipesFileMessageReader(PipesMessageReader):
    """The process writes to a file, which may be on another machine's disk.

    Args:
        path: The file. What it holds already is left alone.
        include_stdio_in_messages: Whether what the process prints comes as messages too.
        cleanup_file: Whether it is removed in the end.
    """

    def __init__(
        self, path: str | os.PathLike[str], include_stdio_in_messages: bool = False, cleanup_file: bool = False
    ) -> None:
        self._path = Path(path).absolute()
        self._is_printed_told = include_stdio_in_messages
        self._is_removed = cleanup_file

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Generator[Mapping[str, Any]]:
        """Read them as they come."""
        self._path.touch()
        with self._path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            ending = threading.Event()
            thread = threading.Thread(target=_read_file, args=(file, ending, handler), name="pipes", daemon=True)
            thread.start()
            try:
                yield {
                    "path": str(self._path),
                    **({"include_stdio_in_messages": True} if self._is_printed_told else {}),
                }
            finally:
                ending.set()
                thread.join()
                if self._is_removed:
                    self._path.unlink(missing_ok=True)

    def no_messages_debug_text(self) -> str:
        """Which file it was."""
        return f"messages were read from {self._path}"


def _read_file(file: IO[bytes], ending: threading.Event, handler: PipesMessageHandler) -> None:
    lines = _Lines()
    is_ending = False
    while not is_ending:
        is_ending = ending.wait(_LOOK_EVERY_S)
        while data := file.read(_CHUNK_BYTES):
            for line in lines.add(data):
                handler.take_line(line)
    for line in lines.end():
        handler.take_line(line)


class PipesStdoutMessageReader(PipesMessageReader):
    """The process writes messages between what it prints; the rest is the step's output."""

    def __init__(self) -> None:
        self._handler: PipesMessageHandler | None = None
        self._threads: list[threading.Thread] = []

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Generator[Mapping[str, Any]]:
        """Read them as they come."""
        self._handler = handler
        try:
            yield {"stdio": "stdout"}
        finally:
            for thread in self._threads:
                thread.join()
            self._threads.clear()
            self._handler = None

    def read(self, output: IO[bytes], forward: IO[bytes] | None) -> None:
        """Read what a process prints, in a thread, until it ends.

        Args:
            output: The pipe from it.
            forward: Takes what is no message.
        """
        handler = self._handler
        assert handler is not None, "read_messages was not entered"
        thread = threading.Thread(target=_read_output, args=(output, forward, handler), name="pipes", daemon=True)
        self._threads.append(thread)
        thread.start()


def _read_output(output: IO[bytes], forward: IO[bytes] | None, handler: PipesMessageHandler) -> None:
    with output:
        for line in output:
            if not handler.take_line(line, is_printed=True) and forward is not None:
                forward.write(line)
                forward.flush()
