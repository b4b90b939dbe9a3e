"""The project's files as they were when it was loaded, to be compared with what they are now."""

from __future__ import annotations

import stat
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.project.locate import Project


_GRANULARITY_NS = 10_000_000
"""A file's time is that of the last tick of the kernel's clock, which may be so much behind."""
UNSURE = (0, -1)
"""The fingerprint of a file that was edited while it was being imported: no file ever has it."""


def fingerprints(
    project: Project, sources: Iterable[str], *, since_ns: int, until_ns: int
) -> dict[str, tuple[int, int]]:
    """The fingerprint of each file that is there, the project's own settings included; see `_fingerprint`.

    Args:
        project: The project.
        sources: The files of it that were imported or read, and the folders that were listed, absolute.
        since_ns: When importing them was begun, in ns since the epoch: which state of a module that was edited after
            that was imported, nobody knows, so that it gets a fingerprint that it will never have. (What is read and no
            module may be written all the time, by the project itself: it is taken as it is.)
        until_ns: Now. A file whose time lies in the future is taken as it is, since waiting would not make it older.
    """
    paths = {*sources, *(str(path) for path in (project.file, project.settings_file, project.environment_file) if path)}
    found: dict[str, tuple[int, int]] = {}
    for path in sorted(paths):
        try:
            found[path] = _fingerprint(path)
        except OSError:
            continue
        is_unsure = path.endswith(".py") and since_ns - _GRANULARITY_NS <= found[path][0] <= until_ns
        if is_unsure:
            found[path] = UNSURE
    return found


def _fingerprint(path: str) -> tuple[int, int]:
    """Of a file its modification time in ns and its size in bytes; of a folder a checksum and the number of its names."""
    status = Path(path).stat()
    if not stat.S_ISDIR(status.st_mode):
        return status.st_mtime_ns, status.st_size
    names = sorted(each.name for each in Path(path).iterdir() if not each.name.startswith((".", "__pycache__")))
    return zlib.crc32("\0".join(names).encode(errors="surrogateescape")), len(names)


def are_unchanged(recorded: Mapping[str, tuple[int, int]]) -> bool:
    """Whether every file is as it was. Costs one `stat` for each, and of a folder that was listed another listing."""
    try:
        return bool(recorded) and all(_fingerprint(path) == tuple(known) for path, known in recorded.items())
    except OSError:
        return False
