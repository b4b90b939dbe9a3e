"""How two tables differ, exactly, in memory for a few columns of each.

Rows are matched by their keys alone, which gives for each row of one table its place in the other. Then one column after
the other is read from both, put in that order, and compared: however wide the tables are, only one column of each is there
at a time. Tables without a key are compared as collections of whole rows, each by a number of 64 bits made of it.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import polars as pl
from msgspec.structs import replace

from assettui.model.difference import ChangedColumn, Difference, DifferentRow, KeySource, RetypedColumn
from assettui.viewing.cells import text_of
from assettui.viewing.pages import STREAMING, count
from assettui.viewing.queries import BadQuery, require_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SAMPLE: Final = 100
"""So many rows of each kind are shown."""
PROBE: Final = 100_000
"""Among so many rows at first a key is looked for."""
PAIRED: Final = 10
"""Of so many columns, pairs and triples are tried as a key."""
MAX_TEXT: Final = 200
NEAR: Final = 50_000
"""Rows that are not further apart than that are read together,"""
STRETCHES: Final = 8
"""as long as there are not more such groups than that."""
AT_ONCE: Final = 2
"""So many columns are compared at a time."""
_BEFORE, _AFTER = "\0before", "\0after"
_KEY_NAMES: Final = ("id", "key", "uuid", "pk", "code")


R = TypeVar("R")


class _Matched(NamedTuple):
    """Places of rows in the two tables."""

    before: pl.Series
    """Of the rows that both have, in the one; in `after` the same rows in the other."""
    after: pl.Series
    removed: pl.Series
    added: pl.Series


def difference(
    before: pl.LazyFrame, after: pl.LazyFrame, key: Sequence[str] = (), source: KeySource = "given"
) -> Difference:
    """How they differ.

    Args:
        before: The one.
        after: The other.
        key: The columns that tell rows apart; where there are none, some are looked for.
        source: Who has said so.

    Raises:
        BadQuery: A column of the key is missing, or the key does not tell rows apart.
        PolarsError: A table cannot be read.
    """
    schemas = before.collect_schema(), after.collect_schema()
    for schema in schemas if key else ():
        require_columns(list(key), schema.names())
    common = [name for name in schemas[0] if name in schemas[1]]
    if not key:
        key = _guessed(before, after, [name for name in common if schemas[0][name] == schemas[1][name]], schemas[0])
        source = "guessed" if key else "none"
    described = Difference(
        count(before),
        count(after),
        tuple(key),
        source,
        columns=tuple(name for name in common if name not in key),
        added_columns=tuple(name for name in schemas[1] if name not in schemas[0]),
        removed_columns=tuple(name for name in schemas[0] if name not in schemas[1]),
        retyped_columns=tuple(
            RetypedColumn(name, str(schemas[0][name]), str(schemas[1][name]))
            for name in common
            if schemas[0][name] != schemas[1][name]
        ),
    )
    if not key:
        return _of_whole_rows(before, after, described, common)
    return _by_key(before, after, described)


# By a key.


def _by_key(before: pl.LazyFrame, after: pl.LazyFrame, of: Difference) -> Difference:
    matched = _match(before, after, list(of.key))

    def compare(name: str) -> tuple[str, pl.Series, int]:
        differs = _differs(_column(before, name, matched.before), _column(after, name, matched.after))
        return name, differs, int(differs.sum() or 0)

    is_changed = pl.repeat(value=False, n=len(matched.before), eager=True)
    changed: list[ChangedColumn] = []
    with ThreadPoolExecutor(AT_ONCE) as threads:  # what takes the time, polars does with one core
        for name, differs, times in _bounded(threads, compare, of.columns):
            if times:
                changed.append(ChangedColumn(name, times))
                is_changed = is_changed | differs
    places = is_changed.arg_true()
    first = places.head(SAMPLE)
    ones, others = matched.before.gather(first).to_list(), matched.after.gather(first).to_list()
    removed, added = matched.removed.head(SAMPLE).to_list(), matched.added.head(SAMPLE).to_list()
    columns = [*of.key, *of.columns]
    shown, shown_after = _at(before, columns, [*ones, *removed]), _at(after, columns, [*others, *added])
    keys = len(of.key)
    rows = [
        *(
            DifferentRow("changed", shown[a][:keys], shown[a][keys:], shown_after[b][keys:])
            for a, b in zip(ones, others, strict=True)
        ),
        *(DifferentRow("removed", shown[a][:keys], shown[a][keys:]) for a in removed),
        *(DifferentRow("added", shown_after[b][:keys], (), shown_after[b][keys:]) for b in added),
    ]
    return replace(
        of,
        added=len(matched.added),
        removed=len(matched.removed),
        changed=len(places),
        changed_columns=tuple(sorted(changed, key=lambda each: (-each.changed, of.columns.index(each.name)))),
        rows=tuple(rows),
        is_sampled=len(rows) < len(places) + len(matched.added) + len(matched.removed),
    )


def _bounded(threads: ThreadPoolExecutor, do: Callable[[str], R], names: Sequence[str]) -> Iterator[R]:
    """As `map`, but no more is begun than can be at work: what is done waits in memory."""
    waiting: deque[Future[R]] = deque()
    for name in names:
        waiting.append(threads.submit(do, name))
        if len(waiting) == AT_ONCE:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _match(before: pl.LazyFrame, after: pl.LazyFrame, key: list[str]) -> _Matched:
    """Find each row of one in the other: both are put in the order of their keys, and gone through side by side.

    Keys other than whole numbers and times are put in the order of a number made of each; where two keys have the same
    number, which hardly ever happens, a join finds the rows in its place.

    Raises:
        BadQuery: The key does not tell rows apart.
    """
    schemas = before.collect_schema(), after.collect_schema()
    is_exact = len(key) == 1 and all(schema[key[0]].is_integer() or schema[key[0]].is_temporal() for schema in schemas)
    is_exact = is_exact and schemas[0][key[0]] == schemas[1][key[0]]
    is_exact = is_exact and not any(_has_nulls(frame, key[0]) for frame in (before, after))
    code = pl.col(key[0]).to_physical() if is_exact else pl.struct(key).hash(seed=0)
    found = [_ordered(frame.select(code).collect(engine=STREAMING).to_series().rechunk()) for frame in (before, after)]
    if any(has_twice for _, _, has_twice in found):
        for frame, which in ((before, "the first"), (after, "the second")):
            _require_unique(frame.select(key).collect(engine=STREAMING), key, which)
        return _joined(before, after, key)
    (ones, order, _), (others, other_order, _) = found
    if not len(ones) or not len(others):
        return _Matched(_places(0), _places(0), _places(len(ones)), _places(len(others)))
    at, is_there = _looked_up(ones, others)
    places, other_places = is_there.arg_true(), at.filter(is_there)
    lacking, new = (~is_there).arg_true(), (~_looked_up(others, ones)[1]).arg_true()
    if order is not None:
        places, lacking = order.gather(places), order.gather(lacking).sort()
    if other_order is not None:
        other_places, new = other_order.gather(other_places), other_order.gather(new).sort()
    if order is not None:
        again = places.arg_sort()
        places, other_places = places.gather(again), other_places.gather(again)
    matched = _Matched(places, other_places, lacking, new)
    if not is_exact and any(
        _differs(_column(before, name, places), _column(after, name, other_places)).any() for name in key
    ):
        return _joined(before, after, key)
    return matched


def _looked_up(ones: pl.Series, others: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Of each of some numbers in order its place among others in order, and whether it is there at all."""
    at = others.search_sorted(ones).clip(0, len(others) - 1)
    return at, others.gather(at) == ones


