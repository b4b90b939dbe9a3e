"""Files of values that are being read: a lock on each, shared among readers, keeps it from being removed meanwhile.

The kernel frees a lock when its process dies, however that happens.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from assettui.values.on_disk import remove

if TYPE_CHECKING:
    from pathlib import Path

MOST_IN_FOLDER: Final = 16
"""Who reads more values of an asset than that holds its folder: a process may only have so many files open."""


class HeldFiles:
    """Files that are held until they are let go."""

    def __init__(self) -> None:
        self._files: dict[Path, int] = {}

    def hold(self, path: Path, folder: Path) -> None:
        """Keep a file from being removed; nothing happens where it is gone already.

        Args:
            path: The file.
            folder: The one of its asset, which is held in its place where many files in it are.
        """
        if folder in self._files or path in self._files:
            return
        held = path if sum(folder in each.parents for each in self._files) < MOST_IN_FOLDER else folder
        with suppress(FileNotFoundError):
            self._files[held] = _locked(held)

    def let_go(self, path: Path) -> None:
        """Let one of them go; its folder, where that is held, stays so."""
        descriptor = self._files.pop(path, None)
        if descriptor is not None:
            os.close(descriptor)

    def release(self) -> None:
        """Let all of them go."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()


def remove_unless_held(path: Path, folder: Path) -> bool:
    """Remove a file that nobody reads; whether it is gone now.

    Args:
        path: The file.
        folder: The one of its asset.
    """
    descriptors: list[int] = []
    try:
        for each in (folder, path):
            descriptors.append(os.open(each, os.O_RDONLY | os.O_CLOEXEC))
            _lock(descriptors[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(path)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return True


def _lock(descriptor: int, kind: int) -> None:
    """Lock a file; where its file system has no locks, what is being read may be removed, and its reader is told so.

    Raises:
        BlockingIOError: Somebody else holds it, and it was not to be waited for.
    """
    try:
        fcntl.flock(descriptor, kind)
    except BlockingIOError:
        raise
    except OSError:
        return


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    _lock(descriptor, fcntl.LOCK_SH)
    if os.fstat(descriptor).st_nlink == 0:  # it was removed in between
        os.close(descriptor)
        raise FileNotFoundError(2, os.strerror(2), str(path))
    return descriptor
