"""Every wrong use is told when the project is loaded, with the file and line, the name, and what to do."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from assettui import AssetIn, AssetOut, AssetSpec, Config, Definitions, DefinitionsError, asset, multi_asset, op
from assettui.definitions.describe.project import describe
from tests.conftest import ProjectFolder


class Limit(Config):
    n: int = 1


def problems_of(*assets: Any, **more: Any) -> str:
    with pytest.raises(DefinitionsError) as told:
        describe("test", Definitions(assets, **more))
    return str(told.value)


def test_a_parameter_that_is_nothing_known() -> None:
    @asset
    def raw_orders() -> None: ...

    @asset
    def total(raw_order: int) -> None: ...

    told = problems_of(raw_orders, total)
    assert "test_wrong_input.py:" in told
    assert "asset total reads 'raw_order', which nothing defines" in told
    assert "did you mean 'raw_orders'?" in told


def test_a_function_whose_parameters_cannot_be_read() -> None:
    assert "its parameters cannot be read" in problems_of(asset(name="odd")(dict.fromkeys), asset(name="type")(dict))


def test_configuration_twice() -> None:
    @asset
    def greedy(config: Limit, other: Limit) -> None: ...

    assert "takes configuration twice, as 'config' and 'other'" in problems_of(greedy)


def test_multi_assets_that_say_both_or_nothing() -> None:
    @multi_asset(specs=[AssetSpec("a")], outs={"b": AssetOut()})
    def both() -> None: ...

    @multi_asset()
    def nothing() -> None: ...

    @multi_asset(outs={"c": "not an out"}, internal_asset_deps={"d": set()})  # pyright: ignore[reportArgumentType]
    def wrong() -> None: ...

    told = problems_of(both, nothing, wrong)
    assert "given both specs and outs" in told
    assert "makes no asset" in told
    assert "output 'c' is str, not an AssetOut" in told
    assert "internal_asset_deps names the output 'd'" in told


def test_two_functions_with_one_step_name() -> None:
    @multi_asset(name="load", specs=[AssetSpec("a")])
    def first() -> None: ...

    @multi_asset(name="load", specs=[AssetSpec("b")])
    def second() -> None: ...

    assert "two functions make a step called 'load'" in problems_of(first, second)


def test_what_is_listed_and_is_none() -> None:
    @op
    def no_asset() -> None: ...

    assert "is not an asset" in problems_of(no_asset)


@pytest.mark.parametrize(
    ("made", "wanted", "is_warned"),
    [
        (str, int, True),
        (list[int], dict[str, int], True),
        (int, float, False),
        (pl.DataFrame, pl.LazyFrame, False),
        (dict[str, int], dict[str, Any], False),
        (int | None, int, False),
        (Any, int, False),
        (str, int | None, True),
    ],
)
def test_an_output_and_its_consumer_whose_annotations_cannot_agree_are_a_warning(
    made: Any, wanted: Any, is_warned: bool
) -> None:
    def source() -> Any: ...

    def reader(source: Any) -> Any: ...

    source.__annotations__["return"] = made
    reader.__annotations__["source"] = wanted
    warnings = describe("test", Definitions([asset(source), asset(reader)])).snapshot.warnings
    assert bool(warnings) is is_warned
    if is_warned:
        (warning,) = warnings
        assert warning.what.startswith("asset reader takes 'source' as ")
        assert warning.at is not None


def test_a_resource_that_is_configured_wrongly_is_told_with_the_line_that_does_it(folder: ProjectFolder) -> None:
    file = folder.write("""
        from assettui import ConfigurableResource, Definitions, asset

        class Database(ConfigurableResource):
            url: str
            port: int = 1

        @asset
        def users(): ...

        defs = Definitions(
            [users],
            resources={"database": Database(url=3, prot=5)},
        )
    """)
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "prot=5" in text)
    told = folder.run("asset", "ls")
    assert told.returncode != 0
    assert (
        f"{file}:{line}: Database is configured wrongly: url: input should be a valid string; prot: there is no such field"
        in (told.stderr)
    )
    assert "Traceback" not in told.stderr


def test_a_wrong_in_is_told() -> None:
    @asset(ins={"orders": "raw/orders", "other": AssetIn("x")})  # pyright: ignore[reportArgumentType]
    def total(orders: int) -> None: ...

    told = problems_of(total)
    assert "asset total reads 'raw/orders', which nothing defines" in told
    assert "ins names the parameter 'other', which its function does not have" in told
