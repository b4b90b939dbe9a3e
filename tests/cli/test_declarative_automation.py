"""Declarative automation with real processes: what is made follows by itself, once, whatever dies; and it can say why."""

from __future__ import annotations

from tests.conftest import ProjectFolder, wait_until

PROJECT = """
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent

    class FileThere(AutomationCondition):
        name: str

        def evaluate(self, context):
            there = (HERE / self.name).exists()
            return AutomationResult(context, context.candidate_subset if there else context.get_empty_subset())

    class Raises(AutomationCondition):
        def evaluate(self, context):
            raise ValueError("no luck")

    @observable_source_asset(automation_condition=AutomationCondition.on_cron("0 0 1 1 *"))
    def feed():
        return DataVersion((HERE / "feed").read_text())

    @asset(deps=[feed], automation_condition=AutomationCondition.eager())
    def events():
        return (HERE / "feed").read_text()

    @asset(auto_materialize_policy=AutoMaterializePolicy.eager(), freshness_policy=FreshnessPolicy(maximum_lag_minutes=60))
    def features(events):
        if (HERE / "bad").exists():
            raise RuntimeError("cannot")
        return events

    @asset(automation_condition=FileThere(name="go").newly_true())
    def wanted():
        return 1

    @asset(automation_condition=Raises())
    def unlucky():
        return 1
"""


def project(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    (folder.path / "feed").write_text("one")


def made(folder: ProjectFolder) -> dict[str, bool]:
    return {row["key"]: row["last_materialized"] is not None for row in folder.json("asset", "ls")}


def test_what_was_observed_leads_to_one_run_of_all_that_follows(folder: ProjectFolder) -> None:
    project(folder)
    leader = folder.lead()
    assert folder.run("asset", "observe", "feed").returncode == 0
    runs = wait_until(lambda: found if len(found := folder.runs()) > 1 and found[0]["status"] == "success" else None)
    assert [sorted(run["assets"]) for run in runs] == [["events", "features"], ["feed"]]
    assert folder.run("asset", "observe", "feed").returncode == 0  # the same as before
    wait_until(lambda: [run["status"] for run in folder.runs()] == ["success"] * 3)
    (folder.path / "feed").write_text("two")
    folder.run("asset", "observe", "feed")
    wait_until(lambda: sorted(folder.runs()[0]["assets"]) == ["events", "features"])
    wait_until(lambda: folder.runs()[0]["status"] == "success")
    leader.kill()
    leader.wait()
    before = len(folder.runs())
    folder.lead()
    folder.run("asset", "ls")
    assert len(folder.runs()) == before, "what was seen before a kill leads to nothing once more"
    shown = folder.json("automation", "explain", "features")
    assert any(each["requested"] for each in shown["evaluations"])
    assert shown["sentence"].startswith("not run: ")
    assert "any_deps_updated" in folder.run("automation", "explain", "features").stdout


def test_what_fails_is_tried_no_oftener_than_its_pauses_allow(folder: ProjectFolder) -> None:
    project(folder)
    (folder.path / "bad").touch()
    folder.lead()
    folder.run("asset", "observe", "feed")
    wait_until(lambda: folder.runs()[0]["status"] == "failure")
    failed = len(folder.runs())
    (folder.path / "feed").write_text("two")
    folder.run("asset", "observe", "feed")
    wait_until(lambda: len(folder.runs()) > failed + 1)
    assert len([run for run in folder.runs() if "features" in run["assets"]]) == 1, "it waits before it is tried again"


def test_conditions_of_the_users_own_are_evaluated_in_a_worker(folder: ProjectFolder) -> None:
    project(folder)
    (folder.path / "go").touch()
    folder.lead()
    wait_until(lambda: made(folder)["wanted"])
    done = folder.run("automation", "explain", "unlucky")
    assert done.returncode == 0
    (tick,) = wait_until(lambda: [each for each in folder.json("tick", "ls") if each["log"]])
    assert "unlucky: ValueError: no luck" in tick["log"][0]["message"]
    assert not made(folder)["unlucky"]


def test_it_is_turned_off_and_asked_for_by_hand(folder: ProjectFolder) -> None:
    project(folder)
    folder.lead()
    folder.run("asset", "observe", "feed")
    wait_until(lambda: made(folder)["features"])
    assert folder.run("automation", "off", "default_automation_condition_sensor").returncode == 0
    (folder.path / "feed").write_text("two")
    folder.run("asset", "observe", "feed")
    runs = len(folder.runs())
    assert [each["entity"] for each in folder.json("automation", "tick", "--dry-run")] == ["events", "features"]
    assert len(folder.runs()) == runs
    assert folder.run("automation", "tick").returncode == 0
    wait_until(lambda: len(folder.runs()) == runs + 1)


def test_freshness_is_told_from_the_time_of_the_source_data(folder: ProjectFolder) -> None:
    project(folder)
    text = PROJECT.replace("maximum_lag_minutes=60)", "maximum_lag_minutes=0.02)")
    folder.write(text)
    assert folder.run("materialize", "events", "features").returncode == 0
    folder.lead()
    wait_until(lambda: folder.json("freshness", "ls")[0]["freshness"] == "fail")
    assert folder.run("health").returncode == 1
    shown = folder.run("freshness", "show", "features").stdout
    assert "overdue" in shown
    assert "events" in shown
    wait_until(lambda: "overdue" in folder.run("health").stdout)


def test_wrong_names_and_times_are_helped_with(folder: ProjectFolder) -> None:
    project(folder)
    folder.run("asset", "ls")
    assert "did you mean" in folder.run("automation", "explain", "featurs").stderr
    assert folder.run("automation", "explain", "featurs").returncode == 2
    assert "nothing was kept" in folder.run("automation", "explain", "features", "--at", "30d").stderr
    assert "has no partitions" in folder.run("automation", "explain", "features", "--partition", "x").stderr
    assert "has no freshness policy" in folder.run("freshness", "show", "events").stderr
