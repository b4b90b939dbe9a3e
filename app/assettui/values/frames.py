"""Frames of the known libraries in files, so that what is read is what was written: values, types, labels.

Parquet, wherever it gives a frame back exactly: whatever else there is reads it too. It does not for each: it has no
intervals, no structs without fields, no seconds, no two columns of one name, and what pandas keeps in objects comes back
as something else. What the library says of the file that it has just written is compared with the frame's own schema,
which costs a fraction of a millisecond; of pandas, whose frames hold more than their schema tells, only such go into
Parquet as are known to come back. The others go into an Arrow file (IPC), which knows every type of Arrow, or are pickled. A frame of Spark is a folder of Parquet files, which every
other library reads as one.

No library is imported before a frame of its own kind is written or asked for.
"""

from __future__ import annotations

import re
from datetime import timezone
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, cast, get_args, get_origin

from assettui.values import spark_frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FrameKind: TypeAlias = Literal["polars", "polars-lazy", "pandas", "pyarrow", "spark"]
Container: TypeAlias = Literal["parquet", "ipc"]
CONTAINERS: Final[tuple[Container, ...]] = ("parquet", "ipc")
"""The forms of files, in the order in which they are tried."""
_KINDS: Final[dict[tuple[str, str], FrameKind]] = {
    ("polars", "DataFrame"): "polars",
    ("polars", "LazyFrame"): "polars-lazy",
    ("pandas", "DataFrame"): "pandas",
    ("pyarrow", "Table"): "pyarrow",
    ("pyspark", "DataFrame"): "spark",
}
_ALIASES: Final = {"pl": "polars", "pd": "pandas", "pa": "pyarrow", "pyspark.sql": "pyspark"}


def frame_kind(value: object) -> FrameKind | None:
    """The kind of frame that a value is; None for anything else."""
    kind = type(value)
    if kind.__module__.startswith("pyspark.pandas"):  # a frame of Spark's that acts as pandas
        return None
    return _KINDS.get((kind.__module__.split(".", 1)[0], kind.__qualname__))


def frame_named(annotation: Any) -> FrameKind | None:
    """The kind of frame that an annotation names, evaluated (`pl.DataFrame`) or not (`"pl.DataFrame"`)."""
    if isinstance(annotation, str):
        module, _, name = annotation.strip("\"'").rpartition(".")
        return _KINDS.get((_ALIASES.get(module, module), name))
    origin = get_origin(annotation)
    if origin is Annotated:
        return frame_named(get_args(annotation)[0])
    kind = origin or annotation
    if not isinstance(kind, type):
        return None
    # A library's own class of frames is named with a model, as pandera's `DataFrame[Orders]`, and stands for the plain one.
    for each in kind.__mro__ if origin is not None else (kind,):
        found = _KINDS.get((each.__module__.split(".", 1)[0], each.__qualname__))
        if found is not None:
            return found
    return None


def row_count(value: object) -> int | None:
    """How many rows a frame has; None for one that is yet to be computed, and for anything else."""
    match frame_kind(value):
        case None | "polars-lazy":
            return None
        case "spark":
            return spark_frames.rows_written(value)
        case "pyarrow":
            return cast("Any", value).num_rows
        case _:
            return len(cast("Any", value))


# Writing.


def write(frame: Any, container: Container, path: Path) -> bool:
    """Write a frame to a new file; whether what can be read from it now is the frame.

    Raises:
        Whatever its library raises for a frame that has no such form.
    """
    match frame_kind(frame), container:
        case "polars" | "polars-lazy" as kind, _:
            return _write_polars(frame, container, path, is_lazy=kind == "polars-lazy")
        case "pyarrow", "parquet":
            return _write_pyarrow_as_parquet(frame, path)
        case "pyarrow", "ipc":
            from pyarrow import feather  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

            cast("Any", feather).write_feather(frame, str(path))
            return True
        case "spark", "parquet":
            spark_frames.write(frame, path)
            return True
        case "pandas", "parquet" if _is_plain(frame):
            frame.to_parquet(path)
            return True
        case _:
            return False


def _write_polars(frame: Any, container: Container, path: Path, *, is_lazy: bool) -> bool:
    import polars as pl  # deferred: 0.2 s

    if container == "parquet":
        frame.sink_parquet(path) if is_lazy else frame.write_parquet(path)
        return pl.read_parquet_schema(path) == frame.collect_schema()
    frame.sink_ipc(path) if is_lazy else frame.write_ipc(path)
    return pl.read_ipc_schema(path) == frame.collect_schema()


def _write_pyarrow_as_parquet(table: Any, path: Path) -> bool:
    from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

    if len(set(table.column_names)) < table.num_columns or not table.num_columns:
        return False
    # As the names of the fields in lists were, rather than as the standard calls them.
    cast("Any", parquet).write_table(table, path, use_compliant_nested_type=False)
    return cast("Any", parquet).read_schema(path).equals(table.schema, check_metadata=True)


_LEVEL = re.compile(r"__index_level_\d+__")
_NUMBERS: Final = frozenset({*(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), "bool"}) | {
    f"float{bits}" for bits in (16, 32, 64)
}
_MASKED: Final = frozenset(
    {*(f"{kind}{bits}" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)), "Float32", "Float64", "boolean"}
)
_UNITS: Final = frozenset({"ms", "us", "ns"})
"""Of times that Parquet knows; it has no seconds."""


def _is_plain(frame: Any) -> bool:
    """Whether a frame of pandas holds only what comes back from Parquet as it was (tried with a property test)."""
    columns = frame.columns
    return (
        bool(len(columns))
        and not frame.attrs
        and frame.flags.allows_duplicate_labels
        and columns.nlevels == 1
        and columns.is_unique
        and _is_name(columns.name)
        and all(type(name) is str and not _LEVEL.fullmatch(name) for name in columns)
        and _is_plain_label(columns)
        and _is_plain_index(frame.index, set(columns))
        and all(_is_plain_column(frame.iloc[:, number]) for number in range(len(columns)))
    )


