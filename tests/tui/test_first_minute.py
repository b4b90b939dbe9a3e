"""The first minute: a folder without a project, and the tour, in a real terminal."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from assettui.service.session import Session
from assettui.tui.tour import STEPS, Tour, TourLine
from tests.conftest import ProjectFolder, command
from tests.terminal import Terminal
from tests.tui.conftest import until
from tests.tui.looking import app

Open = Callable[..., Terminal]


@pytest.fixture
def opened(tmp_path: Path) -> Generator[Open]:
    """Opens `assettui` in a folder that holds nothing."""
    terminals: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        terminal = Terminal(command(*arguments), size=(100, 30), cwd=tmp_path)
        terminals.append(terminal)
        return terminal

    yield open_one
    for terminal in terminals:
        terminal.close()


def test_an_empty_folder_shows_what_to_write_and_offers_to_write_it(opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.wait_for("There is no project in", "from assettui import asset", "Which")
    terminal.press("w\r")
    terminal.wait_for("orders", "revenue_by_customer", "● leader")
    terminal.wait_until(lambda text: text.count("●") >= 3)
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    assert (tmp_path / "test_definitions.py").is_file()


def test_nothing_is_written_where_nothing_is_wanted(opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.wait_for("Which")
    terminal.press("q\r")
    assert terminal.wait_for_end() == 0
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_it_is_an_error_as_ever(folder: ProjectFolder) -> None:
    done = folder.run()
    assert done.returncode == 2
    assert "there is no project in" in done.stderr
    assert "assettui init" in done.stderr


async def test_the_tour_leads_through_all_of_its_steps(shop: Session) -> None:
    walked = app(shop)
    walked.begin_tour()
    async with walked.run_test(size=(80, 24)) as pilot:
        for number, step in enumerate(STEPS, 1):
            line = pilot.app.screen.query_one(TourLine)
            assert line.display
            assert str(line.render()).startswith(f"{number}/8")
            await pilot.press(step.key)
            await pilot.pause()
            if step.key == "colon":
                await until(pilot, lambda: len(pilot.app.screen_stack) > 2)
                await pilot.press("escape")
        await until(pilot, lambda: walked.tour is not None and walked.tour.step is None)


def test_other_keys_do_not_go_on() -> None:
    tour = Tour()
    assert not tour.pressed("x")
    assert tour.pressed("down")
    assert str(tour.text()).startswith("2/8")
