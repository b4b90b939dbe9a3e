"""Steps that are other programs: Dagster's own package on the other side, and programs that know nothing of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ProjectFolder, is_alive, wait_until

TOLD = """
    import time
    from pathlib import Path
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:
        pipes.log.warning(f"{pipes.asset_key} {pipes.extras['days']} {pipes.is_partition_step}")
        print("printed")
        pipes.report_asset_materialization(
            metadata={
                "rows": 5,
                "where": {"raw_value": "https://example.com", "type": "url"},
                "columns": {"raw_value": {"columns": [{"name": "id", "type": "int"}]}, "type": "table_schema"},
            },
            data_version="v1",
        )
        pipes.report_asset_check("good", passed=True, metadata={"n": 1})
        pipes.report_custom_message({"n": 3})
        while not Path("go").exists():
            time.sleep(0.01)
        if Path("wrong").exists():
            raise ValueError("no good")
"""
PIPELINE = """
    import sys
    from assettui import *

    @asset(check_specs=[AssetCheckSpec("good", asset="told")])
    def told(context: AssetExecutionContext, pipes_subprocess_client: PipesSubprocessClient):
        done = pipes_subprocess_client.run(
            command=[sys.executable, "told.py"], context=context, extras={"days": 7}
        )
        context.log.info("custom: %s", done.get_custom_messages())
        return done.get_results()

    defs = Definitions(assets=[told], resources={"pipes_subprocess_client": PipesSubprocessClient()})
"""


@pytest.fixture
def project(folder: ProjectFolder) -> ProjectFolder:
    folder.write(TOLD, "told.py")
    folder.write(PIPELINE)
    return folder


def logs(folder: ProjectFolder) -> str:
    return folder.run("run", "logs", folder.json("run", "ls")[0]["run_id"]).stdout


def test_what_a_process_reports_is_recorded_as_it_comes(project: ProjectFolder) -> None:
    process = project.start("materialize", "told")
    (made,) = wait_until(lambda: not project.session.is_new() and project.json("asset", "history", "told"))
    assert made["data_version"] == "v1"
    assert made["metadata"]["where"] == {"type": "url", "value": "https://example.com"}
    assert made["metadata"]["columns"]["value"] == {"columns": [{"name": "id", "type": "int"}]}
    assert process.poll() is None, "it is recorded before the process ends"
    (project.path / "go").touch()
    assert process.wait(20) == 0
    assert len(project.json("asset", "history", "told")) == 1
    assert "passed" in project.run("check", "ls").stdout
    said = logs(project)
    assert "WARNING  told 7 False" in said
    assert "told out| printed" in said
    assert "custom: ({'n': 3},)" in said


def test_what_it_raises_is_told_with_its_own_frames(project: ProjectFolder) -> None:
    (project.path / "go").touch()
    (project.path / "wrong").touch()
    done = project.run("materialize", "told")
    assert "told.py` raised ValueError: no good" in done.stderr
    assert 'raise ValueError("no good")' in done.stderr
    assert "assettui/integrations" not in done.stderr


FAILING = """
    import sys
    from assettui import *

    client = PipesSubprocessClient()

    @asset
    def status(context):
        return client.run(command="echo seen; exit 3", context=context).get_materialize_result()

    @asset
    def killed(context):
        return client.run(command="kill -SEGV $$", context=context).get_materialize_result()

    @asset
    def nowhere(context):
        return client.run(command=["/no/where", "at all"], context=context).get_materialize_result()

    @asset
    def no_folder(context):
        return client.run(command="true", cwd="/no/where", context=context).get_materialize_result()

    @asset(retry_policy=RetryPolicy(max_retries=1))
    def tried_again(context):
        return client.run(command=f"exit {1 - context.retry_number}", context=context).get_materialize_result()

    @asset
    def another(context):
        return client.run(command=[sys.executable, "other.py"], context=context).get_materialize_result()

    @asset
    def broken(context):
        return client.run(command=[sys.executable, "broken.py"], context=context).get_materialize_result()
