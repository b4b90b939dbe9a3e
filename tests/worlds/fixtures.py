"""The worlds as fixtures: a conftest that wants them imports them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

import pytest

from assettui.model import timing
from assettui.service.session import Session
from tests.worlds.ailing import ailing_world
from tests.worlds.automated import automated_world
from tests.worlds.partitioned import partitioned_world
from tests.worlds.shop import NOW_US, lead, world


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still."""
    monkeypatch.setattr(timing, "time", SimpleNamespace(time_ns=lambda: NOW_US * 1000))


@pytest.fixture
def abandoned(tmp_path: Path) -> Session:
    """The store in which something of everything has happened, and that nobody leads now."""
    return world(tmp_path)


@pytest.fixture
def shop(abandoned: Session) -> Generator[Session]:
    """The same, led."""
    held = lead(abandoned)
    yield abandoned
    held.release()


@pytest.fixture
def of_partitions(tmp_path: Path) -> Generator[Session]:
    """The store of assets with partitions, led."""
    made = partitioned_world(tmp_path)
    held = lead(made)
    yield made
    held.release()


@pytest.fixture
def automated(tmp_path: Path) -> Generator[Session]:
    """The store of schedules and sensors, led."""
    made = automated_world(tmp_path)
    held = lead(made)
    yield made
    held.release()


@pytest.fixture
def ailing(tmp_path: Path) -> Generator[Session]:
    """The store in which things are not as they should be, led."""
    made = ailing_world(tmp_path)
    held = lead(made)
    yield made
    held.release()
