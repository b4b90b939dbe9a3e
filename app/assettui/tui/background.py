"""What work in the background, off the screen's thread, has to know."""

from __future__ import annotations

from typing import Any, cast

from textual import worker


def is_canceled() -> bool:
    """Whether newer work has taken the place of this one: a canceled thread runs on, and must keep its result."""
    return cast("Any", worker).get_current_worker().is_cancelled
