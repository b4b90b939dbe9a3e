"""Which Python runs the user's code: the one that is named, the one of the environment beside the project, or our own."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from assettui.model.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWN: Final = "own"
"""Names the interpreter that runs assettui itself, where another would be found."""
_ACTIVE: Final = ("VIRTUAL_ENV", "CONDA_PREFIX")
_POETRY: Final = "poetry.lock"


class Interpreter(Struct, frozen=True):
    """A Python, and how it was come by."""

    path: str
    """Absolute."""
    origin: str
    """In words."""
    is_own: bool = False
    """Whether it is the one that runs assettui."""
    is_told: bool = False
    """Whether `--python` names it: who opens the project again is to say so again."""
    trouble: str = ""
    """Why it cannot be started; empty where nothing speaks against it. Who only reads the store need not care."""
    mend: str = ""
    """What to do about that."""

    def require(self) -> None:
        """See that it can be started, before it is.

        Raises:
            ProjectError: What names it names no interpreter, or leads nowhere.
        """
        if self.trouble:
            raise ProjectError(self.trouble, hint=self.mend)


def own_interpreter() -> Interpreter:
    """The one that runs this."""
    what = "the packaged program's own" if is_packaged() else "the one that assettui is installed in"
    return Interpreter(sys.executable, what, is_own=True)


def own_program() -> list[str]:
    """The command that runs assettui, in a process of its own."""
    if is_packaged():
        return [str(Path(sys.executable).parent / "assettui")]
    return [sys.executable, "-m", "assettui"]


def is_packaged() -> bool:
    """Whether this is the program as one file, which has no packages but its own."""
    return bool(getattr(sys, "frozen", False))


def find_interpreter(
    folder: Path,
    environment: Mapping[str, str],
    *,
    option: str | None = None,
    setting: str | None = None,
    settings_file: Path | None = None,
) -> Interpreter:
    """The interpreter of a project's workers.

    In this order: what the option names; what the settings name; the environment in `UV_PROJECT_ENVIRONMENT` or in a folder
    `.venv`, beside the project or above it, as uv looks for it; the one that is active in the shell; the one that poetry keeps
    for a project with a `poetry.lock`; our own.

    Args:
        folder: Of the project, absolute.
        environment: The variables of this process.
        option: What `--python` says, from the working directory.
        setting: What `python` in the settings says, from the folder of the file.
        settings_file: That file.

    What the settings name, or an environment that was found, may hold no Python that can be started: the interpreter tells that
    then as its trouble. None is passed over: user code would run in one that nobody has meant.

    Raises:
        ProjectError: What the option names is no interpreter.
    """
    if option is not None:
        named = _named(option, Path.cwd(), "--python")
        named.require()
        return replace(named, is_told=True)
    if setting is not None:
        where = settings_file.parent if settings_file else folder
        return _named(setting, where, f"python in {settings_file}")
    for path, origin in _places(folder, environment):
        python = path / "bin" / "python"
        if os.path.lexists(python):
            if not os.access(python, os.X_OK):
                return Interpreter(
                    str(python),
                    origin,
                    trouble=f"{python} leads nowhere: the Python that the environment was made with is gone",
                    mend=f"make it anew (`uv venv --clear`, or `python3 -m venv --clear {path}`), or name another with "
                    f"--python; `--python {OWN}` is the one that runs assettui",
                )
            return _of(str(python), origin)
    return own_interpreter()


def _named(name: str, folder: Path, where: str) -> Interpreter:
    """The interpreter that somebody has named: a path, a folder with an environment, or a command on the path."""
    if name == OWN:
        return own_interpreter()
    try:
        path = folder / Path(name).expanduser()
        found = str(path) if os.sep in name or path.exists() else shutil.which(name) or str(path)
        if Path(found).is_dir():
            found = str(Path(found) / "bin" / "python")
        is_there = os.access(found, os.X_OK)
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL in it, the home of nobody
        trouble = f"{where} names no path: {error}"
        return Interpreter(name, where, trouble=trouble, mend="name a Python, as .venv/bin/python")
    if not is_there:
        return Interpreter(
            found,
            where,
            trouble=f"{where} names {name!r}, and there is no program {found}",
            mend=f"name a Python, as .venv/bin/python; `{OWN}` is the one that runs assettui",
        )
    return _of(found, where)


def _of(python: str, origin: str) -> Interpreter:
    # Not resolved: the link in an environment is what tells the interpreter which one it is in.
    python = os.path.normpath(python)
    if not is_packaged():
        folder = Path(python).parent.parent
        is_own = python == os.path.normpath(sys.executable) or (
            (folder / "pyvenv.cfg").is_file() and folder.resolve() == Path(sys.prefix).resolve()
        )
        if is_own:
            return own_interpreter()
    return Interpreter(python, origin)


def _places(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The folders in which an environment of the project may be."""
    told = environment.get("UV_PROJECT_ENVIRONMENT")
    for each in (folder, *folder.parents):
        yield each / (told or ".venv"), f"{told or '.venv'} in {each}"
    for name in _ACTIVE:
        if environment.get(name):
            yield Path(environment[name]), f"${name}"
    for each in (folder, *folder.parents):
        if (each / _POETRY).is_file():
            for path in _of_poetry(each, environment):
                yield path, f"poetry's of {each}"


def _of_poetry(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Where poetry keeps the environments of a project: by a hash of its folder, one a version of Python; the newest first."""
    home = Path(environment.get("HOME") or "/")
    usual = home / "Library/Caches" if sys.platform == "darwin" else home / ".cache"
    cache = environment.get("POETRY_CACHE_DIR") or f"{environment.get('XDG_CACHE_HOME') or usual}/pypoetry"
    kept = Path(environment.get("POETRY_VIRTUALENVS_PATH") or f"{cache}/virtualenvs")
    digest = hashlib.sha256(os.path.normcase(os.path.realpath(folder)).encode()).digest()
    known = base64.urlsafe_b64encode(digest).decode()[:8]
    found = [each for each in kept.glob("*-py3*") if f"-{known}-py3" in each.name]
    return sorted(
        found,
        key=lambda each: [int(part) for part in each.name.rpartition("-py")[2].split(".") if part.isdigit()],
        reverse=True,
    )
