"""The user's own exceptions, told whole, with their frames and none of the program's."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from assettui.model.errors import AssettuiError, DefinitionsError, ProgramFailed
from assettui.model.run import StepError
from assettui.model.text import plural

if TYPE_CHECKING:
    from types import TracebackType

_OWN_FOLDER = str(Path((lambda: None).__code__.co_filename).parent.parent)
"""As frames name it: in the packaged program that is `assettui`, wherever it lies."""
MAX_TRACEBACK_CHARS = 64_000
"""What is kept of a traceback: the first and the last half of this."""


class Canceled(BaseException):
    """Raised in the middle of user code when its step is to end; no `except Exception` of a user catches it."""


def step_error(error: BaseException) -> StepError:
    """The exception as it is recorded with a step or shown for a project that does not load."""
    name = type(error).__qualname__
    match error:
        case Canceled():
            return StepError("canceled", "canceled")
        case SystemExit():
            return StepError(f"called sys.exit({error.code!r})", "exit", name, format_exception(error))
        case DefinitionsError() if error.problems:
            more = len(error.problems) - 1
            first = error.problems[0].what + (f" (and {plural(more, 'more problem')})" if more else "")
            return StepError(str(error), "error", name, summary=first)
        case ProgramFailed():
            return StepError(str(error), error.kind, name, error.traceback)
        case AssettuiError():
            cause = format_exception(error.__cause__) if error.__cause__ else None
            return StepError(str(error), "error", name, cause)
        case _:
            text = _text_of(error)
            first_line = text.split("\n", 1)[0][:500]
            return StepError(f"{name}: {first_line}" if text else name, "exception", name, format_exception(error))


def format_exception(error: BaseException) -> str:
    """The traceback as Python prints it, from the user's first frame on."""
    _hide_own_frames(error, set())
    try:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    except Exception as failure:  # noqa: BLE001 - an exception's own __str__ may raise anything
        text = f"{type(error).__qualname__}, which cannot be shown: {type(failure).__qualname__}\n"
    if len(text) > MAX_TRACEBACK_CHARS:
        half = MAX_TRACEBACK_CHARS // 2
        text = f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
    return text


def _hide_own_frames(error: BaseException, seen: set[int]) -> None:
    if id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _from_first_user_frame(error.__traceback__)
    for linked in (error.__cause__, error.__context__):
        if linked is not None:
            _hide_own_frames(linked, seen)


def _from_first_user_frame(trace: TracebackType | None) -> TracebackType | None:
    start = trace
    while start is not None:
        file = start.tb_frame.f_code.co_filename
        if not is_own_file(file) and not file.startswith("<frozen importlib"):
            return start
        start = start.tb_next
    return trace if trace is None or not _is_own(trace) else None


def _is_own(trace: TracebackType) -> bool:
    return is_own_file(trace.tb_frame.f_code.co_filename)


def is_own_file(name: str) -> bool:
    """Whether a frame that names this file is one of the program's own."""
    return name.startswith(f"{_OWN_FOLDER}/")


def _text_of(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        return "(its message cannot be shown)"
