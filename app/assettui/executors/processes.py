"""Steps in worker processes, which are started, spoken to, watched and ended here. Every effect on them is here."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from assettui.executors.base import Ended, readable
from assettui.executors.guard import Guard
from assettui.executors.inbox import Inbox
from assettui.executors.starting import WORKER, command_of, told_of, version_of_part
from assettui.model.run import StepError
from assettui.model.step import WorkerMessage
from assettui.worker.orders import Evaluate, RunStep
from assettui.worker.protocol import FrameReader, frame, receive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assettui.executors.base import HasDescriptor, Tell
    from assettui.model.step import StepRequest
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder
    from assettui.worker.orders import EvaluationRequest, ToWorker

SEND_TIMEOUT_S = 5.0
_VMSTAT = Path("/proc/vmstat")
LOG_TAIL_BYTES = 2_000


@dataclass(eq=False, slots=True)
class _Worker:
    """One worker process."""

    id: int
    process: subprocess.Popen[bytes]
    connection: socket.socket
    log: Path
    """What it printed outside of any step."""
    has_closed: bool = False
    """Whether nothing more can come from it: its death is told by itself."""
    memory_kills: int = 0
    """How often the system had killed a process for want of memory, when it was started."""
    reader: FrameReader[WorkerMessage] = field(default_factory=lambda: FrameReader[WorkerMessage](WorkerMessage))  # pyright: ignore[reportArgumentType] - a union is a type to msgspec

    @property
    def pid(self) -> int:
        """The process id, which is also that of its process group."""
        return self.process.pid

    def messages(self) -> Iterator[WorkerMessage] | None:
        """The messages that have come, without waiting if the pipe is readable; None once it has ended.

        Raises:
            ValueError: Something that is no message was written to the pipe.
        """
        return receive(self.connection, self.reader)

    def send(self, message: ToWorker) -> None:
        """Tell it what to do; one that cannot even be told is killed, and its death tells the rest."""
        try:
            self.connection.sendall(frame(message))
        except OSError:
            self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Signal the worker and all that it started; nothing happens where they are gone."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def printed(self) -> str:
        """The end of what it printed outside of any step."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""


