"""Being told of changes to files, by the kernel, or by looking where the kernel cannot."""

from __future__ import annotations

import errno
import queue
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import inotify

from assettui.project.watch import Watch


@pytest.fixture(params=["told by the kernel", "looking"])
def changes(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The changes of a folder, as they are told."""
    if request.param == "looking":

        def no_more(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")

        monkeypatch.setattr(inotify.InotifyEmitter, "on_thread_start", no_more)
        monkeypatch.setattr(inotify.InotifyObserver, "schedule", no_more)
    told: queue.Queue[set[str]] = queue.Queue()
    watch = Watch(told.put)
    watch.folders([tmp_path, tmp_path / "not there"])
    yield told
    watch.stop()


def test_files_that_are_made_changed_and_removed_are_told(tmp_path: Path, changes: queue.Queue[set[str]]) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    assert str(file) in changes.get(timeout=10)
    file.unlink()
    assert str(file) in changes.get(timeout=10)


def test_changes_that_follow_each_other_are_told_at_once(tmp_path: Path) -> None:
    told: queue.Queue[set[str]] = queue.Queue()
    watch = Watch(told.put, settle_s=0.3)
    watch.folders([tmp_path])
    for number in range(20):
        (tmp_path / f"{number}.py").write_text("x")
    assert len(told.get(timeout=10)) == 20
    watch.stop()


def test_folders_below_are_not_watched_and_other_ones_may_be_named_later(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    told: queue.Queue[set[str]] = queue.Queue()
    watch = Watch(told.put)
    watch.folders([tmp_path])
    (below / "a.py").write_text("x")
    (tmp_path / "b.py").write_text("x")
    assert told.get(timeout=10) == {str(tmp_path / "b.py")}
    watch.folders([below])
    (below / "c.py").write_text("x")
    assert str(below / "c.py") in told.get(timeout=10)
    watch.stop()
