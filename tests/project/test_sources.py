"""Whether the project's files are still what was imported."""

from __future__ import annotations

import os
from pathlib import Path

from assettui.project.locate import locate
from assettui.project.sources import are_unchanged, fingerprints

SECOND_NS = 1_000_000_000
NOW_NS = 1_800_000_000 * SECOND_NS


def marks(folder: Path, *, modified_ns: int) -> dict[str, tuple[int, int]]:
    """The fingerprints of a project that was imported from a second ago until now."""
    file = folder / "pipeline.py"
    file.write_text("x = 1")
    os.utime(file, ns=(modified_ns, modified_ns))
    return fingerprints(locate(folder), [str(file)], since_ns=NOW_NS - SECOND_NS, until_ns=NOW_NS)


def test_a_file_is_as_it_was_until_its_time_or_size_changes(tmp_path: Path) -> None:
    recorded = marks(tmp_path, modified_ns=NOW_NS - 60 * SECOND_NS)
    assert are_unchanged(recorded)
    (tmp_path / "pipeline.py").write_text("x = 2")
    assert not are_unchanged(recorded)
    (tmp_path / "pipeline.py").unlink()
    assert not are_unchanged(recorded)


def test_nobody_knows_what_was_imported_of_a_file_that_was_edited_meanwhile(tmp_path: Path) -> None:
    assert not are_unchanged(marks(tmp_path, modified_ns=NOW_NS - SECOND_NS // 2))
    assert not are_unchanged(
        marks(tmp_path, modified_ns=NOW_NS - SECOND_NS - 4_000_000)
    )  # within one tick of the kernel


def test_a_file_from_the_future_does_not_have_the_project_loaded_for_ever(tmp_path: Path) -> None:
    assert are_unchanged(marks(tmp_path, modified_ns=NOW_NS + 3600 * SECOND_NS))
