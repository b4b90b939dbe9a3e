"""However a step ends, the run ends, says why, and what depends on the step is skipped. Real processes, real signals."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder, is_alive, wait_until

PROJECT = """
    import ctypes, os, signal, subprocess, sys, time
    from pathlib import Path
    from assettui import asset

    HERE = Path(__file__).parent

    @asset
    def fine():
        return 1

    @asset
    def raises(fine):
        raise ValueError("no such thing")

    @asset
    def exits(fine):
        sys.exit(7)

    @asset
    def leaves(fine):
        os._exit(7)

    @asset
    def crashes(fine):
        ctypes.string_at(0)

    @asset
    def is_killed(fine):
        os.kill(os.getpid(), signal.SIGKILL)

    @asset
    def hangs(fine):
        child = subprocess.Popen(["sleep", "600"])
        (HERE / "pids").write_text(f"{os.getpid()} {child.pid}")
        try:
            time.sleep(600)
        finally:
            (HERE / "cleaned").write_text("yes")

    @asset
    def hangs_for_good(fine):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (HERE / "pids").write_text(f"{os.getpid()}")
        ctypes.PyDLL(None).sleep(600)  # holds the interpreter: no Python code can run beside it

    @asset
    def after(raises): ...

    @asset
    def later(after): ...
