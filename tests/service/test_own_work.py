"""The terminal rings once for what a person has started, when it is over and took a while."""

from __future__ import annotations

from assettui.model.events import RunChanged
from assettui.model.run import RunStatus
from assettui.render.bell import ring
from assettui.service.own_work import OwnWork
from assettui.service.session import Session
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.worlds.shop import NOW_US, RUNNING


def test_it_rings_once_for_what_took_a_while(shop: Session) -> None:
    own = OwnWork()
    own.began_run(RUNNING)
    own.began_run("fa11000000000000")  # over in a second, long ago
    own.began_run("ffff000000000000")  # of another store
    db = open_for_writing(shop.folder)
    assert own.ended(db) == []
    with writing(db):
        record(db, [RunChanged(NOW_US, RUNNING, status=RunStatus.SUCCESS)])
    assert own.ended(db) == ["run 0a110000: success after 1m00s"]
    assert own.ended(db) == []
    db.close()


def test_what_it_says_cannot_end_the_sequence() -> None:
    assert ring("a\x07b\x1b[2J") == "\x1b]9;a␇b␛[2J\x07\x07"
