"""`materialize` in this very process, as users' own tests have it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from assettui import (
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    DefinitionsError,
    MaterializeResult,
    MetadataValue,
    Output,
    StepFailed,
    asset,
    materialize,
)
from assettui.executors.instance import Instance
from assettui.model.errors import LaunchError, NotFound, StoreError
from assettui.model.run import RunStatus, StepStatus


@asset
def sales() -> list[dict[str, Any]]:
    return [{"country": "PE", "amount": 150}, {"country": "CL", "amount": 80}]


@asset
def total_by_country(sales: list[dict[str, Any]]) -> dict[str, int]:
    return {sale["country"]: sale["amount"] for sale in sales}


@asset
def boom() -> int:
    raise ValueError("boom")


@asset
def after_boom(boom: int) -> int:
    return boom


def test_the_result_has_values_and_materializations() -> None:
    result = materialize([sales, total_by_country])
    assert result.success
    assert result.asset_value("total_by_country") == {"PE": 150, "CL": 80}
    assert result.output_for_node("sales")[0]["country"] == "PE"
    (made,) = result.asset_materializations_for_node("sales")
    assert made.rows == 2
    assert made.asset_key == AssetKey("sales")


def test_results_may_say_something_of_the_data() -> None:
    @asset
    def counted(context: AssetExecutionContext) -> Output[list[int]]:
        context.add_output_metadata({"source": "test", "twice": 1})
        return Output([1, 2, 3], metadata={"twice": 2, "page": MetadataValue.md("# hi")}, data_version="v9")

    @asset
    def outside() -> MaterializeResult:
        return MaterializeResult(metadata={"dagster/row_count": 41})

    result = materialize([counted, outside])
    (made,) = result.asset_materializations_for_node("counted")
    assert {name: value.value for name, value in made.metadata.items()} == {
        "source": "test",
        "twice": 2,
        "page": "# hi",
    }
    assert made.data_version == "v9"
    (stored_itself,) = result.asset_materializations_for_node("outside")
    assert (stored_itself.rows, stored_itself.value) == (41, None)
    with pytest.raises(NotFound):
        result.output_for_node("outside")


def test_a_generator_may_yield_its_result_and_a_coroutine_is_awaited() -> None:
    @asset
    def yielded() -> Generator[Output[int]]:
        yield Output(7)

    @asset
    async def awaited() -> int:
        return 8

    result = materialize([yielded, awaited])
    assert (result.asset_value("yielded"), result.asset_value("awaited")) == (7, 8)


def test_a_failure_is_raised_with_the_users_exception_as_its_cause() -> None:
    with pytest.raises(StepFailed, match="boom failed: ValueError: boom") as told:
        materialize([boom, after_boom])
    assert isinstance(told.value.__cause__, ValueError)


def test_a_failure_may_be_recorded_instead_and_what_depends_on_it_is_skipped() -> None:
    result = materialize([boom, after_boom, sales], raise_on_error=False)
    assert not result.success
    assert result.outcomes["after_boom"].status is StepStatus.SKIPPED
    assert result.asset_value("sales")
    error = result.error_for_node("boom")
    assert error is not None
    assert error.traceback is not None
    assert error.traceback.splitlines()[1].startswith(f'  File "{__file__}"')
    assert result.error_for_node("after_boom").message == "boom failed"  # pyright: ignore[reportOptionalMemberAccess]


def bad_yields() -> Generator[int]:
    yield 1


def endless() -> Generator[Output[int]]:
    while True:
        yield Output(1)


def exits() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (bad_yields, "yielded int"),
        (endless, "gave x twice"),
        (exits, "called sys.exit(3)"),
        (lambda: lambda: 1, "cannot be stored"),
        (lambda: Output(1, metadata={"x": object()}), "metadata 'x'"),
        (lambda: MaterializeResult(asset_key="other"), "gave the undeclared asset other"),
    ],
)
def test_a_result_that_cannot_be_is_a_failure_with_the_reason(tmp_path: Path, fn: Any, message: str) -> None:
    with Instance.open(tmp_path / "store") as instance:
        result = materialize([asset(name="x")(fn)], raise_on_error=False, instance=instance)
    assert message in result.error_for_node("x").message  # pyright: ignore[reportOptionalMemberAccess]


def test_an_exception_that_cannot_be_shown_is_recorded_all_the_same() -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    @asset
    def nasty() -> None:
        raise Nasty

    error = materialize([nasty], raise_on_error=False).error_for_node("nasty")
    assert error is not None
    assert error.exception is not None
    assert "Nasty" in error.exception


def test_wrong_definitions_are_told_before_anything_runs() -> None:
    with pytest.raises(DefinitionsError, match="after_boom reads 'boom', which nothing defines"):
        materialize([after_boom])


def test_a_store_keeps_runs_and_values_for_the_next_one(tmp_path: Path) -> None:
    with Instance.open(tmp_path / "store") as instance:
        with pytest.raises(LaunchError, match="reads sales, which was never materialized"):
            materialize([sales, total_by_country], selection="total_by_country", instance=instance)
        first = materialize([sales], instance=instance, tags={"why": "test"})
    with Instance.open(tmp_path / "store") as instance:
        second = materialize([sales, total_by_country], selection="total_by_country", instance=instance)
        assert second.asset_value("total_by_country") == {"PE": 150, "CL": 80}
        runs = instance.get_runs(limit=9)
        assert [(run.run_id, run.status.value) for run in runs] == [
            (second.run_id, "success"),
            (first.run_id, "success"),
        ]
        assert runs[1].tags == {"why": "test"}


def test_only_the_last_versions_of_a_value_are_kept(tmp_path: Path) -> None:
    with Instance.open(tmp_path / "store") as instance:
        for _ in range(5):
            materialize([sales], instance=instance)
    assert len(list((tmp_path / "store" / "values" / "sales").iterdir())) == 3


def test_a_store_that_is_led_already_is_refused(tmp_path: Path) -> None:
    with Instance.open(tmp_path / "store"), pytest.raises(StoreError, match="led by another process"):
        Instance.open(tmp_path / "store")


def test_frames_of_other_kinds_are_given_as_the_reader_asks(tmp_path: Path) -> None:
    import pandas as pd
    import polars as pl

    @asset
    def frame() -> pl.DataFrame:
        return pl.DataFrame({"a": [1, 2]})

    @asset(ins={"frame": AssetIn("frame")})
    def read(frame: "pd.DataFrame") -> int:  # noqa: UP037
        assert type(frame) is pd.DataFrame
        return len(frame)

    with Instance.open(tmp_path / "store") as instance:
        assert materialize([frame, read], instance=instance).asset_value("read") == 2


def test_what_is_interrupted_ends_and_what_had_not_begun_is_canceled(tmp_path: Path) -> None:
    @asset
    def first() -> int:
        return 1

    @asset
    def second(first: int) -> int:
        raise KeyboardInterrupt

    @asset
    def third(second: int) -> int:
        return second

    with Instance.at(tmp_path) as instance:
        with pytest.raises(KeyboardInterrupt):
            materialize([first, second, third], instance=instance)
        (run,) = instance.get_runs()
        assert run.status is RunStatus.CANCELED
        statuses = {step.step_key: step.status for step in instance.get_steps(run.run_id)}
    assert statuses == {
        "first": StepStatus.SUCCESS,
        "second": StepStatus.CANCELED,
        "third": StepStatus.SKIPPED,
    }
