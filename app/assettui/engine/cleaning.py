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


def clean(folder: StoreFolder, settings: Settings, *, with_values: bool) -> threading.Thread:
    """Begin to remove logs that are too old or too many.

    Args:
        folder: The store.
        settings: What is too old or too much.
        with_values: Whether values that nothing refers to are looked for too: those of a leader that was killed.
    """

    def remove() -> None:
        now_s = clock_us() / SECOND_US
        try:
            with closing(open_for_reading(folder)) as store:
                if with_values:
                    at_work_s = oldest_at_work_s(store)
                    remove_values(folder, store, before_s=min(now_s, at_work_s or now_s))
                remove_logs(folder, store, now_s=now_s, days=settings.log_days, megabytes=settings.log_megabytes)
        except (OSError, StoreError):
            return  # the next time, or `store vacuum` says why not

    thread = threading.Thread(target=remove, name="cleaning", daemon=True)
    thread.start()
    return thread
