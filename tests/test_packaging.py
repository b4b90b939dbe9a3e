"""What is installed is what was tested: a wheel in an environment of its own, and the README's command on a fresh copy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_holds_all_that_the_program_needs(tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("assettui-*.whl")
    run(sys.executable, "-m", "venv", "env", cwd=tmp_path)
    run("env/bin/pip", "install", "-q", "-c", CONSTRAINTS, wheel, cwd=tmp_path)
    said = run("env/bin/assettui", "demo", "flights", "--dir", "flights", "--no-ui", "--json", cwd=tmp_path)
    assert json.loads(said)["status"] == "success"
    assert "reports/summary" in run("env/bin/assettui", "asset", "ls", "--project", "flights", cwd=tmp_path)


def test_the_readmes_command_opens_the_demo_with_nothing_but_python(tmp_path: Path) -> None:
    copy = tmp_path / "assettui"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(
            ".git", ".venv", ".assettui", "__pycache__", ".*_cache", ".hypothesis", "assettui-*"
        ),
    )
    (command,) = re.findall(r"^python3 .*assettui demo$", (ROOT / "README.md").read_text(), re.MULTILINE)
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("there is no Python beside the one that runs the tests")
    home = tmp_path / "home"
    home.mkdir()
    terminal = Terminal(
        ["/bin/sh", "-c", command],
        size=(100, 48),  # all groups are seen
        cwd=copy,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    try:
        terminal.wait_until(lambda text: "● reports/summary" in text and "0 running" in text, timeout_s=300)
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    finally:
        terminal.close()
