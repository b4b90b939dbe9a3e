"""The code of an asset on the screen, and in the user's editor."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pytest
from textual.widgets import Static

from assettui.model.keys import AssetKey
from assettui.service.session import Session
from assettui.tui import editor
from assettui.tui.code import CodeScreen
from assettui.tui.editor import editor_command
from tests.conftest import made_folder
from tests.tui.conftest import told, until
from tests.tui.looking import app

PROJECT = """
    from assettui import asset

    @asset
    def one():
        return "[bold]\x1b]52;c;eA==\x07"
"""


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = made_folder(tmp_path_factory, "code")
    folder.write(PROJECT)
    assert folder.run("materialize", "one").returncode == 0
    return folder.session


async def test_it_is_a_tab_of_the_asset_and_opens_in_the_editor(on: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> int:
        commands.append(command)
        return 0

    monkeypatch.setenv("EDITOR", "true --edit")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr(editor, "in_foreground", run)
    async with app(on).run_test(size=(100, 20)) as pilot:
        pilot.app.push_screen(CodeScreen(AssetKey("one")))
        screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, CodeScreen) else None)
        text = await until(pilot, lambda: str(screen.query_one("#code", Static).render()))
        assert [line.rstrip() for line in text.split("\n")][2:4] == ["4  @asset", "5  def one():"]
        assert "\x1b" not in text
        assert "[bold]" in text

        @contextmanager
        def suspend() -> Generator[None]:
            yield

        monkeypatch.setattr(pilot.app, "suspend", suspend)
        await pilot.press("E")
        await until(pilot, lambda: commands)
        assert commands == [["true", "--edit", "+4", str(on.project.file)]]
        monkeypatch.setenv("EDITOR", "no-such-editor")
        await pilot.press("E")
        await until(pilot, lambda: "there is no program no-such-editor: EDITOR says which editor to use" in told(pilot))
        await pilot.press("tab")
        await until(pilot, lambda: not isinstance(pilot.app.screen, CodeScreen))


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({}, ["vi", "+3", "/x.py"]),
        ({"EDITOR": "nano"}, ["nano", "+3", "/x.py"]),
        ({"EDITOR": "nano", "VISUAL": "/usr/bin/code -n"}, ["/usr/bin/code", "-n", "--wait", "--goto", "/x.py:3"]),
        ({"EDITOR": "hx"}, ["hx", "/x.py:3"]),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(environment: dict[str, str], command: list[str]) -> None:
    assert editor_command(environment, "/x.py", 3) == command
