"""Partitions and backfills from the command line, with real worker processes."""

from __future__ import annotations

import json
import os
import pty
import signal
from collections.abc import Generator
from typing import Any

import pytest

from assettui import Instance
from tests.conftest import ProjectFolder, command, environment, wait_until

PROJECT = """
    import os
    import time
    from pathlib import Path

    from assettui import (
        AssetExecutionContext, AssetIn, BackfillPolicy, DailyPartitionsDefinition, DynamicPartitionsDefinition,
        MonthlyPartitionsDefinition, StaticPartitionsDefinition, TimeWindowPartitionMapping, asset, job, op,
    )

    DAYS = DailyPartitionsDefinition("2013-01-01", end_date="2013-03-01")
    MONTHS = MonthlyPartitionsDefinition("2013-01-01", end_date="2013-03-01")

    @asset(partitions_def=DAYS)
    def raw(context: AssetExecutionContext) -> int:
        return int(context.partition_key[-2:])

    @asset(partitions_def=DAYS, code_version="1")
    def clean(context: AssetExecutionContext, raw: int) -> int:
        if Path(f"fail-{context.partition_key}").exists():
            raise ValueError("no rows on this day")
        return 2 * raw

    @asset(partitions_def=MONTHS, code_version="1")
    def monthly(clean: dict[str, int]) -> int:
        return sum(clean.values())

    @asset(code_version="1")
    def total(monthly: dict[str, int]) -> int:
        return sum(monthly.values())

    @asset(
        partitions_def=DAYS,
        ins={"balance": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))},
    )
    def balance(balance: int | None, raw: int) -> int:
        return (balance or 0) + raw

    @asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.single_run())
    def at_once(context: AssetExecutionContext, raw: dict[str, int]) -> dict[str, int]:
        return {key: raw[key] for key in context.partition_keys}

    @asset(partitions_def=DynamicPartitionsDefinition(name="customers"))
    def customer(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b", "c", "d"]))
    def slow(context: AssetExecutionContext) -> None:
        while Path("wait").exists():
            time.sleep(0.01)

    @op
    def say(context):
        return context.partition_key

    @job(partitions_def=MONTHS)
    def monthly_job():
        say()
"""


@pytest.fixture
def daily(folder: ProjectFolder) -> ProjectFolder:
    """A project with partitions."""
    folder.write(PROJECT)
    return folder


@pytest.fixture
def led(daily: ProjectFolder) -> Generator[ProjectFolder]:
    """The same, led by a process of its own."""
    leader = daily.lead()
    yield daily
    leader.send_signal(signal.SIGTERM)
    leader.wait(timeout=10)


def counts(folder: ProjectFolder, asset: str) -> dict[str, int]:
    """How many partitions of an asset have each status, without those that none has."""
    found: dict[str, int] = folder.json("partition", "ls", asset, "--counts")["counts"]
    return {status: count for status, count in found.items() if count}


def backfill(folder: ProjectFolder, *arguments: str) -> dict[str, Any]:
    """How a backfill ended."""
    done = folder.run("backfill", "start", *arguments, "--wait", "--json")
    return json.loads(done.stdout)


def test_one_partition_and_the_matching_one_is_read(daily: ProjectFolder) -> None:
    for day in ("2013-01-02", "2013-01-05"):
        assert daily.json("materialize", "raw", "--partition", day)["status"] == "success"
    run = daily.json("materialize", "clean", "--partition", "2013-01-02")
    assert run["partition"] == "2013-01-02"
    listed = daily.json("partition", "ls", "clean", "--status", "materialized")
    assert [each["partition"] for each in listed] == ["2013-01-02"]
    assert counts(daily, "raw") == {"materialized": 2, "never": 57}
    detail = daily.json("asset", "show", "clean")
    assert detail["partitions"]["materialized"] == 1
    assert detail["materializations"][0]["partition"] == "2013-01-02"


