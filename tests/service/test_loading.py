"""Having the project loaded by a worker of our own, where nobody leads; and waiting beside signals."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from assettui.model.timing import clock_us
from assettui.service.catalog import catalog
from assettui.service.loading import LeaderGone, ProjectBroken, await_loaded, ensure_loaded
from assettui.service.signals import Signals
from assettui.store import projects
from assettui.store.database import open_for_writing
from tests.conftest import SALES, ProjectFolder


@pytest.fixture(autouse=True)
def noon() -> None:
    """Here the clock goes on: a worker looks at it."""


def test_a_project_is_loaded_once_and_anew_when_its_file_changes(folder: ProjectFolder) -> None:
    file = folder.write(SALES)
    os.utime(file, ns=(2, 2))  # of a file that was edited just now, nobody knows which state of it was imported
    open_for_writing(folder.store).close()
    session = folder.session
    ensure_loaded(session)
    loaded_us = catalog(session).loaded_us
    assert [str(row.key) for row in catalog(session).rows] == ["sales", "total_by_country"]
    ensure_loaded(session)
    assert catalog(session).loaded_us == loaded_us
    file.write_text(file.read_text().replace("total_by_country", "totals"))
    os.utime(file, ns=(1, 1))
    ensure_loaded(session)
    assert [str(row.key) for row in catalog(session).rows] == ["sales", "totals"]


def test_one_that_cannot_be_loaded_says_why_each_time_and_keeps_what_was_known(folder: ProjectFolder) -> None:
    file = folder.write(SALES)
    open_for_writing(folder.store).close()
    session = folder.session
    ensure_loaded(session)
    file.write_text("import nothing_of_the_kind")
    for _ in range(2):
        with pytest.raises(ProjectBroken, match="nothing_of_the_kind"):
            ensure_loaded(session)
    assert len(catalog(session).rows) == 2


def test_a_leader_that_goes_away_meanwhile_is_not_waited_for(folder: ProjectFolder) -> None:
    folder.write(SALES)
    open_for_writing(folder.store).close()
    asked_us = clock_us()
    with pytest.raises(LeaderGone):
        await_loaded(folder.session, asked_us)
    with folder.session.writing() as connection:
        projects.save_loaded(connection, folder.project.id, b'{"format":0}', {}, asked_us)
    await_loaded(folder.session, asked_us)


def test_signals_are_handled_while_something_is_waited_for() -> None:
    seen: list[signal.Signals] = []
    before = signal.getsignal(signal.SIGUSR1)
    with Signals({signal.SIGUSR1: seen.append}) as signals:
        os.kill(os.getpid(), signal.SIGUSR1)
        ending = threading.Timer(0, signals.end)
        ending.start()
        signals.wait()
        ending.join()
    assert seen == [signal.SIGUSR1]
    assert signal.getsignal(signal.SIGUSR1) is before
