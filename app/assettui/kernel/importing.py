"""How importing the project may fail by no fault of its own: the worker dies, or takes too long."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from assettui.model.run import StepError
from assettui.model.timing import SECOND_US

IMPORT_ATTEMPTS = 3
"""So many workers may die in a row while they import the project, before it counts as one that cannot be loaded."""
IMPORT_PAUSE_US = SECOND_US // 2
"""How long to wait after the first of them, and so much longer after each."""


class Importing(Struct, frozen=True):
    """How importing the newest edit of the project goes on. Only what the import raises says that it cannot be loaded."""

    deaths: int = 0
    """How many workers have died of it in a row."""
    again_at_us: int | None = None
    """When it is tried again after such a death."""


def died_importing(cause: StepError, deaths: int) -> StepError:
    """Why a project cannot be loaded whose import has ended so many workers."""
    return replace(cause, message=f"{cause.message} while it imported the project, {deaths} times in a row")


def took_too_long(timeout_s: float) -> StepError:
    """Why a project cannot be loaded whose import did not end."""
    return StepError(
        f"importing the project took longer than {timeout_s:g} s, and was stopped (import_timeout in the settings says how "
        "long it may take)",
        "timeout",
    )
