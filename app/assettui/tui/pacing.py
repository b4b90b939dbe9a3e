"""No more is on its way to the terminal than it takes at once, so that a slow line never lags behind the keys.

What is written to a connection waits in buffers of megabytes: over 20 kB/s, a second of scrolling would be seen for the next
ten. So each frame ends with the question where the cursor is, which every terminal answers when it has come to it (DSR 6 of
ECMA-48), and while too much is unanswered no other frame is drawn. What has changed meanwhile is drawn at once, as it is then.
"""

from __future__ import annotations

from collections import deque
from typing import Final

QUESTION: Final = "\x1b[6n"
MAX_BYTES: Final = 3_000
"""So much may be on its way when another frame is sent: 0.15 s of a line of 20 kB/s."""
PATIENCE_S: Final = 5.0
"""A terminal that has not answered for so long is not waited for, until it does."""
LEAST_PATIENCE_S: Final = 0.5
TIMES_USUAL: Final = 10
"""Nor is one that takes so many times as long as its slowest answer of late: some answer two questions once."""
FORGETS: Final = 0.8
"""What of the slowest answer is kept, with each one that comes."""


class Pacing:
    """Counts what was sent and is not answered yet. Times are in seconds, of any clock that goes on."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, int]] = deque()
        self._is_known_to_answer = False
        self._slowest_s = PATIENCE_S
        """How long an answer took at most, of late."""

    def sent(self, now_s: float, size: int) -> None:
        """So many bytes were sent, with the question behind them."""
        self._sent.append((now_s, size))

    def answered(self, now_s: float) -> None:
        """The terminal has answered the oldest question."""
        self._is_known_to_answer = True
        if self._sent:
            sent_s, _ = self._sent.popleft()
            self._slowest_s = max(now_s - sent_s, FORGETS * self._slowest_s)

    @property
    def _patience_s(self) -> float:
        return min(PATIENCE_S, max(LEAST_PATIENCE_S, TIMES_USUAL * self._slowest_s))

    def is_waiting(self) -> bool:
        """Whether an answer is still to come, from a terminal that gives any."""
        return bool(self._sent) and self._is_known_to_answer

    def wait_s(self, now_s: float) -> float:
        """How long to wait at most before another frame is sent; 0 where it may be sent now."""
        if not self.is_waiting() or sum(size for _, size in self._sent) <= MAX_BYTES:
            return 0.0
        left_s = self._sent[0][0] + self._patience_s - now_s
        if left_s <= 0:
            self._sent.clear()
            self._is_known_to_answer = False
            return 0.0
        return left_s
