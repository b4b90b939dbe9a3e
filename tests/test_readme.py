"""What the README says is so."""

from __future__ import annotations

import importlib
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from assettui import materialize
from assettui.project.user_settings import read_hosts, user_settings_file
from tests.conftest import ProjectFolder

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def test_ci_runs_the_command_that_the_readme_gives_for_the_tests() -> None:
    (command,) = (text.strip() for _, text in BLOCKS if "-m tests" in text and "venv .venv" in text)
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_first_pipeline_runs(folder: ProjectFolder) -> None:
    pipeline, claims, *_ = (text for language, text in BLOCKS if language == "python")
    folder.write(pipeline)
    assert folder.json("materialize", "*")["status"] == "success"
    names = {"materialize": materialize}
    exec(pipeline, names)
    exec(claims, names)


def test_the_language_is_as_it_is_written_there(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_TOKEN", "hush")
    _, _, language, *_ = (text for kind, text in BLOCKS if kind == "python")
    (config,) = (text for kind, text in BLOCKS if kind == "yaml")
    folder.write(language)
    folder.write(config, "production.yaml")
    assert folder.json("materialize", "*", "--config", "production.yaml")["status"] == "success"
    assert folder.json("asset", "show", "orders")["rows"] == 90
    result = folder.json("job", "run", "nightly")
    assert [step["step"] for step in result["steps"]] == [
        "orders",
        "exports",
        "revenue.parts",
        "revenue.total[from_0]",
        "revenue.together",
    ]


def test_machines_are_named_as_it_is_written_there() -> None:
    (machines,) = (text for kind, text in BLOCKS if kind == "toml" and "ssh" in text)
    user_settings_file().parent.mkdir(parents=True)
    user_settings_file().write_text(machines)
    everything, one = read_hosts()
    assert (everything.timeout, everything.dir) == (5, None)
    assert one.destination == ["-p", "2222", "etl@ads"]
    assert one.remote("health") == "cd /srv/ads && .venv/bin/assettui health"


def test_partitions_are_as_they_are_written_there(folder: ProjectFolder) -> None:
    (partitions,) = (text for kind, text in BLOCKS if kind == "python" and "rolling_week" in text)
    (commands,) = (text for kind, text in BLOCKS if kind == "sh" and "backfill" in text)
    folder.write(partitions)
    for line in commands.strip().splitlines():
        _, *arguments = shlex.split(line)
        done = folder.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
    made = {each["key"]: each["partitions"]["materialized"] for each in folder.json("asset", "ls")}
    assert made == {"visits": 31, "rolling_week": 31, "monthly": 1}


def test_schedules_and_sensors_are_as_they_are_written_there(folder: ProjectFolder) -> None:
    definitions, clock = (
        text
        for kind, text in BLOCKS
        if (kind == "python" and "nightly" in text and "cron" in text) or "FakeClock(" in text
    )
    folder.write(definitions)
    assert [each["name"] for each in folder.json("schedule", "ls")] == ["load_schedule", "workdays"]
    assert {each["name"] for each in folder.json("sensor", "ls")} == {"mailbox", "inbox", "on_orders", "tell"}
    assert len(folder.json("schedule", "tick", "workdays")["run_ids"]) == 1
    assert folder.json("sensor", "tick", "mailbox")["run_keys"] == ["mail-0"]
    names: dict[str, object] = {"__name__": "definitions"}
    exec(definitions, names)
    exec(clock, names)


def test_checks_freshness_and_automation_are_as_they_are_written_there(folder: ProjectFolder) -> None:
    (declared,) = (text for kind, text in BLOCKS if kind == "python" and "no_null_users" in text)
    (rule,) = (text for kind, text in BLOCKS if kind == "toml" and "notify" in text)
    folder.write(declared)
    folder.write(rule, "pyproject.toml")
    assert folder.json("materialize", "+report")["status"] == "success"
    assert [check["outcome"] for check in folder.json("check", "ls")] == ["passed", "passed"]
    assert {row["asset_key"]: row["freshness"] for row in folder.json("freshness", "ls")} == {
        "features": "pass",
        "daily": "unknown",
    }
    assert [rule["name"] for rule in folder.json("notify", "ls")["rules"]] == ["ops"]
    assert folder.run("automation", "explain", "features").returncode == 0
    folder.write(declared.replace('"user_id": [1, 2]', '"user_id": [1, None]'))
    assert folder.json("materialize", "+report")["status"] == "failure"
    assert folder.run("health").returncode == 1


def test_every_name_that_the_readme_gives_is_there() -> None:
    import assettui

    start = README.index("| what | how |")
    table = README[start : README.index("\n\n", start)]
    table += README[README.index("| ready-made checks | ") : README.index("| versions | ")]
    table += README[README.index("| partitions | ") : README.index("| several in a run |")]
    for name in re.findall(r"`@?([A-Za-z_.]+)`", table):
        module, _, attribute = name.rpartition(".")
        if name.startswith("assettui."):
            found: object = getattr(importlib.import_module(module), attribute)
        else:
            first, *rest = name.split(".")
            found = getattr(assettui, first)
            for part in rest:
                found = getattr(found, part)
        assert found is not None


def test_every_command_is_named(folder: ProjectFolder) -> None:
    (listing,) = (text for language, text in BLOCKS if not language)
    commands = set(re.findall(r"^  (\w+) ", folder.run("--help").stdout.split("Commands:")[1], re.MULTILINE))
    assert commands == set(re.findall(r"^assettui (\w+)", listing, re.MULTILINE))


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)h][^)]*)\)", README))
def test_what_the_readme_links_to_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_constraints_hold_each_dependency_to_one_version() -> None:
    lines = (ROOT / "packaging" / "constraints.txt").read_text().lower().replace("_", "-").splitlines()
    pinned = {line.split("==")[0] for line in lines if "==" in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[<>=!~ ]", each)[0] for each in wanted} - {"assettui"}
    assert names <= pinned
