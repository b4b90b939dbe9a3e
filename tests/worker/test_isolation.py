"""Steps that have a process of their own."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFolder, is_alive, wait_until
from tests.worker.test_process_state import value_of

PROJECT = """
    import os, signal, time, threading
    from pathlib import Path
    from assettui import asset, op, job
    {at_import}
    GLOBAL = []

    def state():
        GLOBAL.append(1)
        return [os.getpid(), os.getppid(), len(GLOBAL)]

    @asset
    def one():
        return state()

    @asset(deps=[one], op_tags={{"dagster/isolation": "worker"}})
    def shared():
        return state()

    @asset(deps=[shared], op_tags={{"dagster/isolation": "process"}})
    def alone(context):
        print("printed")
        context.log.info("logged")
        return state()

    @asset
    def crashes():
        os.kill(os.getpid(), signal.SIGSEGV)

    @asset
    def cleans_up():
        try:
            Path("begun").touch()
            time.sleep(60)
        finally:
            Path("cleaned").touch()
"""
ONE_THREAD = ""
TWO_THREADS = "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"


def write(folder: ProjectFolder, at_import: str, isolation: str) -> None:
    folder.write(PROJECT.format(at_import=at_import))
    (folder.path / "assettui.toml").write_text(f'file = "pipeline.py"\nmax_workers = 1\nisolation = "{isolation}"\n')


@pytest.mark.parametrize("at_import", [ONE_THREAD, TWO_THREADS], ids=["forked", "spawned"])
def test_an_isolated_step_finds_no_trace_of_another(folder: ProjectFolder, at_import: str) -> None:
    write(folder, at_import, "process")
    run_id = folder.json("materialize", "one", "shared", "alone")["run_id"]
    one, shared, alone = (value_of(folder, name) for name in ("one", "shared", "alone"))
    assert [one[2], shared[2]] == [1, 1]
    assert alone[2] == (2 if at_import == ONE_THREAD else 1), "a fork has the globals of its worker"
    worker = shared[0]
    assert (one[1], alone[1]) == (worker, worker)
    found = folder.json("run", "logs", run_id)
    assert [event["message"] for event in found["events"] if event["kind"] == "log"] == ["logged"]
    assert [each["stdout"] for each in found["output"] if each["step"] == "alone"] == ["printed\n"]


def test_a_tag_isolates_one_asset(folder: ProjectFolder) -> None:
    write(folder, ONE_THREAD, "worker")
    folder.json("materialize", "one", "shared", "alone")
    one, shared, alone = (value_of(folder, name) for name in ("one", "shared", "alone"))
    assert one[:2] == shared[:2]
    assert alone[1] == shared[0]


@pytest.mark.parametrize("at_import", [ONE_THREAD, TWO_THREADS], ids=["forked", "spawned"])
def test_how_it_died_is_told(folder: ProjectFolder, at_import: str) -> None:
    write(folder, at_import, "process")
    (step,) = folder.json("materialize", "crashes")["steps"]
    assert step["error"]["message"] == "the worker process was killed by SIGSEGV (a crash in native code)"


@pytest.mark.parametrize("at_import", [ONE_THREAD, TWO_THREADS], ids=["forked", "spawned"])
def test_it_cleans_up_when_it_is_canceled(folder: ProjectFolder, at_import: str) -> None:
    write(folder, at_import, "process")
    leader = folder.lead()
    folder.start("materialize", "cleans_up")
    wait_until((folder.path / "begun").exists)
    (run,) = folder.json("run", "ls")
    folder.run("run", "cancel", run["run_id"])
    wait_until(lambda: folder.json("run", "show", run["run_id"])["status"] == "canceled")
    assert (folder.path / "cleaned").exists()
    assert is_alive(leader.pid)


def test_a_project_that_breaks_meanwhile_fails_the_step_alone(folder: ProjectFolder) -> None:
    write(folder, TWO_THREADS + "\n    if Path('broken').exists(): raise ValueError('now')", "process")
    folder.lead()
    (folder.path / "broken").touch()
    (step,) = folder.json("materialize", "one")["steps"]
    assert step["error"]["message"] == "ValueError: now"


def test_a_wrong_tag_is_told(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import asset
        @asset(op_tags={"dagster/isolation": "container"})
        def one(): return 1
    """)
    said = folder.run("materialize", "one").stderr
    assert "the tag dagster/isolation is 'container'" in said
    assert "one of worker, process" in said


def test_a_wrong_setting_is_told(folder: ProjectFolder) -> None:
    folder.write("from assettui import asset\n@asset\ndef one(): return 1\n")
    (folder.path / "assettui.toml").write_text('isolation = "container"\n')
    done = folder.run("status")
    assert "isolation is 'container'" in done.stderr
    assert "one of worker, process" in done.stderr
    assert done.returncode == 2
