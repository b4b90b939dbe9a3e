"""A value on disk: one file, or of a frame of Spark a folder of them, which comes, goes and is copied as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def files_of(path: Path) -> list[Path]:
    """The file, or those in the folder."""
    return [path] if not path.is_dir() else [each for each in path.rglob("*") if each.is_file()]


def size_of(path: Path) -> int:
    """In bytes."""
    return sum(each.stat().st_size for each in files_of(path))


def remove(path: Path) -> None:
    """Remove it; nothing happens where it is gone."""
    if path.is_dir():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it."""
    import shutil  # deferred: it brings all kinds of compression with it, 3 ms

    shutil.rmtree(folder, ignore_errors=True)


def copy(source: Path, target: Path) -> bool:
    """Copy it; whether it was there."""
    import shutil  # deferred, as above

    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)
    except FileNotFoundError:
        return False
    return True
