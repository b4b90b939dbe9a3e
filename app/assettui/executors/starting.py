"""How a worker or a viewer is started: in the interpreter that runs us, or in one of the user's, with our part of it carried there."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import assettui
from assettui.project.interpreter import is_packaged
from assettui.project.user_folders import cache_folder

if TYPE_CHECKING:
    from assettui.project.interpreter import Interpreter

WORKER: Final = "assettui.worker.main"
VIEWER: Final = "assettui.worker.viewer"
PACKAGED_PART: Final = "workers"
"""The folder of the packaged program that holds the part."""
TRY_TIMEOUT_S: Final = 20.0
CARRIED: Final = ("assettui", "msgspec", "cronsim", "dotenv", "polars", "_polars_runtime_32")
"""What workers import of us and of others; msgspec alone is built for one version of Python, or for those that came along."""


def command_of(interpreter: Interpreter, module: str) -> list[str]:
    """The command that runs one of these modules; what it is told follows.

    Raises:
        ProjectError: The interpreter cannot be started.
    """
    interpreter.require()
    if interpreter.is_own:
        return [interpreter.path, "-P", "-m", module]
    part = carried_part()
    return [interpreter.path, str(part / "assettui" / "worker" / "start.py"), module, str(part)]


def version_of_part() -> str:
    """What a worker is told of the version that it speaks to."""
    return assettui.__version__


def told_of(interpreter: Interpreter) -> str:
    """What a worker says of its interpreter, where something is not installed in it."""
    return f"{interpreter.path} ({interpreter.origin})"


def try_interpreter(interpreter: Interpreter) -> tuple[str, str]:
    """Start an interpreter as a worker is started: its version, and why it cannot run one, in one line; empty where it can."""
    if interpreter.is_own:
        return platform.python_version(), ""
    if interpreter.trouble:
        return "", interpreter.trouble
    part = carried_part()
    code = "import runpy, sys; runpy.run_path(sys.argv[1])['prepare'](*sys.argv[2:]); print(sys.version.split()[0])"
    start = str(part / "assettui" / "worker" / "start.py")
    try:
        done = subprocess.run(
            [interpreter.path, "-c", code, start, str(part), version_of_part()],
            capture_output=True,
            text=True,
            check=False,
            timeout=TRY_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"{interpreter.path} cannot be started: {error}"
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or f"it ended with status {done.returncode}"
        return "", said.partition("Unfit: ")[2] or f"{interpreter.path}: {said}"
    return done.stdout.strip(), ""


@cache
def carried_part() -> Path:
    """The folder in which another interpreter finds what a worker needs, and nothing else.

    The packaged program has one. Elsewhere it is a folder of links, in the user's cache; or, where nobody can write there, a
    temporary one, which stays: workers may outlive what has started them by a moment.
    """
    if is_packaged():
        return Path(sys.executable).parent / PACKAGED_PART
    places = {name: place for name in CARRIED if (place := _place_of(name)) is not None}
    name = hashlib.sha256(repr(sorted(places.items())).encode()).hexdigest()[:16]
    base = cache_folder()
    part = base / f"workers-{name}"
    if part.is_dir():
        return part
    try:
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = Path(tempfile.mkdtemp(prefix=".workers-", dir=base))
    except OSError:
        made = part = Path(tempfile.mkdtemp(prefix="assettui-workers-"))
    for package, place in places.items():
        (made / package).symlink_to(place)
    if made != part:
        try:
            made.rename(part)
        except OSError:  # another process was quicker, with the same
            _remove_links(made)
    return part


def _remove_links(folder: Path) -> None:
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()


def _place_of(package: str) -> str | None:
    spec = importlib.util.find_spec(package)
    return os.path.dirname(spec.origin) if spec is not None and spec.origin is not None else None  # noqa: PTH120
