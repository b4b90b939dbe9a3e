"""What the README says is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from assettui import materialize
from tests.conftest import ProjectFolder

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def test_ci_runs_the_command_that_the_readme_gives_for_the_tests() -> None:
    (command,) = (text.strip() for _, text in BLOCKS if "-m tests" in text and "venv .venv" in text)
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_first_pipeline_runs(folder: ProjectFolder) -> None:
    pipeline, claims = (text for language, text in BLOCKS if language == "python")
    folder.write(pipeline)
    assert folder.json("materialize", "*")["status"] == "success"
    names = {"materialize": materialize}
    exec(pipeline, names)
    exec(claims, names)


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
