"""A worker: imports the project once, then executes one step or evaluation after the other until its leader is gone.

Run as `python -P -m assettui.worker.main FD OPTIONS`, where FD is its end of the pipe and OPTIONS is JSON.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Raw
from msgspec.structs import replace

from assettui.model import codec
from assettui.model import step as said
from assettui.model.events import AssetEvent, LogEntry, LogLine
from assettui.model.run import StepError, StepStatus
from assettui.model.tick import Evaluation
from assettui.model.timing import clock_us
from assettui.values.files import FileValues
from assettui.worker.capture import MARKS, LogRelay, Printed, flush, output_to, show_lines_at_once
from assettui.worker.environment import complete_environment
from assettui.worker.errors import Canceled, step_error
from assettui.worker.files_read import FilesRead
from assettui.worker.forks import ForkedChild, leave_if_forked
from assettui.worker.isolation import can_fork, in_fork, in_new_process, is_isolated
from assettui.worker.load import load, sources_below
from assettui.worker.missing import hint_of_missing
from assettui.worker.orders import EvaluationRequest, RunStep, ToWorker
from assettui.worker.process_state import ProcessState
from assettui.worker.protocol import FrameReader, kept_frame, receive
from assettui.worker.step import execute_step, retry_after_loss_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.definitions.computation import Described


MAX_LOG_LINES = 500
"""What is kept of what an evaluation logs."""
MAX_LINE_CHARS = 4_000


class Worker:
    """One worker process.

    Args:
        connection: Its end of the pipe.
        values: Where values are stored and loaded.
        options: What it was started with.
    """

    def __init__(self, connection: socket.socket, values: FileValues, options: Mapping[str, Any]) -> None:
        self._connection = connection
        self._values = values
        self._options = options
        self._pid = os.getpid()
        self._reader: FrameReader[ToWorker] = FrameReader(ToWorker)  # pyright: ignore[reportArgumentType] - a union is a type to msgspec
        self._is_in_user_code = False
        self._is_waiting = False
        """Whether a child of it runs the step, and hears by itself that it is to end."""
        self._is_ending = False
        self._current = ("", "")
        self._log: list[LogLine] | None = None
        """Of an evaluation: what it has logged."""
        self._relay = LogRelay(self._send_log)

    def serve(self, described: Described) -> None:
        """Execute what is asked for until the leader is gone or has asked to end."""
        self._heed_signals()
        self._relay.attach()
        self._state = ProcessState()
        while not self._is_ending:
            messages = receive(self._connection, self._reader)
            if messages is None:
                return
            for message in messages:
                if not isinstance(message, RunStep):
                    self._evaluate(message.request, described)
                elif is_isolated(message.request, described, self._options["isolation"]):
                    self._execute_apart(message.request, described)
                else:
                    self._execute(message.request, described)

    def serve_once(self, request: said.StepRequest, described: Described) -> None:
        """Execute one step, in a process that was started for it."""
        self._heed_signals()
        self._relay.attach()
        self._state = ProcessState()
        self._execute(request, described)

    def send(self, message: said.Said) -> None:
        """Tell the leader; where it is gone there is nobody to work for.

        A child that user code has forked, and that has come back out of it, ends here: it must not speak for the worker.
        """
        leave_if_forked(self._pid)
        MARKS.note_event()
        try:
            said_of_it = kept_frame(message)
        except (TypeError, ValueError, RecursionError) as error:
            said_of_it = kept_frame(_instead(message, error))
        try:
            self._connection.sendall(said_of_it)
        except OSError:
            os._exit(1)

    def _execute(self, request: said.StepRequest, described: Described) -> None:
        self._current = (request.run_id, request.step.key)
        self._relay.begin()
        after_us = retry_after_loss_us(request, described)
        if after_us is not None:  # said beforehand: whoever is killed cannot say it
            self.send(said.Retriable(request.run_id, request.step.key, after_us))
        try:
            self._is_in_user_code = True
            try:
                with output_to(request.stdout, request.stderr):
                    outcome = self._state.run(self._outcome, request, described)
            finally:
                self._is_in_user_code = False
        except Canceled as error:  # it came between our own lines, just before or after the user's
            outcome = said.StepOutcome(StepStatus.CANCELED, error=step_error(error))
        except OSError as error:  # the files for what the step prints cannot be opened
            outcome = said.StepOutcome(StepStatus.FAILURE, error=step_error(error))
        told = replace(outcome, exception=None)
        self.send(said.Done(request.run_id, request.step.key, told, _peak_bytes(), self._put_back()))

    def _outcome(self, request: said.StepRequest, described: Described) -> said.StepOutcome:
        are_types_checked = self._options.get("type_checks", True)
        tell = self._send_asset_event
        return execute_step(request, described, self._values, clock_us, tell=tell, are_types_checked=are_types_checked)

    def _execute_apart(self, request: said.StepRequest, described: Described) -> None:
        """Have a child of this process execute a step: it answers the leader, and ends."""
        self._is_waiting = True
        try:
            if can_fork():
                in_fork(lambda: self._execute_as_child(request, described))
            else:
                in_new_process(self._connection.fileno(), self._options, request)
        finally:
            self._is_waiting = False

    def _execute_as_child(self, request: said.StepRequest, described: Described) -> None:
        self._pid = os.getpid()
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._is_waiting = False
        self._execute(request, described)

    def _put_back(self) -> bool:
        """Put back what a step or evaluation has changed of this process; whether another is to take its place."""
        left = self._state.put_back()
        if left:
            sys.stderr.write(f"{self._current[1]}: {'; '.join(left)}: the worker is replaced\n")
        return bool(left)

    def _evaluate(self, request: EvaluationRequest, described: Described) -> None:
        from assettui.worker.evaluate import evaluate  # deferred: a step needs none of it

        self._log = log = []
        self._relay.begin()
        printed = Printed()
        try:
            self._is_in_user_code = True
            try:
                with printed.gathering():
                    found = self._state.run(evaluate, request, described)
            finally:
                self._is_in_user_code = False
        except (Canceled, OSError) as error:  # between our own lines; or no more files can be opened
            found = Evaluation(error=step_error(error))
        self._log = None
        found = replace(found, log=(*log, *(LogLine("PRINT", line) for line in printed.lines())))
        self.send(said.Evaluated(request.name, found, _peak_bytes(), self._put_back()))

    def _send_log(self, entry: LogEntry) -> None:
        if self._log is not None:
            if len(self._log) < MAX_LOG_LINES:
                trace = f"\n{entry.traceback}" if entry.traceback else ""
                self._log.append(LogLine(entry.level, f"{entry.message}{trace}"[:MAX_LINE_CHARS]))
            return
        run_id, step_key = self._current
        self.send(said.Logged(replace(entry, run_id=run_id, step_key=step_key)))

    def _send_asset_event(self, asset_event: AssetEvent) -> None:
        if os.getpid() != self._pid:
            raise ForkedChild("a forked child cannot report what its step makes: let the parent do it")
        run_id, step_key = self._current
        self.send(said.Reported(run_id, step_key, asset_event))

    def _heed_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._on_terminate)
        os.register_at_fork(after_in_child=self._leave_signals)

    def _leave_signals(self) -> None:
        """A child of user code dies of the signal at once.

        By a handler of Python's it would only when it is back from what it waits for: `multiprocessing` ends its pools by
        this signal, and one that came just before a child began to wait for a lock was not seen by it, ever.
        """
        if signal.getsignal(signal.SIGTERM) == self._on_terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _on_terminate(self, signal_number: int, frame: object) -> None:
        if os.getpid() != self._pid:  # a child of user code, which has inherited this handler
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        self._is_ending = True
        if self._is_waiting:
            return
        if not self._is_in_user_code:
            raise SystemExit(0)
        raise Canceled


def _instead(message: said.Said, error: Exception) -> said.Said:
    """What is said in the place of something that has no form in JSON: that the step, or evaluation, has failed by it.

    Raises:
        Exception: The error, where the function of the step is still running: it is told where it has said it.
    """
    told = StepError(f"what it says cannot be told: {type(error).__name__}: {error}")
    match message:
        case said.Done():
            return said.Done(message.run_id, message.step_key, said.StepOutcome(StepStatus.FAILURE, error=told))
        case said.Evaluated():
            return said.Evaluated(message.name, Evaluation(error=told))
        case _:
            raise error


def _peak_bytes() -> int:
    """The most memory that this process has ever needed."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)


