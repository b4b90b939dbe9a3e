"""A folder for what one command of dbt writes: the project's manifest stays as it is, and two commands do not meet.

It goes with the command that it was made for. A worker may be killed at any time, and ends without ceremony in any case: what was
left behind so is told by its lock, which nobody holds any more, and is removed when the next is made.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assettui.project.user_folders import cache_folder

if TYPE_CHECKING:
    from assettui.integrations.dbt.project import DbtProject

PARSED: Final = "partial_parse.msgpack"
"""What dbt has parsed before: handed over, so that it need not be parsed again."""


class TargetFolder:
    """Is there as long as this object.

    Args:
        project: Whose.
    """

    def __init__(self, project: DbtProject) -> None:
        name = hashlib.sha256(str(project.project_dir).encode()).hexdigest()[:12]
        parent = cache_folder() / "dbt" / name
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:  # there is no place of the user's own
            parent = Path(tempfile.gettempdir())
        else:
            _remove_abandoned(parent)
        self.path, descriptor = _locked_folder(parent)
        weakref.finalize(self, _remove, self.path, descriptor)
        with suppress(OSError):
            shutil.copyfile(project.project_dir / project.target_path / PARSED, self.path / PARSED)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix="assettui-dbt-", dir=parent))
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with suppress(OSError):  # a file system without locks: it is removed by its owner alone
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        if path.is_dir():  # nobody has taken it for abandoned in between
            return path, descriptor
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    for path in parent.iterdir():
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)


def _remove(path: Path, descriptor: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(descriptor)
