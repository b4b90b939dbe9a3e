"""The project's files as they were when it was loaded, to be compared with what they are now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.project.locate import Project


def fingerprints(project: Project, sources: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Modification time in ns and size in bytes of each file that is there, the project's own settings included."""
    paths = {*sources, *(str(path) for path in (project.file, project.settings_file) if path)}
    found: dict[str, tuple[int, int]] = {}
    for path in sorted(paths):
        try:
            status = Path(path).stat()
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
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
