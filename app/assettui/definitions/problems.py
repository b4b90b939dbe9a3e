"""What is found to be wrong with a project, gathered so that all of it is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.errors import Problem

if TYPE_CHECKING:
    from assettui.model.errors import Location


class Problems:
    """Problems and warnings, in the order in which they are found."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.warnings: list[Problem] = []

    def wrong(self, what: str, at: Location | None, hint: str | None) -> None:
        """Note something that makes the project unusable as it is."""
        self.found.append(Problem(what, at, hint))

    def warn(self, what: str, at: Location | None, hint: str | None) -> None:
        """Note something that is doubtful."""
        self.warnings.append(Problem(what, at, hint))