def test_a_backfill_of_a_graph_with_roll_ups_and_a_chain(daily: ProjectFolder) -> None:
    selection = ("raw", "clean", "monthly", "total", "balance", "at_once")
    plan = daily.json("backfill", "start", *selection, "--dry-run")
    assert plan["requested"] == 4 * 59 + 2 + 1
    assert next(each["asset_key"] for each in plan["assets"]) == "raw"
    assert {each["asset_key"]: each["runs"] for each in plan["assets"]}["at_once"] == 1
    assert plan["skipped"] == []

    ended = backfill(daily, *selection)

    assert set(ended) == {"backfill_id", "status", "counts", "duration_s", "error"}
    assert ended["status"] == "success"
    assert ended["counts"] == {
        "requested": 239,
        "materialized": 239,
        "failed": 0,
        "skipped": 0,
        "canceled": 0,
    }
    assert counts(daily, "balance") == {"materialized": 59}
    assert [row["status"] for row in daily.json("asset", "ls", *selection)] == ["fresh"] * 6
    (listed,) = daily.json("backfill", "ls")
    assert "raw +5 " in daily.run("backfill", "ls").stdout
    assert (listed["status"], listed["counts"]["running"]) == ("success", 0)
    shown = daily.json("backfill", "show", ended["backfill_id"][:6])
    assert {each["asset_key"]: each["materialized"] for each in shown["progress"]}["total"] == 1
    runs = daily.json("run", "ls", "--limit", "500")
    assert all(run["backfill_id"] == ended["backfill_id"] for run in runs)
    at_once = [run for run in runs if run["assets"] == ["at_once"]]
    assert [run["partition"] for run in at_once] == ["2013-01-01...2013-02-28"]


def test_a_failure_blocks_what_needs_it_is_told_by_its_error_and_retried(daily: ProjectFolder) -> None:
    for day in ("2013-01-10", "2013-02-03"):
        (daily.path / f"fail-{day}").touch()
    ended = backfill(daily, "raw", "clean", "monthly", "total", "--title", "the first")
    assert ended["status"] == "failure"
    assert ended["counts"] == {"requested": 121, "materialized": 116, "failed": 2, "skipped": 3, "canceled": 0}
    assert counts(daily, "clean") == {"failed": 2, "materialized": 57}
    shown = daily.json("backfill", "show", ended["backfill_id"])
    assert shown["title"] == "the first"
    (group,) = shown["failures"]
    assert (group["error"], group["count"]) == ("ValueError: no rows on this day", 2)
    assert {each["partition"] for each in group["examples"]} == {"2013-01-10", "2013-02-03"}
    told = daily.run("backfill", "show", ended["backfill_id"]).stdout
    assert "2 failures: ValueError: no rows on this day" in told

    (daily.path / "fail-2013-01-10").unlink()
    leader = daily.lead()
    daily.json("backfill", "retry", ended["backfill_id"])
    wait_until(lambda: daily.json("backfill", "show", ended["backfill_id"])["counts"]["materialized"] == 118)
    wait_until(lambda: daily.json("backfill", "show", ended["backfill_id"])["status"] == "failure")
    (daily.path / "fail-2013-02-03").unlink()
    daily.json("backfill", "retry", ended["backfill_id"])
    wait_until(lambda: daily.json("backfill", "show", ended["backfill_id"])["status"] == "success")
    assert daily.json("backfill", "show", ended["backfill_id"])["counts"]["materialized"] == 121
    refused = daily.run("backfill", "retry", ended["backfill_id"])
    assert refused.returncode == 2
    assert "has failed" in refused.stderr
    leader.send_signal(signal.SIGTERM)
    leader.wait(timeout=10)


def test_missing_failed_stale_a_range_keys_and_what_lies_upstream(daily: ProjectFolder) -> None:
    assert backfill(daily, "raw", "--range", "2013-01-05...2013-01-09")["counts"]["requested"] == 5
    assert backfill(daily, "raw", "--keys", "2013-01-01,2013-01-05", "--missing")["counts"]["requested"] == 1
    (daily.path / "fail-2013-01-06").touch()
    upstream = backfill(daily, "clean", "--range", "2013-01-04...2013-01-06", "--with-upstream")
    assert upstream["counts"] == {"requested": 4, "materialized": 3, "failed": 1, "skipped": 0, "canceled": 0}
    (daily.path / "fail-2013-01-06").unlink()
    assert backfill(daily, "clean", "--failed")["counts"]["materialized"] == 1
    daily.json("materialize", "raw", "--partition", "2013-01-05")
    assert counts(daily, "clean") == {"materialized": 2, "stale": 1, "never": 56}
    assert backfill(daily, "clean", "--stale")["counts"]["materialized"] == 1
    assert counts(daily, "clean") == {"materialized": 3, "never": 56}
    daily.write(PROJECT.replace('DAYS, code_version="1"', 'DAYS, code_version="2"'))
    assert counts(daily, "clean") == {"stale": 3, "never": 56}
    plan = daily.json("backfill", "start", "monthly", "--missing", "--dry-run", "--with-upstream")
    assert {each["asset_key"]: each["count"] for each in plan["assets"]} == {"raw": 52, "clean": 59, "monthly": 2}
    roll_up = daily.json(
        "backfill",
        "start",
        "raw",
        "clean",
        "monthly",
        "--range",
        "2013-02-02...2013-02-03",
        "--dry-run",
        "--with-upstream",
    )
    assert {each["asset_key"]: each["partitions"] for each in roll_up["assets"]}["monthly"] == "2013-02-01"


