"""The project's files as they were when it was loaded, to be compared with what they are now."""

from __future__ import annotations

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
    """Modification time in ns and size in bytes of each file that is there, the project's own settings included.

    Args:
        project: The project.
        sources: The files of it that were imported, absolute.
        since_ns: When importing them was begun, in ns since the epoch: which state of a file that was edited after
            that was imported, nobody knows, so that it gets a fingerprint that it will never have.
        until_ns: Now. A file whose time lies in the future is taken as it is, since waiting would not make it older.
    """
    paths = {*sources, *(str(path) for path in (project.file, project.settings_file, project.environment_file) if path)}
    found: dict[str, tuple[int, int]] = {}
    for path in sorted(paths):
        try:
            status = Path(path).stat()
        except OSError:
            continue
        is_unsure = since_ns - _GRANULARITY_NS <= status.st_mtime_ns <= until_ns
        found[path] = UNSURE if is_unsure else (status.st_mtime_ns, status.st_size)
    return found


def are_unchanged(recorded: Mapping[str, tuple[int, int]]) -> bool:
    """Whether every file is as it was. Costs one `stat` for each."""
    try:
        return bool(recorded) and all(
            (status := Path(path).stat()) and (status.st_mtime_ns, status.st_size) == tuple(known)
            for path, known in recorded.items()
        )
    except OSError:
        return False
