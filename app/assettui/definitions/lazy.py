"""Definitions that are made when a project is loaded, rather than when its module is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.placed import location_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.definitions.definitions import Definitions


class LazyDefinitions:
    """A function that makes the definitions of a project. Made by `definitions`."""

    def __init__(self, fn: Callable[[], Definitions]) -> None:
        self.fn = fn
        self.name = getattr(fn, "__name__", "definitions")
        self.at = location_of(fn)

    def __call__(self) -> Any:
        """What the function makes: `Definitions`, if it is right."""
        return self.fn()


def definitions(fn: Callable[[], Definitions]) -> LazyDefinitions:
    """Declare that a function makes the definitions of a project; it is called when the project is loaded."""
    return LazyDefinitions(fn)