def _ordered(codes: pl.Series) -> tuple[pl.Series, pl.Series | None, bool]:
    """Numbers in order, the places that they had (None where they were in order), and whether one is there twice."""
    order = None if codes.is_sorted() else codes.arg_sort()
    ordered = codes if order is None else codes.gather(order)
    ordered = ordered.set_sorted()
    has_twice = len(ordered) > 1 and bool((ordered.slice(1) == ordered.slice(0, len(ordered) - 1)).any())
    return ordered, order, has_twice


def _has_nulls(frame: pl.LazyFrame, name: str) -> bool:
    return bool(frame.select(pl.col(name).null_count()).collect(engine=STREAMING).item())


def _places(count: int) -> pl.Series:
    return pl.int_range(count, dtype=pl.UInt32, eager=True)


def _joined(before: pl.LazyFrame, after: pl.LazyFrame, key: list[str]) -> _Matched:
    """The same by a join."""
    joined = (
        before.select(key)
        .with_row_index(_BEFORE)
        .join(after.select(key).with_row_index(_AFTER), on=key, how="full", nulls_equal=True)
        .select(_BEFORE, _AFTER)
        .collect(engine=STREAMING)
    )
    both = joined.drop_nulls().sort(_BEFORE)
    return _Matched(
        both[_BEFORE],
        both[_AFTER],
        joined.filter(pl.col(_AFTER).is_null())[_BEFORE].sort(),
        joined.filter(pl.col(_BEFORE).is_null())[_AFTER].sort(),
    )


def _require_unique(frame: pl.DataFrame, key: list[str], which: str) -> None:
    if frame.n_unique() == frame.height:
        return
    often = frame.group_by(key, maintain_order=True).len(name=_BEFORE).filter(pl.col(_BEFORE) > 1).head(1).row(0)
    shown = ", ".join(f"{name} {text_of(value)}" for name, value in zip(key, often[:-1], strict=True))
    raise BadQuery(
        f"{', '.join(key)} does not tell the rows of {which} apart: {shown} is there {often[-1]:,} times",
        hint="name more columns, or others",
    )


def _column(frame: pl.LazyFrame, name: str, places: pl.Series) -> pl.Series:
    """A column in the order of these places; where these follow each other, it is not put in order again."""
    values = frame.select(name).collect(engine=STREAMING).to_series()
    if not len(places):
        return values.clear()
    first, last = int(places[0]), int(places[-1])
    if last - first + 1 == len(places) and places.is_sorted():
        return values.slice(first, len(places))
    return values.rechunk().gather(places)  # in many pieces it takes five times as long