"""
BROKEN = """
    import base64, json, os, zlib

    path = json.loads(zlib.decompress(base64.b64decode(os.environ["DAGSTER_PIPES_MESSAGES"])))["path"]
    with open(path, "a") as file:
        file.write("no json\\n[1]\\n")
        for method, params in [
            ("dance", {}),
            ("report_asset_check", {"passed": "yes"}),
            ("report_asset_materialization", {"metadata": {"n": {"raw_value": "x", "type": "timestamp"}}}),
            ("log", {"message": "\\x1b[2Jseen", "level": "strange"}),
        ]:
            file.write(json.dumps({"__dagster_pipes_version": "0.1", "method": method, "params": params}) + "\\n")
        file.write('{"__dagster_pipes_version": "0.1", "method": "log", "params": {"message": "no line break"}}')
"""
OTHER = """
    import base64, json, os, zlib

    path = json.loads(zlib.decompress(base64.b64decode(os.environ["DAGSTER_PIPES_MESSAGES"])))["path"]
    params = {"asset_key": "status", "metadata": {}, "data_version": None}
    with open(path, "a") as file:
        file.write(json.dumps({"__dagster_pipes_version": "0.1", "method": "report_asset_materialization", "params": params}))
"""


def test_how_it_has_failed_is_told_apart(folder: ProjectFolder) -> None:
    folder.write(FAILING)
    folder.write(BROKEN, "broken.py")
    folder.write(OTHER, "other.py")
    done = folder.run("materialize", "*")
    assert "✗ status: `echo seen; exit 3` exited with status 3" in done.stderr
    assert "✗ killed: `kill -SEGV $$` was killed by SIGSEGV (a crash in native code)" in done.stderr
    assert "✗ nowhere: `/no/where 'at all'` cannot be started: No such file or directory" in done.stderr
    assert "✗ no_folder: `true` cannot be started in /no/where" in done.stderr
    assert "✗ another: another gave the undeclared asset status" in done.stderr
    said = logs(folder)
    assert "status out| seen" in said
    assert said.count("tried_again  step started") == 2
    assert "it is no message: no json" in said
    assert "'dance' is no method of the protocol" in said
    assert "a check needs check_name, and passed as a boolean" in said
    assert "the metadata 'n' is no timestamp" in said
    assert "INFO     no line break" in said
    assert "\x1b" not in said
    assert len(folder.json("asset", "history", "broken")) == 1


GROUPS = """
    import sys
    from assettui import *

    client = PipesSubprocessClient()

    @asset
    def ends(context):
        return client.run(command="sleep 300 & echo $! > left; exit 0", context=context).get_materialize_result()

    @asset
    def hangs(context):
        command = "trap 'touch asked; exit 1' TERM; sleep 300 & echo $! > inner; echo $$ > outer; wait"
        return client.run(command=command, context=context).get_materialize_result()

    @asset
    def kills(context):
        command = "echo $$ > outer; kill -KILL $PPID; sleep 300"
        return client.run(command=command, context=context).get_materialize_result()
