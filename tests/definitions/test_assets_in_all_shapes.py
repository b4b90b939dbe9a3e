"""Assets in all the shapes in which people write them down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from assettui import (
    AssetDep,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetOut,
    AssetsDefinition,
    AssetSelection,
    AssetSpec,
    DataVersion,
    Definitions,
    DefinitionsError,
    Failure,
    In,
    InMemoryIOManager,
    Instance,
    MaterializeResult,
    MetadataValue,
    Nothing,
    ObserveResult,
    Output,
    RetryPolicy,
    RetryRequested,
    StepFailed,
    TableColumn,
    TableColumnDep,
    TableColumnLineage,
    TableRecord,
    TableSchema,
    asset,
    graph_asset,
    materialize,
    multi_asset,
    observable_source_asset,
    observe,
    op,
)
from assettui.core.graph import AssetGraph
from assettui.core.planning import plan_run
from assettui.core.staleness import AssetStatus, standings
from assettui.definitions.describe.project import describe
from assettui.executors.result import MaterializeInProcessResult
from assettui.model.errors import NotFound


def keys_made(result: MaterializeInProcessResult) -> list[str]:
    return [str(made.asset_key) for made in result.get_asset_materialization_events()]


# Several assets in one step.


@multi_asset(specs=[AssetSpec("users"), AssetSpec("orders", deps=["users"])])
def split() -> Iterator[MaterializeResult]:
    yield MaterializeResult("users", metadata={"rows": 2})
    yield MaterializeResult("orders", metadata={"rows": 3})


def test_a_function_makes_several_assets_one_by_one() -> None:
    result = materialize([split])
    assert keys_made(result) == ["users", "orders"]
    assert list(result.outcomes) == ["split"]


def test_several_assets_may_be_the_parts_of_a_returned_tuple() -> None:
    @multi_asset(outs={"train": AssetOut(group_name="ml"), "test": AssetOut(key_prefix="held_out")})
    def halves() -> tuple[list[int], list[int]]:
        return [1, 2], [3]

    @asset(ins={"test": AssetIn("held_out/test")})
    def sizes(train: list[int], test: list[int]) -> tuple[int, int]:
        return len(train), len(test)

    result = materialize([halves, sizes])
    assert result.asset_value("sizes") == (2, 1)
    assert result.output_for_node("halves", "test") == [3]
    assert halves.keys == {AssetKey("train"), AssetKey("held_out/test")}


def test_asset_with_out_is_a_second_spelling_of_multi_asset() -> None:
    @asset(out={"a": AssetOut(), "b": AssetOut(is_required=False)})
    def both() -> Iterator[Output[int]]:
        yield Output(1, "a")

    result = materialize([both])
    assert keys_made(result) == ["a"]


def test_a_function_that_can_make_some_without_the_others_is_asked_for_those() -> None:
    seen: list[set[AssetKey]] = []

    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b"), AssetSpec("c")], can_subset=True)
    def some(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        seen.append(context.selected_asset_keys)
        for key in sorted(context.selected_asset_keys):
            yield MaterializeResult(key)

    result = materialize([some], selection=["a", "c"])
    assert keys_made(result) == ["a", "c"]
    assert seen == [{AssetKey("a"), AssetKey("c")}]


def test_a_part_of_them_is_made_with_all_that_the_function_takes() -> None:
    @asset
    def one() -> int:
        return 1

    @asset
    def two() -> int:
        return 2

    @multi_asset(
        outs={"from_one": AssetOut(), "from_two": AssetOut()},
        internal_asset_deps={"from_one": {AssetKey("one")}, "from_two": {AssetKey("two")}},
        can_subset=True,
    )
    def each(context: AssetExecutionContext, one: int, two: int) -> Iterator[Output[int]]:
        for name in sorted(context.selected_output_names):
            yield Output(one + two, name)

    with Instance.ephemeral() as instance:
        materialize([one, two], instance=instance)
        result = materialize([one, two, each], instance=instance, selection="from_two")
        assert result.asset_value("from_two") == 3
        (made,) = result.get_asset_materialization_events()
        assert list(made.input_versions) == ["two"]


def test_a_function_that_cannot_makes_all_of_them() -> None:
    assert keys_made(materialize([split], selection="users")) == ["users", "orders"]


def test_what_must_be_made_between_two_of_its_assets_splits_the_step() -> None:
    order: list[str] = []

    @multi_asset(specs=[AssetSpec("first"), AssetSpec("last", deps=["between"])], can_subset=True)
    def models(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        for key in context.selected_asset_keys:
            order.append(str(key))
            yield MaterializeResult(key)

    @asset(deps=["first"])
    def between() -> None:
        order.append("between")

    result = materialize([models, between])
    assert order == ["first", "between", "last"]
    assert list(result.outcomes) == ["models", "between", "models#2"]


def test_without_can_subset_such_a_cycle_is_refused_with_what_to_do() -> None:
    @multi_asset(specs=[AssetSpec("first"), AssetSpec("last", deps=["between"])])
    def models() -> None: ...

    @asset(deps=["first"])
    def between() -> None: ...

    with pytest.raises(DefinitionsError, match=r"need each other's assets in a cycle(.|\n)*can_subset=True"):
        describe("test", Definitions([models, between]))


def test_the_assets_of_one_function_may_depend_on_each_other() -> None:
    @multi_asset(
        outs={"a": AssetOut(), "b": AssetOut()},
        internal_asset_deps={"a": {AssetKey("source")}, "b": {AssetKey("a")}},
    )
    def chained(source: int) -> tuple[int, int]:
        return source, source + 1

    @asset
    def source() -> int:
        return 1

    snapshot = {each.key: each for each in describe("test", Definitions([chained, source])).snapshot.assets}
    assert snapshot[AssetKey("b")].upstream == (AssetKey("a"),)
    (_, b) = materialize([chained, source]).asset_materializations_for_node("chained")
    assert list(b.input_versions) == ["a"]
    assert b.input_versions["a"] is not None


def test_a_function_that_stores_all_of_it_itself_need_say_nothing() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def by_another_tool() -> None: ...

    assert keys_made(materialize([by_another_tool])) == ["a", "b"]


def test_what_was_made_before_a_failure_stays_made() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def half() -> Iterator[MaterializeResult]:
        yield MaterializeResult("a")
        raise ValueError("no b")

    with Instance.ephemeral() as instance:
        assert not materialize([half], instance=instance, raise_on_error=False).success
        assert instance.get_latest_materialization("a") is not None
        assert instance.get_asset_state("a").failed_us is None
        assert instance.get_asset_state("b").error == "ValueError: no b"


def test_a_store_gives_back_values_and_says_where_it_cannot() -> None:
    @asset
    def total() -> dict[str, int]:
        return {"a": 1}

    with Instance.ephemeral() as instance:
        with pytest.raises(NotFound, match="the store has no value of total"):
            instance.get_asset_value("total")
        materialize([total], instance=instance)
        assert instance.get_asset_value("total") == {"a": 1}
        memory = {"io_manager": InMemoryIOManager()}
        materialize([total], instance=instance, resources=memory)
        with pytest.raises(NotFound, match="was stored by an IO manager of the project"):
            instance.get_asset_value("total")


@pytest.mark.parametrize(
    ("yielded", "message"),
    [
        ([MaterializeResult("a")], "both did not give b"),
        ([MaterializeResult("a"), MaterializeResult("zzz")], "both gave the undeclared asset zzz"),
        ([Output(1, "zzz")], "both gave an undeclared output 'zzz'"),
        ([MaterializeResult("a"), MaterializeResult("a")], "both gave a twice"),
        ([MaterializeResult()], "a result does not say of which it is"),
        ([1], "both yielded int"),
    ],
)
def test_results_that_do_not_fit_fail_the_step_with_the_names(yielded: list[Any], message: str) -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both() -> Iterator[Any]:
        yield from yielded

    with pytest.raises(StepFailed, match=message):
        materialize([both])


# What may be left out.


def test_what_reads_an_asset_that_was_left_out_is_skipped_with_the_reason() -> None:
    @asset(output_required=False)
    def news() -> Iterator[Output[int]]:
        yield from ()

    @asset
    def digest(news: int) -> int:
        return news

    @asset
    def letter(digest: int) -> int:
        return digest

    result = materialize([news, digest, letter])
    assert result.success
    assert result.error_for_node("digest").message == "news was left out by its function"  # pyright: ignore[reportOptionalMemberAccess]
    assert result.error_for_node("letter").message == "digest was skipped"  # pyright: ignore[reportOptionalMemberAccess]
    assert result.is_node_success("news")
    assert result.is_node_skipped("letter")


def test_a_spec_may_be_skippable() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b", skippable=True)])
    def only_a() -> Iterator[MaterializeResult]:
        yield MaterializeResult("a")

    assert keys_made(materialize([only_a])) == ["a"]


# Keys, dependencies, factories.


def test_keys_are_written_in_many_ways() -> None:
    @asset(key=["raw", "events"])
    def by_list() -> None: ...

    @asset(key_prefix=["a", "b"])
    def by_prefix() -> None: ...

    @asset(key=AssetKey("x/y"), deps=[AssetDep("raw/events"), by_prefix, AssetSpec("elsewhere")])
    def by_key() -> None: ...

    described = {
        str(each.key): each for each in describe("test", Definitions([by_list, by_prefix, by_key])).snapshot.assets
    }
    assert list(described) == ["raw/events", "a/b/by_prefix", "x/y", "elsewhere"]
    assert [str(key) for key in described["x/y"].upstream] == ["raw/events", "a/b/by_prefix", "elsewhere"]


def test_assets_are_made_in_loops() -> None:
    def mart(country: str) -> AssetsDefinition:
        @asset(name=f"sales_{country}", group_name="marts", tags={"country": country})
        def sales() -> str:
            return country

        return sales

    result = materialize([mart(country) for country in ("pe", "cl")])
    assert (result.asset_value("sales_pe"), result.asset_value("sales_cl")) == ("pe", "cl")


def test_nothing_orders_two_assets_without_handing_a_value() -> None:
    order: list[str] = []

    @asset
    def first() -> None:
        order.append("first")

    @asset(ins={"start": AssetIn("first", dagster_type=Nothing)})
    def second() -> None:
        order.append("second")

    materialize([second, first])
    assert order == ["first", "second"]


def test_what_is_known_of_specs_can_be_changed_for_all_of_them() -> None:
    tagged = split.map_asset_specs(lambda spec: spec.merge_attributes(tags={"tier": "gold"}, owners=["team:data"]))
    described = describe("test", Definitions([tagged])).snapshot.assets
    assert all(each.tags == {"tier": "gold"} and each.owners == ("team:data",) for each in described)
    assert split.specs[0].tags == {}
    with pytest.raises(TypeError, match="no 'colour'"):
        AssetSpec("a").replace_attributes(colour="red")


def test_a_selection_picks_from_python_as_on_the_command_line() -> None:
    @asset
    def raw() -> int:
        return 1

    @asset(group_name="marts")
    def mart(raw: int) -> int:
        return raw

    assert keys_made(materialize([raw, mart], selection=AssetSelection.groups("marts").upstream())) == ["raw", "mart"]
    assert keys_made(materialize([raw, mart], selection="raw+")) == ["raw", "mart"]
    assert keys_made(materialize([raw, mart], selection=[raw])) == ["raw"]


# Assets that something else makes.


def test_an_external_asset_is_observed_and_what_follows_from_it_is_stale_when_it_changes() -> None:
    version = "1"

    @observable_source_asset
    def upload() -> DataVersion:
        return DataVersion(version)

    @asset(deps=[upload])
    def parsed() -> int:
        return 1

    def status(instance: Instance) -> AssetStatus:
        graph = AssetGraph(describe("test", Definitions([upload, parsed])).snapshot.assets)
        return standings(graph, instance.get_asset_states())[AssetKey("parsed")].status

    with Instance.ephemeral() as instance:
        observe([upload], instance=instance)
        materialize([upload, parsed], instance=instance)
        assert status(instance) is AssetStatus.FRESH
        observe([upload], instance=instance)
        assert status(instance) is AssetStatus.FRESH
        version = "2"
        observe([upload], instance=instance)
        assert status(instance) is AssetStatus.STALE


def test_an_observation_may_say_more() -> None:
    @observable_source_asset
    def upload() -> ObserveResult:
        return ObserveResult(metadata={"size": 3}, data_version="abc")

    (seen,) = observe([upload]).asset_observations_for_node("upload")
    assert (seen.data_version, seen.metadata["size"]) == ("abc", MetadataValue.int(3))


# What a function can say.


def test_a_step_records_what_it_says_of_other_assets() -> None:
    @asset
    def loaded(context: AssetExecutionContext) -> int:
        context.log_event(AssetObservation("elsewhere", metadata={"rows": 7}))
        context.log_event(AssetMaterialization("by_product", description="made on the way"))
        return 1

    with Instance.ephemeral() as instance:
        result = materialize([loaded], instance=instance)
        observed = instance.get_asset_state("elsewhere").observed
        assert observed is not None
        assert observed.metadata["rows"].value == 7
        assert instance.get_latest_materialization("by_product") is not None
    assert keys_made(result) == ["by_product", "loaded"]


def test_a_failure_tells_what_it_knows_and_may_forbid_retries() -> None:
    attempts = 0

    @asset(retry_policy=RetryPolicy(max_retries=5))
    def picky() -> None:
        nonlocal attempts
        attempts += 1
        raise Failure("the file is empty", metadata={"path": "x.csv"}, allow_retries=False)

    result = materialize([picky], raise_on_error=False)
    error = result.error_for_node("picky")
    assert error is not None
    assert (error.message, error.metadata["path"].value, attempts) == ("the file is empty", "x.csv", 1)
    assert isinstance(result.exception_for_node("picky"), Failure)
    assert result.failures == {"picky": result.exception_for_node("picky")}


def test_a_step_is_tried_again_as_its_policy_says_or_as_it_asks() -> None:
    attempts = {"by_policy": 0, "by_asking": 0}

    @asset(retry_policy=RetryPolicy(max_retries=2))
    def by_policy(context: AssetExecutionContext) -> int:
        attempts["by_policy"] += 1
        assert context.retry_number == attempts["by_policy"] - 1
        if context.retry_number < 2:
            raise ConnectionError("try again")
        return context.retry_number

    @asset
    def by_asking() -> int:
        attempts["by_asking"] += 1
        if attempts["by_asking"] < 3:
            raise RetryRequested(max_retries=4, seconds_to_wait=0.001)
        return attempts["by_asking"]

    result = materialize([by_policy, by_asking])
    assert (result.asset_value("by_policy"), result.asset_value("by_asking")) == (2, 3)

    @asset(retry_policy=RetryPolicy(max_retries=1))
    def hopeless() -> None:
        raise ConnectionError("never")

    assert not materialize([hopeless], raise_on_error=False).success


def test_functions_may_be_coroutines() -> None:
    @asset
    async def fetched() -> int:
        return 3

    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    async def both() -> AsyncIterator[Output[int]]:
        yield Output(1, "a")
        yield Output(2, "b")

    result = materialize([fetched, both])
    assert [result.asset_value(key) for key in ("fetched", "a", "b")] == [3, 1, 2]


def test_metadata_of_every_kind_is_kept_and_plain_values_are_converted() -> None:
    schema = TableSchema([TableColumn("id", "int", description="the key")])
    lineage = TableColumnLineage({"id": [TableColumnDep("raw/events", "event_id")]})

    @asset
    def described() -> MaterializeResult:
        return MaterializeResult(
            metadata={
                "schema": schema,
                "lineage": lineage,
                "table": MetadataValue.table([TableRecord({"id": 1})], schema),
                "other": AssetKey("raw/events"),
                "run": MetadataValue.run("abc"),
                "none": None,
                "notebook": MetadataValue.notebook("a.ipynb"),
                "list": [1, 2],
            }
        )

    metadata = materialize([described]).asset_materializations_for_node("described")[0].metadata
    assert {name: value.type for name, value in metadata.items()} == {
        "schema": "table_schema",
        "lineage": "column_lineage",
        "table": "table",
        "other": "asset",
        "run": "run",
        "none": "null",
        "notebook": "notebook",
        "list": "json",
    }
    assert metadata["schema"].show() == "id int"
    assert metadata["lineage"].show() == "id ← raw/events.event_id"
    assert metadata["table"].show() == "table, 1 row"
    assert metadata["table"].columns() == ["id"]
    assert metadata["other"].show() == "raw/events"
    assert metadata["none"].show() == "none"


def test_a_result_may_carry_the_value_too() -> None:
    @asset
    def total() -> MaterializeResult[int]:
        return MaterializeResult(value=3, metadata={"unit": "EUR"}, data_version="v1")

    @asset
    def doubled(total: int) -> int:
        return 2 * total

    result = materialize([total, doubled])
    assert result.asset_value("doubled") == 6
    assert result.asset_materializations_for_node("total")[0].data_version == "v1"


def test_a_run_plan_orders_steps_of_several_assets() -> None:
    @asset
    def before() -> int:
        return 1

    @multi_asset(specs=[AssetSpec("a", deps=[before]), AssetSpec("b", deps=["a"])])
    def both() -> None: ...

    @asset(deps=["b"])
    def behind() -> None: ...

    graph = AssetGraph(describe("test", Definitions([behind, both, before])).snapshot.assets)
    plan = plan_run(graph, list(graph.assets))
    assert [(step.key, step.after) for step in plan.steps] == [
        ("before", ()),
        ("both", ("before",)),
        ("behind", ("both",)),
    ]


def test_keyword_arguments_take_the_inputs_that_are_declared() -> None:
    @asset
    def up() -> int:
        return 2

    @asset(ins={"first": AssetIn("up"), "after": AssetIn("up", dagster_type=Nothing)})
    def down(**inputs: int) -> dict[str, int]:
        return inputs

    @multi_asset(outs={"one": AssetOut(), "two": AssetOut()}, ins={"first": AssetIn("up")})
    def both(context: AssetExecutionContext, **inputs: int) -> tuple[int, int]:
        return inputs["first"], 2 * inputs["first"]

    @op(ins={"left": In(), "right": In()})
    def added(**inputs: int) -> int:
        return inputs["left"] + inputs["right"]

    @graph_asset(ins={"first": AssetIn("up")})
    def doubled(**inputs: Any) -> Any:
        return added(left=inputs["first"], right=inputs["first"])

    @asset
    def alone(**inputs: int) -> int:
        return len(inputs)

    found = materialize([up, down, both, doubled, alone])
    assert found.output_for_node("down") == {"first": 2}
    assert found.asset_value("two") == 4
    assert found.asset_value("doubled") == 4
    assert found.asset_value("alone") == 0
    assert down(first=5) == {"first": 5}


def test_positional_arguments_still_name_no_asset() -> None:
    @asset
    def down(*inputs: int) -> int:
        return len(inputs)

    with pytest.raises(DefinitionsError, match=r"asset down takes \*inputs.*, which names no asset"):
        materialize([down])
