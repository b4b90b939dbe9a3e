"""Where other threads leave word, and wake who waits for it."""

from __future__ import annotations

import os
import queue
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue with a file descriptor that becomes readable when something is put in or `wake` is called."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def fileno(self) -> int:
        return self._reader

    def put(self, item: T) -> None:
        """Leave word, from any thread."""
        self._items.put(item)
        self.wake()

    def wake(self) -> None:
        """Wake the reader without a word, from any thread."""
        with suppress(OSError):  # full: it is being woken already; closed: nobody is there any more
            os.write(self._writer, b".")

    def take_all(self) -> list[T]:
        """All that was left, the oldest first, without waiting."""
        with suppress(BlockingIOError):
            os.read(self._reader, 65536)
        found: list[T] = []
        with suppress(queue.Empty):
            while True:
                found.append(self._items.get_nowait())
        return found

    def close(self) -> None:
        """Take no more."""
        if self._writer == -1:
            return
        reader, writer, self._reader, self._writer = self._reader, self._writer, -1, -1
        os.close(writer)
        os.close(reader)
