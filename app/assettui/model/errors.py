"""What can go wrong, as values that say what happened, where, and what to do.

Every error that a user can cause is an `AssettuiError`; anything else that escapes is a bug of ours.

    AssettuiError
    ├── DefinitionsError        the project's definitions are wrong: holds every Problem at once
    ├── ProjectError            the project cannot be found, or its settings are wrong
    ├── SelectionError          a selection of assets cannot be understood or selects nothing
    ├── LaunchError             what was asked for cannot be run as it is
    ├── StoreError              the store cannot be opened, read or written
    ├── ValueStorageError       a value cannot be stored or loaded
    ├── NotFound                no run, step or asset of that name
    └── StepFailed              a step of an in-process run failed: holds the user's exception as its cause
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable


class Location(Struct, frozen=True):
    """A place in the user's code."""

    file: str
    """Absolute path."""
    line: int
    """Counted from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Problem(Struct, frozen=True):
    """One thing that is wrong (or, as a warning, doubtful) with a project's definitions."""

    what: str
    """What happened, in one line."""
    at: Location | None = None
    hint: str | None = None
    """What to do about it, in one line."""

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}{self.what}{hint}"


class AssettuiError(Exception):
    """Something that a user can cause, and mend.

    Args:
        what: What happened, in one line.
        hint: What to do about it, in one line.
    """

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n    {self.hint}" if self.hint else self.what


class ProgramFailed(AssettuiError):
    """A program that a step has run has failed; it may do better when it is tried again.

    Args:
        what: How, in one line.
        hint: What to do about it.
        kind: `exit`, `signal` or `exception`: see `StepError`.
        traceback: Where in the program, as it says itself.
    """

    def __init__(
        self, what: str, *, hint: str | None = None, kind: str = "exception", traceback: str | None = None
    ) -> None:
        super().__init__(what, hint=hint)
        self.kind = kind
        self.traceback = traceback


class DefinitionsError(AssettuiError):
    """The definitions of a project are wrong; all that is wrong with them, in the order of the source."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        listing = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{count} {'problem' if count == 1 else 'problems'} in the definitions:\n{listing}")


class ProjectError(AssettuiError):
    """The project cannot be found, or its settings are wrong."""


class SelectionError(AssettuiError):
    """A selection of assets cannot be understood, or names nothing that exists.

    Args:
        what: What is wrong, in one line.
        hint: What to do about it.
        text: The selection as it was written, where it cannot be understood.
        position: Which of its characters is wrong, counted from 0.
    """

    def __init__(self, what: str, *, hint: str | None = None, text: str = "", position: int | None = None) -> None:
        self.reason = what
        self.position = position
        pointer = f":\n    {text}\n    {' ' * position}^" if position is not None else ""
        super().__init__(f"{what}{pointer}", hint=hint)


class LaunchError(AssettuiError):
    """What was asked for cannot be run as it is."""


class StoreError(AssettuiError):
    """The store cannot be opened, read or written."""


class ValueStorageError(AssettuiError):
    """A value cannot be stored, or a stored value cannot be loaded."""


class NotFound(AssettuiError):
    """No run, step or asset of that name is known."""


class StepFailed(AssettuiError):
    """A step failed in a process that asked to be told; the user's own exception is its `__cause__`."""