"""


@pytest.fixture
def faulty(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


@pytest.mark.parametrize(
    ("asset", "kind", "message"),
    [
        ("raises", "exception", "ValueError: no such thing"),
        ("exits", "exit", "called sys.exit(7)"),
        ("leaves", "exit", "the worker process exited with status 7"),
        ("crashes", "signal", "the worker process was killed by SIGSEGV (a crash in native code)"),
        ("is_killed", "signal", "the worker process was killed by SIGKILL (out of memory, or killed by hand)"),
    ],
)
def test_a_step_that_dies_fails_with_the_cause(faulty: ProjectFolder, asset: str, kind: str, message: str) -> None:
    done = faulty.run("materialize", f"+{asset}")
    assert done.returncode == 1
    assert message in done.stderr
    assert "assettui/" not in done.stderr  # none of the program's own frames
    (run,) = faulty.json("run", "ls")
    assert run["status"] == "failure"
    fine, step = faulty.json("run", "show", run["run_id"])["steps"]
    assert fine["status"] == "success"
    assert (step["status"], step["error"]["kind"], step["error"]["message"]) == ("failure", kind, message)
    statuses = {each["key"]: each["status"] for each in faulty.json("asset", "ls")}
    assert statuses[asset] == "failed"
    assert statuses["fine"] == "fresh"


def test_what_depends_on_a_failed_step_is_skipped_with_the_reason(faulty: ProjectFolder) -> None:
    result = faulty.json("materialize", "+later")
    assert result["status"] == "failure"
    assert result["error"] == "raises: ValueError: no such thing"
    assert [(step["step"], step["status"]) for step in result["steps"]] == [
        ("fine", "success"),
        ("raises", "failure"),
        ("after", "skipped"),
        ("later", "skipped"),
    ]
    assert result["steps"][2]["error"]["message"] == "raises failed"
    trace = result["steps"][1]["error"]["traceback"]
    assert trace.splitlines()[1].strip().startswith(f'File "{faulty.path / "pipeline.py"}"')


def test_a_crash_in_native_code_shows_its_stack_in_stderr(faulty: ProjectFolder) -> None:
    run_id = faulty.json("materialize", "+crashes")["run_id"]
    (output,) = faulty.json("run", "logs", run_id, "--step", "crashes")["output"]
    assert "Segmentation fault" in output["stderr"]
    assert "in crashes" in output["stderr"]


def pids_of(folder: ProjectFolder) -> list[int]:
    path = folder.path / "pids"
    return [int(pid) for pid in wait_until(lambda: path.is_file() and path.read_text()).split()]


def newest_run(folder: ProjectFolder) -> str:
    return folder.json("run", "ls")[0]["run_id"]


def test_a_step_that_is_canceled_may_clean_up_and_takes_its_subprocesses_along(faulty: ProjectFolder) -> None:
    faulty.lead()
    waiting = faulty.start("materialize", "+hangs")
    worker, child = pids_of(faulty)
    done = faulty.run("run", "cancel", newest_run(faulty)[:6])
    assert done.stdout.strip().endswith("canceled")
    assert waiting.wait(10) == 1
    assert (faulty.path / "cleaned").read_text() == "yes"
    wait_until(lambda: not is_alive(worker) and not is_alive(child))
    detail = faulty.json("run", "show", newest_run(faulty))
    assert detail["status"] == "canceled"
    assert [step["status"] for step in detail["steps"]] == ["success", "canceled"]


def test_a_step_that_does_not_heed_a_cancel_is_killed_after_a_while(faulty: ProjectFolder) -> None:
    faulty.lead()
    faulty.start("materialize", "+hangs_for_good")
    (worker,) = pids_of(faulty)
    started = time.monotonic()
    assert faulty.run("run", "cancel", newest_run(faulty)).returncode == 0
    assert time.monotonic() - started < 8
    assert not is_alive(worker)
    assert faulty.json("run", "show", newest_run(faulty))["steps"][1]["status"] == "canceled"


def test_a_worker_that_is_killed_from_outside_fails_its_step_and_is_replaced(faulty: ProjectFolder) -> None:
    faulty.lead()
    waiting = faulty.start("materialize", "+hangs")
    worker, child = pids_of(faulty)
    os.kill(worker, signal.SIGKILL)
    assert waiting.wait(10) == 1
    wait_until(lambda: not is_alive(child))
    assert "SIGKILL" in faulty.json("run", "ls")[0]["error"]
    assert faulty.json("materialize", "fine")["status"] == "success"


def test_ctrl_c_cancels_the_run_in_order(faulty: ProjectFolder) -> None:
    waiting = faulty.start("materialize", "+hangs")
    worker, child = pids_of(faulty)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(10) == 1
    assert faulty.json("run", "ls")[0]["status"] == "canceled"
    assert not is_alive(worker)
    assert not is_alive(child)


def test_what_a_step_prints_is_kept_byte_for_byte(folder: ProjectFolder) -> None:
    folder.write("""
        import os, subprocess, sys
        from assettui import asset

        @asset
        def prints():
            print("é [red] \\x1b[2J", end="")
            sys.stdout.flush()
            sys.stdout.buffer.write(b"\\xff\\x00raw")
            sys.stdout.buffer.flush()
            os.write(1, b"|fd")
            subprocess.run(["printf", "|child"])
            print("oops", file=sys.stderr)
    """)
    run_id = folder.json("materialize", "prints")["run_id"]
    assert (
        folder.store.step_log(run_id, "prints", "out").read_bytes()
        == "é [red] \x1b[2J".encode() + b"\xff\x00raw|fd|child"
    )
    assert folder.store.step_log(run_id, "prints", "err").read_bytes() == b"oops\n"


def test_a_step_that_logs_without_end_does_not_flood_the_store(folder: ProjectFolder) -> None:
    folder.write("""
        import logging
        from assettui import asset

        @asset
        def talks(context):
            context.log.debug("low")
            logging.getLogger("lib").warning("from a library")
            context.log.error("x" * 200_000)
            try:
                1 / 0
            except ZeroDivisionError:
                context.log.exception("caught")
            for number in range(10_500):
                context.log.info("line %d", number)
    """)
    run_id = folder.json("materialize", "talks")["run_id"]
    logs = [event for event in folder.json("run", "logs", run_id)["events"] if event["kind"] == "log"]
    assert len(logs) == 10_000
    assert [(log["level"], log.get("logger", "")) for log in logs[:4]] == [
        ("DEBUG", ""),
        ("WARNING", "lib"),
        ("ERROR", ""),
        ("ERROR", ""),
    ]
    assert logs[2]["message"].endswith("… (200,000 characters; whole in stderr)")
    assert "ZeroDivisionError" in logs[3]["traceback"]
    printed = folder.store.step_log(run_id, "talks", "err").read_text()
    assert "line 10499" in printed
    assert "x" * 200_000 in printed


def test_user_code_that_writes_to_the_pipe_is_not_believed(folder: ProjectFolder) -> None:
    folder.write("""
        import os
        from pathlib import Path
        from assettui import asset

        @asset
        def scribbles():
            for fd in map(int, os.listdir("/proc/self/fd")):
                try:
                    if fd > 2 and "socket" in os.readlink(f"/proc/self/fd/{fd}"):
                        os.write(fd, b"\\xff" * 64)
                except OSError:
                    pass
    """)
    result = folder.json("materialize", "scribbles")
    assert result["status"] == "failure"


def test_forking_user_code_does_not_confuse_the_leader(folder: ProjectFolder) -> None:
    folder.write("""
        import logging, multiprocessing
        from assettui import asset

        def work(number):
            logging.getLogger("child").warning("in a child")
            return number * number

        @asset
        def squares(context):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return pool.map(work, range(10))

        @asset
        def after(squares):
            return sum(squares)
    """)
    result = folder.json("materialize", "*")
    assert result["status"] == "success"


def test_a_signal_ends_a_child_of_user_code_whatever_it_waits_for(folder: ProjectFolder) -> None:
    """By a handler of Python's it would only be obeyed when the child is back from what it waits for."""
    folder.write("""
        import os, signal
        from assettui import asset

        @asset
        def child():
            reader, writer = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.write(writer, repr(signal.getsignal(signal.SIGTERM)).encode())
                os._exit(0)
            os.waitpid(pid, 0)
            return os.read(reader, 100).decode()
    """)
    assert folder.json("materialize", "child")["status"] == "success"
    done = folder.run("asset", "preview", "child")
    assert "SIG_DFL" in done.stdout, done.stdout