def test_what_cannot_be_made_is_left_out_and_told(daily: ProjectFolder) -> None:
    backfill(daily, "raw", "clean", "--range", "2013-01-01...2013-01-31")
    plan = daily.json("backfill", "start", "monthly", "--dry-run")
    assert plan["requested"] == 1
    (skipped,) = plan["skipped"]
    assert skipped["partitions"] == "2013-02-01"
    assert skipped["why"] == "reads clean of 2013-02-01...2013-02-28, which was never materialized"


def test_a_backfill_is_paused_resumed_and_canceled(led: ProjectFolder) -> None:
    (led.path / "wait").touch()
    started = led.json("backfill", "start", "slow", "--max-concurrent", "1", "--priority", "3")
    assert started["status"] in ("queued", "started")  # the leader may have been quicker
    name = started["backfill_id"]

    def shown() -> dict[str, Any]:
        return led.json("backfill", "show", name)

    wait_until(lambda: led.json("run", "ls")[0]["status"] == "started")
    assert counts(led, "slow") == {"running": 1, "never": 3}
    led.json("backfill", "pause", name)
    wait_until(lambda: shown()["status"] == "paused")
    (led.path / "wait").unlink()
    wait_until(lambda: shown()["counts"]["materialized"] == 1)
    led.json("materialize", "raw", "--partition", "2013-01-01")  # the leader goes on, and decides anew
    assert shown()["counts"]["materialized"] == 1, "nothing more is launched"
    (led.path / "wait").touch()
    led.json("backfill", "resume", name)
    wait_until(lambda: shown()["counts"]["running"] == 1 or led.json("run", "ls")[0]["status"] == "started")
    led.json("backfill", "cancel", name)
    wait_until(lambda: shown()["status"] == "canceled")
    assert shown()["counts"] == {
        "requested": 4,
        "materialized": 1,
        "failed": 0,
        "skipped": 0,
        "canceled": 3,
        "running": 0,
    }
    refused = led.run("backfill", "pause", name)
    assert refused.returncode == 2
    assert "is over: canceled" in refused.stderr


def test_ctrl_c_cancels_a_backfill_that_is_waited_for(daily: ProjectFolder) -> None:
    (daily.path / "wait").touch()
    waiting = daily.start("backfill", "start", "slow", "--wait", "--json")
    wait_until(daily.runs)
    waiting.send_signal(signal.SIGINT)
    waiting.wait(timeout=15)
    assert daily.json("backfill", "ls")[0]["status"] == "canceled"


def test_a_range_is_materialized_as_a_backfill(daily: ProjectFolder) -> None:
    ended = daily.json("materialize", "raw", "clean", "--range", "2013-01-01...2013-01-04")
    assert ended["counts"]["materialized"] == 8


def test_keys_of_dynamic_partitions(daily: ProjectFolder) -> None:
    refused = daily.run("materialize", "customer", "--partition", "acme")
    assert "to add it: assettui partition add customers acme" in refused.stderr
    assert daily.json("partition", "add", "customers", "acme", "bolt")["added"] == ["acme", "bolt"]
    assert daily.json("partition", "add", "customers", "bolt", "crux")["added"] == ["crux"]
    assert daily.json("materialize", "customer", "--partition", "acme")["status"] == "success"
    assert daily.json("partition", "rm", "customers", "bolt")["removed"] == ["bolt"]
    assert [each["partition"] for each in daily.json("partition", "ls", "customer")] == ["acme", "crux"]
    assert backfill(daily, "customer", "--missing")["counts"]["materialized"] == 1
    refused = daily.run("partition", "rm", "customers", "acne")
    assert (refused.returncode, "did you mean 'acme'?" in refused.stderr) == (2, True)
    refused = daily.run("partition", "add", "custmers", "x")
    assert (refused.returncode, "did you mean 'customers'?" in refused.stderr) == (2, True)
    refused = daily.run("backfill", "start", "customer", "--range", "acme...crux")
    assert (refused.returncode, "have no order" in refused.stderr) == (2, True)


