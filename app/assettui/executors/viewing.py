"""A viewer process, as whoever shows values sees it: started when it is first asked, ended to stop what takes too long."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

from assettui.executors.guard import Guard
from assettui.executors.processes import cause_of, memory_kills
from assettui.executors.starting import VIEWER, command_of, version_of_part
from assettui.model.errors import AssettuiError
from assettui.model.preview import Answer, Refused
from assettui.worker.protocol import FrameReader, frame, receive

if TYPE_CHECKING:
    from assettui.model.preview import Asked
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder


class Stopped(AssettuiError):
    """What was asked for was stopped."""


class ViewerProcess:
    """Reads values in a process of its own, which dies with this one. One request at a time; any thread may ask.

    Args:
        project: Imported by it where only the project's own code can read a value.
        folder: The store.
        niceness: How far it stands back behind other processes: for those whom nobody waits for.
    """

    def __init__(self, project: Project, folder: StoreFolder, *, niceness: int = 0) -> None:
        self._project = project
        self._folder = folder
        self._niceness = niceness
        self._command = command_of(project.interpreter, VIEWER)
        self._asking = threading.Lock()
        self._changing = threading.Lock()
        self._guard: Guard | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._reader = _reader()
        self._stops = 0

    def ask(self, asked: Asked) -> Answer:
        """Ask, and wait for the answer.

        Raises:
            Stopped: Somebody has called `stop` meanwhile.
        """
        with self._asking:
            stops, kills = self._stops, memory_kills()
            try:
                with self._changing:
                    connection = self._connection or self._start()
            except OSError as error:
                return Refused(f"no process can be started that reads values: {error.strerror or error}")
            try:
                answer = self._exchange(connection, asked)
            except (OSError, ValueError):  # it is gone; or user code has written to the pipe
                answer = None
            if answer is not None:
                return answer
            if self._stops != stops:
                raise Stopped("stopped")
            return self._death(kills)

    def _exchange(self, connection: socket.socket, asked: Asked) -> Answer | None:
        connection.sendall(frame(asked))
        while True:
            messages = receive(connection, self._reader)
            if messages is None:
                return None
            answers = list(messages)  # all that came, so that nothing of it is met again
            if answers:
                return answers[-1]

    def stop(self) -> None:
        """End whatever is being read now; the next request starts another process."""
        with self._changing:
            self._stops += 1
            self._end()

    def close(self) -> None:
        """End the process."""
        with self._changing:
            self._stops += 1
            self._end()
            if self._guard is not None:
                self._guard.close()
                self._guard = None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        options = {
            "root": str(self._project.root),
            "name": self._project.name,
            "file": str(self._project.file) if self._project.file else None,
            "module": self._project.module,
            "parts": self._project.settings.parts,
            "values": str(self._folder.values),
            "scratch": str(self._folder.previews),
            "version": version_of_part(),
            "niceness": self._niceness,
            "environment_file": str(self._project.environment_file),
            "environment": dict(self._project.settings.environment),
        }
        with theirs:
            process = subprocess.Popen(
                [*self._command, str(theirs.fileno()), json.dumps(options)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=self._project.root,
                start_new_session=True,  # as a worker: no signal of the terminal reaches it
            )
        if self._guard is None:
            self._guard = Guard()
        self._guard.add(process.pid)
        self._process, self._connection = process, ours
        self._reader = _reader()
        return ours

    def _end(self) -> int:
        """Kill the process, if there is one; its exit status."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if process is None or connection is None:
            return 0
        process.send_signal(signal.SIGKILL)
        if self._guard is not None:
            self._guard.remove(process.pid)
        connection.shutdown(socket.SHUT_RDWR)  # whoever waits for an answer waits no longer
        connection.close()
        status = process.wait()
        shutil.rmtree(self._folder.previews / str(process.pid), ignore_errors=True)
        with contextlib.suppress(OSError):  # others are at work
            self._folder.previews.rmdir()
        return status

    def _death(self, kills: int) -> Refused:
        """What is to be said where the process has died by itself."""
        with self._changing:
            process = self._process
            try:
                status = process.wait(1.0) if process is not None else 0
            except subprocess.TimeoutExpired:
                status = -signal.SIGKILL
            self._end()
        if status == -signal.SIGKILL and memory_kills() > kills:
            return Refused(
                "the value needs more memory than there is", "look at fewer columns, or at a partition of it"
            )
        return Refused(f"the process that reads values ended: {cause_of(status).message}", "look again")


def _reader() -> FrameReader[Answer]:
    return FrameReader[Answer](Answer)  # pyright: ignore[reportArgumentType] - a union is a type to msgspec
