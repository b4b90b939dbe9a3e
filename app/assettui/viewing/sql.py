"""SQL over assets: by polars, or by DuckDB where it is installed and asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl
from msgspec import Struct

from assettui.model.keys import closest
from assettui.model.preview import PARTITION
from assettui.viewing.pages import FAR_ROWS, STREAMING
from assettui.viewing.queries import BadQuery, offset_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from assettui.model.preview import SqlResult

FEW: Final = FAR_ROWS
"""A result of fewer rows is kept in memory; of a larger one the first rows are, and all are written where they are wanted."""
_READS: Final = re.compile(
    r"(\s|\(|--[^\n]*\n|/\*.*?\*/)*(select|with|from|show|explain|values|describe)\b", re.IGNORECASE | re.DOTALL
)
_PLACE: Final = re.compile(r"(?: at)? Line: (\d+), Column: (\d+)")
_NO_TABLE: Final = re.compile(r"relation '(.*?)' was not found|Table with name (\S+) does not exist")
_NO_COLUMN: Final = re.compile(r'(?:unable to find|Referenced) column "(.*?)"(?:; valid columns: \[(.*?)\])?')


def of_partitions(frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The data of several partitions as one table; a column that only some have is empty in the others.

    Args:
        frames: By the keys of the partitions.
    """
    told = [
        frame if PARTITION in frame.collect_schema() else frame.with_columns(pl.lit(key).alias(PARTITION))
        for key, frame in frames.items()
    ]
    return pl.concat(told, how="diagonal_relaxed")


class Rows(Struct, frozen=True):
    """What a statement gives."""

    frame: pl.LazyFrame
    first: pl.DataFrame | None = None
    """The first of them, where `frame` computes all anew whenever it is read."""


def result(of: SqlResult, tables: Mapping[str, pl.LazyFrame], scratch: Path) -> Rows:
    """What a statement gives.

    Args:
        of: It.
        tables: By the names that it uses, those of them that are tables.
        scratch: Where files may be written.

    Raises:
        BadQuery: It cannot be understood, or names what is not there.
    """
    if not _READS.match(of.sql):
        raise BadQuery("a statement only reads here", hint="begin it with SELECT or WITH", at=0)
    if of.engine == "duckdb":
        return Rows(_by_duckdb(of, tables, scratch))
    context = cast("Any", pl.SQLContext)(dict(tables))
    try:
        lazy = cast("pl.LazyFrame", context.execute(of.sql))
        first = lazy.head(FEW).collect(engine=STREAMING)
    except pl.exceptions.PolarsError as error:
        raise _problem(str(error), of) from error
    return Rows(first.lazy()) if first.height < FEW else Rows(lazy, first)


def _by_duckdb(of: SqlResult, tables: Mapping[str, pl.LazyFrame], scratch: Path) -> pl.LazyFrame:
    """The same by DuckDB: what it reads and gives goes through files, of which each reads what it needs."""
    try:
        import duckdb  # pyright: ignore[reportMissingTypeStubs] - an extra
    except ImportError:
        raise BadQuery(
            "DuckDB is not installed", hint="pip install 'assettui[duckdb]'; or leave --engine out"
        ) from None
    library = cast("Any", duckdb)
    with library.connect() as connection:
        for number, (name, frame) in enumerate(tables.items()):
            path = scratch / f"table-{number}.parquet"
            frame.sink_parquet(path)
            *schema, last = name.split(".")
            if schema:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted('.'.join(schema))}")
            place = f"{_quoted('.'.join(schema))}." if schema else ""
            connection.execute(f"CREATE VIEW {place}{_quoted(last)} AS SELECT * FROM read_parquet({_text(str(path))})")  # noqa: S608 - names and paths, quoted
        path = scratch / "result.parquet"
        try:
            connection.execute(f"COPY ({of.sql.rstrip().rstrip(';')}) TO {_text(str(path))} (FORMAT parquet)")
        except library.Error as error:
            raise _problem(str(error), of) from error
    return pl.scan_parquet(path)


def _problem(said: str, of: SqlResult) -> BadQuery:
    """What is wrong with a statement, in a line, with the place in it where that can be told."""
    sql = of.sql
    line = said.strip().partition("\n")[0].removeprefix("sql parser error: ")
    lacking = _NO_TABLE.search(line)
    if lacking is not None:
        name = lacking[1] or lacking[2]
        if any(table.name == name for table in of.tables):
            return BadQuery(f"the value of {name} is no table", at=_where(sql, name))
        near = closest(name, of.known)
        hint = (
            f"did you mean {near!r}?" if near else "name an asset that was materialized: its key, with dots for slashes"
        )
        return BadQuery(f"there is no table {name!r}", hint=hint, at=_where(sql, name))
    column = _NO_COLUMN.search(line)
    if column is not None:
        known = re.findall(r'"(.*?)"', column[2] or "")
        near = closest(column[1], known)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(known[:20])}" if known else None
        return BadQuery(f"there is no column {column[1]!r}", hint=hint, at=_where(sql, column[1]))
    place = _PLACE.search(line)
    at = offset_of(sql, int(place[1]) - 1, int(place[2])) if place is not None else None
    return BadQuery(_PLACE.sub("", line), at=at)


def _where(sql: str, name: str) -> int | None:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE)
    return found.start() if found else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