"""


def pid_in(folder: ProjectFolder, name: str) -> int:
    path = folder.path / name
    wait_until(lambda: path.exists() and path.read_text().strip())
    return int(path.read_text())


def test_what_a_program_has_started_ends_with_it(folder: ProjectFolder) -> None:
    folder.write(GROUPS)
    assert folder.run("materialize", "ends").returncode == 0
    wait_until(lambda: not is_alive(pid_in(folder, "left")))


def test_it_is_asked_to_end_when_its_step_is_canceled(folder: ProjectFolder) -> None:
    folder.write(GROUPS)
    process = folder.start("materialize", "hangs")
    outer, inner = pid_in(folder, "outer"), pid_in(folder, "inner")
    process.send_signal(signal.SIGINT)
    process.wait(20)
    wait_until(lambda: not is_alive(outer) and not is_alive(inner))
    assert (folder.path / "asked").exists()


def test_it_ends_where_its_worker_is_killed(folder: ProjectFolder) -> None:
    folder.write(GROUPS)
    process = folder.start("materialize", "hangs")
    outer, inner = pid_in(folder, "outer"), pid_in(folder, "inner")
    worker = int(Path(f"/proc/{outer}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(worker, signal.SIGKILL)
    assert process.wait(20) == 1
    wait_until(lambda: not is_alive(outer) and not is_alive(inner))


def test_it_ends_where_its_worker_is_killed_as_it_starts(folder: ProjectFolder) -> None:
    folder.write(GROUPS)
    assert folder.run("materialize", "kills").returncode == 1
    wait_until(lambda: not is_alive(pid_in(folder, "outer")))


WAYS = """
    import subprocess, sys
    from assettui import *

    @asset(partitions_def=DailyPartitionsDefinition("2026-01-01", end_date="2026-01-03"))
    def by_stdout(context):
        client = PipesSubprocessClient(message_reader=PipesStdoutMessageReader(), context_injector=PipesEnvContextInjector())
        return client.run(command=[sys.executable, "way.py"], context=context).get_materialize_result()

    @asset
    def by_files(context):
        client = PipesSubprocessClient(
            context_injector=PipesFileContextInjector("told.json"),
            message_reader=PipesFileMessageReader("said.jsonl", include_stdio_in_messages=True, cleanup_file=True),
        )
        return client.run(command=[sys.executable, "way.py"], context=context).get_materialize_result()

    @asset
    def by_hand(context):
        with open_pipes_session(context, extras={"hand": True}) as session:
            subprocess.run([sys.executable, "way.py"], env=session.get_bootstrap_env_vars(), check=True)
            yield from session.get_results(implicit_materializations=False)
        yield from session.get_results()
"""
WAY = """
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:
        print("{not a message", pipes.partition_key if pipes.is_partition_step else pipes.extras, flush=True)
        if pipes.is_partition_step:
            window = pipes.partition_time_window
            pipes.log.info(f"{window['start']} {window['end']}")
        pipes.report_asset_materialization(metadata={"way": 1})
"""


def test_by_stdout_by_files_and_by_hand(folder: ProjectFolder) -> None:
    folder.write(WAYS)
    folder.write(WAY, "way.py")
    assert folder.run("materialize", "by_stdout", "--partition", "2026-01-02").returncode == 0
    said = logs(folder)
    assert "by_stdout out| {not a message 2026-01-02" in said
    assert "2026-01-02T00:00:00+00:00 2026-01-03T00:00:00+00:00" in said
    assert "__dagster_pipes_version" not in said
    assert folder.run("materialize", "by_files", "by_hand").returncode == 0
    said = logs(folder)
    assert "by_files out| {not a message {}" in said
    assert "by_hand out| {not a message {'hand': True}" in said
    assert not (folder.path / "said.jsonl").exists()
    for key in ("by_stdout", "by_files", "by_hand"):
        (made,) = folder.json("asset", "history", key)
        assert made["metadata"]["way"]["value"] == 1


SHELL = """
    from assettui import *
    from assettui.integrations.shell import shell_asset

    days = DailyPartitionsDefinition("2026-01-01", end_date="2026-01-03")
    report = shell_asset(
        "echo $ASSETTUI_PARTITION_KEY $ASSETTUI_PARTITION_START $WHO > out", name="report", deps=["sales"],
        partitions_def=days, env={"WHO": "me"}, group_name="reports",
    )

    @asset
    def sales(): ...
"""


def test_an_asset_that_is_a_command(folder: ProjectFolder) -> None:
    folder.write(SHELL)
    assert folder.run("materialize", "report", "--partition", "2026-01-02").returncode == 0
    assert (folder.path / "out").read_text() == "2026-01-02 2026-01-02T00:00:00+00:00 me\n"
    shown: Any = folder.json("asset", "show", "report")
    assert (shown["group"], shown["upstream"], shown["kinds"]) == ("reports", ["sales"], ["shell"])
    before = shown["code_version"]
    folder.write(SHELL.replace("> out", ">> out"))
    assert folder.json("asset", "show", "report")["code_version"] != before
    folder.write(SHELL.replace("group_name", "group_nam"))
    assert "did you mean group_name?" in folder.run("asset", "ls").stderr
