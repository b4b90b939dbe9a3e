"""Steps that have a process of their own: `isolation = "process"` in the settings, or a tag of the asset or op.

A worker puts back what a step changes of its process, but not what it does to modules. A step that leaves those changed,
leaks, or calls code that may be used once only is isolated: its worker hands it to a child, and waits.

The child is a fork of the worker, which has the project imported (a few milliseconds), wherever that is safe: where the
worker has one thread. A fork has that thread alone, and whatever lock another one held is held in it for ever; libraries
with pools of threads (numpy's BLAS, polars once it has computed) hang so. There the child is started anew, and imports
the project for itself, which takes as long as it takes.
"""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assettui.model import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.definitions.computation import Described
    from assettui.model.step import StepRequest

PROCESS: Final = "process"
_TASKS: Final = Path("/proc/self/task")


def is_isolated(request: StepRequest, project: Described, default: str) -> bool:
    """Whether a step is to have a process of its own.

    Args:
        request: The step.
        project: What its tags say.
        default: What the settings say.
    """
    computation = project.computations.get(request.step.computation)
    said = computation.isolation if computation is not None else None
    return (said or default) == PROCESS


def can_fork() -> bool:
    """Whether a child of this process could go on: it has one thread, and Linux says so."""
    try:
        return len(list(_TASKS.iterdir())) == 1
    except OSError:
        return False


def in_fork(work: Callable[[], None]) -> None:
    """Do something in a fork of this process, and wait for it; where it dies of that, so does this process."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _end_as(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def in_new_process(descriptor: int, options: Mapping[str, Any], request: StepRequest) -> None:
    """Run a step in a process that imports the project anew, and wait for it; where it dies, so does this process.

    Args:
        descriptor: The pipe to the leader, on which the child answers.
        options: Those of this worker.
        request: The step.
    """
    import subprocess  # deferred, both: 7 ms, and few steps need them
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(codec.encode(request))
        file.flush()
        file.seek(0)
        handed = {**options, "request": file.fileno(), "describe": False}
        process = subprocess.Popen(
            [*options["command"], str(descriptor), codec.encode(handed).decode()],
            stdin=subprocess.DEVNULL,
            pass_fds=(descriptor, file.fileno()),
            cwd=options["root"],
        )
    _end_as(process.wait())


def _end_as(status: int) -> None:
    """Die as the child did, if it did: whoever watches this process learns how, and puts another in its place."""
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one core dump is enough
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    elif status > 0:
        os._exit(status)