OWN_MAPPING = """
    from assettui import *

    class SameInitial(PartitionMapping):
        def get_upstream_mapped_partitions_result_for_partitions(self, subset, below, above, at=None, store=None):
            (shop,) = subset.get_partition_keys()
            keys = [customer for customer in above.get_partition_keys(at, store) if customer[0] == shop[0]]
            return UpstreamPartitionsResult(above.subset_with_partition_keys(keys))

    @asset(partitions_def=DynamicPartitionsDefinition(name="customers"))
    def customer(context) -> str:
        return context.partition_key

    @asset(
        partitions_def=DynamicPartitionsDefinition(name="shops"),
        ins={"customer": AssetIn(partition_mapping=SameInitial())},
    )
    def shop(customer: dict[str, str]) -> list[str]:
        return sorted(customer)
"""


@pytest.mark.parametrize("is_led", [False, True])
def test_a_mapping_of_the_users_own_is_evaluated_again_as_keys_come_and_go(folder: ProjectFolder, is_led: bool) -> None:
    folder.write(OWN_MAPPING)
    if is_led:
        folder.lead()
    folder.json("partition", "add", "customers", "anna", "axel", "bob")
    folder.json("partition", "add", "shops", "alpha")
    assert backfill(folder, "customer", "--all")["counts"]["materialized"] == 3
    assert folder.json("materialize", "shop", "--partition", "alpha")["status"] == "success"
    folder.json("partition", "add", "shops", "beta")
    folder.json("partition", "add", "customers", "bea")
    lacking = folder.run("materialize", "shop", "--partition", "beta")
    assert "shop reads 1 partition of customer that was never materialized: bea" in lacking.stderr
    made = backfill(folder, "shop", "--keys", "beta", "--with-upstream")
    assert (made["status"], made["counts"]["materialized"]) == ("success", 2)
    folder.json("partition", "rm", "customers", "bea")
    assert folder.json("materialize", "shop", "--partition", "beta")["status"] == "success"


def test_a_project_is_loaded_however_many_keys_there_are(folder: ProjectFolder) -> None:
    folder.write(OWN_MAPPING)
    keys = [f"customer-of-a-long-name-{number:06}" for number in range(20_000)]  # more than one argument can hold
    with Instance.open(folder.path / ".assettui") as instance:
        instance.add_dynamic_partitions("customers", keys)
        instance.add_dynamic_partitions("shops", ["castle"])
    refused = folder.run("backfill", "start", "shop", "--all", "--dry-run")
    assert "reads customer of customer-of-a-long-name-000000, " in refused.stderr
    assert "and 19,995 more, which was never materialized" in refused.stderr
    assert counts(folder, "customer") == {"never": 20_000}