def _is_name(name: object) -> bool:
    return name is None or (type(name) is str and not _LEVEL.fullmatch(name))


def _is_plain_label(columns: Any) -> bool:
    """Whether the labels of the columns come back with the same type; from pandas 3 on that of texts is `str`."""
    return str(columns.dtype) == ("str" if _has_texts() else "object")


def _has_texts() -> bool:
    import pandas as pd  # pyright: ignore[reportMissingTypeStubs] - it is there: a frame of it is being written

    return int(cast("Any", pd).__version__.split(".")[0]) >= 3


def _is_plain_index(index: Any, columns: set[str]) -> bool:
    names: list[str | None] = list(index.names)
    given = [name for name in names if name is not None]
    if not all(map(_is_name, names)) or len(set(given)) < len(given):
        return False
    if columns & set(given):
        return False
    if index.nlevels > 1:
        return all(_is_plain_index(index.levels[number].rename(None), set()) for number in range(index.nlevels))
    return type(index).__name__ == "RangeIndex" or (_is_plain_column(index) and getattr(index, "freq", None) is None)


def _is_plain_column(values: Any) -> bool:
    dtype = values.dtype
    name = str(dtype)
    if name in _NUMBERS:
        return dtype.__class__.__module__.startswith("numpy")
    if name in _MASKED:
        return True
    if name.startswith(("datetime64[", "timedelta64[")):
        return _unit(dtype) in _UNITS and _is_known_zone(getattr(dtype, "tz", None))
    if name in ("str", "string"):
        return getattr(dtype, "storage", None) == "pyarrow"
    if name == "category":
        are_texts = str(dtype.categories.dtype) == ("str" if _has_texts() else "object") and _are_texts(
            dtype.categories
        )
        return are_texts and not values.isna().all()  # of a column without a value Parquet forgets the categories
    return name == "object" and not _has_texts() and _are_texts(values)


def _unit(dtype: Any) -> str:
    return str(dtype).partition("[")[2].partition(",")[0].rstrip("]")


def _is_known_zone(zone: Any) -> bool:
    """Whether a time zone comes back: one of the IANA database, or a fixed distance from UTC."""
    from zoneinfo import ZoneInfo  # deferred: most frames have none

    return zone is None or (type(zone) is ZoneInfo and bool(getattr(zone, "key", None))) or type(zone) is timezone


def _are_texts(values: Any) -> bool:
    return all(type(value) in (str, type(None)) for value in values)


# Reading.


def read(path: Path, container: str, kind: FrameKind) -> Any:
    """Read a frame as one of that kind, whichever library has written it.

    Raises:
        KeyError: There is no such form.
    """
    return _READERS[container, kind](path)


def converted(frame: Any, kind: FrameKind) -> Any:
    """A frame as one of another kind."""
    own = frame_kind(frame)
    if own is None or own == kind:
        return frame
    if own == "polars-lazy":
        return converted(frame.collect(), kind)
    if own == "spark":
        return converted(frame.toArrow(), kind)
    match kind:
        case "polars" | "polars-lazy":
            import polars as pl  # deferred: 0.2 s

            eager = (
                frame if own == "polars" else cast("Any", pl.from_pandas if own == "pandas" else pl.from_arrow)(frame)
            )
            return eager.lazy() if kind == "polars-lazy" else eager
        case "pandas":
            return frame.to_pandas()
        case "spark":
            return spark_frames.from_arrow(converted(frame, "pyarrow"))
        case "pyarrow":
            import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

            return cast("Any", pa).Table.from_pandas(frame) if own == "pandas" else frame.to_arrow()


def _polars_from_parquet(path: Path) -> Any:
    import polars as pl  # deferred: 0.2 s

    return pl.read_parquet(path)


def _polars_from_ipc(path: Path) -> Any:
    import polars as pl  # deferred: 0.2 s

    return pl.read_ipc(path)


def _lazy_from_parquet(path: Path) -> Any:
    import polars as pl  # deferred: 0.2 s

    return pl.scan_parquet(path)


def _lazy_from_ipc(path: Path) -> Any:
    import polars as pl  # deferred: 0.2 s

    return pl.scan_ipc(path)


def _pandas_from_parquet(path: Path) -> Any:
    import pandas as pd  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.3 s

    return cast("Any", pd).read_parquet(path)


def _pandas_from_ipc(path: Path) -> Any:
    return _pyarrow_from_ipc(path).to_pandas()


def _pyarrow_from_parquet(path: Path) -> Any:
    from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

    return cast("Any", parquet).read_table(path)


def _pyarrow_from_ipc(path: Path) -> Any:
    from pyarrow import feather  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

    return cast("Any", feather).read_table(str(path))


_READERS: Final[dict[tuple[str, FrameKind], Callable[[Path], Any]]] = {
    ("parquet", "polars"): _polars_from_parquet,
    ("parquet", "polars-lazy"): _lazy_from_parquet,
    ("parquet", "pandas"): _pandas_from_parquet,
    ("parquet", "pyarrow"): _pyarrow_from_parquet,
    ("parquet", "spark"): spark_frames.read,
    ("ipc", "spark"): lambda path: spark_frames.from_arrow(_pyarrow_from_ipc(path)),
    ("ipc", "polars"): _polars_from_ipc,
    ("ipc", "polars-lazy"): _lazy_from_ipc,
    ("ipc", "pandas"): _pandas_from_ipc,
    ("ipc", "pyarrow"): _pyarrow_from_ipc,
}
