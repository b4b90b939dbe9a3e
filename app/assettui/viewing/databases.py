"""Tables of SQLite and of DuckDB, read lazily: the columns and rows that are wanted, a batch at a time.

Neither needs pyarrow: rows of SQLite become frames by the types that its columns hold, and DuckDB hands over Arrow itself.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import polars as pl
from polars.io.plugins import register_io_source

from assettui.model.errors import ValueStorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_Batches: TypeAlias = "Callable[[list[str]], Iterator[pl.DataFrame]]"
BATCH_ROWS: Final = 20_000
MAX_BATCH_ROWS: Final = 1_000_000
EXAMINED_ROWS: Final = 1_000_000
"""The types of a longer table of SQLite, any cell of which may hold anything, are told by its first and its last rows."""
SAMPLE_ROWS: Final = 10_000
_HELD: Final[dict[frozenset[str], type[pl.DataType]]] = {
    frozenset({"integer"}): pl.Int64,
    frozenset({"real"}): pl.Float64,
    frozenset({"integer", "real"}): pl.Float64,
    frozenset({"blob"}): pl.Binary,
}
_AFFINITIES: Final = (
    ("INT", pl.Int64),
    ("REAL", pl.Float64),
    ("FLOA", pl.Float64),
    ("DOUB", pl.Float64),
    ("BLOB", pl.Binary),
)


def sqlite_table(path: Path, table: str | None) -> pl.LazyFrame:
    """A table of SQLite, or a view.

    Args:
        path: The file.
        table: Which; None for the only one.

    Raises:
        ValueStorageError: It is not there, or the file cannot be read.
    """
    try:
        with closing(_sqlite(path)) as connection:
            found = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            ]
            chosen = _chosen(path, table, found)
            schema = _types(connection, chosen)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error

    def batches(names: list[str]) -> Iterator[pl.DataFrame]:
        wanted = {name: schema[name] for name in names}
        columns = ", ".join(
            f"CAST({_quoted(name)} AS TEXT)" if kind == pl.String else _quoted(name) for name, kind in wanted.items()
        )
        with closing(_sqlite(path)) as connection:
            cursor = connection.execute(f"SELECT {columns} FROM {_quoted(chosen)}")  # noqa: S608 - names, quoted
            while rows := cursor.fetchmany(BATCH_ROWS):
                try:
                    yield pl.DataFrame(rows, schema=wanted, orient="row")
                except (TypeError, pl.exceptions.PolarsError) as error:
                    raise _mixed(chosen, wanted, rows) from error

    return _lazily(schema, batches)


def duckdb_table(path: Path, table: str | None) -> pl.LazyFrame:
    """As `sqlite_table`, of DuckDB; `schema.table` where it is in another schema than `main`."""
    try:
        import duckdb  # pyright: ignore[reportMissingTypeStubs] - an extra
    except ImportError:
        raise ValueStorageError(f"{path} is a database of DuckDB", hint="pip install 'assettui[duckdb]'") from None
    library = cast("Any", duckdb)

    def read(connection: Any, what: str) -> pl.DataFrame:
        return pl.DataFrame(connection.sql(f"SELECT {what}"))

    try:
        with closing(library.connect(str(path), read_only=True)) as connection:
            rows = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
            found = [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]
            chosen = _chosen(path, table, found)
            place = ".".join(map(_quoted, chosen.split(".", 1) if chosen in found and "." in chosen else [chosen]))
            schema = dict(read(connection, f"* FROM {place} LIMIT 0").schema)
    except library.Error as error:
        raise _unreadable(path, error) from error

    def batches(names: list[str]) -> Iterator[pl.DataFrame]:
        first, size = 0, BATCH_ROWS
        with closing(library.connect(str(path), read_only=True)) as connection:
            while True:
                columns = ", ".join(map(_quoted, names))
                batch = read(connection, f"{columns} FROM {place} LIMIT {size} OFFSET {first}")
                yield batch
                if batch.height < size:
                    return
                first, size = first + size, min(2 * size, MAX_BATCH_ROWS)

    return _lazily(schema, batches)


def _lazily(schema: dict[str, Any], batches: _Batches) -> pl.LazyFrame:
    def source(
        names: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = rows
        for batch in batches(names if names is not None else list(schema)):
            found = batch if left is None else batch.head(left)
            yield found.filter(predicate) if predicate is not None else found
            if left is not None:
                left -= found.height
                if left <= 0:
                    return

    return register_io_source(source, schema=schema)


def _sqlite(path: Path) -> sqlite3.Connection:
    uri = f"{path.as_uri()}?mode=ro"
    return sqlite3.connect(
        uri, uri=True, check_same_thread=False
    )  # polars goes on in any of its threads, one at a time


def _types(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    """The types of columns, by what they hold: a declared type of SQLite promises nothing."""
    declared = {
        name: str(kind).upper() for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({_quoted(table)})")
    }
    place = _quoted(table)
    is_long = connection.execute(f"SELECT 1 FROM {place} LIMIT 1 OFFSET {EXAMINED_ROWS}").fetchone() is not None  # noqa: S608 - names, quoted, here and below
    kinds = ", ".join(f"typeof({_quoted(name)})" for name in declared)
    if is_long:
        count = connection.execute(f"SELECT count(*) FROM {place}").fetchone()[0]  # noqa: S608
        ends = (f"LIMIT {SAMPLE_ROWS}", f"LIMIT {SAMPLE_ROWS} OFFSET {count - SAMPLE_ROWS}")
        held = [connection.execute(f"SELECT {kinds} FROM {place} {end}").fetchall() for end in ends]  # noqa: S608
        rows = {*held[0], *held[1]}
    else:
        rows = connection.execute(f"SELECT DISTINCT {kinds} FROM {place}").fetchall()  # noqa: S608
    found: dict[str, Any] = {}
    for index, (name, kind) in enumerate(declared.items()):
        types = frozenset({row[index] for row in rows} - {"null"})
        if types:
            found[name] = _HELD.get(types, pl.String)
        else:
            found[name] = next((each for part, each in _AFFINITIES if part in kind), pl.String)
    return found


def _mixed(table: str, wanted: dict[str, Any], rows: list[tuple[Any, ...]]) -> ValueStorageError:
    """Which column of a long table holds something else in its middle than at its ends."""
    for index, (name, kind) in enumerate(wanted.items()):
        try:
            pl.Series([row[index] for row in rows], dtype=kind)
        except (TypeError, pl.exceptions.PolarsError):
            return ValueStorageError(
                f"column {name!r} of {table} holds values of several types",
                hint=f"look at a view of it: CREATE VIEW … AS SELECT CAST({_quoted(name)} AS TEXT) …",
            )
    return ValueStorageError(f"a column of {table} holds values of several types")


def _unreadable(path: Path, error: Exception) -> ValueStorageError:
    return ValueStorageError(f"{path} cannot be read: {str(error).strip().partition(chr(10))[0]}")


def _chosen(path: Path, table: str | None, found: list[str]) -> str:
    wanted = table if table is not None else found[0] if len(found) == 1 else None
    if wanted is None or wanted not in found:
        what = "has no table" if not found else f"has no table {table!r}" if table is not None else "has several tables"
        hint = f'say which by metadata "table": {", ".join(found[:10])}' if found else None
        raise ValueStorageError(f"{path} {what}", hint=hint)
    return wanted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
