"""Children that user code forks from a process in which a step runs.

A child that ends by `os._exit`, as those of `multiprocessing` do, or becomes another program, is the user's own matter.
One that comes back out of user code (it returns, raises, or calls `sys.exit`) would go on with the rest of the step in
its parent's place, store what the parent is to store, and answer for it. It ends where it comes back, as a program of
Python would end there.
"""

from __future__ import annotations

import os
import sys

from assettui.worker.capture import flush


class ForkedChild(RuntimeError):
    """A forked child says something that only its parent can say."""


def leave_if_forked(pid: int, error: BaseException | None = None) -> None:
    """End this process, unless it is the one that is meant to be here.

    Args:
        pid: The one that is.
        error: What it has come back with.
    """
    if os.getpid() == pid:
        return
    status = 0
    if isinstance(error, SystemExit):
        code = error.code
        status = code if isinstance(code, int) else 0 if code is None else 1
        if status and not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
        status = 1
    flush()
    os._exit(status & 0xFF)
