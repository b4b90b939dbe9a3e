"""What a step can change of its process, and how that is put back, so that the next step finds none of it.

A worker runs one step after the other in one process, since starting a process and importing the project for each would
take a hundred times as long as most steps. The price is that a step could leave something behind: a folder, a variable,
a handler. So all that Python and the system keep for a whole process is read when the project has been imported, compared
after each step, and put back where it differs. What cannot be put back (a limit that was lowered for good, a thread that
lives on) costs the worker: it is replaced.

Not put back is what belongs to modules: their globals, what they have imported, the state of `random`, which would give
each step the same numbers. A step that changes those, and must not, is isolated: see `isolation`.
"""

from __future__ import annotations

import builtins
import contextvars
import decimal
import faulthandler
import gc
import locale
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from assettui.worker.capture import mend_streams
from assettui.worker.logging_state import LoggingState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

THREAD_GRACE_S: Final = 0.02
"""How long a thread may still take to end that a step has left."""
_SIGNALS: Final = tuple(number for number in range(1, 32) if number not in (signal.SIGKILL, signal.SIGSTOP))
_TIMERS: Final = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_LIMITS: Final = {number: name for name, number in vars(resource).items() if name.startswith("RLIMIT_")}
_TASKS: Final = Path("/proc/self/task")
_ATTRIBUTES: Final = {
    sys: (
        "argv",
        "path",
        "meta_path",
        "path_hooks",
        "warnoptions",
        "dont_write_bytecode",
        "excepthook",
        "displayhook",
        "unraisablehook",
        "breakpointhook",
        "__stdin__",
        "__stdout__",
        "__stderr__",
    ),
    threading: ("excepthook",),
    gc: ("callbacks",),
    logging: ("raiseExceptions", "lastResort"),
    warnings: ("filters", "showwarning", "formatwarning"),
}
"""What stands in modules that a process has once."""


class Aspect(NamedTuple):
    """Something that a process has once."""

    name: str
    """As a person is told of it."""
    read: Callable[[], Any]
    """What it is now, to be compared."""
    put_back: Callable[[Any], None]


