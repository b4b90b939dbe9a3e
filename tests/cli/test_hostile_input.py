"""What no one would type on purpose, in every parameter of every command, in every setting, in configurations: told, never a
traceback."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from assettui.main import commands, main
from assettui.project.settings import Settings
from tests.cli.test_commands import all_commands
from tests.conftest import ProjectFolder, command, made_folder

PROJECT = """
    from assettui import *

    @asset
    def one(): return 1

    @asset(partitions_def=StaticPartitionsDefinition(["x", "y"]))
    def parts(): return 1

    @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
    def daily(): return 1

    @asset(partitions_def=DynamicPartitionsDefinition(name="dyn"))
    def dyn(): return 1

    a_job = define_asset_job("a_job", "one")
    a_schedule = ScheduleDefinition(name="a_schedule", job=a_job, cron_schedule="0 0 * * *")

    @sensor(job=a_job)
    def a_sensor(): return SkipReason("no")

    defs = Definitions([one, parts, daily, dyn], jobs=[a_job], schedules=[a_schedule], sensors=[a_sensor])
"""
TEXTS = [
    *(
        "",
        "\0",
        "\udcff",
        "²",
        "٣",
        "🙂",
        "\x1b[2J",
        "[red]",
        "a" * 300,
        "a" * 5_000,
        "../../etc/passwd",
        "=",
        "a=",
        "=b",
    ),
    *("nan", "inf", "-1", "1e400", "9" * 23, "0001-01-01", "9999-12-31", "0000-00-00", "10000-01-01", "2024-02-30"),
    *(
        "(" * 2_000,
        ")",
        "not " * 2_000,
        "and and",
        "+",
        "1+",
        "²+one",
        "9" * 5_000 + "+one",
        "*",
        "@",
        "group:",
        "roots(",
    ),
    *("...", "x...", "...x", "x...y", "y...x", "|", "a|b", "one:", '"', "\\", "%s", "{0}", "; drop table runs"),
]
NUMBERS = [
    *("nan", "inf", "-inf", "1e400", "1e308", "1e-320", "-1", "0", "²", "٣", "", "0x10", "1_000"),
    *("9223372036854775807", "9223372036854775808", "9" * 26),
]
TAKES_LONG = {("up",), ("demo",), ("init",), ("store", "restore"), ("store", "repair")}
"""Commands that go on until they are stopped, or make a project or a store wherever they are told to."""


def arguments_of(found: dict[str, str]) -> Iterator[tuple[list[str], str]]:
    """Every command with one hostile value in one of its parameters, and how click calls that."""
    for path, each in all_commands(commands):
        if isinstance(each, click.Group) or path in TAKES_LONG:
            continue
        name = {"job": "a_job", "schedule": "a_schedule", "sensor": "a_sensor"}.get(path[0], "one")
        plausible = {
            "name": name,
            "names": name,
            "key": "one",
            "keys": "one",
            "selection": "one",
            "tick_id": "1",
        } | found
        needed = [param for param in each.params if isinstance(param, click.Argument) and param.required]
        for param in each.params:
            if isinstance(param, click.Option) and param.is_flag:
                continue
            is_number = isinstance(param.type, click.types.IntParamType | click.types.FloatParamType)
            for value in NUMBERS if is_number else TEXTS:
                rest = [plausible.get(other.name or "", "one") for other in needed if other is not param]
                said = (
                    ["--", *rest, value] if isinstance(param, click.Argument) else [f"{param.opts[-1]}={value}", *rest]
                )
                yield (
                    [*path, *(["--yes"] if path[-1] == "wipe" else []), *said],
                    param.get_error_hint(click.Context(each)),
                )


def run(arguments: list[str]) -> tuple[Any, str]:
    """What a command says in this very process; whatever it raises is raised."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(arguments)
        except SystemExit as exit_:
            return exit_.code, said.getvalue()
    raise AssertionError("it did not end")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A project with a store, and the ids of what is in it."""
    folder = made_folder(tmp_path_factory, "hostile")
    folder.write(PROJECT)
    folder.run("materialize", "one")
    folder.run("backfill", "start", "parts", "--keys", "x", "--wait")
    folder.run("sensor", "tick", "a_sensor")
    ids = {
        "run_id": folder.json("run", "ls")[0]["run_id"],
        "backfill_id": folder.json("backfill", "ls")[0]["backfill_id"],
    }
    return folder.path, ids


def try_all(known: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch, *, part: int) -> None:
    """Try one in so many of them."""
    folder, ids = known
    monkeypatch.chdir(folder)
    tried = 0
    for arguments, name in arguments_of(ids):
        if zlib.crc32("\0".join(arguments).encode("utf-8", "surrogatepass")) % part:
            continue
        tried += 1
        status, said = run(arguments)
        assert status in (0, 1, 2), (arguments, said)
        assert "Traceback" not in said, (arguments, said)
        if "Invalid value" in said:
            assert name.strip("'") in said, (arguments, said)
    assert tried > 9_000 / part


def test_a_few_of_the_hostile_arguments(known: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    try_all(known, monkeypatch, part=250)


@pytest.mark.slow
def test_many_of_the_hostile_arguments(known: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    try_all(known, monkeypatch, part=8)


def test_an_argument_that_is_no_utf8(known: tuple[Path, dict[str, str]]) -> None:
    done = subprocess.run([*command("asset", "show"), b"caf\xe9"], cwd=known[0], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Invalid value for 'KEY'" in done.stderr
    assert b"is not UTF-8" in done.stderr


def test_a_module_that_is_not_there(folder: ProjectFolder) -> None:
    folder.write(PROJECT)
    for name in ("typo", "pipeline.typo", "os.typo", "..", "a b", "x...", "class"):
        done = folder.run("asset", "ls", "--module", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"there is no module {name}" in done.stderr
    assert folder.run("asset", "ls", "--module", "pipeline").returncode == 0


# Settings.

VALUES = [
    *(
        "nan",
        "inf",
        "-inf",
        "-1",
        "0",
        "1e300",
        "9" * 18,
        "9" * 40,
        "1.5",
        "true",
        '""',
        '"nan"',
        "[]",
        "{}",
        "{a = 1}",
    ),
    *(
        '{a = "b"}',
        "{a = nan}",
        "{a = -1}",
        "2024-01-01",
        '"²"',
        '"..//"',
        '"' + "a" * 300 + '"',
        '"\\u001b[2J"',
        "[[1]]",
    ),
]


@pytest.mark.parametrize("form", ["assettui.toml", "pyproject.toml"])
def test_every_setting_with_every_kind_of_value(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(folder.path)
    folder.write(PROJECT)
    head = "[tool.assettui]\n" if form == "pyproject.toml" else ""
    for name in Settings.__struct_fields__:
        for value in VALUES:
            (folder.path / form).write_text(f"{head}{name} = {value}\n")
            status, said = run(["store", "path"])
            assert status in (0, 1, 2), (name, value, said)
            assert status == 0 or name in said.lower(), (name, value, said)


@pytest.mark.parametrize(
    "text", ["tool = 1", "[tool]\nassettui = 1", "[[tool.assettui]]\nname = 1", "tool = []", "\0", "="]
)
def test_a_file_of_settings_of_another_shape(folder: ProjectFolder, text: str) -> None:
    folder.write(PROJECT)
    (folder.path / "pyproject.toml").write_text(text)
    done = folder.run("status")
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_times_that_no_clock_counts_to(folder: ProjectFolder) -> None:
    for setting in ("evaluation_timeout", "cancel_grace", "step_timeout", "run_timeout", "import_timeout"):
        folder.write(PROJECT)
        (folder.path / "assettui.toml").write_text(f'file = "pipeline.py"\n{setting} = 1e9\n')
        assert folder.run("materialize", "one").returncode == 0


# Configurations.

CONFIGURATIONS = {
    "c.yaml": [
        *(
            "1: 2",
            "ops: &a {one: *a}",
            "ops: .nan",
            "ops: {one: {config: {a: .inf}}}",
            "ops: !!python/object:os.system a",
        ),
        *(
            "ops: !!binary aGk=",
            "ops: 2024-01-01",
            "[" * 3_000,
            "{a: " * 500 + "1" + "}" * 500,
            "? [a]\n: b",
            "a: b: c",
        ),
        *("ops: {2: {}}", "ops: {one: {config: {a: " + "9" * 5_000 + "}}}", "\udcff", "ops: {one: {config: 1}}"),
        *("ops: !!set {a}", "ops: {one: {config: {a: " + "9" * 1_000 + "}}}", "&a [*a]", "ops:\n  <<: 1", "\0"),
    ],
    "c.json": ['{"a": NaN}', "[", '{"ops": {"one": {"config": 1e999}}}', "[" * 100_000, '{"ops": ' + "9" * 5_000 + "}"],
    "c.toml": ["ops = nan", "ops = ", "[ops]\none = 2024-01-01", "a = " + "[" * 5_000, "[ops.one.config]\na = inf"],
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations_that_none_can_be(folder: ProjectFolder, name: str) -> None:
    folder.write(PROJECT)
    for text in CONFIGURATIONS[name]:
        (folder.path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        done = folder.run("materialize", "one", "--config", name)
        assert done.returncode in (1, 2), (text[:100], done.stderr)
        assert "Traceback" not in done.stderr, text[:100]
        assert folder.runs() == [] or json.loads(json.dumps(folder.runs())), text[:100]
