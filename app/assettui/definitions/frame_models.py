"""What a frame is to hold, where its annotation names a model of it: `DataFrame[Orders]`.

A model is a class of pandera's, of patito's, or of pydantic's, whose fields are the columns. The first two check a frame as
they do; a model of pydantic's is asked row by row. All that is wrong is said by column, with the first rows of each.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_FAULTS: Final = 5
"""So many columns and rules are named."""
MAX_ROWS: Final = 5
"""So many rows of each."""
ENOUGH_FAULTS: Final = 10_000
"""A model of pydantic's is asked of no further row after so many faults."""
_CHUNK_ROWS: Final = 10_000


def is_model(kind: Any) -> bool:
    """Whether a class says what the rows of a frame hold."""
    return isinstance(kind, type) and _library(kind) is not None


def plain_frame(kind: type) -> type:
    """The class of frames that a library's own stands for: its values are plain frames all the same."""
    if kind.__module__.partition(".")[0] not in ("pandera", "patito"):
        return kind
    return next((each for each in kind.__mro__ if each.__module__.partition(".")[0] in ("polars", "pandas")), kind)


def fault_of_frame(model: Any, frame: Any) -> str | None:
    """What is wrong with a frame, by column and row; None where all of it is as its model says.

    Args:
        model: See `is_model`.
        frame: Of polars or pandas. Rows are counted from 0.

    Raises:
        Exception: Whatever a check of the user's own raises, as the library has it.
    """
    match _library(model):
        case "pandera":
            return _by_pandera(model, frame)
        case "patito":
            return _by_patito(model, frame)
        case _:
            return _by_pydantic(model, frame)


def _library(kind: type) -> str | None:
    """Whose model a class is; patito's are also pydantic's, and come first."""
    roots = {each.__module__.partition(".")[0]: None for each in kind.__mro__}
    if "pandera" in roots:
        return "pandera" if hasattr(kind, "validate") else None
    if "patito" in roots:
        return "patito" if hasattr(kind, "validate") else None
    return "pydantic" if "pydantic" in roots and hasattr(kind, "model_fields") else None


def _by_pandera(model: Any, frame: Any) -> str | None:
    try:
        model.validate(frame, lazy=True)
    except Exception as error:
        cases: Any = getattr(error, "failure_cases", None)
        if cases is None:
            raise
        rows = cases.to_dicts() if hasattr(cases, "to_dicts") else cases.to_dict("records")
        return _told(_case(each) for each in rows)
    return None


def _case(case: Mapping[str, Any]) -> tuple[str, str, int | None, Any]:
    index = case.get("index")
    row = int(index) if isinstance(index, int | float) and index == index else None
    column = case.get("column")
    return str(column) if column is not None else "", str(case.get("check")), row, case.get("failure_case")


def _by_patito(model: Any, frame: Any) -> str | None:
    try:
        model.validate(frame)
    except Exception as error:
        errors: Any = getattr(error, "errors", None)
        if errors is None:
            raise
        return _told((".".join(map(str, each["loc"])), str(each["msg"]), None, None) for each in errors())
    return None


def _by_pydantic(model: Any, frame: Any) -> str | None:
    columns = [str(each) for each in frame.columns]
    wanted = {field.alias or name for name, field in model.model_fields.items() if field.is_required()}
    missing = sorted(wanted - set(columns))
    if missing:
        return f"{plural(len(missing), 'column')} missing: {', '.join(missing[: MAX_FAULTS * 2])}"
    return _told(islice(_faulty_rows(model, frame), ENOUGH_FAULTS))


def _faulty_rows(model: Any, frame: Any) -> Iterator[tuple[str, str, int | None, Any]]:
    for first in range(0, len(frame), _CHUNK_ROWS):
        part = frame[first : first + _CHUNK_ROWS]
        rows = part.to_dicts() if hasattr(part, "to_dicts") else part.to_dict("records")
        for number, row in enumerate(rows, first):
            try:
                model.model_validate(row)
            except ValueError as error:
                for each in error.errors():  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType] - pydantic's
                    yield ".".join(map(str, each["loc"])), str(each["msg"]), number, each.get("input")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


def _told(faults: Iterable[tuple[str, str, int | None, Any]]) -> str | None:
    """Faults in one line: each column and rule once, with the rows in which it does not hold, and the first value."""
    found: dict[tuple[str, str], list[tuple[int | None, Any]]] = {}
    for column, rule, row, value in faults:
        found.setdefault((column, rule), []).append((row, value))
    if not found:
        return None
    parts = [_line(column, rule, rows) for (column, rule), rows in islice(found.items(), MAX_FAULTS)]
    more = len(found) - len(parts)
    return "; ".join([*parts, *([f"and {more} more"] if more else [])])


def _line(column: str, rule: str, rows: list[tuple[int | None, Any]]) -> str:
    named = f"{column}: {rule}" if column else rule
    numbers = [row for row, _ in rows if row is not None]
    if not numbers:
        return named
    shown = ", ".join(map(str, numbers[:MAX_ROWS]))
    rest = f" and {len(numbers) - MAX_ROWS:,} more" if len(numbers) > MAX_ROWS else ""
    return f"{named} ({'row' if len(numbers) == 1 else 'rows'} {shown}{rest}, as {rows[0][1]!r:.40})"
