"""What assettui finds where it runs: terminal, locale, interpreter, store, clock, limits; and what is to be mended.

Each look is a function of its own that gives findings; none raises for what it finds.
"""

from __future__ import annotations

import fcntl
import os
import platform
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

import assettui
from assettui.executors.starting import try_interpreter
from assettui.model.errors import AssettuiError
from assettui.model.text import byte_count
from assettui.model.timing import SECOND_US, clock_us, local
from assettui.project.interpreter import is_packaged
from assettui.project.user_folders import cache_folder, state_folder
from assettui.project.user_settings import read_hosts
from assettui.service.locale import is_ascii_wanted
from assettui.store.database import SCHEMA_VERSION, open_for_reading, store_exists

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assettui.service.session import Session
    from assettui.store.folder import StoreFolder

Verdict = Literal["good", "doubtful", "bad"]
_OVER_THE_NET: Final = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "vboxsf")
"""File systems of other machines, whose locks SQLite cannot count on (https://sqlite.org/faq.html#q5)."""
_LITTLE_ROOM_BYTES: Final = 1_000_000_000
_FEW_FILES: Final = 256
_FEW_WATCHES: Final = 8_192
_LEAST: Final = (80, 24)
_BUILT_AFTER_US: Final = 1_704_067_200 * SECOND_US
"""2024-01-01, UTC: a clock that says less was never set."""
_SKEW_S: Final = 2.0


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    subject: str
    verdict: Verdict
    what: str
    """What was found, in one line."""
    hint: str | None = None
    """What to do about it."""


