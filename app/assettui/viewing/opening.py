"""A stored value, opened: a table that is read lazily, a document, or a picture. Files are opened without the project's code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import polars as pl
from msgspec import Struct

from assettui.model.errors import ValueStorageError
from assettui.model.preview import Document, SqlResult
from assettui.values.formats import read
from assettui.values.frames import converted, frame_kind
from assettui.viewing.databases import duckdb_table, sqlite_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.model.preview import StoredValue, Value
    from assettui.viewing.pictures import StoredPicture

MAX_DOCUMENT_CHARS: Final = 1_000_000
SCHEMA_ROWS: Final = 10_000
"""So many rows of a text file tell the types of its columns."""
Opened: TypeAlias = "pl.LazyFrame | Document | StoredPicture"
_SCANS: Final[dict[str, Callable[[Path], pl.LazyFrame]]] = {
    ".parquet": lambda path: pl.scan_parquet(path),
    ".pq": lambda path: pl.scan_parquet(path),
    ".ipc": lambda path: pl.scan_ipc(path),
    ".arrow": lambda path: pl.scan_ipc(path),
    ".feather": lambda path: pl.scan_ipc(path),
    ".csv": lambda path: pl.scan_csv(path, try_parse_dates=True, infer_schema_length=SCHEMA_ROWS),
    ".tsv": lambda path: pl.scan_csv(path, separator="\t", try_parse_dates=True, infer_schema_length=SCHEMA_ROWS),
    ".jsonl": lambda path: pl.scan_ndjson(path, infer_schema_length=SCHEMA_ROWS),
    ".ndjson": lambda path: pl.scan_ndjson(path, infer_schema_length=SCHEMA_ROWS),
}
_COUNTED: Final = (".csv", ".tsv", ".jsonl", ".ndjson")
"""Files that say by nothing but their length how many rows they have."""
_DATABASES: Final = (".sqlite", ".sqlite3", ".db")
_DUCKDB: Final = (".duckdb", ".ddb")
_JSON_TYPES: Final = (dict, list, int, float, bool)
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
_PICTURE_BEGINNINGS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM")
_TEXTS: Final = {
    ".txt": "text",
    ".log": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".sql": "text",
    ".yaml": "text",
}
FILES: Final = (*_SCANS, ".json", *_DATABASES, *_DUCKDB, *_TEXTS, *_PICTURES)
"""How the names of files end that can be looked at without the project's code."""


def is_told(value: StoredValue) -> bool:
    """Whether the number of rows is known without reading all of it."""
    return value.path is None or Path(value.path).suffix.lower() not in _COUNTED


def is_read_from_its_beginning(value: StoredValue) -> bool:
    """Whether rows further down cannot be read without those before them, and slowly."""
    return value.path is not None and Path(value.path).suffix.lower() in (*_DATABASES, *_DUCKDB)


class Stamp(Struct, frozen=True):
    """What tells whether a file is still the one that was opened."""

    inode: int = 0
    size: int = 0
    modified_ns: int = 0


def stamp_of(value: Value, root: Path) -> Stamp:
    """The file of a value as it is now, or all those of a result; the same for ever of a value in no file that we know."""
    if isinstance(value, SqlResult):
        return Stamp(hash(tuple(stamp_of(each, root) for table in value.tables for each in table.values)))
    path = file_of(value, root)
    if path is None:
        return Stamp()
    try:
        found = path.stat()
    except OSError:
        return Stamp()
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


def file_of(value: Value, root: Path) -> Path | None:
    """The file that holds a value; None where an IO manager of the project knows, or where it is in no file."""
    if isinstance(value, SqlResult):
        return None
    if value.path is not None:
        return Path(value.path)
    folder = Path(value.root) if value.root is not None else root
    return folder / value.ref.path if value.ref.path else None


def open_value(value: StoredValue, root: Path, load: Callable[[StoredValue], Any]) -> Opened:
    """Open a value.

    Args:
        value: Which one.
        root: The folder of the stored values.
        load: Loads a value by the project's own code: what an IO manager of the project has stored, and what is pickled.

    Raises:
        ValueStorageError: It is gone, damaged, or of no kind that can be looked at.
        Exception: Whatever the project's code raises.
    """
    path = file_of(value, root)
    try:
        if value.path is not None and path is not None:
            return _open_file(path, value.table)
        container, _, _ = value.ref.format.partition(":")
        if container == "none":
            return Document("repr", "None")
        if path is None or container == "pickle":
            return opened(load(value))
        if container in ("parquet", "ipc"):
            _require(path)
            return _SCANS[f".{container}"](path)
        return opened(read(path, value.ref.format))
    except FileNotFoundError as error:
        raise ValueStorageError(f"the value is gone: {path}", hint="materialize the asset again") from error
    except pl.exceptions.PolarsError as error:
        raise damaged(path, error) from error


