"""What a shell completes, from the store alone; and the manual page, which is written from the commands."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, command, environment

ROOT = Path(__file__).parent.parent.parent
PIPELINE = """
    from assettui import asset, define_asset_job, DailyPartitionsDefinition, ScheduleDefinition

    @asset(partitions_def=DailyPartitionsDefinition("2026-01-01", end_date="2026-01-04"))
    def visits():
        return 1

    @asset
    def visitors():
        return 1

    nightly = define_asset_job("nightly", "visitors")
    every_night = ScheduleDefinition(name="every_night", job=nightly, cron_schedule="0 0 * * *")
"""


@pytest.fixture
def project(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PIPELINE)
    assert folder.run("materialize", "visitors").returncode == 0
    folder.write("a syntax error")  # it is the store that is asked
    return folder


def completed(folder: ProjectFolder, line: str) -> list[str]:
    words = line.split(" ")
    told = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_ASSETTUI_COMPLETE": "bash_complete"}
    done = subprocess.run(
        command(), cwd=folder.path, env=environment(**told), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return [each.partition(",")[2] for each in done.stdout.split()]


def test_names_are_those_of_the_last_catalog(project: ProjectFolder) -> None:
    assert completed(project, "assettui asset show vis") == ["visits", "visitors"]
    assert completed(project, "assettui materialize 2+visit") == ["2+visits", "2+visitors"]
    assert completed(project, "assettui asset history visits --partition 2026") == [
        "2026-01-03",
        "2026-01-02",
        "2026-01-01",
    ]
    assert completed(project, "assettui asset history visitors --partition ") == []
    assert completed(project, "assettui job run ") == ["nightly"]
    assert completed(project, "assettui schedule on e") == ["every_night"]
    assert len(completed(project, "assettui run show ")) == 1
    assert "materialize" in completed(project, "assettui mat")


def test_without_a_store_nothing_is_offered_and_nothing_said(folder: ProjectFolder) -> None:
    assert completed(folder, "assettui asset show vis") == []
    folder.write(PIPELINE)
    assert completed(folder, "assettui asset show vis") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(folder: ProjectFolder, shell: str) -> None:
    script = folder.run("completion", shell).stdout
    assert "_ASSETTUI_COMPLETE" in script
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes_by_its_script(project: ProjectFolder, tmp_path: Path) -> None:
    program = tmp_path / "assettui"
    program.write_text(f'#!/bin/sh\nexec {" ".join(command())} "$@"\n')
    program.chmod(0o755)
    script = project.run("completion", "bash").stdout
    asks = "COMP_WORDS=(assettui asset show visi); COMP_CWORD=3; _assettui_completion assettui; echo ${COMPREPLY[@]}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asks}"],
        cwd=project.path,
        env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["visits", "visitors"]


def test_the_manual_page_is_that_of_these_commands() -> None:
    spec = importlib.util.spec_from_file_location("man_page", ROOT / "packaging" / "man_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "packaging" / "assettui.1").read_text()
    assert written == module.page(), "write it anew: python packaging/man_page.py > packaging/assettui.1"
