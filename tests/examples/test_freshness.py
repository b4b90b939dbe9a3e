"""The example `freshness`: what is lazy is made as rarely as satisfies all policies, over a week, and in the real program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ProjectFolder

EXAMPLE = Path(__file__).parents[2] / "assets_examples" / "freshness"


def test_a_week_of_it() -> None:
    shown = subprocess.check_output([sys.executable, "definitions.py"], cwd=EXAMPLE, text=True)
    assert [line.split()[:2] for line in shown.splitlines()] == [
        ["orders", "169"],
        ["by_the_hour", "169"],
        ["by_the_day", "8"],
    ]
    assert shown.strip() in (EXAMPLE / "README.md").read_text().replace("\n    ", "\n")


def test_it_is_shown_how_old_the_data_is_and_when_that_turns(folder: ProjectFolder) -> None:
    assert folder.json("demo", "freshness", "--dir", "f", "--no-ui", timeout=300)["status"] == "success"
    hour, day = folder.json("freshness", "ls", "--project", "f")
    assert (hour["freshness"], day["freshness"]) == ("pass", "pass")
    assert hour["data_time"] == day["data_time"], "both rest on the same orders"
    assert hour["turns"] < day["turns"]
    assert folder.run("health", "--project", "f").returncode == 0
