"""What a value is, in 16 hexadecimal digits: the same for values that are the same, however they came to be."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from assettui.values.frames import converted, frame_kind


def content_version(value: object) -> str:
    """The data version of a value that is identified by what it is.

    Of frames the columns, their types and the rows in their order count; of what JSON can hold the order of keys does not.
    Everything else counts as it is pickled. Rows are hashed as their library does it, which may do so otherwise in its next
    version: the data then counts as new once.

    Raises:
        Exception: Whatever pickling it raises, where it cannot be pickled.
    """
    kind = frame_kind(value)
    if kind is None:
        content = _plain(value)
    elif kind == "pandas":
        content = _of_pandas(value)
    else:
        content = _of_polars(converted(value, "polars"))
    return hashlib.blake2b(content if content is not None else _pickled(value), digest_size=8).hexdigest()


def _of_polars(frame: Any) -> bytes | None:
    """Column names and types, and a hash of each row; None of a frame whose rows have none."""
    try:
        rows: Any = frame.hash_rows() if frame.width else None
    except Exception:  # noqa: BLE001 - columns of Python's own objects, which the library says in its own way
        return None
    schema = repr([(name, str(kind)) for name, kind in frame.schema.items()])
    return b"".join(
        (schema.encode(), str(frame.height).encode(), rows.to_numpy().tobytes() if rows is not None else b"")
    )


def _of_pandas(frame: Any) -> bytes | None:
    """As `_of_polars`, the index included."""
    from pandas.util import hash_pandas_object  # pyright: ignore[reportUnknownVariableType] - deferred: its own values alone

    try:
        rows: Any = cast("Any", hash_pandas_object)(frame, index=True)
    except TypeError:  # cells that cannot be hashed
        return None
    schema = repr([(repr(name), str(kind)) for name, kind in frame.dtypes.items()] + [str(frame.index.names)])
    return schema.encode() + rows.to_numpy().tobytes()


def _plain(value: object) -> bytes | None:
    """What JSON can hold, its keys in order; bytes; None of everything else."""
    if isinstance(value, bytes | bytearray):
        return b"bytes" + bytes(value)
    try:
        return json.dumps(value, sort_keys=True, allow_nan=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, RecursionError):
        return None


def _pickled(value: object) -> bytes:
    import pickle  # deferred: most values need none

    return b"pickle" + pickle.dumps(value, protocol=5)
