"""The language of definitions through real worker processes: configuration, jobs, observations, retries, secrets."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ProjectFolder, wait_until

PROJECT = """
    import os
    import time
    from pathlib import Path

    from pydantic import SecretStr

    from assettui import (
        AssetExecutionContext, AssetOut, AssetSpec, Config, ConfigurableResource, DataVersion, Definitions, DynamicOut,
        DynamicOutput, EnvVar, Failure, HookContext, MaterializeResult, Output, RetryPolicy, RunConfig, asset,
        define_asset_job, failure_hook, graph_asset, job, multi_asset, observable_source_asset, op, success_hook,
    )


    class Database(ConfigurableResource):
        url: str = "dev"
        password: str = EnvVar("DATABASE_PASSWORD")

        def setup_for_execution(self, context):
            print("open", self.url)

        def teardown_after_execution(self, context):
            print("close", self.url)


    class Load(Config):
        n: int = 2
        key: SecretStr = SecretStr("none")


    @observable_source_asset
    def upload():
        return DataVersion(Path("upload.txt").read_text())


    @asset(deps=[upload])
    def rows(context: AssetExecutionContext, database: Database, config: Load):
        context.log.info("with a key of %s characters", len(config.key.get_secret_value()))
        return list(range(config.n))


    @asset(output_required=False)
    def large(rows):
        if len(rows) > 3:
            yield Output(rows)


    @asset
    def report(large):
        return len(large)


    @multi_asset(specs=[AssetSpec("half"), AssetSpec("other_half")])
    def halves(rows):
        yield MaterializeResult("half", metadata={"n": len(rows)})
        if Path("slow").exists():
            time.sleep(60)
        yield MaterializeResult("other_half")


    @asset(retry_policy=RetryPolicy(max_retries=2, delay=0.05))
    def flaky(context: AssetExecutionContext):
        if context.retry_number < 2:
            raise ConnectionError(f"attempt {context.retry_number}")
        return context.retry_number


    @asset
    def failing():
        raise Failure("nothing to read", metadata={"path": "x.csv"})


    @op(out=DynamicOut())
    def each(values):
        for value in values:
            yield DynamicOutput(value, mapping_key=f"v{value}")


    @op
    def double(value):
        return 2 * value


    @op
    def total(values):
        return sum(values)


    @graph_asset
    def doubled(rows):
        return total(each(rows).map(double).collect())


    @op
    def numbers():
        return [1, 2, 3]


    @job(description="Sums.")
    def summing():
        total(each(numbers()).map(double).collect())


    @success_hook
    def cheer(context: HookContext):
        context.log.info(f"hooray for {context.step_key}")


    @failure_hook
    def mourn(context: HookContext):
        Path("mourned.txt").write_text(f"{context.step_key}: {context.op_exception}")


    defs = Definitions(
        [upload, rows, large, report, halves, flaky, failing, doubled],
        jobs=[
            summing,
            define_asset_job("nightly", "rows or doubled", config=RunConfig(ops={"rows": Load(n=3, key=SecretStr("hush" + "-" + "hush"))}), hooks={cheer},
                             tags={"when": "night"}, max_concurrent=1),
            define_asset_job("doomed", "failing", hooks={mourn}),
            define_asset_job("stale_ones", "status:stale"),
        ],
        resources={"database": Database()},
    )
