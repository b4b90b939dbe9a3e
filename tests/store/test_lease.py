from __future__ import annotations

import os
from pathlib import Path

from assettui.store import lease


def test_one_holds_the_lease_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert lease.holder(path) is None
    held = lease.acquire(path, face="tui", project_id="p", now_us=5)
    assert held is not None
    assert lease.acquire(path, face="up", project_id="p", now_us=6) is None
    leader = lease.holder(path)
    assert leader is not None
    assert (leader.pid, leader.face, leader.project_id, leader.since_us) == (os.getpid(), "tui", "p", 5)
    held.release()
    assert lease.holder(path) is None
    assert lease.last_holder(path) == leader


def test_whoever_looks_does_not_keep_anybody_from_leading(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for _ in range(50):
        held = lease.acquire(path, face="tui", project_id="p", now_us=1)
        assert held is not None
        held.release()
        assert lease.holder(path) is None
