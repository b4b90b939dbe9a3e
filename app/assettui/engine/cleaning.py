"""Removing what nobody needs from beside the store, in a thread of its own: now and then, and after a leader that died."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

from assettui.model.errors import StoreError
from assettui.model.timing import SECOND_US, clock_us
from assettui.store.database import open_for_reading
from assettui.store.leftovers import oldest_at_work_s, remove_logs, remove_values

if TYPE_CHECKING:
    from assettui.project.settings import Settings
    from assettui.store.folder import StoreFolder


def clean(folder: StoreFolder, settings: Settings) -> threading.Thread:
    """Begin to remove logs that are too old or too many, and where a leader was killed values that nothing refers to."""

    def remove() -> None:
        now_s = clock_us() / SECOND_US
        try:
            with closing(open_for_reading(folder)) as store:
                if folder.unclean.exists():
                    died_s = folder.unclean.stat().st_mtime
                    before_s = min(now_s, oldest_at_work_s(store) or now_s)
                    remove_values(folder, store, before_s=before_s)
                    if before_s >= died_s:
                        folder.unclean.unlink(missing_ok=True)
                remove_logs(folder, store, now_s=now_s, days=settings.log_days, megabytes=settings.log_megabytes)
        except (OSError, StoreError):
            return  # the next time, or `store vacuum` says why not

    thread = threading.Thread(target=remove, name="cleaning", daemon=True)
    thread.start()
    return thread
