"""What a step prints and logs, byte for byte and record for record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ProjectFolder


def logs(folder: ProjectFolder, body: str) -> dict[str, Any]:
    """Run one step, and give what `run logs` knows of it."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    folder.write(
        f"import logging, os, subprocess, sys, warnings\nfrom assettui import asset\n@asset\ndef step(context):\n{lines}\n"
    )
    return folder.json("run", "logs", folder.json("materialize", "step")["run_id"])


def messages(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event["level"], event["message"]) for event in found["events"] if event["kind"] == "log"]


def test_bytes_are_kept_as_they_are(folder: ProjectFolder) -> None:
    logs(folder, r'os.write(1, bytes(range(256))); os.write(2, b"\x1b[31m\r\n")')
    (run,) = folder.json("run", "ls")
    assert folder.store.step_log(run["run_id"], "step", "out").read_bytes() == bytes(range(256))
    assert folder.store.step_log(run["run_id"], "step", "err").read_bytes() == b"\x1b[31m\r\n"


def test_subprocesses_write_to_the_same_files_in_order(folder: ProjectFolder) -> None:
    (output,) = logs(
        folder, 'print("one")\nsubprocess.run(["echo", "two"])\nprint("three")\nprint("err", file=sys.stderr)'
    )["output"]
    assert output["stdout"] == "one\ntwo\nthree\n"
    assert output["stderr"] == "err\n"


def test_the_logs_of_libraries_are_events_with_their_logger(folder: ProjectFolder) -> None:
    found = logs(
        folder,
        """
context.log.debug("ours")
logging.getLogger("lib.net").info("%s", "theirs")
logging.getLogger("lib.net").debug("too fine")
logging.getLogger("lib").error("bad", exc_info=ValueError("why"))
""",
    )
    assert messages(found) == [("DEBUG", "ours"), ("INFO", "theirs"), ("ERROR", "bad")]
    events = [event for event in found["events"] if event["kind"] == "log"]
    assert events[1]["logger"] == "lib.net"
    assert "ValueError: why" in events[2]["traceback"]


def test_a_flood_of_records_does_not_flood_the_store(folder: ProjectFolder) -> None:
    found = logs(folder, 'for number in range(10_500): context.log.info("number %d", number)')
    assert len(messages(found)) == 10_000
    (output,) = found["output"]
    assert output["stderr"].splitlines()[0].startswith("— 10,000 log records kept as events")
    assert output["stderr"].splitlines()[-1].endswith("number 10499")


def test_a_message_that_cannot_be_formatted_is_told_as_such(folder: ProjectFolder) -> None:
    assert "cannot be formatted" in messages(logs(folder, 'context.log.info("%d", "text")'))[0][1]


def test_a_very_long_message_is_cut_and_whole_on_stderr(folder: ProjectFolder) -> None:
    found = logs(folder, 'context.log.info("x" * 1_000_000)')
    assert len(messages(found)[0][1]) < 101_000
    assert len(found["output"][0]["stderr"]) == 1_000_001


@pytest.mark.parametrize(
    "body",
    [
        "sys.stdout.close()",
        "os.close(1)",
        "sys.stdout = None",
        "logging.shutdown(); logging.getLogger().handlers.clear()",
    ],
)
def test_a_step_that_breaks_its_own_output_ends_all_the_same(folder: ProjectFolder, body: str) -> None:
    folder.write(
        f"import logging, os, sys\nfrom assettui import asset\n@asset\ndef breaks():\n    {body}\n@asset\ndef prints(breaks):\n    print('still'); os.write(2, b'here')\n"
    )
    result = folder.json("materialize", "*")
    assert result["status"] == "success", result
    output = folder.json("run", "logs", result["run_id"])["output"]
    assert (output[-1]["stdout"], output[-1]["stderr"]) == ("still\n", "here")