def test_a_job_of_ops_is_run_for_a_partition(daily: ProjectFolder) -> None:
    run = daily.json("job", "run", "monthly_job", "--partition", "2013-02-01")
    assert (run["status"], run["partition"]) == ("success", "2013-02-01")
    refused = daily.run("job", "run", "monthly_job")
    assert "has partitions, and none was named" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("materialize", "raw"), "raw has partitions, and none was named"),
        (("materialize", "total", "--partition", "2013-01-01"), "total has no partitions, and 2013-01-01 was named"),
        (("materialize", "raw", "--partition", "2013-1-5"), "keys are written '2013-01-05'"),
        (("materialize", "raw", "--partition", "2014-01-05"), "it lies beyond the last"),
        (("materialize", "raw", "--partition", "2013-01-01...2013-01-02"), "write --range"),
        (("materialize", "raw", "monthly", "--partition", "2013-01-01"), "have different partitions"),
        (("materialize", "clean", "--partition", "2013-01-05"), "reads 1 partition of raw that was never materialized"),
        (("materialize", "raw", "--range", "2013-01-05"), "is not A...B"),
        (("materialize", "raw", "--range", "2013-01-05...2013-01-01"), "is reversed"),
        (("backfill", "start", "raw", "--range", "2013-01-05...2013-01-01"), "write 2013-01-01...2013-01-05"),
        (("backfill", "start", "raw", "--keys", "nope"), "is not the key of a daily partition"),
        (("backfill", "start", "slow", "--keys", "e"), "has no partition 'e'"),
        (("backfill", "start", "raw", "--since", "5 days"), "is not a span such as 30d"),
        (("backfill", "start", "raw", "--since", "1d"), "raw has no partition there"),
        (("backfill", "start", "total", "--keys", "2013-01-01"), "total has no partitions, and 2013-01-01 was named"),
        (("partition", "ls", "total"), "total has no partitions"),
        (("partition", "ls", "rw"), "did you mean 'raw'?"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_launched(
    daily: ProjectFolder, arguments: tuple[str, ...], said: str
) -> None:
    refused = daily.run(*arguments)
    assert refused.returncode == 2, refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert daily.runs() == []
    assert daily.session.is_new() or daily.json("backfill", "ls") == []


def test_nothing_to_do_is_no_failure(daily: ProjectFolder) -> None:
    for which in ("--stale", "--failed"):
        ended = backfill(daily, "raw", which)
        assert (ended["status"], ended["counts"]["requested"], ended["backfill_id"]) == ("success", 0, None)
    said = daily.run("backfill", "start", "raw", "--stale").stdout
    assert "nothing to backfill: raw has no partition that is stale" in said


def test_more_partitions_than_a_bound_are_asked_about(daily: ProjectFolder) -> None:
    (daily.path / "assettui.toml").write_text('file = "pipeline.py"\nconfirm_partitions = 50\n')
    refused = daily.run("backfill", "start", "raw", "--wait")
    assert refused.returncode == 2
    assert "the backfill is of 59 partitions, more than 50" in refused.stderr
    assert backfill(daily, "raw", "--yes")["counts"]["materialized"] == 59
    # On a terminal it asks, and takes no for an answer.
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(daily.path)
        os.execvpe(command()[0], [*command(), "backfill", "start", "raw", "--wait"], environment())
    os.write(terminal, b"n\n")
    said = b""
    try:
        while chunk := os.read(terminal, 4096):
            said += chunk
    except OSError:
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert b"59 partitions of 1 asset in 59 runs" in said
    assert len(daily.json("backfill", "ls")) == 1


def test_secrets_of_a_backfill_are_kept_until_it_is_over(folder: ProjectFolder) -> None:
    folder.write("""
        from pathlib import Path
        from assettui import Config, StaticPartitionsDefinition, asset

        HERE = Path(__file__).parent

        class Login(Config):
            password: str

        @asset(partitions_def=StaticPartitionsDefinition(["x", "y"]))
        def table(context, config: Login):
            with (HERE / "used").open("a") as file:
                file.write(config.password + " ")
            assert context.partition_key == "x"
    """)
    folder.write("ops: {table: {config: {password: of-the-backfill}}}", "given.yaml")
    started = folder.json("backfill", "start", "table", "--all", "--config", "given.yaml")  # nobody leads yet
    leader = folder.lead()
    wait_until(lambda: folder.json("backfill", "show", started["backfill_id"])["status"] == "failure")
    assert (folder.path / "used").read_text().split() == ["of-the-backfill"] * 2
    leader.terminate()
    leader.wait()
    assert all(b"of-the-backfill" not in each.read_bytes() for each in folder.store.root.glob("store.db*"))
    refused = folder.run("backfill", "retry", started["backfill_id"])
    assert refused.returncode == 2
    assert "was configured with secrets, which are not kept" in refused.stderr


def test_partitions_that_are_missing_are_said_of_their_asset_and_make_nothing_stale(folder: ProjectFolder) -> None:
    folder.write(
        """
        from assettui import AssetExecutionContext, StaticPartitionsDefinition, asset

        COUNTRIES = StaticPartitionsDefinition(["PE", "CL", "BO"])

        @asset(partitions_def=COUNTRIES)
        def orders(context: AssetExecutionContext) -> str:
            return context.partition_key

        @asset(partitions_def=COUNTRIES)
        def cleaned(orders: str) -> str:
            return orders.lower()

        @asset(deps=[orders])
        def report(): ...
        """
    )

    def statuses() -> dict[str, str]:
        return {each["key"]: each["status"] for each in folder.json("asset", "ls")}

    folder.json("materialize", "orders", "cleaned", "--partition", "PE")
    folder.json("materialize", "report")
    assert statuses() == {"orders": "partial", "cleaned": "partial", "report": "fresh"}
    assert folder.json("asset", "show", "orders")["reasons"] == ["2 of 3 partitions were never materialized"]
    assert [each["key"] for each in folder.json("asset", "ls", "status:partial")] == ["orders", "cleaned"]
    folder.json("materialize", "orders", "--partition", "CL")
    assert statuses() == {"orders": "partial", "cleaned": "partial", "report": "stale"}
    folder.json("materialize", "orders", "--partition", "PE")
    assert statuses() == {"orders": "partial", "cleaned": "stale", "report": "stale"}
    folder.json("backfill", "start", "*", "--wait")
    assert set(statuses().values()) == {"fresh"}


KEYS = """
    import time
    from pathlib import Path
    from assettui import (
        AssetExecutionContext, BackfillPolicy, DailyPartitionsDefinition, DynamicPartitionsDefinition,
        MultiPartitionsDefinition, StaticPartitionsDefinition, asset,
    )

    CUSTOMERS = DynamicPartitionsDefinition(name="customers")
    DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-05")
    BOTH = MultiPartitionsDefinition({"day": DAYS, "region": StaticPartitionsDefinition(["x", "y", "z"])})

    @asset(partitions_def=CUSTOMERS)
    def orders(context: AssetExecutionContext) -> str:
        Path("begun").touch()
        while not Path("go").exists():
            time.sleep(0.01)
        return context.partition_key

    @asset(partitions_def=CUSTOMERS, backfill_policy=BackfillPolicy.single_run())
    def at_once(context: AssetExecutionContext) -> dict[str, str]:
        return {key: key for key in context.partition_keys}

    @asset(partitions_def=BOTH, backfill_policy=BackfillPolicy.single_run())
    def single(context: AssetExecutionContext) -> dict[str, int]:
        return dict.fromkeys(context.partition_keys, 1)

    @asset(partitions_def=BOTH, backfill_policy=BackfillPolicy.multi_run(5))
    def multi(context: AssetExecutionContext) -> dict[str, int]:
        return dict.fromkeys(context.partition_keys, 1)
"""


@pytest.mark.parametrize("at_once", [1, 8], ids=["one run after the other", "all at once"])
def test_a_key_that_is_removed_while_it_is_backfilled_fails_alone(folder: ProjectFolder, at_once: int) -> None:
    folder.write(KEYS)
    folder.json("partition", "add", "customers", "ana", "bea", "cid")
    waiting = folder.start("backfill", "start", "orders", "at_once", "--wait", "--max-concurrent", str(at_once))
    wait_until((folder.path / "begun").exists)
    folder.json("partition", "rm", "customers", "cid")
    (folder.path / "go").touch()
    told, _ = waiting.communicate(timeout=20)
    assert waiting.returncode == 1
    assert b"has no partition 'cid' any more" in told
    for asset in ("orders", "at_once"):
        assert counts(folder, asset) == {"materialized": 2}


def test_an_asset_that_an_edit_removes_leaves_the_rest_of_its_backfill(folder: ProjectFolder) -> None:
    folder.write(KEYS)
    folder.lead()
    folder.json("partition", "add", "customers", "ana", "bea", "cid", "dan", "eva")
    waiting = folder.start("backfill", "start", "orders", "at_once", "--wait")
    wait_until((folder.path / "begun").exists)
    folder.write(KEYS.replace("def orders(", "def sales("))
    told, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 1
    assert b"the project no longer defines orders" in told
    assert counts(folder, "at_once") == {"materialized": 5}


def test_policies_hold_over_two_dimensions(folder: ProjectFolder) -> None:
    folder.write(KEYS)
    for asset, runs in (("single", 1), ("multi", 3)):
        planned = folder.json("backfill", "start", asset, "--dry-run")
        assert planned["runs"] == runs
        done = folder.json("backfill", "start", asset, "--wait")
        assert done["counts"]["materialized"] == 12
        assert len([run for run in folder.runs() if run["assets"] == [asset]]) == runs


def test_what_of_a_selection_has_nothing_of_a_range_is_said(folder: ProjectFolder) -> None:
    folder.write(
        PROJECT
        + """
    @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
    def letters(): ...
"""
    )
    plan = folder.json("backfill", "start", "raw", "letters", "--range", "2013-01-01...2013-01-02", "--dry-run")
    (left_out,) = plan["skipped"]
    assert (left_out["asset_key"], left_out["count"]) == ("letters", 0)
    done = folder.run("materialize", "raw", "letters", "--range", "2013-01-01...2013-01-02")
    assert done.returncode == 0
    assert "skipped: letters has no partition in 2013-01-01...2013-01-02" in done.stderr
