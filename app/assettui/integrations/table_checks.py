"""Checks of the rows of a table, each a few lines over polars. The value may be a frame of any known library, or rows.

An asset with partitions is checked for those that a run makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.definitions.checks import AssetCheckResult
from assettui.definitions.ready_checks.building import build, severity_of
from assettui.model.arguments import WrongArgument, checks_call
from assettui.model.check import AssetCheckSeverity
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey
from assettui.model.text import plural
from assettui.values import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import polars as pl

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.context import AssetCheckExecutionContext
    from assettui.definitions.spec import AssetSpec
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.step import AssetPast

_SHOWN = 5
"""So many offending values are told."""
_ROWS = "rows"
"""The metadata by which the number of rows is remembered from one evaluation to the next."""


class NoTable(AssettuiError, ValueError):
    """What is to be checked as a table is none, or lacks a column."""


@checks_call
def build_row_count_drop_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    max_drop: float = 0.5,
    severity: AssetCheckSeverity | str = AssetCheckSeverity.ERROR,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `row_count_drop`, that a table has not lost too many of its rows since it was made before.

    Args:
        assets: The assets.
        max_drop: The share of the rows that it may lose, from 0 to 1.
        severity: How bad it is if it has lost more.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    _refuse_no_share("max_drop", max_drop)
    bad = severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def row_count_drop(context: AssetCheckExecutionContext, value: Any) -> AssetCheckResult:
            rows = _table(key, value).height
            before = _rows_before(context.past_of(key), context.partition_key if context.has_partition_key else None)
            if before is None:
                return AssetCheckResult(passed=True, description="nothing to compare with", metadata={_ROWS: rows})
            lost = (before - rows) / before
            said = f"{rows:,} rows, {before:,} before" + (f": {lost:.0%} less" if lost > 0 else "")
            return AssetCheckResult(passed=lost <= max_drop, severity=bad, description=said, metadata={_ROWS: rows})

        return row_count_drop

    what = f"No more than {max_drop:.0%} of its rows are gone."
    return build(assets, "row_count_drop", what, check_of, blocking=blocking, reads={"value": None})


@checks_call
def build_null_rate_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    columns: Sequence[str],
    max_rate: float = 0.0,
    severity: AssetCheckSeverity | str = AssetCheckSeverity.ERROR,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `null_rate`, that columns are filled. Of numbers, NaN counts as null.

    Args:
        assets: The assets.
        columns: The columns.
        max_rate: The share of the rows in which each may be null, from 0 to 1.
        severity: How bad it is if one is so more often.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    _refuse_no_share("max_rate", max_rate)
    names, bad = _names("columns", columns), severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def null_rate(value: Any) -> AssetCheckResult:
            table = _table(key, value, names)
            nulls = {name: _nulls(table[name]) for name in names}
            rates = {name: count / table.height if table.height else 0.0 for name, count in nulls.items()}
            over = [f"{name} {_percent(rate)}" for name, rate in rates.items() if rate > max_rate]
            said = f"null: {', '.join(over)}; at most {_percent(max_rate)} may be" if over else "few enough nulls"
            metadata: dict[str, Any] = {f"null_rate/{name}": rate for name, rate in rates.items()}
            return AssetCheckResult(passed=not over, severity=bad, description=said, metadata=metadata)

        return null_rate

    what = f"At most {_percent(max_rate)} of {', '.join(names)} is null."
    return build(assets, "null_rate", what, check_of, blocking=blocking, reads={"value": None})


@checks_call
def build_uniqueness_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    columns: Sequence[str],
    severity: AssetCheckSeverity | str = AssetCheckSeverity.ERROR,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `uniqueness`, that no two rows are the same in all of these columns.

    Args:
        assets: The assets.
        columns: The columns, together a key of the table.
        severity: How bad it is if two rows are.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    names, bad = _names("columns", columns), severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def uniqueness(value: Any) -> AssetCheckResult:
            table = _table(key, value, names).select(names)
            extra = table.height - table.n_unique() if table.height else 0
            twice = table.filter(table.is_duplicated()).unique(maintain_order=True).head(_SHOWN) if extra else table
            said = (
                f"{plural(extra, 'row')} more than once: {_told([', '.join(map(str, row)) for row in twice.rows()])}"
                if extra
                else "every row is there once"
            )
            return AssetCheckResult(passed=not extra, severity=bad, description=said, metadata={"duplicates": extra})

        return uniqueness

    what = f"No two rows have the same {', '.join(names)}."
    return build(assets, "uniqueness", what, check_of, blocking=blocking, reads={"value": None})


@checks_call
def build_accepted_values_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    column: str,
    values: Iterable[Any],
    severity: AssetCheckSeverity | str = AssetCheckSeverity.ERROR,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `COLUMN_accepted_values`, that a column holds nothing but certain values. Nulls are left aside.

    Args:
        assets: The assets.
        column: The column.
        values: What it may hold.
        severity: How bad it is if it holds anything else.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    accepted, bad = list(values), severity_of(severity)
    if not accepted:
        raise WrongArgument("values is empty: nothing would be accepted", hint="give it what the column may hold")

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def accepted_values(value: Any) -> AssetCheckResult:
            held = _table(key, value, [column])[column].drop_nulls()
            other = [each for each in held.unique(maintain_order=True).to_list() if each not in accepted]
            count = sum(1 for each in held.to_list() if each in other) if other else 0
            said = f"{plural(count, 'row')} with other values: {_told(other)}" if other else "nothing else is in it"
            return AssetCheckResult(passed=not other, severity=bad, description=said, metadata={"unaccepted": count})

        return accepted_values

    what = f"{column} is one of: {_told(accepted)}."
    return build(
        assets, f"{_as_name(column)}_accepted_values", what, check_of, blocking=blocking, reads={"value": None}
    )


@checks_call
def build_referential_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    column: str,
    to: CoercibleToAssetKey | AssetsDefinition | AssetSpec,
    to_column: str | None = None,
    severity: AssetCheckSeverity | str = AssetCheckSeverity.ERROR,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `COLUMN_is_in_ASSET`, that each value of a column is in a column of another asset. Nulls are left aside.

    Args:
        assets: The assets.
        column: The column.
        to: The other asset.
        to_column: Its column; by default of the same name.
        severity: How bad it is if a value is not there.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    own: Any = getattr(to, "key", to)
    other = AssetKey.from_coercible(own)
    there, bad = to_column or column, severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def referential(value: Any, referenced: Any) -> AssetCheckResult:
            held = _table(key, value, [column])[column].drop_nulls()
            known = _table(other, referenced, [there])[there]
            lost = held.filter(~held.is_in(known.implode()))
            orphans = lost.unique(maintain_order=True).head(_SHOWN).to_list()
            said = f"{plural(lost.len(), 'row')} with values that {other} has not: {_told(orphans)}"
            return AssetCheckResult(
                passed=not lost.len(),
                severity=bad,
                description=said if lost.len() else f"{other} has them all",
                metadata={"orphans": lost.len()},
            )

        return referential

    name = f"{_as_name(column)}_is_in_{_as_name(str(other))}"
    what = f"Each {column} is a {there} of {other}."
    return build(assets, name, what, check_of, blocking=blocking, reads={"value": None, "referenced": other})


def _table(key: AssetKey, value: Any, columns: Iterable[str] = ()) -> pl.DataFrame:
    """A value as a frame of polars, with these columns."""
    import polars as pl  # deferred: 0.2 s

    of_partitions: list[Any] = list(cast("dict[str, Any]", value).values()) if isinstance(value, dict) else []
    if of_partitions and all(map(frames.frame_kind, of_partitions)):
        parts = [frames.converted(each, "polars") for each in of_partitions]
        table: Any = pl.concat(parts, how="diagonal_relaxed")
    else:
        table = frames.converted(value, "polars")
    if not isinstance(table, pl.DataFrame):
        try:
            table = pl.DataFrame(cast("Any", value))
        except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
            raise NoTable(f"{key} is {type(cast('Any', value)).__name__}, which is no table: {error}") from error
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise NoTable(f"{key} has no column {', '.join(lacking)}", hint=f"it has: {', '.join(table.columns[:20])}")
    return table


def _rows_before(past: AssetPast, partition: str | None) -> int | None:
    """How many rows the materialization had before the last one of this partition; None where nothing is known."""
    made = list(past.materializations)
    own = next((at for at, each in enumerate(made) if each.partition == partition), -1)
    return next((each.rows for each in made[own + 1 :] if each.rows), None)


def _nulls(column: pl.Series) -> int:
    nan = int(column.is_nan().sum() or 0) if column.dtype.is_float() else 0
    return column.null_count() + nan


def _told(values: Sequence[Any]) -> str:
    shown = ", ".join(map(str, values[:_SHOWN]))
    return f"{shown}, …" if len(values) > _SHOWN else shown


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".0%", "%")


def _as_name(text: str) -> str:
    return "".join(each if each.isascii() and each.isalnum() else "_" for each in text)


def _names(parameter: str, given: Sequence[str]) -> list[str]:
    names = [given] if isinstance(given, str) else list(given)
    if not names:
        raise WrongArgument(f"{parameter} is empty", hint="name the columns")
    return names


def _refuse_no_share(parameter: str, given: float) -> None:
    if not 0 <= given <= 1:
        raise WrongArgument(f"{parameter} is {given!r}", hint="give it a share, from 0 to 1")
