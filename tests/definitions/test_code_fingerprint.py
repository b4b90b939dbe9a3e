"""`code_version="auto"`: what changes the version, what does not, and what is said to have changed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from types import ModuleType

import pytest

from assettui import Definitions, DefinitionsError, asset
from assettui.core.versions import changed_parts
from assettui.definitions.code_fingerprint import CodeFingerprint, fingerprint
from assettui.definitions.describe.project import describe
from tests.conftest import ProjectFolder

PROJECT = """
import re
from dataclasses import dataclass
from assettui import asset
import helpers
from helpers import rounded

LIMITS = {"low": [1, 2], "high": (9,)}
PATTERN = re.compile("a+")
UNUSED = 1


@dataclass
class Bucket:
    size: int = 3

    def of(self, n):
        return n // self.size


def bucket_of(n):
    return Bucket().of(n)


def unrelated():
    return 1


@asset(code_version="auto")
def features(raw=None):
    '''What is made.'''
    return [rounded(bucket_of(n)) + helpers.offset() for n in LIMITS["low"] if PATTERN.match("a")]
"""
HELPERS = """
BASE = 2

def rounded(n):
    return round(n, BASE)

def offset():
    return 0

def other():
    return BASE
"""


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[[str, str], CodeFingerprint]]:
    """The fingerprint of `features`, as these two files stand."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    count = 0

    def loaded(name: str, text: str) -> ModuleType:
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        sys.modules.pop(name, None)
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def version(project: str, helpers: str) -> CodeFingerprint:
        loaded("helpers", helpers)
        return fingerprint(loaded("features", project).features.fn)

    yield version
    for name in ("features", "helpers"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("return Bucket().of(n)", "return Bucket().of(n) + 1", ["features.py: bucket_of"]),
        ("return n // self.size", "return n / self.size", ["features.py: Bucket"]),
        ('"low": [1, 2]', '"low": [1, 3]', ["features.py: LIMITS"]),
        ('re.compile("a+")', 're.compile("b+")', ["features.py: PATTERN"]),
        ('if PATTERN.match("a")', "", ["features.py: PATTERN", "features.py: features"]),
        ("return round(n, BASE)", "return round(n, BASE) * 1", ["helpers.py: rounded"]),
        ("BASE = 2", "BASE = 3", ["helpers.py: BASE"]),
        ("return 0", "return 1", ["helpers.py: offset"]),
        ("'''What is made.'''", "'''What else is made.'''", []),
        ('code_version="auto"', 'code_version="auto", group_name="g"', []),
        ("return [rounded(", "# a comment\n    return  [ rounded(", []),
        ("UNUSED = 1", "UNUSED = 2", []),
        ("def unrelated():\n    return 1", "def unrelated():\n    return 2", []),
        ("def other():\n    return BASE", "def other():\n    return 7", []),
    ],
)
def test_what_is_reached_changes_it_and_nothing_else_does(
    versions: Callable[[str, str], CodeFingerprint], old: str, new: str, changed: list[str]
) -> None:
    assert (PROJECT + HELPERS).count(old) >= 1
    before = versions(PROJECT, HELPERS)
    after = versions(PROJECT.replace(old, new), HELPERS.replace(old, new))
    assert changed_parts(before.parts, after.parts) == changed
    assert (before.version == after.version) is (not changed)


def test_where_there_is_no_source_it_is_told() -> None:
    names: dict[str, object] = {"__name__": "nowhere"}
    exec("def made():\n    return 1", names)
    hidden = asset(name="hidden", code_version="auto")(names["made"])  # pyright: ignore
    with pytest.raises(DefinitionsError, match=r"hidden.*source of made is not to be had.*\n.*give it a code_version"):
        describe("project", Definitions([hidden]))


def test_a_change_makes_what_was_made_of_it_stale_and_says_what_has_changed(folder: ProjectFolder) -> None:
    text = """
        from assettui import asset

        def bucket_of(n):
            return n // 3

        @asset(code_version="auto")
        def features():
            return bucket_of(7)

        @asset
        def report(features):
            return features
    """
    folder.write(text)
    assert folder.run("materialize", "+report").returncode == 0
    folder.write(text.replace("        def bucket_of", "        # the same\n        def bucket_of"))
    assert [each["status"] for each in folder.json("asset", "ls")] == ["fresh", "fresh"]
    folder.write(text.replace("n // 3", "n // 4"))
    features, report = folder.json("asset", "ls")
    assert (features["status"], features["reasons"]) == ("stale", ["code changed: pipeline.py: bucket_of"])
    assert report["status"] == "stale"
