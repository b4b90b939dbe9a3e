# ruff: noqa: PTH123, PTH207, PTH208, UP020
# Each way in which Python reads is tried.
"""What the project's code reads while it is imported is noted, and nothing else."""

from __future__ import annotations

import builtins
import glob
import io
import os
from pathlib import Path

import pytest

from assettui.worker.files_read import MAX_FILES, FilesRead


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.yaml", "sql/b.sql", "sql/c.sql", "module.py", ".venv/d.txt", "written.txt", ".env"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return tmp_path


def noted(read: FilesRead, root: Path) -> set[str]:
    return {str(Path(path).relative_to(root)) for path in read}


def test_files_are_noted_however_they_are_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with FilesRead(root) as read:
        (root / "a.yaml").read_text()
        with open("sql/b.sql", "rb") as file:
            file.read()
        io.open(os.fsencode(root / ".env")).close()
        os.close(os.open(root / "sql" / "c.sql", os.O_RDONLY))  # by no `open` of Python's
    assert noted(read, root) == {"a.yaml", "sql/b.sql", ".env"}


@pytest.mark.parametrize("way", ["listdir", "scandir", "glob", "iterdir", "Path.glob"])
def test_folders_are_noted_however_they_are_listed(root: Path, way: str) -> None:
    folder = root / "sql"
    with FilesRead(root) as read:
        found = {
            "listdir": lambda: os.listdir(folder),
            "scandir": lambda: list(os.scandir(folder)),
            "glob": lambda: glob.glob(f"{folder}/*.sql"),
            "iterdir": lambda: list(folder.iterdir()),
            "Path.glob": lambda: list(folder.glob("*.sql")),
        }[way]()
    assert len(found) == 2
    assert noted(read, root) == {"sql"}


def test_neither_code_nor_what_is_written_nor_what_lies_elsewhere(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.txt"
    with FilesRead(root) as read:
        (root / "module.py").read_text()
        (root / ".venv" / "d.txt").read_text()
        (root / "written.txt").write_text("x")
        with (root / "written.txt").open("r+"):
            pass
        elsewhere.write_text("x")
        elsewhere.read_text()
        with pytest.raises(FileNotFoundError):
            (root / "missing.txt").read_text()
        with open(os.dup(0), closefd=True):
            pass
    assert noted(read, root) == set()


def test_it_ends_and_grows_no_further_than_a_bound(root: Path) -> None:
    before = (builtins.open, io.open, os.listdir, os.scandir)
    with FilesRead(root) as read:
        for number in range(MAX_FILES + 10):
            (root / f"{number}.txt").touch()
            (root / f"{number}.txt").read_text()
    assert (builtins.open, io.open, os.listdir, os.scandir) == before
    assert len(list(read)) == MAX_FILES
    (root / "a.yaml").read_text()
    assert "a.yaml" not in noted(read, root)