class Processes:
    """See `Executor`. Each worker is a child process that has imported the project; it dies with this process.

    Args:
        project: What they import.
        folder: The store beside which they keep values and logs.
        tell: See `Executor`.
    """

    def __init__(self, project: Project, folder: StoreFolder, tell: Tell) -> None:
        self.project = project
        self.folder = folder
        self._tell = tell
        self._command = command_of(project.interpreter, WORKER)
        self._guard = Guard()
        self._next_id = 1
        self._workers: dict[int, _Worker] = {}
        self._deaths: Inbox[int] = Inbox()
        """The workers that have died, and are not yet reaped."""

    def start_worker(self, *, describe: bool, dynamic: Mapping[str, Mapping[str, int]] | None = None) -> int:
        worker_id = self._next_id
        self._next_id += 1
        log = self.folder.logs / "workers" / f"{os.getpid()}-{worker_id}.log"
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        ours, theirs = socket.socketpair()
        keys = _handed_over(log.with_suffix(".keys"), dynamic) if describe and dynamic else None
        options = {
            "root": str(self.project.root),
            "name": self.project.name,
            "file": str(self.project.file) if self.project.file else None,
            "module": self.project.module,
            "parts": self.project.settings.parts,
            "values": str(self.folder.values),
            "describe": describe,
            "version": version_of_part(),
            "command": self._command,
            "interpreter": told_of(self.project.interpreter),
            "isolation": self.project.settings.isolation,
            "type_checks": self.project.settings.type_checks,
            "dynamic": keys.fileno() if keys is not None else None,
            "environment_file": str(self.project.environment_file),
            "environment": dict(self.project.settings.environment),
        }
        handed_over = [each.fileno() for each in (theirs, keys) if each is not None]
        with theirs, keys or nullcontext(), log.open("wb") as output:
            process = subprocess.Popen(
                [*self._command, str(theirs.fileno()), json.dumps(options)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=handed_over,
                cwd=self.project.root,
                start_new_session=True,  # no signal of the terminal reaches it, and no terminal of ours is its own
            )
        ours.settimeout(SEND_TIMEOUT_S)
        self._guard.add(process.pid)
        worker = _Worker(worker_id, process, ours, log, memory_kills=memory_kills())
        self._workers[worker_id] = worker
        threading.Thread(target=self._await_death, args=(worker,), name=f"worker-{worker_id}", daemon=True).start()
        return worker_id

    def execute(self, worker: int, request: StepRequest) -> None:
        self._send(worker, RunStep(request))

    def evaluate(self, worker: int, request: EvaluationRequest) -> None:
        self._send(worker, Evaluate(request))

    def _send(self, worker: int, message: ToWorker) -> None:
        found = self._workers.get(worker)
        if found is not None:
            found.send(message)

    def cancel(self, worker: int, *, is_at_once: bool = False) -> None:
        found = self._workers.get(worker)
        if found is not None:
            found.signal(signal.SIGKILL if is_at_once else signal.SIGTERM)

    def pid(self, worker: int) -> int:
        """The process of a worker, which is also the number of its process group."""
        return self._workers[worker].pid

    def sources(self) -> Iterable[HasDescriptor]:
        return (self._deaths, *(worker.connection for worker in self._workers.values() if not worker.has_closed))

    def receive(self, timeout_s: float | None = 0) -> None:
        ready = readable(self.sources(), timeout_s)
        for worker in list(self._workers.values()):
            if worker.connection in ready:
                self._hear(worker)
        # Deaths last: nothing more is heard of a worker after its own.
        if self._deaths in ready:
            for worker_id in self._deaths.take_all():
                if worker_id in self._workers:
                    self._tell_end(self._workers[worker_id])

    def _hear(self, worker: _Worker) -> None:
        """Tell what has come."""
        try:
            messages = worker.messages()
            if messages is not None:
                for message in messages:
                    self._tell(worker.id, message)
                return
        except ValueError:
            pass  # user code has written to the pipe: no later word of it can be trusted
        worker.has_closed = True
        worker.signal(signal.SIGKILL)  # it is dead, or as good as dead

    def _tell_end(self, worker: _Worker) -> None:
        """Tell what a dead worker had still said, and that it is gone."""
        while not worker.has_closed and readable([worker.connection], 0):
            self._hear(worker)
        printed = worker.printed()
        self._tell(worker.id, Ended(self._reap(worker), printed))

    def _await_death(self, worker: _Worker) -> None:
        # Not reaped here: its process group's number stays its own until the group has been killed.
        try:
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            return  # reaped already, by `close`
        self._deaths.put(worker.id)

    def _reap(self, worker: _Worker) -> StepError:
        """End all that a dead worker has orphaned, and say how it died."""
        worker.signal(signal.SIGKILL)
        self._guard.remove(worker.pid)
        status, peak_bytes = _reaped(worker.process)
        worker.connection.close()
        del self._workers[worker.id]
        if status == 0 or not worker.printed():
            worker.log.unlink(missing_ok=True)
        if status == -signal.SIGKILL and memory_kills() > worker.memory_kills:
            return StepError(
                f"the worker ran out of memory: the system killed it, when it had used {peak_bytes / 1e9:,.1f} GB",
                "memory",
            )
        return cause_of(status)

    def close(self) -> None:
        for worker in list(self._workers.values()):
            worker.signal(signal.SIGKILL)
            self._reap(worker)
        self._guard.close()
        self._deaths.close()


def _handed_over(path: Path, keys: Mapping[str, Mapping[str, int]]) -> IO[bytes]:
    """A file for a worker to read, which has no name any more: an argument could not hold so much."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
    try:
        path.unlink()
        file.write(json.dumps(keys).encode())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _reaped(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Reap a process that is dead or dying: its exit status as `subprocess` gives it, and the most memory it has used."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except ChildProcessError:
        return process.wait(), 0
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def memory_kills() -> int:
    """How often the system, or the control group of this process, has killed one for want of memory; Linux tells."""
    count = 0
    for path in (_VMSTAT, _memory_events()):
        try:
            text = path.read_text() if path is not None else ""
        except OSError:
            continue
        count += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("oom_kill "))
    return count


def _memory_events() -> Path | None:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    own = next((line.split(":", 2)[2] for line in lines if line.startswith("0::")), None)
    return Path("/sys/fs/cgroup") / own.lstrip("/") / "memory.events" if own is not None else None


def cause_of(status: int, what: str = "the worker process") -> StepError:
    """Why a process died, from its exit status as `subprocess` gives it: negative where a signal killed it."""
    if status >= 0:
        return StepError(f"{what} exited with status {status}", "exit")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = " (out of memory, or killed by hand)" if name == "SIGKILL" else ""
    crash = " (a crash in native code)" if name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGABRT", "SIGFPE") else ""
    return StepError(f"{what} was killed by {name}{hint}{crash}", "signal")
