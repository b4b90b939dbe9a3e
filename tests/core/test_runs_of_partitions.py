"""A run of partitions: what is refused before it begins, and what it makes."""

from __future__ import annotations

import pytest

from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitioned_runs import of_job_partitions, partitions_of, with_partitions
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition, MonthlyPartitionsDefinition
from assettui.core.planning import plan_ops, plan_run
from assettui.core.versions import combined_version
from assettui.model.errors import LaunchError
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot, InputSnapshot, JobSnapshot, StepSnapshot
from assettui.model.run import RunPlan

DAYS = DailyPartitionsDefinition("2013-01-01", end_date="2013-04-01")
RAW, DAILY, MONTHLY, REPORT, LATER = map(AssetKey, ("raw", "daily", "monthly", "report", "later"))


def asset(key: AssetKey, *upstream: AssetKey, **more: object) -> AssetSnapshot:
    return AssetSnapshot(
        key,
        step=str(key),
        upstream=upstream,
        inputs=tuple(InputSnapshot(str(each), each) for each in upstream),
        **more,  # pyright: ignore[reportArgumentType]
    )


ASSETS = (
    asset(RAW, partitions=DAYS),
    asset(DAILY, RAW, partitions=DAYS),
    asset(MONTHLY, DAILY, partitions=MonthlyPartitionsDefinition("2013-01-01", end_date="2013-04-01")),
    asset(REPORT, MONTHLY),
    asset(LATER, RAW, partitions=DailyPartitionsDefinition("2012-12-01", end_date="2013-04-01")),
)
GRAPH = PartitionedGraph(AssetGraph(ASSETS), AsOf(1_400_000_000_000_000))
NOTHING = {key: GRAPH.space(key).all - GRAPH.space(key).all for key in (RAW, DAILY, MONTHLY, LATER)}


def planned(*keys: AssetKey) -> RunPlan:
    return plan_run(GRAPH.graph, keys)


def test_a_run_of_partitions_says_which() -> None:
    plan = with_partitions(planned(RAW, DAILY), GRAPH, [("2013-01-02", "2013-01-04")], NOTHING)
    assert plan.partitions == (("2013-01-02", "2013-01-04"),)
    made = partitions_of(plan.steps[0], GRAPH, plan.partitions)
    assert made is not None
    assert GRAPH.space(RAW).keys(made) == ["2013-01-02", "2013-01-03", "2013-01-04"]
    assert partitions_of(planned(REPORT).steps[0], GRAPH, ()) is None


@pytest.mark.parametrize(
    ("keys", "partitions", "told"),
    [
        ([RAW], [], "raw has partitions, and none was named"),
        ([REPORT], [("2013-01-01", "2013-01-01")], "report has no partitions, and 2013-01-01 was named"),
        ([RAW, MONTHLY], [("2013-01-01", "2013-01-01")], "raw and monthly have different partitions"),
        ([DAILY], [("2013-01-01", "2013-01-02")], "daily reads 2 partitions of raw that were never materialized"),
        ([LATER], [("2012-12-31", "2013-01-02")], "needs partitions of raw that do not exist"),
    ],
)
def test_what_could_not_be_run_is_refused(keys: list[AssetKey], partitions: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(LaunchError, match=told):
        with_partitions(planned(*keys), GRAPH, partitions, NOTHING)


def test_what_reads_whole_assets_needs_all_of_their_partitions() -> None:
    with pytest.raises(LaunchError, match=r"report reads 3 partitions of monthly"):
        with_partitions(planned(REPORT), GRAPH, [], NOTHING)
    whole = {**NOTHING, MONTHLY: GRAPH.space(MONTHLY).all}
    assert with_partitions(planned(REPORT), GRAPH, [], whole).partitions == ()


def test_a_job_of_ops_may_have_partitions_of_its_own() -> None:
    moment = AsOf(1_400_000_000_000_000)
    plain, of_days = (JobSnapshot("j", steps=(StepSnapshot("send", is_op=True),), partitions=p) for p in (None, DAYS))
    plan = plan_ops(plain)
    assert of_job_partitions(plan, plain, moment, ()) is plan
    assert of_job_partitions(plan, of_days, moment, [("2013-01-01", "2013-01-01")]).partition_key == "2013-01-01"
    with pytest.raises(LaunchError, match="has no partitions"):
        of_job_partitions(plan, plain, moment, [("2013-01-01", "2013-01-01")])
    with pytest.raises(LaunchError, match="none was named"):
        of_job_partitions(plan, of_days, moment, ())


def test_the_version_of_several_partitions_together_changes_with_each_of_them() -> None:
    assert combined_version({}) is None
    assert combined_version({"a": "v"}) == "v"
    both = combined_version({"a": "v", "b": None})
    assert both not in (None, combined_version({"a": "v", "b": "w"}), combined_version({"a": "v", "c": None}))