def damaged(path: Path | None, error: Exception) -> ValueStorageError:
    """A file that polars cannot read."""
    reason = str(error).strip().partition("\n")[0]
    return ValueStorageError(
        f"{path or 'the value'} cannot be read: {reason}",
        hint="it is damaged, or being written just now; look again, or materialize the asset again",
    )


def opened(value: Any) -> Opened:
    """A value that was loaded: as a table where it is one, as a picture or as a document."""
    if frame_kind(value) is not None:
        return cast("pl.LazyFrame", converted(value, "polars-lazy"))
    table = _as_table(value)
    if table is not None:
        return table.lazy()
    if _is_picture(value):
        from assettui.viewing.pictures import as_picture  # deferred: most values are tables, and no pictures

        return as_picture(value)
    if isinstance(value, str):
        return _text(value, "text")
    if type(value) in _JSON_TYPES:
        document = _json(value)
        if document is not None:
            return document
    return _text(repr(cast("object", value)), "repr")


def _is_rows(value: Any) -> bool:
    return type(value) is list and bool(value) and all(isinstance(row, dict) for row in cast("list[Any]", value))  # pyright: ignore[reportUnknownArgumentType]


def _as_table(value: Any) -> pl.DataFrame | None:
    """Rows as JSON has them, or an array of numbers, as a frame; None of anything else."""
    if _is_rows(value):
        try:
            return cast("Any", pl).DataFrame(value, infer_schema_length=None, strict=False)
        except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
            return None
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 0) in (1, 2):
        try:
            return cast("Any", pl).from_numpy(value)
        except (pl.exceptions.PolarsError, TypeError, ValueError):
            return None
    return None


def _is_picture(value: Any) -> bool:
    """Whether it is the bytes of a picture, one of Pillow's, or a figure as matplotlib makes them."""
    if isinstance(value, bytes):
        return value.startswith(_PICTURE_BEGINNINGS) or (value[:4] == b"RIFF" and value[8:12] == b"WEBP")
    modules = {each.__module__.partition(".")[0] for each in type(value).__mro__}
    return "PIL" in modules or ("matplotlib" in modules and hasattr(value, "savefig"))


def _json(value: Any) -> Document | None:
    try:
        parts: list[str] = []
        size = 0
        for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
            parts.append(part)
            size += len(part)
            if size > MAX_DOCUMENT_CHARS:
                break
    except (TypeError, ValueError, RecursionError):
        return None
    return _text("".join(parts), "json")


def _text(text: str, kind: Any) -> Document:
    return Document(kind, text[:MAX_DOCUMENT_CHARS], len(text) > MAX_DOCUMENT_CHARS)


# Files that metadata names.


def _open_file(path: Path, table: str | None) -> Opened:
    _require(path)
    suffix = path.suffix.lower()
    if suffix in _SCANS:
        return _SCANS[suffix](path)
    if suffix == ".json":
        return opened(_read_json(path))
    if suffix in _DATABASES:
        return sqlite_table(path, table)
    if suffix in _DUCKDB:
        return duckdb_table(path, table)
    if suffix in _PICTURES:
        from assettui.viewing.pictures import open_picture  # deferred, as above

        return open_picture(path)
    if suffix in _TEXTS:
        with path.open(encoding="utf-8", errors="replace") as file:
            return _text(file.read(MAX_DOCUMENT_CHARS + 1), _TEXTS[suffix])
    raise ValueStorageError(
        f"{path} is of no kind that can be looked at",
        hint=f"there are: {', '.join(each.removeprefix('.') for each in FILES)}",
    )


def _require(path: Path) -> None:
    """Say of a file that is not there, or is cut off at its very beginning, what is the matter.

    Raises:
        FileNotFoundError: It is not there.
        ValueStorageError: It is empty.
    """
    if path.stat().st_size == 0:
        raise ValueStorageError(f"{path} is empty", hint="it is being written, or was cut off: look again later")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueStorageError(f"{path} is not JSON: {error}") from error