def _differs(before: pl.Series, after: pl.Series) -> pl.Series:
    """Where two columns of the same length differ; nothing is the same as nothing."""
    if before.dtype != after.dtype and not (before.dtype.is_numeric() and after.dtype.is_numeric()):
        before, after = before.cast(pl.String, strict=False), after.cast(pl.String, strict=False)
    try:
        return before.ne_missing(after)
    except pl.exceptions.PolarsError:  # of types that are not compared: by how they are written
        return _written(before).ne_missing(_written(after))


def _written(values: pl.Series) -> pl.Series:
    return pl.Series([None if value is None else repr(value) for value in values.to_list()], dtype=pl.String)


def _at(frame: pl.LazyFrame, columns: list[str], places: list[int]) -> dict[int, tuple[str | None, ...]]:
    """The rows at some places, as texts: those that lie near each other are read together, far ones by one pass over all.

    `gather` would have the whole table in memory.
    """
    found: dict[int, tuple[str | None, ...]] = {}
    stretches = _stretches(sorted(places))
    if len(stretches) > STRETCHES:
        stretches = [sorted(places)]
    for stretch in stretches:
        first = stretch[0]
        part = frame.select(columns).slice(first, stretch[-1] - first + 1).with_row_index(_BEFORE, first)
        wanted = pl.col(_BEFORE).is_in(pl.Series(stretch, dtype=pl.UInt32).implode())
        found |= {row[0]: _texts(row[1:]) for row in part.filter(wanted).collect(engine=STREAMING).rows()}
    return found


def _stretches(places: list[int]) -> list[list[int]]:
    """Places in order, parted where one is far from the next."""
    found: list[list[int]] = []
    for place in places:
        if found and place - found[-1][-1] <= NEAR:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _texts(row: Sequence[Any]) -> tuple[str | None, ...]:
    return tuple(None if value is None else text_of(value)[:MAX_TEXT] for value in row)


# Without one.


def _of_whole_rows(before: pl.LazyFrame, after: pl.LazyFrame, of: Difference, common: list[str]) -> Difference:
    counts = [
        frame.select(pl.struct(common).hash(seed=0).alias(_BEFORE)).group_by(_BEFORE).len().collect(engine=STREAMING)
        if common
        else pl.DataFrame({_BEFORE: [], "len": []}, schema={_BEFORE: pl.UInt64, "len": pl.UInt32})
        for frame in (before, after)
    ]
    joined = (
        counts[0]
        .join(counts[1], on=_BEFORE, how="full", coalesce=True, suffix=_AFTER)
        .with_columns(
            (pl.col(f"len{_AFTER}").fill_null(0).cast(pl.Int64) - pl.col("len").fill_null(0).cast(pl.Int64)).alias(
                "more"
            )
        )
    )
    more, fewer = joined.filter(pl.col("more") > 0), joined.filter(pl.col("more") < 0)
    added, removed = int(more["more"].sum() or 0), -int(fewer["more"].sum() or 0)
    rows = [
        *(DifferentRow("removed", (), row) for row in _of_hashes(before, common, fewer[_BEFORE])),
        *(DifferentRow("added", (), (), row) for row in _of_hashes(after, common, more[_BEFORE])),
    ]
    return replace(of, added=added, removed=removed, rows=tuple(rows), is_sampled=len(rows) < added + removed)


def _of_hashes(frame: pl.LazyFrame, common: list[str], hashes: pl.Series) -> list[tuple[str | None, ...]]:
    if hashes.is_empty():
        return []
    wanted = hashes.head(SAMPLE).implode()
    found = frame.select(common).filter(pl.struct(common).hash(seed=0).is_in(wanted)).head(SAMPLE)
    return [_texts(row) for row in found.collect(engine=STREAMING).rows()]


# Which key.


def _guessed(before: pl.LazyFrame, after: pl.LazyFrame, names: list[str], schema: pl.Schema) -> tuple[str, ...]:
    """The fewest columns by which the rows of both are told apart, those first that are called so; empty for none."""
    fit = [
        name
        for name in names
        if not (schema[name].is_float() or schema[name].is_nested() or schema[name] == pl.Boolean)
    ]
    fit.sort(key=lambda name: not (name.lower() in _KEY_NAMES or name.lower().endswith(("_id", "_key"))))
    probes = [frame.select(fit).head(PROBE).collect(engine=STREAMING) for frame in (before, after)]
    tried: list[tuple[str, ...]] = [(name,) for name in fit]
    for size in (2, 3):
        tried += combinations(fit[:PAIRED], size)
    for columns in tried:
        wanted = list(columns)
        if all(probe.select(wanted).n_unique() == probe.height for probe in probes) and all(
            _is_unique(frame, wanted) for frame in (before, after)
        ):
            return columns
    return ()


def _is_unique(frame: pl.LazyFrame, columns: list[str]) -> bool:
    found = frame.select(columns).collect(engine=STREAMING)
    return found.n_unique() == found.height
