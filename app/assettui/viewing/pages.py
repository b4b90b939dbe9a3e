"""Pages of a table of any length.

A table as it was stored is read by the rows that are wanted, which of Parquet touches only the row groups they are in.
The rows that a condition or an order gives have no place in the file: the first of them are found by looking no further
than needed, and counted where somebody wants to know. Whoever goes far down among them has them written once, to a file
of the viewer's own, and read from there.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Final

import polars as pl
from msgspec import Struct

from assettui.model.preview import Document, Page, PreviewColumn, Query, ReadPage
from assettui.viewing.cells import shortened, text_of, texts
from assettui.viewing.opening import MAX_DOCUMENT_CHARS
from assettui.viewing.queries import SAMPLE_SEED, as_bad_query, asked, require_columns

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.preview import ReadCell

FAR_ROWS: Final = 2_000
"""Rows further down than this, of those that a query gives, are read from a file."""
QUERIES_KEPT: Final = 4
STREAMING: Final = "streaming"


class _Result(Struct):
    """The rows that a query gives."""

    frame: pl.LazyFrame
    total: int | None = None
    file: Path | None = None


class Table:
    """A table that is looked at, and what queries have given of it.

    Args:
        frame: It, lazily.
        folder: Where results may be written.
        is_told: Whether how many rows it has is known at once: of a text file it is not, nor of what is yet to be computed.
        first: Its first `FAR_ROWS` rows, where all are computed anew whenever it is read: then they are written once,
            when more of them are wanted.
    """

    def __init__(
        self, frame: pl.LazyFrame, folder: Path, *, is_told: bool = True, first: pl.DataFrame | None = None
    ) -> None:
        self.frame = frame
        self._folder = folder
        self._is_told = is_told and first is None
        self._first = first
        self._schema: pl.Schema | None = None
        self._stored: int | None = None
        self._results: dict[Query, _Result] = {}
        self._number = 0

    @property
    def schema(self) -> pl.Schema:
        if self._schema is None:
            self._schema = self.frame.collect_schema()
        return self._schema

    def stored(self, *, is_counted: bool = True) -> int | None:
        """How many rows it has; None where they are not counted, and nothing tells.

        Args:
            is_counted: Whether they are to be counted, however long that takes.
        """
        if self._stored is None and (is_counted or self._is_told):
            self._stored = count(self.frame)
        return self._stored

    def settled(self) -> pl.LazyFrame:
        """It, for whoever reads it more than once: written first, where each time all would be computed anew."""
        if self._first is not None:
            self._write_all()
        return self.frame

    def page(self, request: ReadPage) -> Page:
        """Some rows and columns.

        Raises:
            BadQuery: The condition cannot be understood, or a column is not there.
            PolarsError: The table cannot be read.
        """
        names = list(request.names) or self.schema.names()
        require_columns(names, self.schema.names())
        try:
            result = self._result(request)
            first = request.first if request.first >= 0 else max(0, (result.total or 0) + request.first)
            shown = names[request.first_column : request.first_column + request.columns]
            wanted = [shortened(name, self.schema[name]) for name in shown]
            rows = result.frame.slice(first, request.rows).select(wanted).collect(engine=STREAMING)
        except pl.exceptions.PolarsError as error:
            if request.query.where and isinstance(error, pl.exceptions.ComputeError | pl.exceptions.SchemaError):
                raise as_bad_query(error, request.query.where, self.schema.names()) from error
            raise
        cells = tuple(zip(*(texts(column) for column in rows.get_columns()), strict=True))
        columns = tuple(PreviewColumn(name, str(self.schema[name]), self.schema[name].is_numeric()) for name in names)
        return Page(
            columns, first, request.first_column, cells, result.total, self.stored(is_counted=request.is_counted)
        )

    def cell(self, request: ReadCell) -> Document:
        """One cell, whole, or as much of it as anybody reads."""
        result = self._result(ReadPage(request.value, request.query, request.names, request.first, 1))
        values = result.frame.slice(request.first, 1).select(request.names).collect(engine=STREAMING)
        if not values.height:
            return Document("text", "")
        value = values.item()
        if isinstance(value, pl.Series):
            value = value.to_list()
        text = "null" if value is None else value if isinstance(value, str) else text_of(value)
        if isinstance(value, list | dict):
            text = json.dumps(value, indent=2, ensure_ascii=False, default=text_of)
        elif isinstance(value, bytes):
            text = value[:MAX_DOCUMENT_CHARS].hex(" ")
        return Document("text", text[:MAX_DOCUMENT_CHARS], len(text) > MAX_DOCUMENT_CHARS)

    def rows(self, query: Query, names: tuple[str, ...], first: int = 0, rows: int | None = None) -> pl.LazyFrame:
        """All rows that a query gives, or some of them, exactly as they are.

        Raises:
            BadQuery: As above.
        """
        require_columns(list(names), self.schema.names())
        frame = self._sampled(query).frame if query.sample else asked(self.frame, query)
        if first < 0 or first or rows is not None:
            frame = frame.slice(first, rows)
        return frame.select(names) if names else frame

    def _result(self, request: ReadPage) -> _Result:
        query = request.query
        is_far = request.first < 0 or request.first + request.rows > FAR_ROWS
        if query.is_plain:
            frame = self.settled() if is_far or self._first is None else self._first.lazy()
            return _Result(frame, self.stored(is_counted=request.is_counted or request.first < 0))
        if query.sample:
            return self._sampled(query)
        result = self._results.get(query)
        if result is None:
            total = None if query.where else self.stored(is_counted=False)  # an order leaves nothing out
            result = self._keep(query, _Result(asked(self.frame, query), total))
        if result.file is None and is_far:
            self._write(result)
        if result.total is None and request.is_counted:
            result.total = count(result.frame)
        return result

    def _sampled(self, query: Query) -> _Result:
        """Rows by chance, in the order of the table: the same for the same query."""
        result = self._results.get(query)
        if result is not None:
            return result
        frame = asked(self.frame, Query(query.where))
        if query.where:
            frame = frame.collect(engine=STREAMING).lazy()
        total = count(frame) if query.where else self.stored() or 0
        chosen = sorted(random.Random(SAMPLE_SEED).sample(range(total), min(total, query.sample)))
        rows = frame.gather(chosen).collect(engine=STREAMING)
        if query.sort:
            rows = asked(rows.lazy(), Query(sort=query.sort, is_descending=query.is_descending)).collect()
        return self._keep(query, _Result(rows.lazy(), rows.height))

    def _write_all(self) -> None:
        """Write what is computed, and read it from there from now on."""
        path = self._folder / "all.ipc"
        self.frame.sink_ipc(path)
        self.frame, self._first, self._is_told = pl.scan_ipc(path), None, True

    def _write(self, result: _Result) -> None:
        """Write all that a query gives, and read it from there from now on."""
        self._number += 1
        path = self._folder / f"{self._number}.ipc"
        result.frame.sink_ipc(path)
        result.file = path
        result.frame = pl.scan_ipc(path)
        result.total = count(result.frame)

    def _keep(self, query: Query, result: _Result) -> _Result:
        while len(self._results) >= QUERIES_KEPT:
            self._forget(next(iter(self._results)))
        self._results[query] = result
        return result

    def _forget(self, query: Query) -> None:
        file = self._results.pop(query).file
        if file is not None:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Forget what queries have given."""
        for query in list(self._results):
            self._forget(query)


def count(frame: pl.LazyFrame) -> int:
    """How many rows there are."""
    return int(frame.select(pl.len()).collect(engine=STREAMING).item())
