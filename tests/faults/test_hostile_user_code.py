"""What user code may say or ask, in every place where it may say something: the leader lives, and keeps what can be kept."""

from __future__ import annotations

from textwrap import dedent, indent

from tests.conftest import ProjectFolder, is_alive, wait_until

TEXTS = {
    "surrogate": r"'caf\udce9'",
    "high_surrogate": r"'\ud83d'",
    "nul": r"'a\0b'",
    "escape": r"'\x1b[2J\x9b'",
    "long": "'x' * 200_000",
    "noncharacter": r"'\uffff\U0010ffff'",
}
NUMBERS = {
    "nan": "float('nan')",
    "inf": "float('inf')",
    "digits": "10 ** 20",
    "huge": "10 ** 4_000",
    "negative": "-(2 ** 63)",
}
STEPS = {
    "raises": "raise ValueError(TEXT)",
    "fails": "raise Failure(TEXT, metadata={'a': TEXT})",
    "prints": "print(TEXT)",
    "logs": "context.log.info(TEXT); logging.getLogger(TEXT).warning('%s', TEXT)",
    "versions": "return Output(1, data_version=DataVersion(TEXT))",
    "describes": "context.add_output_metadata({TEXT or 'a': TEXT, 'b': {'c': [TEXT]}})",
    "reports": "context.log_event(AssetMaterialization(['other', TEXT], description=TEXT, metadata={'a': TEXT}))",
    "observes": "context.log_event(AssetObservation(['other', TEXT], tags={'dagster/data_version': TEXT}))",
    "values": "return TEXT",
    "exits": "raise SystemExit(TEXT)",
    "names": "raise type(TEXT.replace(chr(0), '_'), (Exception,), {})(TEXT)",
    "groups": "raise ExceptionGroup(TEXT, [ValueError(TEXT)])",
    "notes": "error = ValueError(TEXT); error.add_note(TEXT); raise error",
}
MEASURES = {
    "number": "context.add_output_metadata({'a': NUMBER})",
    "numbers": "context.add_output_metadata({'a': {'b': [NUMBER]}})",
    "given": "return Output(1, metadata={'a': NUMBER})",
    "failed": "raise Failure('no', metadata={'a': NUMBER})",
    "returned": "return NUMBER",
    "retried": "raise RetryRequested(max_retries=1, seconds_to_wait=0 if NUMBER != NUMBER else 0.0)",
}
REQUESTS = {
    "run_key": "RunRequest(run_key=TEXT)",
    "tags": "RunRequest(run_key=None, tags={'t': TEXT})",
    "config": "RunRequest(run_config={'ops': {'one': {'config': {'a': TEXT}}}})",
    "job": "RunRequest(job_name=TEXT)",
    "partition": "RunRequest(partition_key=TEXT)",
    "assets": "RunRequest(asset_selection=[AssetKey(['one', TEXT])])",
    "cursor": "SensorResult(cursor=TEXT)",
    "skip": "SkipReason(TEXT)",
    "keys": "SensorResult(dynamic_partitions_requests=[AddDynamicPartitionsRequest('dyn', [TEXT])])",
    "reported": "SensorResult(asset_events=[AssetMaterialization(['other', TEXT], metadata={'a': TEXT})])",
}
TAGS = ["dagster/priority", "dagster/max_runtime", "dagster/max_retries", "dagster/retry_number", "dagster/run_key"]
TAG_VALUES = ["inf", "nan", "-inf", "9" * 20, "9" * 5_000, "1e400", "²", "", "-1", "0x1", "1e9999999"]


def project() -> str:
    """One asset, or sensor, for each of these."""
    text = dedent("""
        import logging
        from assettui import *

        @asset
        def one(): return 1
    """)
    for kind, values, word in ((STEPS, TEXTS, "TEXT"), (MEASURES, NUMBERS, "NUMBER")):
        for name, statement in kind.items():
            for which, value in values.items():
                body = indent(f"{word} = {value}\n{statement}", "    ")
                text += f"\n@asset\ndef {name}_{which}(context):\n{body}\n"
    for name, request in REQUESTS.items():
        for which, value in TEXTS.items():
            text += f"\n@sensor(target='one')\ndef s_{name}_{which}():\n    TEXT = {value}\n    return {request}\n"
    for number, tag in enumerate(TAGS):
        for other, value in enumerate(TAG_VALUES):
            request = f"RunRequest(tags={{{tag!r}: {value!r}}})"
            text += f"\n@sensor(target='one')\ndef t_{number}_{other}():\n    return {request}\n"
    return text


def test_nothing_that_user_code_says_ends_the_leader(folder: ProjectFolder) -> None:
    folder.write(project())
    leader = folder.lead()
    steps = len(STEPS) * len(TEXTS) + len(MEASURES) * len(NUMBERS)
    folder.run("materialize", "*", timeout=120)
    run = folder.json("run", "ls")[0]
    done = folder.json("run", "show", run["run_id"])["steps"]
    assert len(done) == steps + 1
    assert {step["status"] for step in done} == {"success", "failure"}, "each by itself"
    lost = [step["step"] for step in done if (step["error"] or {}).get("kind") in ("lost", "signal")]
    assert lost == [], "no worker has died of it"
    sensors = [each["name"] for each in folder.json("sensor", "ls")]
    assert len(sensors) == len(REQUESTS) * len(TEXTS) + len(TAGS) * len(TAG_VALUES)
    folder.run("sensor", "on", *sensors)
    wait_until(
        lambda: len({each["instigator"] for each in folder.json("tick", "ls", "--limit", "500")}) == len(sensors), 60
    )
    assert is_alive(leader.pid)
    folder.run("sensor", "off", *sensors)
    wait_until(lambda: all(run["status"] in ("success", "failure", "canceled") for run in folder.runs()), 60)
    assert folder.json("materialize", "one")["status"] == "success"
    assert folder.run("store", "verify").returncode == 0
    leader.terminate()
    output = leader.communicate(timeout=20)[0].decode()
    assert "Traceback" not in output
    assert leader.returncode == 0
