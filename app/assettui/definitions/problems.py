"""What is found to be wrong with a project, gathered so that all of it is told at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from assettui.model.errors import AssettuiError, Problem

if TYPE_CHECKING:
    from collections.abc import Generator

    from assettui.model.errors import Location


class Problems:
    """Problems and warnings, in the order in which they are found."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.warnings: list[Problem] = []

    def wrong(self, what: str, at: Location | None, hint: str | None) -> None:
        """Note something that makes the project unusable as it is."""
        self.found.append(Problem(what, at, hint))

    @contextmanager
    def telling(self, subject: str, at: Location | None) -> Generator[None]:
        """Tell of what our own code can make nothing of, as what is wrong with something, rather than raise it."""
        try:
            yield
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, AssettuiError) or not raised_here(error):
                raise
            self.wrong(f"{subject}: {error}", at, "look at what it is given")

    def warn(self, what: str, at: Location | None, hint: str | None) -> None:
        """Note something that is doubtful."""
        self.warnings.append(Problem(what, at, hint))


def raised_here(error: BaseException) -> bool:
    """Whether our own code has raised an error, rather than the user's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("assettui.")
