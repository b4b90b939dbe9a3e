"""Each argument of each public definition, given what is nothing of its kind: told where it is given, never a bare error."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import assettui
from assettui import (
    AssetKey,
    AssetOut,
    DailyPartitionsDefinition,
    Definitions,
    DefinitionsError,
    DimensionPartitionMapping,
    IdentityPartitionMapping,
    StaticPartitionsDefinition,
)
from assettui.definitions.describe.project import describe
from assettui.model.arguments import WrongArgument
from assettui.model.errors import AssettuiError

NEEDED: dict[str, dict[str, Any]] = {
    "asset": {},
    "multi_asset": {"outs": {"a": AssetOut()}},
    "graph_asset": {},
    "graph_multi_asset": {"outs": {"a": AssetOut()}},
    "observable_source_asset": {},
    "op": {},
    "graph": {},
    "job": {},
    "define_asset_job": {"name": "a_job"},
    "schedule": {"cron_schedule": "0 0 * * *", "target": "*"},
    "sensor": {"target": "*"},
    "asset_sensor": {"asset_key": AssetKey("a"), "target": "*"},
    "multi_asset_sensor": {"monitored_assets": [AssetKey("a")], "target": "*"},
    "run_status_sensor": {"run_status": "success"},
    "run_failure_sensor": {},
    "file_sensor": {"path_glob": "*.csv", "target": "*"},
    "Definitions": {},
}
"""The definitions, and what each of them needs besides."""
DAYS, LETTERS = DailyPartitionsDefinition("2024-01-01"), StaticPartitionsDefinition(["a", "b"])
CLASSES: dict[str, dict[str, Any]] = {
    **{
        key: {}
        for key in ("AssetOut", "Out", "DynamicOut", "GraphOut", "AssetIn", "In", "RetryPolicy", "BackfillPolicy")
    },
    **{key: {} for key in ("RunRequest", "RunConfig", "SensorResult", "SkipReason", "Failure", "RetryRequested")},
    **{key: {} for key in ("MaterializeResult", "ObserveResult")},
    **{key: {"key": "a"} for key in ("AssetSpec", "SourceAsset")},
    **{key: {"asset_key": "a"} for key in ("AssetMaterialization", "AssetObservation")},
    "AssetDep": {"asset": "a"},
    "Output": {"value": 1},
    "DynamicOutput": {"value": 1, "mapping_key": "a"},
    "DataVersion": {"value": "a"},
    "ScheduleDefinition": {"cron_schedule": "0 0 * * *", "target": "*"},
    **{key: {"resource_fn": lambda: 1} for key in ("ResourceDefinition", "IOManagerDefinition")},
    "Field": {"config": str},
    "StaticPartitionsDefinition": {"partition_keys": ["a"]},
    "DynamicPartitionsDefinition": {"name": "a"},
    "HourlyPartitionsDefinition": {"start_date": "2024-01-01-00:00"},
    **{
        key: {"start_date": "2024-01-01"}
        for key in ("DailyPartitionsDefinition", "WeeklyPartitionsDefinition", "MonthlyPartitionsDefinition")
    },
    "TimeWindowPartitionsDefinition": {"start": "2024-01-01", "fmt": "%Y-%m-%d", "cron_schedule": "0 0 * * *"},
    "MultiPartitionsDefinition": {"partitions_defs": {"a": DAYS, "b": LETTERS}},
    "MultiPartitionMapping": {
        "downstream_mappings_by_upstream_dimension": {"a": DimensionPartitionMapping("a", IdentityPartitionMapping())}
    },
    "DimensionPartitionMapping": {"dimension_name": "a", "partition_mapping": IdentityPartitionMapping()},
    "MultiToSingleDimensionPartitionMapping": {},
    "SpecificPartitionsPartitionMapping": {"partition_keys": ["a"]},
    "StaticPartitionMapping": {"downstream_partition_keys_by_upstream_partition_key": {"a": "b"}},
    "TimeWindowPartitionMapping": {},
    **{
        key: {"partitions_def_name": "a", "partition_keys": ["a"]}
        for key in ("AddDynamicPartitionsRequest", "DeleteDynamicPartitionsRequest")
    },
    "TableColumn": {"name": "a"},
    "TableSchema": {"columns": []},
    "TableColumnDep": {"asset_key": "a", "column_name": "b"},
    "TableColumnLineage": {"deps_by_column": {}},
    "TableRecord": {"data": {}},
}
"""What definitions are given, and what functions give back; and what each of them needs."""
WRONG: list[Any] = [
    *(object(), 1, 1.5, "two words", [1], {"a": 1}, {1: 1}, b"x", len, int, True, float("nan"), {1}, (1,), ...),
    *("", [], {}, [[]], [None], {"a": None}, -1, 10**30, "\ud800", AssetKey("a"), Definitions()),
]


def arguments() -> Iterator[tuple[str, str]]:
    for name in NEEDED:
        for parameter in inspect.signature(getattr(assettui, name)).parameters.values():
            is_function = (name, parameter.name) == ("run_failure_sensor", "name")  # it may be used bare
            if parameter.kind is not inspect.Parameter.VAR_POSITIONAL and not is_function:
                yield name, parameter.name


def defined(name: str, given: dict[str, Any]) -> None:
    """Define something, and describe the project that holds it."""
    function: Callable[..., Any] = getattr(assettui, name)
    made = function(**given)
    if name in ("Definitions", "define_asset_job"):
        found = made if isinstance(made, Definitions) else Definitions(jobs=[made])
    else:

        def made_by_it() -> None: ...

        one = made(made_by_it)
        is_sensor, is_asset = name.endswith("sensor"), name.endswith("asset")
        found = Definitions(
            [one] if is_asset else [],
            jobs=[one] if name == "job" else [],
            schedules=[one] if name == "schedule" else [],
            sensors=[one] if is_sensor else [],
        )
    describe("project", found)


@pytest.mark.parametrize(("name", "argument"), arguments())
def test_what_is_nothing_of_its_kind_is_told_as_a_problem_of_the_definitions(name: str, argument: str) -> None:
    for wrong in WRONG:
        try:
            defined(name, {**NEEDED[name], argument: wrong})
        except AssettuiError:
            continue
        except Exception as error:
            raise AssertionError(f"{name}({argument}={wrong!r:.40}): {type(error).__name__}: {error}") from error


@pytest.mark.parametrize("name", CLASSES)
def test_values_that_definitions_are_made_of_are_checked_where_they_are_made(name: str) -> None:
    kind: type[Any] = getattr(assettui, name)
    kind(**CLASSES[name])
    fields = getattr(kind, "__struct_fields__", None) or list(inspect.signature(kind.__init__).parameters)[1:]
    for field, wrong in itertools.product(fields, WRONG):
        try:
            kind(**{**CLASSES[name], field: wrong})
        except AssettuiError:
            continue
        except Exception as error:
            raise AssertionError(f"{name}({field}={wrong!r:.40}): {type(error).__name__}: {error}") from error


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("AssetOut", {"is_required": "no"}, "AssetOut: is_required is 'no', a str\n    it takes True or False"),
        ("AssetSpec", {"key": "a", "deps": 5}, "AssetSpec: deps is 5, an int\n    it takes a list"),
        ("RetryPolicy", {"delay": "1"}, "RetryPolicy: delay is '1', a str\n    it takes a number"),
        ("MaterializeResult", {"metadata": 5}, "MaterializeResult: metadata is 5, an int\n    it takes a dict"),
        (
            "StaticPartitionsDefinition",
            {"partition_keys": 5},
            "partition_keys is 5, an int\n    it takes a list of texts",
        ),
    ],
)
def test_what_they_take_is_said(name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongArgument) as told:
        getattr(assettui, name)(**given)
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("asset", {"kinds": "polars"}, "asset: kinds is 'polars', a str\n    it takes a list of texts"),
        ("asset", {"description": 5}, "asset: description is 5, an int\n    it takes text"),
        ("asset", {"code_version": [1]}, "asset: code_version is [1], a list\n    it takes text"),
        ("asset", {"name": 1}, "asset: name is 1, an int\n    it takes text"),
        ("asset", {"partitions_def": "daily"}, "partitions_def is 'daily', a str\n    it takes a PartitionsDefinition"),
        ("op", {"tags": ["a"]}, "op: tags is ['a'], a list\n    it takes a dict of texts"),
        (
            "sensor",
            {"minimum_interval_seconds": "5"},
            "sensor: minimum_interval_seconds is '5', a str\n    it takes a number",
        ),
        ("Definitions", {"assets": 5}, "Definitions: assets is 5, an int\n    it takes a list of"),
    ],
)
def test_it_is_told_with_the_line_and_what_is_taken(name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionsError) as told:
        getattr(assettui, name)(**given)
    assert "test_kinds_of_arguments.py:" in str(told.value)
    assert said in str(told.value).replace("      ", "    ")
