"""What a step prints and logs: bytes to files, log records to the leader."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assettui.definitions.step_log import LOGGER_NAME, step_log
from assettui.model.events import LogEntry
from assettui.model.text import plural
from assettui.worker.errors import format_exception
from assettui.worker.print_marks import MarkedStream, PrintMarks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MAX_LOG_EVENTS: Final = 10_000
"""Log records of one step that become events; later ones go to its stderr, so that no step can flood the store."""
MAX_PRINTED_BYTES: Final = 64_000
"""What is kept of what an evaluation prints."""
PRINTED_WAIT_S: Final = 0.2
MAX_MESSAGE_CHARS: Final = 100_000
"""What is kept of one message; a longer one is whole in the step's stderr."""
MARKS: Final = PrintMarks()
"""Those of what this process prints: it has one stdout."""


@contextmanager
def output_to(stdout: str, stderr: str) -> Generator[None]:
    """Send file descriptors 1 and 2 to these files, for whatever writes to them: Python, C, or a subprocess."""
    if not stdout:
        yield
        return
    flush()
    kept = os.dup(1), os.dup(2)
    try:
        files = [_log_opened(path) for path in (stdout, stderr)]
        for target, descriptor in enumerate(files, 1):
            os.dup2(descriptor, target)
        MARKS.begin(stdout, files)
        mend_streams()
        yield
    finally:
        flush()
        MARKS.end()
        for target, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, target)
            os.close(descriptor)
        _remove_what_is_empty(stdout, stderr)


def _log_opened(path: str) -> int:
    """A descriptor of the file for what a step prints; its folder may go at any moment, with the empty file of another."""
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def _remove_what_is_empty(*paths: str) -> None:
    """Remove the files into which nothing was printed, as by most steps, and their folder where it is empty then.

    A process that the step has left running may print later: it holds the file open, which is then nobody's.
    """
    with suppress(OSError):
        for path in paths:
            if os.stat(path).st_size == 0:  # noqa: PTH116 - quicker, for each step
                os.unlink(path)  # noqa: PTH108
        os.rmdir(os.path.dirname(paths[0]))  # noqa: PTH106, PTH120


class Printed:
    """What is printed while an evaluation goes on, by whatever writes to file descriptors 1 and 2; the first of it."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._count = 0

    @contextmanager
    def gathering(self) -> Generator[None]:
        """Gather it. What is too much is read and forgotten."""
        flush()
        kept = os.dup(1), os.dup(2)
        reader, writer = os.pipe()
        thread = threading.Thread(target=self._read, args=(reader,), daemon=True)
        thread.start()
        try:
            os.dup2(writer, 1)
            os.dup2(writer, 2)
            os.close(writer)
            mend_streams()
            yield
        finally:
            flush()
            for target, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, target)
                os.close(descriptor)
            thread.join(PRINTED_WAIT_S)  # a process that was orphaned may hold the pipe open for ever

    def lines(self) -> list[str]:
        """What was printed, in lines; the last one tells how much is missing."""
        found = self._kept.decode("utf-8", "backslashreplace").splitlines()
        missing = self._count - len(self._kept)
        return [*found, f"— {plural(missing, 'more byte')} printed —"] if missing else found

    def _read(self, reader: int) -> None:
        with os.fdopen(reader, "rb", buffering=0) as pipe:
            while data := pipe.read(1 << 16):
                self._count += len(data)
                self._kept += data[: MAX_PRINTED_BYTES - len(self._kept)]


def show_lines_at_once() -> None:
    """Make Python's own streams write each line as it ends, in UTF-8, whatever the locale."""
    flush()
    sys.stdout = sys.__stdout__ = _opened(1)
    sys.stderr = sys.__stderr__ = _opened(2)


def mend_streams() -> None:
    """Open Python's own streams again where an earlier step has closed them, or taken them away."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(getattr(sys, name), "closed", True):
            setattr(sys, name, _opened(descriptor))


def _opened(descriptor: int) -> io.TextIOWrapper:
    raw = io.BufferedWriter(MarkedStream(descriptor, MARKS))
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True)


def flush() -> None:
    """Write out what Python's own streams still hold."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # closed or taken away by user code, or a full disk
            continue


def _write_line(text: str) -> None:
    """Write past `sys.stderr`, which may be the user's own."""
    with suppress(OSError):
        os.write(2, f"{text}\n".encode("utf-8", "backslashreplace"))


class LogRelay(logging.Handler):
    """Gives each record to a function, as a message for the leader.

    Args:
        send: Takes what was logged; the run and the step are for it to say.
    """

    def __init__(self, send: Callable[[LogEntry], None]) -> None:
        super().__init__()
        self._send = send
        self._pid = os.getpid()
        self._count = 0

    def attach(self) -> None:
        """Listen to `context.log`, and to all that is logged otherwise."""
        step_log().addHandler(self)
        step_log().setLevel(logging.DEBUG)
        logging.root.addHandler(_OfLibraries(self))
        if logging.root.level == logging.WARNING:  # the default: nobody has chosen otherwise
            logging.root.setLevel(logging.INFO)

    def begin(self) -> None:
        """Count from 0 again, in this process."""
        self._count = 0
        self._pid = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, or print it where it is one too many or this is a forked child."""
        try:
            message = record.getMessage()
        except Exception as error:  # noqa: BLE001 - the arguments are the user's, and may raise anything
            message = f"{record.msg!r} cannot be formatted: {error!r}"
        self._count += 1
        if self._count > MAX_LOG_EVENTS or os.getpid() != self._pid:
            if self._count == MAX_LOG_EVENTS + 1:
                _write_line(f"— {MAX_LOG_EVENTS:,} log records kept as events; the rest are here —")
            _write_line(f"{record.levelname} {record.name}: {message}")
            return
        if len(message) > MAX_MESSAGE_CHARS:
            _write_line(message)
            message = f"{message[:MAX_MESSAGE_CHARS]}… ({len(message):,} characters; whole in stderr)"
        error = record.exc_info[1] if record.exc_info else None
        entry = LogEntry(
            int(record.created * 1_000_000),
            level=record.levelname,
            logger="" if record.name == LOGGER_NAME else record.name,
            message=message,
            traceback=format_exception(error) if error is not None else None,
        )
        self._send(entry)


class _OfLibraries(logging.Handler):
    """The relay, as the root logger has it: `context.log` gives its records to the relay by itself."""

    def __init__(self, relay: LogRelay) -> None:
        super().__init__()
        self._relay = relay

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != LOGGER_NAME:
            self._relay.emit(record)
