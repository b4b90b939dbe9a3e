"""Noticing that the project's files are edited: which ones they are, what they looked like, and being told of changes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from assettui.project.locate import SETTINGS_FILES, Project
from assettui.project.sources import are_unchanged, fingerprints
from assettui.project.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Edits:
    """Tells when the project has to be loaded again.

    Args:
        project: The project.
        on_edit: Called from a thread when one of its files has changed; None where nobody wants to know.
    """

    def __init__(self, project: Project, on_edit: Callable[[], None] | None) -> None:
        self._project = project
        self._on_edit = on_edit
        self._watch = Watch(self._on_files_changed) if on_edit else None
        self._sources: dict[str, tuple[int, int]] = {}

    @property
    def sources(self) -> Mapping[str, tuple[int, int]]:
        """The fingerprint of each file that the project was last loaded from."""
        return self._sources

    def imported(self, sources: Iterable[str], *, since_ns: int) -> None:
        """Remember what the files look like that a worker has imported, or was importing, since that time."""
        self._sources = fingerprints(self._project, sources, since_ns=since_ns, until_ns=time.time_ns())

    def failed(self, sources: Iterable[str], *, since_ns: int) -> None:
        """As `imported`, where importing failed: the file to blame may not be among these, so the last ones stay."""
        self.imported({*self._sources, *sources}, since_ns=since_ns)

    def watch(self) -> bool:
        """Watch those files from now on; whether they are still as they were imported, where anybody wants to know."""
        if self._watch is None:
            return True
        folders = {Path(source) for source in self._sources if Path(source).is_dir()}
        self._watch.folders({self._project.root, *folders, *(Path(source).parent for source in self._sources)})
        return not self._sources or are_unchanged(self._sources)  # nobody was told of an edit from before the watch

    def stop(self) -> None:
        """Tell no more."""
        if self._watch is not None:
            self._watch.stop()

    def _on_files_changed(self, paths: set[str]) -> None:
        is_ours = any(
            path.endswith(".py") or Path(path).name in SETTINGS_FILES or path in self._sources for path in paths
        )
        listed = {
            parent: self._sources[parent] for path in paths if (parent := str(Path(path).parent)) in self._sources
        }
        if (is_ours or (listed and not are_unchanged(listed))) and self._on_edit is not None:
            self._on_edit()
