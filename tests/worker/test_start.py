"""What starts a worker in an interpreter of the user's says which interpreters will not do."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from assettui.worker import start


def test_an_interpreter_that_is_too_old_is_told_so() -> None:
    with pytest.raises(start.Unfit, match=r"is Python 3\.9, and a worker needs 3\.11 or newer"):
        start.prepare("/nowhere", "0.1.0", python=(3, 9, 2))


def test_it_can_be_read_by_the_interpreters_that_it_refuses() -> None:
    ast.parse(Path(start.__file__).read_text(), feature_version=(3, 6))


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(start.__file__).read_text())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name.partition(".")[0] for name in named} - set(sys.stdlib_module_names) == {"assettui", "msgspec"}
