# ruff: noqa: UP, I002, N818 - any Python 3 that somebody names reads this, and is told here that it is too old
"""Starts a worker, or a viewer, in an interpreter of the user's, in which assettui need not be installed.

Run as `python …/worker/start.py MODULE PART FD OPTIONS`: MODULE is what is to be run, PART the folder in which the worker's
part of assettui lies, with the few packages that it needs. It imports nothing but the standard library, for it must be able
to say, in the words of the pipe, what is wrong with the interpreter.

What is installed there comes first: user code gets the versions that it was written for, and assettui too is taken from
there where it is of the same minor version, between whose patches the pipe stays the same. A viewer, which runs little code
of users, takes its own part first: it needs a polars that is new enough.
"""

import importlib.util
import json
import os
import runpy
import socket
import struct
import sys

OLDEST = (3, 11)
OLDEST_MSGSPEC = (0, 20)
VIEWER = "assettui.worker.viewer"


class Unfit(Exception):
    """The interpreter cannot run a worker: the argument says why, and what to do."""


def main(argv: "list[str]") -> None:
    """Prepare, and become what is to be run."""
    module, part, descriptor, options = argv[1:5]
    del sys.path[0]  # the folder of this file
    try:
        prepare(part, json.loads(options).get("version", ""), comes_first=module == VIEWER)
    except Unfit as error:
        _refuse(int(descriptor), str(error), module == VIEWER)
        os._exit(0)
    sys.argv = [module, descriptor, options]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def prepare(
    part: str, version: str, comes_first: bool = False, python: "tuple[int, ...]" = sys.version_info[:3]
) -> None:
    """Have the interpreter find assettui, and what it needs.

    Raises:
        Unfit: It is too old, or holds what does not fit.
    """
    me, mine = sys.executable, _dotted(python[:2])
    if python[:2] < OLDEST:
        raise Unfit(
            f"{me} is Python {mine}, and a worker needs {_dotted(OLDEST)} or newer: make its environment with a newer one"
        )
    is_installed = importlib.util.find_spec("assettui") is not None
    if comes_first:
        sys.path.insert(0, part)
        if _msgspec() is not None:
            return
        sys.path.remove(part)  # what lies there is for other versions of Python
    sys.path.append(part)
    found = _msgspec()
    if found is None:
        raise Unfit(f"{me} is Python {mine}, for which no msgspec came along: {install_command('msgspec')}")
    if found < OLDEST_MSGSPEC:
        least = _dotted(OLDEST_MSGSPEC)
        install = install_command(f"msgspec>={least}")
        raise Unfit(f"{me} has msgspec {_dotted(found)}, and a worker needs {least} or newer: {install}")
    if is_installed and not comes_first:
        import assettui

        theirs = getattr(assettui, "__version__", "0")
        series = version.split(".")[:2]
        if theirs.split(".")[:2] != series:
            install = install_command("assettui~=" + ".".join([*series, "0"]))
            raise Unfit(f"{me} has assettui {theirs}, and this is {version}: {install}")


def install_command(requirement: str) -> str:
    """What a user would type to install something where this runs."""
    if importlib.util.find_spec("pip") is None:
        return f"uv pip install --python {sys.executable} '{requirement}'"
    return f"{sys.executable} -m pip install '{requirement}'"


def _msgspec() -> "tuple[int, ...] | None":
    """The version that can be imported; None where none can."""
    try:
        import msgspec
    except ImportError:
        for name in [each for each in sys.modules if each.partition(".")[0] == "msgspec"]:
            del sys.modules[name]
        return None
    return tuple(int(each) for each in msgspec.__version__.split(".")[:2])


def _dotted(version: "tuple[int, ...]") -> str:
    return ".".join(map(str, version))


def _refuse(descriptor: int, what: str, is_viewer: bool) -> None:
    """Say what is wrong: a worker at once, a viewer when it is asked."""
    connection = socket.socket(fileno=descriptor)
    if is_viewer:
        connection.recv(1 << 16)
        body = json.dumps({"is": "refused", "what": what}).encode()
    else:
        body = json.dumps({"is": "broken", "error": {"message": what}}).encode()
    connection.sendall(struct.pack(">I", len(body)) + body)


if __name__ == "__main__":
    main(sys.argv)