class ProcessState:
    """The state of this process as it was when this was made, or last put back."""

    def __init__(self) -> None:
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._stdin = os.dup(0)
        self._context = contextvars.copy_context()
        self._aspects = _aspects()
        self._kept = [aspect.read() for aspect in self._aspects]
        self._threads = frozenset(threading.enumerate())
        self._children = _children()

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function with the context variables as they were, whatever it does to them."""
        return self._context.copy().run(function, *arguments)

    def put_back(self) -> list[str]:
        """Put back what has changed since; what cannot be, in words: empty in the ordinary case."""
        self._put_streams_back()
        left: list[str] = []
        for aspect, kept in zip(self._aspects, self._kept, strict=True):
            try:
                if aspect.read() != kept:
                    aspect.put_back(kept)
                    if aspect.read() != kept:
                        left.append(f"{aspect.name} cannot be put back")
            except Exception as error:  # noqa: BLE001 - the objects are the user's, and may do anything
                left.append(f"{aspect.name} cannot be put back: {type(error).__name__}")
        with warnings.catch_warnings():
            pass  # a warning that was given once is given again: each step tells of its own
        return [*left, *self._left_running()]

    def _put_streams_back(self) -> None:
        sys.stdin, sys.stdout, sys.stderr = self._streams
        mend_streams()
        self._streams = sys.stdin, sys.stdout, sys.stderr
        os.dup2(self._stdin, 0)

    def _left_running(self) -> Iterable[str]:
        deadline = time.monotonic() + THREAD_GRACE_S
        for thread in threading.enumerate():
            if thread not in self._threads:
                with suppress(
                    AssertionError, RuntimeError
                ):  # one of a library in C, which has called Python, cannot be joined
                    thread.join(max(0.0, deadline - time.monotonic()))
                if thread.is_alive():
                    yield f"the thread {thread.name!r} lives on"
        for pid in _children() - self._children:
            yield f"the process {pid} lives on"


def _aspects() -> tuple[Aspect, ...]:
    loggers = LoggingState()
    return (
        *(_attribute(owner, name) for owner, names in _ATTRIBUTES.items() for name in names),
        Aspect("logging.disable", lambda: logging.root.manager.disable, logging.disable),
        Aspect("the class of loggers", logging.getLoggerClass, logging.setLoggerClass),
        Aspect("the factory of log records", logging.getLogRecordFactory, logging.setLogRecordFactory),
        Aspect("the loggers", loggers.read, loggers.put_back),
        Aspect("the built-in names", lambda: dict(vars(builtins)), _put_builtins_back),
        Aspect("the environment", lambda: dict(os.environ), _put_environment_back),
        Aspect("the working folder", _folder, os.chdir),
        Aspect("the umask", _umask, _put_umask_back),
        Aspect("the handlers of signals", lambda: [signal.getsignal(each) for each in _SIGNALS], _put_handlers_back),
        Aspect("the blocked signals", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()), _block_only),
        Aspect("a timer", lambda: [signal.getitimer(each)[0] > 0 for each in _TIMERS], _stop_timers),
        Aspect("faulthandler", faulthandler.is_enabled, _put_faulthandler_back),
        Aspect("the decimal context", _decimal_context, _put_decimal_context_back),
        Aspect("the locale", lambda: locale.setlocale(locale.LC_ALL), _put_locale_back),
        Aspect("the time-out of sockets", socket.getdefaulttimeout, socket.setdefaulttimeout),
        Aspect("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
        Aspect("the switch interval", sys.getswitchinterval, sys.setswitchinterval),
        Aspect("the limit of digits", sys.get_int_max_str_digits, sys.set_int_max_str_digits),
        Aspect("the trace function", lambda: (sys.gettrace(), threading.gettrace()), _trace),
        Aspect("the profile function", lambda: (sys.getprofile(), threading.getprofile()), _profile),
        Aspect("the garbage collector", lambda: (gc.isenabled(), gc.get_threshold(), gc.get_debug()), _collect),
        *(_limit(name, number) for number, name in _LIMITS.items()),
        Aspect("the niceness", lambda: os.getpriority(os.PRIO_PROCESS, 0), _be_nice),
        Aspect("the processors", _processors, _keep_to),
        Aspect("the user", lambda: (os.geteuid(), os.getegid(), os.getgroups()), _no_way_back),
    )


def _attribute(owner: Any, name: str) -> Aspect:
    """Something that stands in a module: an object, or a list that holds others."""
    itself = getattr(owner, name)

    def read() -> Any:
        now = getattr(owner, name)
        return list(now) if isinstance(now, list) else now  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - of anything

    def put_back(kept: Any) -> None:
        if isinstance(itself, list):
            itself[:] = kept
        setattr(owner, name, itself)

    return Aspect(f"{owner.__name__}.{name}", read, put_back)


def _limit(name: str, number: int) -> Aspect:
    def put_back(kept: tuple[int, int]) -> None:
        with suppress(ValueError, OSError):  # lowered for good: the next look tells
            resource.setrlimit(number, kept)

    return Aspect(f"the limit {name}", lambda: resource.getrlimit(number), put_back)


def _put_builtins_back(kept: dict[str, Any]) -> None:
    names = builtins.__dict__
    for name in names.keys() - kept.keys():
        del names[name]
    names.update(kept)


def _put_environment_back(kept: dict[str, str]) -> None:
    for name in os.environ.keys() - kept.keys():
        del os.environ[name]
    for name, value in kept.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    time.tzset()


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - as `os.chdir` takes it, and quicker
    except FileNotFoundError:  # it was removed
        return None


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now


def _put_umask_back(kept: int) -> None:
    os.umask(kept)


def _put_faulthandler_back(kept: bool) -> None:
    if kept:
        faulthandler.enable()


def _put_handlers_back(kept: list[Any]) -> None:
    for number, handler in zip(_SIGNALS, kept, strict=True):
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _block_only(kept: set[signal.Signals]) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, kept)


def _stop_timers(kept: list[bool]) -> None:
    for timer, is_set in zip(_TIMERS, kept, strict=True):
        if not is_set:
            signal.setitimer(timer, 0)


def _decimal_context() -> Any:
    return decimal.getcontext().__reduce__()[1]


def _put_decimal_context_back(kept: tuple[Any, ...]) -> None:
    decimal.setcontext(decimal.Context(*kept))


def _put_locale_back(kept: str) -> None:
    locale.setlocale(locale.LC_ALL, kept)


def _no_way_back(kept: object) -> None:
    pass


def _trace(kept: tuple[Any, Any]) -> None:
    sys.settrace(kept[0])
    threading.settrace(kept[1])


def _profile(kept: tuple[Any, Any]) -> None:
    sys.setprofile(kept[0])
    threading.setprofile(kept[1])


def _collect(kept: tuple[bool, tuple[int, int, int], int]) -> None:
    is_enabled, threshold, debug = kept
    gc.enable() if is_enabled else gc.disable()
    gc.set_threshold(*threshold)
    gc.set_debug(debug)


def _be_nice(kept: int) -> None:
    with suppress(OSError):  # only the system's own may become less nice: the next look tells
        os.setpriority(os.PRIO_PROCESS, 0, kept)


def _processors() -> set[int] | None:
    return os.sched_getaffinity(0) if sys.platform == "linux" else None


def _keep_to(kept: set[int] | None) -> None:
    if sys.platform == "linux" and kept is not None:
        os.sched_setaffinity(0, kept)


def _children() -> frozenset[int]:
    """The processes that this one has started and that live."""
    try:
        if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None and not _TASKS.exists():
            return frozenset()  # one has ended; of others nothing is told
    except ChildProcessError:
        return frozenset()
    found: set[int] = set()
    for file in _TASKS.glob("*/children"):
        with suppress(OSError, ValueError):
            found.update(int(each) for each in file.read_text().split())
    return frozenset(pid for pid in found if not _has_ended(pid))


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