def paths_below(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.is_file())


def test_a_step_that_dies_while_it_stores_leaves_no_file(folder: ProjectFolder) -> None:
    folder.write("""
        import os
        from assettui import asset

        class Deadly:
            def __reduce__(self):
                os._exit(9)

        @asset
        def dies():
            return [b"x" * 100_000, Deadly()]
    """)
    assert folder.json("materialize", "dies")["status"] == "failure"
    assert paths_below(folder.store.values) == []


def test_an_import_that_hangs_is_given_up_when_the_file_is_mended(folder: ProjectFolder) -> None:
    file = folder.write("""
        import os, time
        from pathlib import Path
        (Path(__file__).parent / "pid").write_text(str(os.getpid()))
        time.sleep(600)
    """)
    folder.start("up")
    pid = int(wait_until(lambda: (folder.path / "pid").exists() and (folder.path / "pid").read_text()))
    wait_until(folder.store.socket.exists)
    wait_until(lambda: not folder.session.is_new())
    file.write_text("from assettui import asset\n@asset\ndef a(): return 1\n")
    assert folder.json("materialize", "a")["status"] == "success"
    wait_until(lambda: not is_alive(pid))


def test_waiting_for_an_import_that_hangs_can_be_interrupted(folder: ProjectFolder) -> None:
    folder.write("""
        import os, time
        from pathlib import Path
        (Path(__file__).parent / "pid").write_text(str(os.getpid()))
        time.sleep(600)
    """)
    for arguments in (["materialize", "*"], ["asset", "ls"]):
        process = folder.start(*arguments)
        pid = int(wait_until(lambda: (folder.path / "pid").exists() and (folder.path / "pid").read_text()))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        wait_until(lambda pid=pid: not is_alive(pid))
        (folder.path / "pid").unlink()
