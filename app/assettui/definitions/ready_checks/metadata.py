"""Checks of what a materialization says of itself: its columns, and numbers in its metadata."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assettui.definitions.checks import AssetCheckResult
from assettui.definitions.ready_checks.building import build, severity_of
from assettui.model.arguments import WrongArgument, checks_call
from assettui.model.check import AssetCheckSeverity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.context import AssetCheckExecutionContext
    from assettui.definitions.spec import AssetSpec
    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey, CoercibleToAssetKey
    from assettui.model.step import AssetPast

_SCHEMA = "dagster/column_schema"
"""The metadata by which an asset says which columns it has, as Dagster documents it."""


@checks_call
def build_column_schema_change_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    severity: AssetCheckSeverity | str = AssetCheckSeverity.WARN,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `column_schema_change`, that an asset has the columns, of the same types, that it had before.

    They compare the metadata `dagster/column_schema` of the last two materializations that have it.

    Args:
        assets: The assets.
        severity: How bad it is if a column was added, removed or changed.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    bad = severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def column_schema_change(context: AssetCheckExecutionContext) -> AssetCheckResult:
            return _compared(context.past_of(key), bad)

        return column_schema_change

    what = "Its columns are what they were before."
    return build(assets, "column_schema_change", what, check_of)


@checks_call
def build_metadata_bounds_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    metadata_key: str,
    severity: AssetCheckSeverity | str = AssetCheckSeverity.WARN,
    min_value: float | None = None,
    max_value: float | None = None,
    exclusive_min: bool = False,
    exclusive_max: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `METADATA_KEY_bounds_check`, that a number in the metadata of an asset lies within bounds.

    Args:
        assets: The assets.
        metadata_key: The name of the number.
        severity: How bad it is if it does not.
        min_value: The least that it may be; None for no such bound.
        max_value: The most that it may be; None for no such bound.
        exclusive_min: Whether it must be more than the least.
        exclusive_max: Whether it must be less than the most.

    Raises:
        WrongArgument: There is no bound, or nothing lies within.
    """
    if min_value is None and max_value is None:
        raise WrongArgument("neither min_value nor max_value is given", hint="give it one of them")
    if min_value is not None and max_value is not None and min_value > max_value:
        raise WrongArgument(f"min_value ({min_value}) is more than max_value ({max_value})", hint="exchange them")
    bad = severity_of(severity)

    def within(value: float) -> bool:
        least = min_value is None or value > min_value or (value == min_value and not exclusive_min)
        return least and (max_value is None or value < max_value or (value == max_value and not exclusive_max))

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def metadata_bounds(context: AssetCheckExecutionContext) -> AssetCheckResult:
            return _bounded(context.past_of(key), metadata_key, within, bounds, bad)

        return metadata_bounds

    bounds = " and ".join(
        text
        for text in (
            f"{'>' if exclusive_min else '≥'} {min_value}" if min_value is not None else "",
            f"{'<' if exclusive_max else '≤'} {max_value}" if max_value is not None else "",
        )
        if text
    )
    name = f"{re.sub(r'[^A-Za-z0-9_]', '_', metadata_key)}_bounds_check"
    return build(assets, name, f"{metadata_key} is {bounds}.", check_of)


def _columns(made: Materialization) -> Mapping[str, str] | None:
    """Column → type; None where the materialization does not say."""
    value = made.metadata.get(_SCHEMA)
    if value is None or value.type != "table_schema":
        return None
    held: Any = value.value
    return {each["name"]: each.get("type", "string") for each in held["columns"]}


def _compared(past: AssetPast, bad: AssetCheckSeverity) -> AssetCheckResult:
    if not past.materializations:
        return AssetCheckResult(passed=False, severity=bad, description="it was never materialized")
    now = _columns(past.materializations[0])
    if now is None:
        return AssetCheckResult(
            passed=False, severity=bad, description=f"the last materialization has no metadata {_SCHEMA}"
        )
    before = next((found for each in past.materializations[1:] if (found := _columns(each)) is not None), None)
    if before is None:
        return AssetCheckResult(passed=True, description="there is nothing earlier to compare with")
    changes = [
        *(f"{name} added" for name in now if name not in before),
        *(f"{name} removed" for name in before if name not in now),
        *(f"{name}: {before[name]} → {kind}" for name, kind in now.items() if name in before and before[name] != kind),
    ]
    return AssetCheckResult(
        passed=not changes,
        severity=bad,
        description="; ".join(changes) or "the columns are the same",
        metadata={"columns": len(now)},
    )


def _bounded(
    past: AssetPast, metadata_key: str, within: Callable[[float], bool], bounds: str, bad: AssetCheckSeverity
) -> AssetCheckResult:
    if not past.materializations:
        return AssetCheckResult(passed=False, severity=bad, description="it was never materialized")
    given = past.materializations[0].metadata.get(metadata_key)
    value = given.value if given is not None else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        what = "no number" if given is not None else "not there"
        return AssetCheckResult(
            passed=False, severity=bad, description=f"{metadata_key} of the last materialization is {what}"
        )
    return AssetCheckResult(
        passed=within(value),
        severity=bad,
        description=f"{metadata_key} is {value}, and must be {bounds}",
        metadata={metadata_key: value},
    )
