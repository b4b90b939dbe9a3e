"""How often what is woken by what happens may act: at once, but not in a cycle without end.

A sensor whose run makes what the sensor itself watches, directly or by way of others, would wake itself as fast as the
machine can go. It may act so many times in quick succession; then it acts once a second, until it was left in peace.
The rule is that of a leaky bucket, in one number: the time at which the bucket has run dry.
"""

from __future__ import annotations

from assettui.model.timing import SECOND_US

AT_ONCE = 60
"""So many times in quick succession."""
PACE_US = SECOND_US
"""And then once in so long."""
_AHEAD_US = (AT_ONCE - 1) * PACE_US


def dry_after(dry_us: int, now_us: int) -> int:
    """When the bucket has run dry, now that it was acted once more.

    Args:
        dry_us: When it would have, before; 0 where nothing was done yet.
        now_us: The time. Where the clock has gone back, what was done is counted as if it had been now.
    """
    return min(max(dry_us, now_us), now_us + _AHEAD_US) + PACE_US


def earliest(dry_us: int) -> int:
    """The first time at which to act again."""
    return dry_us - _AHEAD_US
