"""Graphs of ops: behind assets, in jobs, and fanned out over what is known only at run time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assettui import (
    AssetOut,
    Definitions,
    DefinitionsError,
    DynamicOut,
    DynamicOutput,
    GraphOut,
    In,
    Instance,
    Nothing,
    OpExecutionContext,
    Out,
    Output,
    RetryPolicy,
    StepFailed,
    asset,
    build_op_context,
    graph,
    graph_asset,
    graph_multi_asset,
    job,
    materialize,
    op,
)
from assettui.definitions.ops.composition import CompositionError


@op
def numbers() -> list[int]:
    return [1, 2, 3]


@op
def total(values: list[int]) -> int:
    return sum(values)


@op
def double(value: int) -> int:
    return 2 * value


@op(out=DynamicOut(int))
def each(values: list[int]) -> Iterator[DynamicOutput[int]]:
    for value in values:
        yield DynamicOutput(value, mapping_key=f"n{value}")


def test_a_job_of_ops_runs_each_as_a_step() -> None:
    @job
    def summing() -> None:
        double(total(numbers()))

    result = summing.execute_in_process()
    assert list(result.outcomes) == ["numbers", "total", "double"]
    assert result.output_for_node("double") == 12


def test_an_op_that_is_called_twice_is_two_steps() -> None:
    @job
    def twice() -> None:
        double(double.alias("once")(total(numbers())))

    result = twice.execute_in_process()
    assert list(result.outcomes) == ["numbers", "total", "once", "double"]
    assert result.output_for_node("double") == 24


def test_what_is_known_only_at_run_time_fans_out_each_branch_a_step_of_its_own() -> None:
    @job
    def mapped() -> None:
        total(each(numbers()).map(double).collect())

    result = mapped.execute_in_process()
    assert list(result.outcomes) == ["numbers", "each", "double[n1]", "double[n2]", "double[n3]", "total"]
    assert result.output_for_node("total") == 12
    assert result.output_for_node("each") == {"n1": 1, "n2": 2, "n3": 3}


def test_a_branch_may_be_of_several_ops() -> None:
    @op
    def join(left: int, right: int) -> int:
        return left * right

    @job
    def branches() -> None:
        def branch(value: Any) -> Any:
            return join(double(value), value)

        total(each(numbers()).map(branch).collect())

    result = branches.execute_in_process()
    assert result.output_for_node("total") == 2 + 8 + 18
    assert "join[n2]" in result.outcomes


def test_without_any_value_the_branches_are_none_and_the_list_is_empty() -> None:
    @op
    def nothing() -> list[int]:
        return []

    @job
    def empty() -> None:
        total(each(nothing()).map(double).collect())

    result = empty.execute_in_process()
    assert list(result.outcomes) == ["nothing", "each", "total"]
    assert result.output_for_node("total") == 0


def test_a_branch_that_fails_stops_what_gathers_it() -> None:
    @op
    def picky(value: int) -> int:
        if value == 2:
            raise ValueError("not 2")
        return value

    @job
    def failing() -> None:
        total(each(numbers()).map(picky).collect())

    result = failing.execute_in_process(raise_on_error=False)
    assert result.is_node_success("picky[n3]")
    assert result.error_for_node("total").message == "picky[n2] failed"


def test_an_output_that_is_left_out_skips_what_takes_it_and_a_list_goes_on_without() -> None:
    @op(out={"small": Out(is_required=False), "large": Out(is_required=False)})
    def route(value: int) -> Iterator[Output[int]]:
        yield Output(value, "small" if value < 10 else "large")

    @job
    def routed() -> None:
        small, large = route(total(numbers()))
        total.alias("gathered")([double.alias("double_small")(small), double.alias("double_large")(large)])

    result = routed.execute_in_process()
    assert result.success
    assert result.error_for_node("double_large").message == "route gave no 'large'"
    assert result.output_for_node("gathered") == 12


def test_graphs_go_into_graphs() -> None:
    @graph(out={"plain": GraphOut(), "doubled": GraphOut()})
    def both(values: Any) -> dict[str, Any]:
        summed = total(values)
        return {"plain": summed, "doubled": double(summed)}

    @job
    def nested() -> None:
        made = both(numbers())
        total.alias("sum")([made.plain, made.doubled])

    result = nested.execute_in_process()
    assert list(result.outcomes) == ["numbers", "both.total", "both.double", "sum"]
    assert result.output_for_node("sum") == 18


def test_a_graph_is_run_by_itself_with_the_values_that_nothing_in_it_makes() -> None:
    @graph
    def summed(values: Any) -> Any:
        return double(total(values))

    assert summed.execute_in_process(input_values={"values": [4, 5]}).output_for_node("double") == 18


def test_nothing_says_only_what_comes_first() -> None:
    order: list[str] = []

    @op(out=Out(Nothing))
    def first() -> None:
        order.append("first")

    @op(ins={"start": In(Nothing)})
    def second() -> None:
        order.append("second")

    @job
    def ordered() -> None:
        second(start=first())

    ordered.execute_in_process()
    assert order == ["first", "second"]


def test_an_asset_may_be_computed_by_a_graph() -> None:
    @asset
    def raw() -> list[int]:
        return [1, 2]

    @graph_asset(group_name="marts", kinds={"python"})
    def doubled_total(raw: Any) -> Any:
        """The sum of all, each doubled."""
        return total(each(raw).map(double).collect())

    @asset
    def shown(doubled_total: int) -> str:
        return f"{doubled_total}"

    with Instance.ephemeral() as instance:
        result = materialize([raw, doubled_total, shown], instance=instance)
        assert result.asset_value("shown") == "6"
        assert "doubled_total.double[n1]" in result.outcomes
        last = instance.get_latest_materialization("doubled_total")
        assert last is not None
        assert list(last.input_versions) == ["raw"]
        assert result.output_for_node("doubled_total") == 6
    assert doubled_total.specs[0].description == "The sum of all, each doubled."


def test_a_graph_may_make_several_assets() -> None:
    @asset
    def raw() -> list[int]:
        return [1, 2]

    @graph_multi_asset(outs={"sum_of_raw": AssetOut(), "twice_that": AssetOut()})
    def both(raw: Any) -> dict[str, Any]:
        summed = total(raw)
        return {"sum_of_raw": summed, "twice_that": double(summed)}

    result = materialize([raw, both])
    assert (result.asset_value("sum_of_raw"), result.asset_value("twice_that")) == (3, 6)
    result = materialize([raw, both], selection="twice_that or raw")
    assert {str(made.asset_key) for made in result.get_asset_materialization_events()} == {
        "raw",
        "sum_of_raw",
        "twice_that",
    }


def test_ops_have_configuration_resources_and_retries_of_their_own() -> None:
    @op(config_schema={"times": int}, required_resource_keys={"base"}, retry_policy=RetryPolicy(max_retries=1))
    def scaled(context: OpExecutionContext) -> int:
        if context.retry_number == 0:
            raise ConnectionError
        return context.resources.base * context.op_config["times"]

    @job(resource_defs={"base": 10}, config={"ops": {"scaled": {"config": {"times": 3}}}})
    def scaling() -> None:
        scaled()

    assert scaling.execute_in_process().output_for_node("scaled") == 30
    more = {"ops": {"scaled": {"config": {"times": 4}}}}
    assert scaling.execute_in_process(run_config=more).output_for_node("scaled") == 40


def test_ops_of_graphs_are_configured_by_their_path() -> None:
    @op(config_schema={"n": int})
    def chosen(context: OpExecutionContext) -> int:
        return context.op_config["n"]

    @graph_asset
    def number() -> Any:
        return chosen()

    nested = {"ops": {"number": {"ops": {"chosen": {"config": {"n": 5}}}}}}
    by_path = {"ops": {"number.chosen": {"config": {"n": 6}}}}
    assert materialize([number], run_config=nested).asset_value("number") == 5
    assert materialize([number], run_config=by_path).asset_value("number") == 6


def test_an_op_is_called_directly_as_a_function() -> None:
    @op
    def with_context(context: OpExecutionContext, value: int) -> int:
        return value + context.op_config["n"]

    assert double(4) == 8
    assert with_context(build_op_context(op_config={"n": 1}), 2) == 3


def test_a_job_belongs_to_a_project_and_uses_its_resources() -> None:
    @op(required_resource_keys={"name"})
    def greeting(context: OpExecutionContext) -> str:
        return f"hello {context.resources.name}"

    @job
    def greets() -> None:
        greeting()

    defs = Definitions(jobs=[greets], resources={"name": "you"})
    assert defs.get_job_def("greets").execute_in_process().output_for_node("greeting") == "hello you"


def test_what_cannot_be_composed_is_told_with_its_place() -> None:
    with pytest.raises(CompositionError, match=r"test_graphs_of_ops\.py:\d+: double was given 3 for 'value'"):

        @job
        def literal() -> None:
            double(3)

    with pytest.raises(CompositionError, match="double has no input 'valu'(.|\n)*did you mean 'value'"):

        @job
        def misspelled() -> None:
            double(valu=total(numbers()))

    with pytest.raises(CompositionError, match="so it cannot be taken apart"):

        @job
        def unpacked() -> None:
            _a, _b = numbers()

    with pytest.raises(CompositionError, match="has no dynamic output"):

        @job
        def not_dynamic() -> None:
            numbers().map(double)


def test_a_dynamic_output_that_is_passed_on_as_it_is_is_refused() -> None:
    @job
    def unmapped() -> None:
        double(each(numbers()))

    with pytest.raises(DefinitionsError, match=r"given the dynamic output each\.result as it is(.|\n)*map\(double\)"):
        unmapped.execute_in_process()


def test_one_value_cannot_be_two_assets() -> None:
    @graph_multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both() -> dict[str, Any]:
        made = numbers()
        return {"a": made, "b": made}

    with pytest.raises(DefinitionsError, match=r"asset b: its graph returns both\.numbers\.result for two outputs"):
        materialize([both])


def test_two_values_of_one_mapping_key_are_refused() -> None:
    @op(out=DynamicOut())
    def same() -> Iterator[DynamicOutput[int]]:
        yield DynamicOutput(1, "a")
        yield DynamicOutput(2, "a")

    @job
    def clash() -> None:
        same().map(double)

    with pytest.raises(StepFailed, match="yielded the mapping key 'a' twice"):
        clash.execute_in_process()


def test_an_input_that_nothing_gives_is_told() -> None:
    @job
    def lacking() -> None:
        double()

    with pytest.raises(StepFailed, match="no op output goes to double for its input 'value'"):
        lacking.execute_in_process()
    given = {"ops": {"double": {"inputs": {"value": 4}}}}
    assert lacking.execute_in_process(run_config=given).output_for_node("double") == 8
