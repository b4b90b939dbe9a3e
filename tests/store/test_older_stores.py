"""A store that version 0.1.0 has made opens, and shows what it showed then.

`store_of_0_1_0/` holds that store, the project that it is of, and what each command printed. Times that depend on the
day, and places that depend on the machine, are left out of the comparison. What was called stale then because partitions
were missing is written there as it is called now: partial.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assettui.main import commands

OLDER = Path(__file__).parent / "store_of_0_1_0"
SHOWN: dict[str, Any] = json.loads((OLDER / "shown.json").read_text())
PASSING = {"source", "next", "file", "text"}
ADDED = {"failed_items", "checks", "freshness", "drifts"}
"""What outputs tell since then."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with its store."""
    root = tmp_path_factory.mktemp("older")
    shutil.copy(OLDER / "project.py.txt", root / "definitions.py")
    (root / ".assettui").mkdir()
    shutil.copy(OLDER / "store.db", root / ".assettui" / "store.db")
    return root


def lasting(shown: Any) -> Any:
    """What of an output is the same on every day and machine."""
    if isinstance(shown, dict):
        return {name: lasting(value) for name, value in shown.items() if name not in PASSING | ADDED}
    return [lasting(each) for each in shown] if isinstance(shown, list) else shown


@pytest.mark.parametrize("arguments", SHOWN)
def test_an_older_store_shows_what_it_showed(project: Path, arguments: str) -> None:
    done = CliRunner().invoke(commands, [*arguments.split(), "--json", "--project", str(project)])
    assert done.exit_code == 0, done.output
    assert lasting(json.loads(done.stdout)) == SHOWN[arguments]
