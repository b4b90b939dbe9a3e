"""What a row of each noun holds, on a screen and in print, and what is said of one in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.partition_status import PartitionStatus
from assettui.core.staleness import AssetStatus, Standing
from assettui.model.asset import AssetState, PartitionState
from assettui.model.backfill import (
    BackfillCounts,
    BackfillPlan,
    BackfillRecord,
    BackfillStatus,
    PlannedAsset,
    SkippedPartitions,
    Target,
)
from assettui.model.events import LogEntry, Materialization, RunChanged, Tick, TickOutcome, TickRun
from assettui.model.instigator import InstigatorKind, InstigatorSnapshot
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue
from assettui.model.project import AssetSnapshot, JobSnapshot
from assettui.model.run import RunRecord, RunStatus, StepError, StepRecord, StepStatus
from assettui.model.tick import Evaluation, InstigatorState
from assettui.model.timing import SECOND_US
from assettui.render.assets import ASSETS
from assettui.render.backfills import BACKFILLS, backfill_lines, pace, plan_lines
from assettui.render.events import event_lines
from assettui.render.instigators import INSTIGATORS, instigator_lines
from assettui.render.jobs import JOBS, job_lines
from assettui.render.lines import Line
from assettui.render.partitions import PARTITIONS
from assettui.render.queue import LIMITS, WAITING
from assettui.render.runs import RUNS, failure_lines, run_lines, steps_table
from assettui.render.ticks import TICKS, dry_lines, tick_lines
from assettui.render.timeline import Window, timeline_cells, timeline_summary
from assettui.service.automation import DryTick, InstigatorRow
from assettui.service.backfills import BackfillDetail, FailureGroup
from assettui.service.catalog import AssetRow
from assettui.service.jobs import JobRow
from assettui.service.partitions import PartitionRow
from assettui.service.queue import LimitRow, WaitingRun
from assettui.service.runs import RunDetail
from assettui.service.timeline import TimelineRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.render.table import Row, Table

NOW_US = 1_357_034_400 * SECOND_US
RAW, DAILY = AssetKey("raw"), AssetKey(["marts", "daily"])
RUN = RunRecord(
    "0123456789abcdef", RunStatus.FAILURE, NOW_US - 10 * SECOND_US, NOW_US - 9 * SECOND_US, NOW_US, (RAW, DAILY)
)
FAILED = StepError(
    "ValueError: no rows", traceback="Traceback …\nValueError: no rows", metadata={"n": MetadataValue.int(3)}
)


def shown(table: Table[Any], noun: object) -> dict[str, str]:
    """A row by the titles of its columns, as a screen shows it."""
    row: Row = table.row(noun, NOW_US)
    assert len(row.cells) == len(table.columns)
    assert len(row.glyph) <= 1
    return {column.title: cell.text for column, cell in zip(table.columns, row.cells, strict=True)}


def printed(lines: Sequence[Line]) -> str:
    """Lines as a command prints them."""
    return "\n".join("".join(cell.text if cell.printed is None else cell.printed for cell in line) for line in lines)


def test_a_run_by_its_assets_or_its_job() -> None:
    assert shown(RUNS, RUN) == {
        "assets": "marts/daily +1",
        "run": "01234567",
        "status": "failure",
        "created": "10s ago",
        "took": "9.0s",
        "error": "",
    }
    job = RunRecord("ab", RunStatus.QUEUED, NOW_US, assets=(RAW,), job="nightly", partitions=(("d1", "d2"),))
    assert shown(RUNS, job)["assets"] == "job nightly d1...d2"
    assert shown(RUNS, job)["took"] == "–"


def test_a_time_is_printed_as_it_is() -> None:
    created = RUNS.row(RUN, NOW_US).cells[3]
    assert created.text == "10s ago"
    assert created.printed is not None
    assert created.printed.startswith("2013-01-01 ")


def test_a_step_has_a_bar_for_when_it_ran_and_says_why_it_failed() -> None:
    step = StepRecord("ab", "load", StepStatus.FAILURE, (RAW,), NOW_US - 5 * SECOND_US, NOW_US, error=FAILED, retries=2)
    row = shown(steps_table((NOW_US - 10 * SECOND_US, NOW_US)), step)
    assert row[""] == " " * 12 + "━" * 12
    assert row["error"] == "ValueError: no rows, after 2 retries"
    assert printed(failure_lines(step)).splitlines() == [
        "ValueError: no rows",
        "Traceback …",
        "ValueError: no rows",
        "n            3",
    ]


def test_a_run_in_detail() -> None:
    detail = RunDetail(RUN, (), {"ops": {"load": {"config": {"n": 3}}}}, waits_for="pool warehouse")
    text = printed(run_lines(detail, NOW_US))
    assert text.startswith("run 01234567  failure  ")
    assert "waits for pool warehouse" in text
    assert "config       ops.load.config.n = 3" in text


def test_an_asset_that_was_made_one_that_was_not_and_one_of_somebody_else() -> None:
    last = Materialization(
        NOW_US - 60 * SECOND_US, RUN.run_id, "raw", asset_key=RAW, data_version="v1", rows=1_204, duration_us=2_400_000
    )
    made = AssetRow(AssetSnapshot(RAW, step="raw"), AssetState(RAW, last), Standing(AssetStatus.FRESH))
    assert [shown(ASSETS, made)[name] for name in ("asset", "status", "built", "took", "rows")] == [
        "raw",
        "fresh",
        "1m ago",
        "2.4s",
        "1,204",
    ]
    never = AssetRow(AssetSnapshot(DAILY, step="daily"), AssetState(DAILY), Standing(AssetStatus.NEVER))
    assert [shown(ASSETS, never)[name] for name in ("status", "built", "why")] == ["never", "never", ""]
    other = AssetRow(AssetSnapshot(RAW), AssetState(RAW), Standing(AssetStatus.NEVER))
    assert [shown(ASSETS, other)[name] for name in ("status", "built")] == ["external", "external"]


def backfill(status: BackfillStatus = BackfillStatus.STARTED, title: str | None = None) -> BackfillRecord:
    """One that has made 50 of its 100 partitions in ten seconds."""
    plan = BackfillPlan((Target(RAW, {}), Target(DAILY, {})), title=title)
    counts = BackfillCounts(requested=100, materialized=50, failed=10, running=5)
    return BackfillRecord("beef0123", status, NOW_US, plan, counts, NOW_US - 10 * SECOND_US)


def test_a_backfill_by_its_title_or_its_assets() -> None:
    row = shown(BACKFILLS, backfill())
    assert row["title"] == "raw +1"
    assert row[""] == "████████✗✗░░░░░░"
    assert [row[name] for name in ("done", "failed", "rate", "took", "left")] == [
        "50/100",
        "10",
        "6/s",
        "10.0s",
        "6.7s",
    ]
    assert shown(BACKFILLS, backfill(title="Christmas"))["title"] == "Christmas"
    assert pace(BackfillRecord("x", BackfillStatus.QUEUED, NOW_US, BackfillPlan(()), BackfillCounts()), NOW_US) == (
        None,
        None,
    )


def test_a_backfill_in_detail_groups_its_failures() -> None:
    group = FailureGroup("ValueError: boom", 10, tuple((f"s{n}", "d1", "ab" * 8) for n in range(10)), "Traceback\nboom")
    detail = BackfillDetail(backfill(), ((RAW, 60, 50), (DAILY, 40, 0)), (group,), (RUN,))
    text = printed(backfill_lines(detail, NOW_US, 80))
    assert "50 of 100 materialized   10 failed   5 running" in text
    assert "raw          ████████████████████░░░░  50 of 60" in text
    assert "✗ 10 failures: ValueError: boom" in text
    assert "and 2 more" in text
    assert "last runs" in text


def test_a_plan_says_how_much_of_what_and_what_is_left_out() -> None:
    plan = BackfillPlan(
        (),
        count=5,
        assets=(PlannedAsset(RAW, 5, "d1...d5", 5, 43_000),),
        skipped=(SkippedPartitions(DAILY, "d6", 1, "reads raw of d6"),),
        runs=5,
        estimate_us=122_000,
    )
    text = printed(plan_lines(plan))
    assert text.startswith("5 partitions of 1 asset in 5 runs, about 122ms\n")
    assert "1 partition of marts/daily (d6): reads raw of d6" in text


SCHEDULE = InstigatorSnapshot(
    "nightly", InstigatorKind.SCHEDULE, jobs=("report",), crons=("0 2 * * *",), zone_name="UTC"
)


def tick(**found: Any) -> Tick:
    """A tick of the schedule."""
    return Tick(
        NOW_US,
        instigator="nightly",
        instigator_kind=InstigatorKind.SCHEDULE,
        scheduled_us=NOW_US,
        started_us=NOW_US - 20_000,
        **found,
    )


def test_a_schedule_with_what_it_did_and_when_it_is_due() -> None:
    done = tick(outcome=TickOutcome.SUCCESS, runs=(TickRun("ab" * 8),))
    row = InstigatorRow(SCHEDULE, InstigatorState("nightly"), True, NOW_US + 60 * SECOND_US, (done,))
    cells = shown(INSTIGATORS, row)
    assert [cells[name] for name in ("name", "state", "when", "of", "next", "did")] == [
        "nightly",
        "on",
        "0 2 * * * UTC",
        "report",
        "in 1m00s",
        "1 run",
    ]
    assert cells["ticks"].strip() == "✓"
    assert "schedule nightly  on by default" in printed(instigator_lines(row, NOW_US))


def test_a_tick_says_what_it_asked_for_and_what_went_wrong() -> None:
    failed = tick(outcome=TickOutcome.FAILURE, error=StepError("ValueError: boom\nand more"), missed=2)
    assert shown(TICKS, failed)["outcome"] == "failure"
    text = printed(tick_lines(failed))
    assert "2 ticks before it missed" in text
    assert text.endswith("ValueError: boom\nand more")
    dry = DryTick("nightly", NOW_US, NOW_US, NOW_US, Evaluation(skip_reason="nothing new", cursor="7"))
    assert printed(dry_lines(dry)).endswith("would be: skipped\nnothing new\ncursor       7")


def test_a_job_that_selects_one_of_ops_and_one_that_selects_nothing_now() -> None:
    selects = JobRow(JobSnapshot("report", "group:marts", hooks=("tell",)), (RAW,), (), (RUN,))
    assert [shown(JOBS, selects)[name] for name in ("job", "runs", "last run", "status")] == [
        "report",
        "1 asset",
        "10s ago",
        "failure",
    ]
    assert "hooks        tell" in printed(job_lines(selects))
    assert shown(JOBS, JobRow(JobSnapshot("etl"), (), ("a", "b"), ()))["runs"] == "2 ops"
    assert shown(JOBS, JobRow(JobSnapshot("none", "x"), (), (), (), "no such group"))["runs"] == "nothing now"


def test_a_partition_that_failed_and_one_that_was_never_made() -> None:
    failed = PartitionRow("d1", PartitionStatus.FAILED, PartitionState("d1", failed_run="beef" * 4, error="boom"))
    assert [shown(PARTITIONS, failed)[name] for name in ("status", "built", "run", "error")] == [
        "failed",
        "–",
        "beefbeef",
        "boom",
    ]
    assert shown(PARTITIONS, PartitionRow("d2", PartitionStatus.NEVER, None))["took"] == "–"


def test_the_queue_and_its_limits() -> None:
    assert shown(WAITING, WaitingRun(RUN, 3, "pool warehouse"))["waits for"] == "pool warehouse"
    assert shown(LIMITS, LimitRow("pool", "db", None, 2))["slots"] == "any"
    assert shown(LIMITS, LimitRow("pool", "db", 3, 2, ("a1 load",), is_set=True))["set by"] == "hand"


def test_an_event_and_its_traceback() -> None:
    said = LogEntry(NOW_US, "ab", "load", level="ERROR", message="no\nrows", traceback="Traceback")
    first, *rest = event_lines(said)
    assert first.text.endswith("  load  ERROR    no")
    assert first.printed is not None
    assert first.printed.startswith("2013-01-01 ")
    assert [cell.text.strip() for cell in rest] == ["rows", "Traceback"]
    assert event_lines(RunChanged(NOW_US, "ab", status=RunStatus.FAILURE, error="boom"))[0].text.endswith(
        "run failure: boom"
    )


def test_the_timeline_shows_the_run_that_matters_most_and_what_is_due() -> None:
    row = TimelineRow("report", [RUN], [NOW_US + 5 * SECOND_US])
    cells = timeline_cells(row, Window(NOW_US - 10 * SECOND_US, NOW_US + 10 * SECOND_US), NOW_US, 20)
    assert "".join(cell.text for cell in cells) == "·✗✗✗✗✗✗✗✗✗✗····◇····"
    assert timeline_summary(row, NOW_US).startswith("1 run · 1 failed · last 01234567 failure in 9.0s · next ")