"""


@pytest.fixture
def shop(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> Generator[ProjectFolder]:
    monkeypatch.setenv("DATABASE_PASSWORD", "hush-hush")
    folder.write(PROJECT)
    folder.write("1", "upload.txt")
    yield folder
    # Whatever was given as a secret is nowhere in the store, nor in the logs.
    for file in folder.store.root.rglob("*"):
        if file.is_file() and file.suffix != ".sock":
            assert b"hush-hush" not in file.read_bytes(), file


def steps(result: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["status"] for step in result["steps"]}


def test_a_run_is_configured_by_a_file_and_shows_its_configuration_without_secrets(shop: ProjectFolder) -> None:
    result: dict[str, Any] = {}
    for name, text in {
        "c.yaml": "ops:\n  rows:\n    config:\n      n: 4\n      key: hush-hush-yaml\n",
        "c.toml": '[ops.rows.config]\nn = 4\nkey = "hush-hush-toml"\n',
        "c.json": json.dumps({"ops": {"rows": {"config": {"n": 4, "key": "hush-hush-json"}}}}),
    }.items():
        file = shop.write(text, f"config/{name}")
        result = shop.json("materialize", "rows+", "--config", str(file))
        file.unlink()
        assert result["config"]["ops"]["rows"]["config"] == {"n": 4, "key": "••••••"}
        assert result["steps"][0]["status"] == "success"
    assert "config       n: integer = 2" in shop.run("asset", "show", "rows").stdout
    assert shop.json("asset", "show", "rows")["config_schema"]["properties"]["n"]["default"] == 2
    shown = shop.run("run", "show", result["run_id"]).stdout
    assert 'config       ops.rows.config.key = "••••••"' in shown
    logs = shop.run("run", "logs", result["run_id"]).stdout
    assert "INFO     with a key of 14 characters" in logs
    assert "open dev" in logs
    assert "close dev" in logs
    assert shop.json("asset", "show", "report")["last_materialized"] is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ops: {rows: {config: {m: 4}}}", "ops.rows.config.m: there is no such field"),
        ("ops: {rows: {config: {n: many}}}", "ops.rows.config.n: 'many' is not"),
        ("ops: {row: {config: {n: 4}}}", "ops.row: the run has no step 'row'; did you mean 'rows'?"),
        ("resources: {databas: {}}", "resources.databas: there is no such resource; did you mean 'database'?"),
        ("resources: {database: {config: {port: 1}}}", "resources.database.config.port: there is no such field"),
        ("opps: {}", "opps: there is no such section; did you mean 'ops'?"),
        ("ops: [1]", "ops: a mapping was expected here"),
        ("ops: {", "line 1"),
        ("- a", "holds a list, not a mapping"),
    ],
)
def test_wrong_configuration_is_refused_by_its_path_before_anything_runs(
    shop: ProjectFolder, text: str, message: str
) -> None:
    shop.write(text, "c.yaml")
    done = shop.run("materialize", "rows", "--config", "c.yaml")
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert shop.runs() == []


SECRETS = """
    from pydantic import SecretStr
    from assettui import Config, Definitions, RunConfig, asset, define_asset_job, graph_asset, job, op

    class Lock(Config):
        pin: SecretStr = SecretStr("none")
        token: int = 0

    @asset(key_prefix="raw")
    def events(config: Lock):
        return [len(config.pin.get_secret_value()), config.token % 10]

    @op
    def opened(config: Lock):
        return len(config.pin.get_secret_value())

    @graph_asset
    def door():
        return opened()

    @job
    def opening():
        opened()

    # What stands in the file itself is no secret from whoever reads it; in the store it is one all the same.
    own = {"ops": {"raw__events": {"config": {"pin": "hush" + "-" + "hush", "token": 4_000_000 + 711}}}}
    defs = Definitions([events, door], jobs=[opening, define_asset_job("nightly", "*", config=own)])
