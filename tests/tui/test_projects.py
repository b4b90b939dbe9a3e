"""Many projects on one screen: they come as they answer, enter opens one in this terminal, and what lay below is there again."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from assettui.model.project_summary import ProjectSummary
from assettui.project.user_settings import Host
from assettui.service.session import Session
from assettui.tui import projects
from assettui.tui.projects import ProjectList, ProjectsScreen
from tests.tui.conftest import until
from tests.tui.looking import app

SHOP = ProjectSummary("shop", "/srv/shop", arguments=("--project", "/srv/shop"), fresh=12, stale=1, leader="up 41")
AWAY = ProjectSummary("ads", "/srv/ads", "user@box", fresh=3, failed=2, overdue=1, running=4)
SILENT = ProjectSummary("", host="old", problem="no answer within 10 s")
HOSTS = (Host("old"), Host("user@box", dir="/srv/ads"))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands by which projects were opened."""
    commands: list[list[str]] = []

    def answers(hosts: Sequence[Host]) -> Iterator[tuple[ProjectSummary, ...]]:
        return iter([(SHOP,), (AWAY,), (SILENT,)])

    def run(command: Sequence[str]) -> int:
        commands.append(list(command))
        return 0

    monkeypatch.setattr(projects, "all_projects", answers)
    monkeypatch.setattr(projects, "read_hosts", lambda: HOSTS)
    monkeypatch.setattr(projects, "in_foreground", run)
    return commands


async def listed(pilot: Pilot[Any]) -> ProjectList:
    await pilot.press("0")
    screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, ProjectsScreen) else None)
    return await until(pilot, lambda: found if len((found := screen.query_one(ProjectList)).rows) == 3 else None)


def suspended(monkeypatch: pytest.MonkeyPatch, pilot: Pilot[Any]) -> None:
    @contextmanager
    def suspend() -> Generator[None]:
        yield

    monkeypatch.setattr(pilot.app, "suspend", suspend)


async def test_each_is_one_line_those_here_first(ailing: Session, opened: list[list[str]]) -> None:
    async with app(ailing).run_test(size=(120, 20)) as pilot:
        found = await listed(pilot)
        lines = [" ".join(found.render_line(index).text.split()) for index in range(3)]
        assert lines == [
            "◐ shop here 12 1 – – – up 41 /srv/shop",
            "? – old no answer within 10 s",
            "✗ ads user@box 3 – 2 1 4 nobody /srv/ads",
        ]


async def test_enter_opens_it_here_or_over_there(
    ailing: Session, opened: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app(ailing).run_test(size=(120, 20)) as pilot:
        await listed(pilot)
        suspended(monkeypatch, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: len(opened) == 1)
        assert opened[0][-2:] == ["--project", "/srv/shop"]
        await until(pilot, lambda: len(pilot.app.screen.query_one(ProjectList).rows) == 3)
        await pilot.press("end", "enter")
        await until(pilot, lambda: len(opened) == 2)
        assert opened[1] == ["ssh", "-t", "user@box", "cd /srv/ads && assettui"]
        await pilot.press("1")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ProjectsScreen))
