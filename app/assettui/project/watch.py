"""Hearing of changes to files from the kernel, without looking again and again."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from watchdog.observers.api import BaseObserver

SETTLE_S = 0.08
"""Editors write a file in several steps: what happens within this time of the first is one change."""


class Watch:
    """Tells of changes to files that stand directly in some folders.

    Args:
        on_change: Takes the paths that changed; called from a thread, never twice at once.
        settle_s: How long changes are gathered before they are told.
    """

    def __init__(self, on_change: Callable[[set[str]], None], settle_s: float = SETTLE_S) -> None:
        self._on_change = on_change
        self._settle_s = settle_s
        self._observer: BaseObserver | None = None
        self._folders: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._changed: set[str] = set()

    def folders(self, folders: Iterable[Path]) -> None:
        """Watch these folders, and no others; folders below them are not watched."""
        wanted = frozenset(str(folder) for folder in folders if folder.is_dir())
        if wanted == self._folders:
            return
        self.stop()
        self._folders = wanted
        # deferred: 45 ms, which nobody has to wait for
        from watchdog.events import (
            FileCreatedEvent,
            FileDeletedEvent,
            FileModifiedEvent,
            FileMovedEvent,
            FileSystemEvent,
            FileSystemEventHandler,
        )
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        class Handler(FileSystemEventHandler):
            def __init__(self, tell: Callable[[FileSystemEvent], None]) -> None:
                self._tell = tell

            def on_any_event(self, event: FileSystemEvent) -> None:
                self._tell(event)

        handler = Handler(lambda event: self._gather({os.fsdecode(event.src_path), os.fsdecode(event.dest_path)}))
        kinds: list[type[FileSystemEvent]] = [FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent]

        def start(observer: BaseObserver) -> None:
            self._observer = observer
            observer.daemon = True
            observer.start()
            for folder in sorted(wanted):
                observer.schedule(handler, folder, event_filter=kinds)

        try:
            start(Observer())
        except OSError:  # the kernel has no more watches to give: look once a second instead
            self.stop()
            self._folders = wanted
            start(PollingObserver(timeout=1))

    def stop(self) -> None:
        """Watch nothing any more."""
        observer, self._observer = self._observer, None
        self._folders = frozenset()
        if observer is not None:
            observer.stop()

    def _gather(self, paths: set[str]) -> None:
        with self._lock:
            is_first = not self._changed
            self._changed |= paths - {""}
            if not is_first:
                return
        timer = threading.Timer(self._settle_s, self._tell)
        timer.daemon = True
        timer.start()

    def _tell(self) -> None:
        with self._telling:
            with self._lock:
                changed, self._changed = self._changed, set()
            if self._observer is not None and changed:
                self._on_change(changed)