def examine(
    session: Session | None, problem: AssettuiError | None, environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Look at everything, the program first.

    Args:
        session: The project that is meant.
        problem: Why there is none.
        environment: The variables as this process was given them.
    """
    kind = "packaged" if is_packaged() else f"in {sys.prefix}"
    version = f"assettui {assettui.__version__}, {kind}; Python {platform.python_version()}, {platform.platform()}"
    yield Finding("program", "good", version)
    yield from terminal(environment, os.isatty(1), shutil.get_terminal_size())
    yield from _places()
    yield from clock(clock_us())
    yield from limits()
    yield from _machines()
    if session is None:
        what = problem.what if problem is not None else "there is no project here"
        yield Finding("project", "doubtful", what, problem.hint if problem is not None else None)
        return
    project = session.project
    yield Finding("project", "good", f"{project.name}: {project.place}, in {project.root}")
    found, trouble = try_interpreter(project.interpreter)
    which = f"{project.interpreter.path} ({project.interpreter.origin})"
    yield Finding(
        "workers", "bad" if trouble else "good", trouble or f"Python {found}: {which}", project.interpreter.mend or None
    )
    yield from store(session.folder, clock_us())
    leader = session.leader()
    what = f"{leader.face}, pid {leader.pid}, since {local(leader.since_us)}" if leader else "nobody leads the store"
    yield Finding("leader", "good", what)


def terminal(environment: Mapping[str, str], is_terminal: bool, size: os.terminal_size) -> Iterator[Finding]:
    """What the screens would be drawn on."""
    kind = environment.get("TERM", "")
    if not is_terminal:
        yield Finding("terminal", "doubtful", "the output is no terminal: the screens would not open")
    elif kind in ("", "dumb", "unknown"):
        yield Finding("terminal", "bad", f"TERM is {kind!r}: nothing can be placed on it", "set TERM to what it is")
    else:
        colors = "16 million colors" if environment.get("COLORTERM") in ("truecolor", "24bit") else "few colors"
        columns, lines = size
        is_small = columns < _LEAST[0] or lines < _LEAST[1]
        yield Finding(
            "terminal",
            "doubtful" if is_small else "good",
            f"{kind}, {columns} × {lines}, {colors}",
            f"the screens are made for {_LEAST[0]} × {_LEAST[1]} and more" if is_small else None,
        )
    if is_ascii_wanted(environment):
        said = {name: environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)}
        what = ", ".join(f"{name}={value}" for name, value in said.items()) or "no locale is set"
        hint = "for all characters: export LANG=C.UTF-8, or ASSETTUI_ASCII=0"
        yield Finding("locale", "doubtful", f"{what}: only ASCII is drawn", hint)
    else:
        yield Finding("locale", "good", "UTF-8")


def _places() -> Iterator[Finding]:
    for subject, folder, use in (
        ("cache", cache_folder(), "what can be made again is made anew each time"),
        ("state", state_folder(), "`assettui projects` remembers nothing"),
        ("temporary", Path(tempfile.gettempdir()), "previews and reports need it"),
    ):
        if _can_write(folder):
            yield Finding(subject, "good", str(folder))
        else:
            yield Finding(subject, "doubtful", f"{folder} cannot be written to: {use}")


def _can_write(folder: Path) -> bool:
    """Whether a file can be made in a folder, or in the nearest that is there above it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def clock(now_us: int) -> Iterator[Finding]:
    """Whether the machine knows what time it is, and where."""
    if now_us < _BUILT_AFTER_US:
        yield Finding("clock", "bad", f"it is {local(now_us)} here", "set the clock: `timedatectl set-ntp true`")
        return
    try:
        ZoneInfo("Europe/Berlin")
    except (ZoneInfoNotFoundError, OSError):
        hint = "install tzdata: the package of the system, or `pip install tzdata`"
        yield Finding("clock", "bad", "no time zones are known on this machine", hint)
        return
    yield Finding("clock", "good", f"{local(now_us)}, {'/'.join(time.tzname)}")


def limits() -> Iterator[Finding]:
    """What the system allows."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < _FEW_FILES:
        hint = f"`ulimit -n {min(1024, most)}`"
        yield Finding("limits", "doubtful", f"a process may have {files} files open", hint)
    try:
        watches = int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
    except (OSError, ValueError):
        watches = _FEW_WATCHES
    if watches < _FEW_WATCHES:
        hint = f"`sysctl fs.inotify.max_user_watches={_FEW_WATCHES}`"
        yield Finding("limits", "doubtful", f"{watches} files may be watched for edits", hint)


def _machines() -> Iterator[Finding]:
    try:
        hosts = read_hosts()
    except AssettuiError as error:
        yield Finding("machines", "bad", error.what, error.hint)
        return
    if hosts and shutil.which("ssh") is None:
        yield Finding("machines", "bad", "other machines are named, and there is no ssh", "install openssh-client")


def store(folder: StoreFolder, now_us: int) -> Iterator[Finding]:
    """Where the store is, and whether that is a place for one."""
    root = folder.root
    there = next(each for each in (root, *root.parents) if each.exists())
    kind = file_system(there, _mounts())
    if not _can_write(root):
        yield Finding("store", "doubtful", f"{root} cannot be written to: it can only be looked at")
    elif kind in _OVER_THE_NET or kind.startswith("fuse."):
        hint = 'put it on a disk of this machine: `store = "/var/lib/…"` in the settings, or --store'
        yield Finding("store", "bad", f"{root} is on {kind}, where SQLite's locks do not hold", hint)
    else:
        yield Finding("store", "good", f"{root}, on {kind or 'a file system of its own'}")
        yield from _locks(there)
    free = shutil.disk_usage(there).free
    if free < _LITTLE_ROOM_BYTES:
        yield Finding("store", "doubtful", f"{byte_count(free)} are free there", "`assettui store vacuum` makes room")
    if not store_exists(folder):
        yield Finding("store", "good", "nothing was built yet")
        return
    try:
        with closing(open_for_reading(folder)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            last = connection.execute("SELECT max(time) FROM events").fetchone()[0]
    except (AssettuiError, sqlite3.Error) as error:
        yield Finding("store", "bad", str(error), "`assettui store verify` says more, `assettui store repair` mends it")
        return
    if version < SCHEMA_VERSION:
        what = f"it is of an older version ({version} of {SCHEMA_VERSION}), and is upgraded when it is next written to"
        yield Finding("store", "good", what)
    if last is not None and last > now_us + 60 * SECOND_US:
        yield Finding(
            "clock", "bad", f"the store holds events of {local(last)}: the clock was set back", "set it right"
        )


def _locks(folder: Path) -> Iterator[Finding]:
    """Whether locks work in a folder, and its clock is ours."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            skew_s = os.fstat(file.fileno()).st_mtime - time.time()
    except OSError as error:
        yield Finding("store", "bad", f"no file can be locked in {folder}: {error.strerror}", "put the store elsewhere")
        return
    if abs(skew_s) > _SKEW_S:
        yield Finding("clock", "doubtful", f"files in {folder} are dated {skew_s:+,.0f} s from this machine's clock")


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text()
    except OSError:
        return ""


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system that a path is on; empty where that is not known.

    Args:
        path: Absolute.
        mounts: As `/proc/self/mountinfo` has them (proc_pid_mountinfo(5)).
    """
    found, longest = "", -1
    for line in mounts.splitlines():
        fields, _, behind = line.partition(" - ")
        point = fields.split(" ")[4].encode().decode("unicode_escape")
        if path.is_relative_to(point) and len(point) >= longest:
            found, longest = behind.split(" ")[0], len(point)
    return found