def _read_keys(descriptor: int | None) -> Mapping[str, Mapping[str, int]]:
    """The keys of dynamic partitions, from the file that the leader has handed over; none where it has not."""
    if descriptor is None:
        return {}
    with os.fdopen(descriptor, "rb") as file:
        return codec.decode(file.read(), dict[str, dict[str, int]])


def _read_request(descriptor: int | None) -> said.StepRequest | None:
    """The step that this process was started for, from the file that its parent has handed over."""
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return codec.decode(file.read(), said.StepRequest)


def main(argv: list[str]) -> NoReturn:
    """Load the project, tell the leader, and serve."""
    pid = os.getpid()
    connection = socket.socket(fileno=int(argv[0]))
    connection.set_inheritable(False)
    options: dict[str, Any] = codec.decode(argv[1], dict[str, Any])
    root = Path(options["root"])
    faulthandler.enable()
    show_lines_at_once()
    complete_environment(Path(options["environment_file"]), options["environment"])
    worker = Worker(connection, FileValues(Path(options["values"])), options)
    dynamic = _read_keys(options["dynamic"]) if options["describe"] else None
    request = _read_request(options.get("request"))
    gc.disable()  # what a project defines stays: looking for garbage among it takes a third of the time
    read = FilesRead(root)
    try:
        file = Path(options["file"]) if options["file"] else None
        with read:
            described = load(
                root,
                options["name"],
                file=file,
                module=options["module"],
                parts=options.get("parts"),
                dynamic=dynamic,
                read=read,
            )
    except BaseException as error:  # noqa: BLE001 - user code is imported here, and may raise anything
        leave_if_forked(pid, error)
        told, hint = step_error(error), hint_of_missing(error, options)
        if hint is not None:
            told = replace(told, message=f"{told.message}\n    {hint}", summary=told.message)
        if request is None:
            worker.send(said.Broken(told, tuple(sources_below(root, read))))
        else:
            outcome = said.StepOutcome(StepStatus.FAILURE, error=told)
            worker.send(said.Done(request.run_id, request.step.key, outcome))
        sys.exit(0)
    leave_if_forked(pid)
    snapshot = Raw(described.snapshot.encode() if options["describe"] else b"null")
    gc.freeze()
    gc.enable()
    try:
        if request is not None:
            worker.serve_once(request, described)
        else:
            worker.send(said.Loaded(pid, snapshot))
            worker.serve(described)
    finally:
        flush()
    # Threads or atexit handlers of user code must not keep a worker that nobody needs any more.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
