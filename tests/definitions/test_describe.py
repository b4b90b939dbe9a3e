"""What is wrong with a project's definitions is found when it is described: all of it, each with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from assettui import (
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Definitions,
    DefinitionsError,
    MetadataValue,
    asset,
    build_asset_context,
)
from assettui.definitions.definitions import in_namespace
from assettui.definitions.describe.project import describe
from assettui.model.arguments import WrongArgument
from assettui.model.project import FORMAT, ProjectSnapshot


def described(*assets: Any) -> ProjectSnapshot:
    return describe("test", Definitions(assets)).snapshot


def problems_of(*assets: Any) -> list[str]:
    with pytest.raises(DefinitionsError) as told:
        describe("test", Definitions(assets))
    return [str(problem) for problem in told.value.problems]


def one(**arguments: Any) -> AssetsDefinition:
    """An asset with these arguments."""

    @asset(**arguments)
    def made() -> int:
        return 1

    return made


@asset
def sales() -> list[int]:
    """What was sold."""
    return [1, 2]


def test_a_bare_asset_is_named_for_its_function_and_described_by_its_docstring() -> None:
    (found,) = described(sales).assets
    assert str(found.key) == "sales"
    assert found.description == "What was sold."
    assert found.at is not None
    assert found.at.file == __file__


def test_every_keyword_is_kept() -> None:
    (found, external) = described(
        one(
            name="n",
            key_prefix=["a", "b"],
            deps=["elsewhere/table"],
            group_name="marts",
            owners=["ada@example.com", "team:data"],
            tags={"tier": "1", "ns/name": ""},
            kinds=["sql", "duckdb"],
            metadata={"rows": 3, "doc": MetadataValue.url("https://example.com")},
            description="said",
            code_version="2",
        )
    ).assets
    assert str(found.key) == "a/b/n"
    assert (found.group, found.description, found.code_version) == ("marts", "said", "2")
    assert found.owners == ("ada@example.com", "team:data")
    assert found.kinds == ("duckdb", "sql")
    assert dict(found.tags) == {"tier": "1", "ns/name": ""}
    assert found.metadata["rows"] == MetadataValue.int(3)
    assert found.upstream == (AssetKey("elsewhere/table"),)
    assert external.is_external


def test_a_snapshot_reads_back_from_json() -> None:
    snapshot = described(sales, one(name="x", deps=[sales, "sale"], metadata={"a": 1}, tags={"t": "v"}))
    assert ProjectSnapshot.decode(snapshot.encode()) == replace(snapshot, format=FORMAT)


def test_parameters_are_matched_by_name_then_beside_the_asset_then_in_its_group() -> None:
    @asset(key_prefix="raw", group_name="g")
    def rows() -> int:
        return 1

    @asset(key_prefix="raw")
    def beside(rows: int) -> int:
        return rows

    @asset(group_name="g")
    def in_group(rows: int) -> int:
        return rows

    @asset(ins={"x": AssetIn("raw/rows")})
    def by_key(x: int) -> int:
        return x

    @asset(ins={"rows": AssetIn(key_prefix="raw")})
    def by_prefix(rows: int) -> int:
        return rows

    found = described(rows, beside, in_group, by_key, by_prefix).assets[1:]
    assert {str(each.key): str(each.inputs[0].key) for each in found} == {
        "raw/beside": "raw/rows",
        "in_group": "raw/rows",
        "by_key": "raw/rows",
        "by_prefix": "raw/rows",
    }


def test_the_context_is_the_first_parameter_called_so_or_annotated_so() -> None:
    @asset
    def by_name(context, sales): ...

    @asset
    def by_annotation(run: AssetExecutionContext, sales: list[int]) -> None: ...

    assert by_name.parameters.context == "context"
    assert by_annotation.parameters.context == "run"
    assert [len(each.inputs) for each in described(sales, by_name, by_annotation).assets] == [0, 1, 1]


def test_calling_an_asset_calls_its_function() -> None:
    @asset
    def total(context: AssetExecutionContext, sales: list[int]) -> int:
        context.add_output_metadata({"count": len(sales)})
        return sum(sales)

    context = build_asset_context("total")
    assert total(context, [1, 2, 3]) == 6
    assert context.output_metadata == {"count": MetadataValue.int(3)}


def wrong_parameter() -> list[Any]:
    @asset
    def total(sale: int) -> int:
        return sale

    return [sales, total]


def wrong_cycle() -> list[Any]:
    @asset
    def a(c: int) -> int:
        return c

    @asset
    def b(a: int) -> int:
        return a

    @asset
    def c(b: int) -> int:
        return b

    return [a, b, c]


def wrong_variadic() -> list[Any]:
    @asset
    def many(*sales: int) -> int:
        return 1

    return [sales, many]


@pytest.mark.parametrize(
    ("make", "what", "hint"),
    [
        (wrong_parameter, "asset total reads 'sale', which nothing defines", "did you mean 'sales'?"),
        (wrong_cycle, "in a cycle: a → b → c → a", "break the cycle"),
        (wrong_variadic, "asset many takes *sales", "name each asset"),
        (lambda: [one(name="x"), one(name="x")], "asset x is defined twice, here and at", "rename one"),
        (lambda: [one(name="a/b")], "'a/b' is not an asset name", "key_prefix"),
        (lambda: [one(name="a b")], "'a b' is not an asset name", "letters"),
        (lambda: [one(key="a/b c")], "asset key 'a/b c' holds 'b c'", "letters"),
        (lambda: [one(key="a", name="b")], "has a key, and also a name", "the key alone"),
        (lambda: [one(group_name="a b")], "'a b' is not a group name", "letters"),
        (lambda: [one(owners=["bob"])], "'bob' is not an owner", "team:name"),
        (lambda: [one(owners=["team:"])], "'team:' is not an owner", "team:name"),
        (lambda: [one(tags={"a b": "c"})], "'a b' is not a tag name", "letters"),
        (lambda: [one(tags={"a": "c d"})], "'c d' is not a value for the tag 'a'", "letters"),
        (lambda: [one(metadata={"m": object()})], "metadata 'm': object cannot be metadata", "MetadataValue"),
        (lambda: [one(deps=[5])], "5 in deps", "its key"),
        (lambda: [one(deps=["a b"])], "'a b' in deps is not an asset key", "letters"),
        (lambda: [one(ins={"x": AssetIn("y")})], "ins names the parameter 'x'", "remove it"),
        (lambda: [asset(5)], "@asset was put on int 5, which cannot be called", "a function"),  # pyright: ignore[reportArgumentType, reportCallIssue]
        (lambda: [lambda: 1], "is not an asset", "put @asset"),
    ],
)
def test_a_wrong_definition_is_told_with_its_place_and_what_to_do(
    make: Callable[[], list[Any]], what: str, hint: str
) -> None:
    (problem,) = problems_of(*make())
    assert what in problem
    assert hint in problem
    if "is not an asset\n" not in problem:
        assert problem.startswith(f"{__file__}:")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = problems_of(one(name="a b", owners=["x"]), one(group_name="!"), *wrong_parameter())
    assert len(told) == 4


def test_a_key_in_deps_that_nothing_defines_is_external_with_a_warning_where_a_defined_one_is_close() -> None:
    near = described(sales, one(deps=["sale"]))
    far = described(sales, one(deps=["warehouse/orders"]))
    assert [warning.hint for warning in near.warnings] == ["did you mean 'sales'?"]
    assert near.warnings[0].at is not None
    assert far.warnings == ()
    assert [str(each.key) for each in far.assets if each.is_external] == ["warehouse/orders"]


def test_a_parameter_with_a_default_that_names_no_asset_keeps_its_default() -> None:
    @asset
    def scaled(sales: list[int], factor: int = 2) -> list[int]:
        return [factor * sale for sale in sales]

    @asset
    def doubtful(sale: int = 3) -> int:
        return sale

    found = described(sales, scaled, doubtful)
    assert [each.name for each in found.assets[1].inputs] == ["sales"]
    assert [warning.hint for warning in found.warnings] == ["did you mean 'sales'?"]


def test_a_module_defines_its_definitions_object_or_else_its_bare_assets() -> None:
    made = [one(name="x"), one(name="y")]
    bare = in_namespace({"sales": sales, "again": sales, "made": made, "other": 5, "names": ["a"]})
    assert isinstance(bare, Definitions)
    assert [each.key.to_user_string() for each in bare.assets] == ["sales", "x", "y"]
    defs = Definitions(assets=[sales, made])
    assert in_namespace({"defs": defs, "unlisted": one()}) is defs
    assert len(in_namespace({"a": defs, "b": Definitions()})) == 2  # pyright: ignore[reportArgumentType]


def test_a_spec_declares_an_external_asset_with_all_that_is_known_of_it() -> None:
    clicks = AssetSpec("web/clicks")
    orders = AssetSpec(
        "warehouse/orders",
        deps=[clicks],
        group_name="warehouse",
        owners=["team:dw"],
        kinds={"postgres"},
        tags={"tier": "1"},
        metadata={"table": "public.orders"},
        description="All orders.",
    )

    @asset(deps=[orders])
    def total() -> int:
        return 1

    first, *external = described(orders, total, clicks).assets
    assert (str(first.key), first.is_external, first.upstream) == ("total", False, (orders.key,))
    assert [str(each.key) for each in external] == ["warehouse/orders", "web/clicks"]
    found = external[0]
    assert (found.is_external, found.upstream, found.group) == (True, (clicks.key,), "warehouse")
    assert (found.owners, found.kinds, found.tags) == (("team:dw",), ("postgres",), {"tier": "1"})
    assert (found.description, found.metadata["table"].value) == ("All orders.", "public.orders")
    assert found.at is not None
    assert found.at.file == __file__


def test_what_is_wrong_with_a_spec_is_told_as_with_an_asset() -> None:
    told = problems_of(sales, AssetSpec("sales"), AssetSpec("a b", owners=["bob"]))
    assert any("asset sales is defined twice" in problem for problem in told)
    assert any("'bob' is not an owner" in problem for problem in told)
    assert any("asset key 'a b' holds 'a b'" in problem for problem in told)
    assert all(problem.startswith(__file__) for problem in told)
    with pytest.raises(WrongArgument, match=r"AssetSpec: key is 5, an int\n +it takes text or an AssetKey"):
        AssetSpec(5)  # pyright: ignore[reportArgumentType]


def test_bare_specs_of_a_module_count() -> None:
    found = in_namespace({"orders": AssetSpec("orders"), "others": [AssetSpec("a"), sales], "x": 5})
    assert isinstance(found, Definitions)
    assert [str(each.key) for each in found.assets] == ["orders", "a", "sales"]
