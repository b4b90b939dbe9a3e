"""What is asked of a table: conditions as SQL has them, an order, rows by chance; with what is wrong with a condition, and where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from assettui.model.errors import AssettuiError
from assettui.model.keys import closest

if TYPE_CHECKING:
    from assettui.model.preview import Query

_PLACE: Final = re.compile(r"(?: at)? Line: (\d+), Column: (\d+)")
_BEFORE: Final = "SELECT * FROM self WHERE\n"
SAMPLE_SEED: Final = 1
"""The same rows are drawn from the same table, so that what is looked at stays."""


class BadQuery(AssettuiError):
    """A condition cannot be understood, or asks for what is not there.

    Args:
        what: What is wrong with it.
        hint: What to do about it.
        at: The place in it, counted from 0.
    """

    def __init__(self, what: str, *, hint: str | None = None, at: int | None = None) -> None:
        super().__init__(what, hint=hint)
        self.at = at


def asked(frame: pl.LazyFrame, query: Query) -> pl.LazyFrame:
    """The rows of a table that a query gives, in its order; a sample is drawn elsewhere.

    Raises:
        BadQuery: The condition cannot be understood, or a column is not there.
    """
    schema = frame.collect_schema()
    if query.where:
        frame = frame.filter(_condition(frame, query.where))
        try:
            frame.collect_schema()
        except pl.exceptions.PolarsError as error:
            raise as_bad_query(error, query.where, schema.names()) from error
    if query.sort:
        require_columns([query.sort], schema.names())
        frame = frame.sort(query.sort, descending=query.is_descending, nulls_last=True, maintain_order=True)
    return frame


def require_columns(names: list[str], known: list[str]) -> None:
    """Refuse columns that a table does not have.

    Raises:
        BadQuery: There is such a one.
    """
    missing = next((name for name in names if name not in known), None)
    if missing is not None:
        raise BadQuery(f"there is no column {missing!r}", hint=_columns_hint(missing, known))


def as_bad_query(error: pl.exceptions.PolarsError, where: str, known: list[str]) -> BadQuery:
    """What polars says of a condition, in a line, with the place in it where that can be told."""
    said = str(error).strip().partition("\n")[0]
    missing = re.search(r'unable to find column "(.*?)"', said)
    if missing is not None:
        name = missing[1]
        place = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", where)
        hint = f"{_columns_hint(name, known)}; texts stand in single quotes: country = 'PE'"
        return BadQuery(f"there is no column {name!r}", hint=hint, at=place.start() if place else None)
    return BadQuery(f"the condition cannot be evaluated: {said}")


def _condition(frame: pl.LazyFrame, where: str) -> pl.Expr:
    try:
        return pl.sql_expr(where)
    except pl.exceptions.PolarsError as error:
        raise _not_understood(frame, where, error) from error


def _not_understood(frame: pl.LazyFrame, where: str, error: Exception) -> BadQuery:
    """An expression alone is refused without a place: as part of a whole statement it has one."""
    hint = "write a condition as SQL has it: amount > 100 and country = 'PE'"
    try:
        frame.head(0).sql(_BEFORE + where)
    except pl.exceptions.PolarsError as said:
        text = str(said).strip().partition("\n")[0].removeprefix("sql parser error: ")
        place = _PLACE.search(text)
        if place is not None:
            return BadQuery(_PLACE.sub("", text), hint=hint, at=offset_of(where, int(place[1]) - 1, int(place[2])))
        return BadQuery(text.replace("EOF", "nothing more"), hint=hint, at=len(where) if "EOF" in text else None)
    return BadQuery(str(error), hint=hint)


def offset_of(where: str, line: int, column: int) -> int:
    """The place in a condition, from line and column counted from 1; its end where the parser has stopped behind it."""
    lines = where.split("\n")
    if not 1 <= line <= len(lines):
        return len(where)
    return min(len(where), sum(len(each) + 1 for each in lines[: line - 1]) + column - 1)


def _columns_hint(name: str, known: list[str]) -> str:
    near = closest(name, known)
    more = f" and {len(known) - 20:,} more" if len(known) > 20 else ""
    return f"did you mean {near!r}?" if near else f"there are: {', '.join(known[:20])}{more}"
