"""The forms in which values are written: frames in files of their own, what JSON can hold as JSON, the rest as pickle."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, cast

from assettui.model.errors import ValueStorageError
from assettui.values import frames
from assettui.values.frames import frame_kind, frame_named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from assettui.values.frames import FrameKind

NONE: Final = "none"
JSON: Final = "json"
PICKLE: Final = "pickle"
MAX_JSON_ITEMS: Final = 10_000_000
"""A larger value is written as pickle, which is quicker, and writes what is there twice once."""
MAX_JSON_BITS: Final = 10_000


def write(value: Any, path: Path) -> str:
    """Write a value to a new file, in a form that gives back what was written.

    Returns:
        The form: `json`, `pickle`, or of a frame its container and its kind, as `parquet:polars`; `none` for None, for
        which no file is needed.

    Raises:
        OSError: The file cannot be written.
        Exception: Whatever the library behind a form raises for a value that it cannot write.
    """
    if value is None:
        return NONE
    kind = frame_kind(value)
    if kind is not None:
        form = _write_frame(value, path)
        if form is not None:
            return form
        if kind == "polars-lazy":  # pickled, it would be the plan
            return f"{_pickle(value.collect(), path)}:{kind}"
    elif _is_json(value):
        path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")), encoding="ascii")
        return JSON
    return _pickle(value, path)


def _pickle(value: object, path: Path) -> str:
    with path.open("wb") as file:
        import pickle  # deferred: most values need none

        pickle.dump(value, file, protocol=5)
    return PICKLE


def _write_frame(frame: Any, path: Path) -> str | None:
    """Write a frame as Parquet or an Arrow file, whichever gives it back; None where neither does."""
    for container in frames.CONTAINERS:
        try:
            if frames.write(frame, container, path):
                return f"{container}:{frame_kind(frame)}"
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - it has no such form, which each library says in its own way
            continue
    return None


def suffix_of(form: str) -> str:
    """How the name of a file of that form ends."""
    return f".{form.partition(':')[0]}"


SUFFIXES: Final = tuple(f".{form}" for form in (JSON, PICKLE, *frames.CONTAINERS))


def read(path: Path, form: str, annotation: Any = None) -> Any:
    """Read a value back, as the kind of frame that the reader's annotation names, else as the kind that was written.

    Raises:
        ValueStorageError: The form is unknown, as when a newer program wrote it.
    """
    container, _, kind = form.partition(":")
    wanted = frame_named(annotation) or cast("FrameKind | None", kind or None)
    match container:
        case "none":
            return None
        case "json":
            return json.loads(path.read_text(encoding="ascii"))
        case "pickle":
            with path.open("rb") as file:
                import pickle  # deferred, as above

                value = pickle.load(file)
            return value if wanted is None else frames.converted(value, wanted)
        case _:
            try:
                return frames.read(path, container, cast("FrameKind", wanted))
            except KeyError:
                raise ValueStorageError(
                    f"no format is called {form!r}", hint="a newer version may have written it"
                ) from None


def row_count(value: object) -> int | None:
    """How many rows a value has: the height of a frame, the length of a list; None for anything else."""
    return len(cast("list[Any]", value)) if isinstance(value, list) else frames.row_count(value)


def _is_json(value: object) -> bool:
    """Whether JSON gives back this very value, types included: no tuples, no NaN, no keys but strings."""
    try:
        return _json_size(value, set(), {}) <= MAX_JSON_ITEMS
    except RecursionError:  # nested deeper than can be written
        return False


def _json_size(value: object, around: set[int], known: dict[int, float]) -> float:
    """How many items JSON would write, one that is there twice counted twice; infinity where it cannot write the value.

    Args:
        value: What is to be written.
        around: The lists and dicts that it is in: one that holds itself has no end.
        known: The sizes of those that were counted before.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return 1
    if kind is int:  # past Python's limit for digits, json.loads refuses it
        return 1 if cast("int", value).bit_length() <= MAX_JSON_BITS else math.inf
    if kind is float:
        return 1 if math.isfinite(cast("float", value)) else math.inf
    if kind is list:
        members: Iterable[object] = cast("list[object]", value)
    elif kind is dict and all(type(key) is str for key in cast("dict[object, object]", value)):
        members = cast("dict[str, object]", value).values()
    else:
        return math.inf
    itself = id(value)
    if itself in around:
        return math.inf
    if itself not in known:
        around.add(itself)
        size = 1.0
        for member in members:
            size += _json_size(member, around, known)
            if size > MAX_JSON_ITEMS:
                return math.inf
        around.remove(itself)
        known[itself] = size
    return known[itself]