"""


@pytest.mark.parametrize(
    ("arguments", "config"),
    [
        (("materialize", "raw/events"), "ops: {raw/events: {config: {pin: hush-hush}}}"),
        (("materialize", "raw/events"), "ops: {raw__events: {config: {pin: hush-hush}}}"),
        (("materialize", "door"), "ops: {door: {ops: {opened: {config: {pin: hush-hush}}}}}"),
        (("materialize", "door"), "ops: {door.opened: {config: {pin: hush-hush}}}"),
        (("job", "run", "opening"), "ops: {opened: {config: {pin: hush-hush}}}"),
    ],
)
def test_a_secret_is_one_however_its_step_is_written(
    folder: ProjectFolder, arguments: tuple[str, ...], config: str
) -> None:
    folder.write(SECRETS)
    result = folder.json(*arguments, "--config", str(folder.write(config, "c.yaml")))
    (folder.path / "c.yaml").unlink()
    assert result["status"] == "success"
    assert "••••••" in str(result["config"])
    for file in folder.store.root.rglob("*"):
        assert not file.is_file() or b"hush-hush" not in file.read_bytes(), file


def test_a_jobs_own_secrets_are_with_its_workers_alone_and_configure_what_is_run_of_it(folder: ProjectFolder) -> None:
    folder.write(SECRETS)
    assert folder.json("job", "run", "nightly")["status"] == "success"
    from assettui.executors.instance import Instance

    assert Instance(folder.store).get_asset_value("raw/events") == [9, 1]
    assert folder.json("job", "run", "nightly", "door")["status"] == "success"
    for file in folder.store.root.rglob("*"):
        assert not file.is_file() or not any(each in file.read_bytes() for each in (b"hush-hush", b"4000711")), file


def test_a_file_that_cannot_be_read_is_told(shop: ProjectFolder) -> None:
    assert (
        "c.yaml cannot be read: No such file or directory"
        in shop.run("materialize", "rows", "--config", "c.yaml").stderr
    )
    shop.write("", "c.ini")
    assert "neither .yaml, .toml nor .json" in shop.run("materialize", "rows", "--config", "c.ini").stderr


def test_a_missing_environment_variable_fails_the_step_and_says_so(
    shop: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_PASSWORD")
    done = shop.run("materialize", "rows")
    assert done.returncode == 1
    assert "the environment variable DATABASE_PASSWORD is not set" in done.stderr
    assert "export DATABASE_PASSWORD=" in done.stderr


def test_what_the_environment_does_not_say_is_read_from_a_file_and_from_the_settings(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("BY_PROCESS", "BY_FILE", "BY_SETTINGS")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BY_PROCESS", "process")
    folder.write("BY_PROCESS=file\nBY_FILE='file'\n", ".env")
    folder.write(
        'environment = { BY_PROCESS = "settings", BY_FILE = "settings", BY_SETTINGS = "settings" }', "assettui.toml"
    )
    folder.write("""
        import os
        from assettui import asset

        AT_IMPORT = os.environ["BY_FILE"]

        @asset
        def seen():
            return [AT_IMPORT, *(os.environ[name] for name in ("BY_PROCESS", "BY_FILE", "BY_SETTINGS"))]
    """)
    assert folder.json("materialize", "seen")["status"] == "success"
    from assettui import Instance

    monkeypatch.chdir(folder.path)
    assert Instance.get().get_asset_value("seen") == ["file", "process", "file", "settings"]


def test_jobs_are_listed_shown_and_run(shop: ProjectFolder) -> None:
    listed = {each["name"]: each for each in shop.json("job", "ls")}
    assert list(listed) == ["summing", "nightly", "doomed", "stale_ones"]
    assert listed["summing"]["steps"] == ["numbers", "each", "double", "total"]
    assert listed["nightly"]["assets"] == ["rows", "doubled"]
    assert listed["stale_ones"]["problem"] == "'status:stale' selects no asset"

    assert "'status:stale' selects no asset" in shop.run("job", "run", "stale_ones").stderr
    result = shop.json("job", "run", "nightly")
    assert (result["job"], result["tags"], result["status"]) == ("nightly", {"when": "night"}, "success")
    assert steps(result) == dict.fromkeys(
        ["rows", "doubled.each", "doubled.double[v0]", "doubled.double[v1]", "doubled.double[v2]", "doubled.total"],
        "success",
    )
    logs = shop.run("run", "logs", result["run_id"]).stdout
    assert "INFO     hooray for doubled.double[v1]" in logs
    assert "INFO     with a key of 9 characters" in logs  # the job's own secret, which only the worker knows
    shown = shop.run("job", "show", "nightly").stdout
    assert "selects      rows or doubled" in shown
    assert "config       ops.rows.config.n = 3" in shown
    assert result["run_id"][:8] in shown
    assert steps(shop.json("job", "run", "nightly", "rows")) == {"rows": "success"}

    done = shop.run("job", "run", "nightli")
    assert done.returncode == 2
    assert "did you mean 'nightly'?" in done.stderr


def test_a_job_of_ops_fans_out_over_workers_and_leaves_no_values_behind(shop: ProjectFolder) -> None:
    result = shop.json("job", "run", "summing")
    assert steps(result) == dict.fromkeys(
        ["numbers", "each", "double[v1]", "double[v2]", "double[v3]", "total"], "success"
    )
    assert not list(shop.store.values.glob("*/*"))
    assert shop.run("job", "run", "summing").stdout.splitlines()[-1].startswith("run ")


def test_a_failure_hook_is_told_what_was_raised(shop: ProjectFolder) -> None:
    result = shop.json("job", "run", "doomed")
    assert result["steps"][0]["error"]["metadata"]["path"]["value"] == "x.csv"
    assert (shop.path / "mourned.txt").read_text() == "failing: nothing to read"
    assert "path         x.csv" in shop.run("run", "show", result["run_id"]).stdout


def test_an_external_asset_is_observed_and_what_follows_is_stale_when_it_has_changed(shop: ProjectFolder) -> None:
    assert steps(shop.json("asset", "observe", "upload")) == {"upload": "success"}
    shop.json("materialize", "rows")
    assert shop.json("asset", "show", "rows")["status"] == "fresh"
    shop.write("2", "upload.txt")
    assert shop.run("asset", "observe", "upload").stdout.splitlines()[-1].endswith("ms")
    shown = shop.json("asset", "show", "rows")
    assert (shown["status"], shown["reasons"]) == ("stale", ["upload has new data"])
    assert shop.json("asset", "show", "upload")["data_version"] == "2"
    assert [seen["data_version"] for seen in shop.json("asset", "show", "upload")["observations"]] == ["2", "1"]
    assert "assettui asset observe upload" in shop.run("materialize", "upload").stderr
    assert "nothing to observe" in shop.run("asset", "observe", "rows").stderr
    assert steps(shop.json("job", "run", "stale_ones")) == {"rows": "success"}


def test_a_step_is_tried_again_by_workers(shop: ProjectFolder) -> None:
    done = shop.run("materialize", "flaky")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("↻ flaky  retry 1  ConnectionError: attempt 0")
    assert lines[1].startswith("↻ flaky  retry 2  ConnectionError: attempt 1")
    assert lines[2].startswith("✓ flaky")
    run_id = shop.json("run", "ls")[0]["run_id"]
    assert shop.json("run", "show", run_id)["steps"][0]["retries"] == 2
    assert "after 2 retries" in shop.run("run", "show", run_id).stdout


def test_what_was_left_out_skips_what_reads_it(shop: ProjectFolder) -> None:
    result = shop.json("materialize", "rows", "large", "report")
    assert result["status"] == "success"
    assert steps(result) == {"rows": "success", "large": "success", "report": "skipped"}
    assert result["steps"][2]["error"]["message"] == "large was left out by its function"


def test_what_a_step_had_made_when_its_worker_was_killed_stays_made(shop: ProjectFolder) -> None:
    shop.json("materialize", "rows")
    shop.write("", "slow")
    process = shop.start("materialize", "half")
    half = wait_until(lambda: shop.json("asset", "show", "half")["last_materialized"])
    (run,) = [run for run in shop.json("run", "ls") if run["status"] == "started"]
    worker = wait_until(lambda: _worker_of(shop, run["run_id"]))
    os.kill(worker, signal.SIGKILL)
    assert process.wait(30) == 1
    assert shop.json("asset", "show", "half")["last_materialized"] == half
    statuses = {each["key"]: each["status"] for each in shop.json("asset", "ls")}
    assert (statuses["half"], statuses["other_half"]) == ("fresh", "failed")


def _worker_of(shop: ProjectFolder, run_id: str) -> int | None:
    from assettui.service.runs import run_detail

    return next((step.worker_pid for step in run_detail(shop.session, run_id).steps if step.worker_pid), None)


def test_the_same_expression_selects_on_the_command_line(shop: ProjectFolder) -> None:
    def listed(expression: str) -> list[str]:
        return [each["key"] for each in shop.json("asset", "ls", expression)]

    assert listed("rows+1 and not half") == ["rows", "large", "other_half", "doubled"]
    assert listed("1+report") == ["large", "report"]
    assert listed("sinks(rows+) and not half and not other_half") == ["report", "doubled"]
    shop.json("materialize", "rows")
    assert listed("status:fresh") == ["rows"]
    told = shop.run("asset", "ls", "rows and (").stderr
    assert "rows and (\n" in told
    assert "         ^" in told


def test_definitions_of_the_folder_are_read_by_code_too(shop: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    from assettui import Instance

    shop.json("materialize", "rows")
    monkeypatch.chdir(shop.path)
    instance = Instance.get()
    assert str(instance.get_asset_statuses()).count("FRESH") == 1
    (run,) = instance.get_runs()
    assert run.status.value == "success"
    assert [step.step_key for step in instance.get_steps(run.run_id)] == ["rows"]
    assert instance.fetch_materializations("rows")[0].rows == 2
    assert instance.get_run_by_id("nothing") is None
    assert Path(instance.folder.database).is_relative_to(shop.path)
