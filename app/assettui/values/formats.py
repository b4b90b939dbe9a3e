"""The forms in which values are written: frames as Parquet, what JSON can hold as JSON, the rest as pickle.

No frame library is imported before a frame of its own kind is written or asked for.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, cast

from assettui.model.errors import ValueStorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

NONE: Final = "none"
JSON: Final = "json"
PICKLE: Final = "pickle"
SUFFIXES: Final = {
    "parquet:polars": ".parquet",
    "parquet:polars-lazy": ".parquet",
    "parquet:pandas": ".parquet",
    "parquet:pyarrow": ".parquet",
    JSON: ".json",
    PICKLE: ".pickle",
}
MAX_JSON_ITEMS: Final = 10_000_000
"""A larger value is written as pickle, which is quicker, and writes what is there twice once."""
MAX_JSON_BITS: Final = 10_000
_FRAMES: Final = {
    ("polars", "DataFrame"): "parquet:polars",
    ("polars", "LazyFrame"): "parquet:polars-lazy",
    ("pandas", "DataFrame"): "parquet:pandas",
    ("pyarrow", "Table"): "parquet:pyarrow",
}
_ALIASES: Final = {"pl": "polars", "pd": "pandas", "pa": "pyarrow"}


def format_of(value: object) -> str:
    """The name of the format in which a value is stored."""
    if value is None:
        return NONE
    return frame_kind(value) or (JSON if _is_json(value) else PICKLE)


def frame_kind(value: object) -> str | None:
    """The name of the format of a frame; None for anything else."""
    kind = type(value)
    return _FRAMES.get((kind.__module__.split(".", 1)[0], kind.__qualname__))


def row_count(value: object) -> int | None:
    """How many rows a value has: the height of a frame, the length of a list; None for anything else."""
    match format_name := frame_kind(value):
        case None:
            return len(cast("list[Any]", value)) if isinstance(value, list) else None
        case "parquet:polars-lazy":
            return None
        case "parquet:pyarrow":
            return cast("Any", value).num_rows
        case _:
            assert format_name
            return len(cast("Any", value))


def write(value: Any, format_name: str, path: Path) -> None:
    """Write a value to a new file.

    Raises:
        Whatever the library behind the format raises for a value that it cannot write.
    """
    match format_name:
        case "parquet:polars":
            value.write_parquet(path)
        case "parquet:polars-lazy":
            value.sink_parquet(path)
        case "parquet:pandas":
            value.to_parquet(path)
        case "parquet:pyarrow":
            from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

            parquet.write_table(value, path)  # pyright: ignore[reportUnknownMemberType] - untyped
        case "json":
            path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")), encoding="ascii")
        case "pickle":
            with path.open("wb") as file:
                import pickle  # deferred: most values need none

                pickle.dump(value, file, protocol=5)
        case _:
            raise ValueStorageError(f"no format is called {format_name!r}")


def read(path: Path, format_name: str, annotation: Any = None) -> Any:
    """Read a value back, as the kind of frame that the reader's annotation names, else as the kind that was written.

    Raises:
        ValueStorageError: The format is unknown, as when a newer program wrote it.
    """
    match format_name:
        case "none":
            return None
        case "json":
            return json.loads(path.read_text(encoding="ascii"))
        case "pickle":
            with path.open("rb") as file:
                import pickle  # deferred, as above

                return pickle.load(file)
        case _:
            reader = _READERS.get(frame_named(annotation) or format_name)
            if reader is None:
                raise ValueStorageError(
                    f"no format is called {format_name!r}", hint="a newer version may have written it"
                )
            return reader(path)


def _read_polars(path: Path) -> Any:
    import polars  # deferred: 0.2 s

    return polars.read_parquet(path)


def _read_polars_lazily(path: Path) -> Any:
    import polars  # deferred: 0.2 s

    return polars.scan_parquet(path)


def _read_pandas(path: Path) -> Any:
    import pandas as pd  # deferred: 0.3 s

    return cast("Any", pd).read_parquet(path)


def _read_pyarrow(path: Path) -> Any:
    from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

    return parquet.read_table(path)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - untyped


_READERS: Final[dict[str, Callable[[Path], Any]]] = {
    "parquet:polars": _read_polars,
    "parquet:polars-lazy": _read_polars_lazily,
    "parquet:pandas": _read_pandas,
    "parquet:pyarrow": _read_pyarrow,
}


def frame_named(annotation: Any) -> str | None:
    """The format whose kind of frame an annotation names, evaluated (`pl.DataFrame`) or not (`"pl.DataFrame"`)."""
    if isinstance(annotation, str):
        module, _, name = annotation.strip("\"'").rpartition(".")
        return _FRAMES.get((_ALIASES.get(module, module), name))
    if isinstance(annotation, type):
        return _FRAMES.get((annotation.__module__.split(".", 1)[0], annotation.__qualname__))
    return None


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
