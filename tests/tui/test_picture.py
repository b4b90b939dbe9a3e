"""Pictures on the screen: in half cells, or painted by the terminal; what lies above one covers it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from textual.pilot import Pilot
from textual.widgets import Static

from assettui.model.keys import AssetKey
from assettui.service.session import Session
from assettui.tui.picture import PictureView
from assettui.tui.preview import PreviewScreen
from tests.conftest import ProjectFolder, made_folder
from tests.tui.conftest import until
from tests.tui.looking import app

PROJECT = """
    from pathlib import Path
    from assettui import *

    @asset
    def chart():
        return MaterializeResult(metadata={"path": MetadataValue.path(Path(__file__).parent / "chart.png")})

    @asset
    def damaged():
        return MaterializeResult(metadata={"path": MetadataValue.path(Path(__file__).parent / "damaged.png")})
"""


def picture() -> bytes:
    image = Image.new("RGB", (300, 200), "white")
    pen = ImageDraw.Draw(image)
    for index, color in enumerate(("red", "green", "blue")):
        pen.rectangle((30 + index * 90, 150 - index * 60, 90 + index * 90, 190), fill=color)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = made_folder(tmp_path_factory, "pictures")
    folder.write(PROJECT)
    (folder.path / "chart.png").write_bytes(picture())
    (folder.path / "damaged.png").write_bytes(picture()[:200])
    folder.json("materialize", "chart", "damaged")
    return folder.session


@pytest.fixture(autouse=True)
def _a_plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETTUI_IMAGES", "blocks")


async def opened(pilot: Pilot[Any], key: str) -> PreviewScreen:
    pilot.app.open_preview(AssetKey(key))  # pyright: ignore
    return await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, PreviewScreen) else None)


async def test_it_is_sketched_in_half_cells(on: Session) -> None:
    async with app(on).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, "chart")
        view = screen.query_one(PictureView)
        await until(pilot, lambda: "▀" * 30 in view.render_line(0).text)
        assert "▀" not in view.render_line(10).text
        assert "PNG, 300 × 200" in str(screen.query_one("#cell", Static).render())
        assert str(next(iter(view.render_line(0))).style) == "#ffffff on #ffffff"
        await pilot.resize_terminal(20, 24)
        await until(pilot, lambda: view.render_line(0).text.rstrip() == "▀" * 18)


async def test_the_terminal_paints_it_and_it_is_taken_away_again(on: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETTUI_IMAGES", "kitty")
    sent: list[str] = []
    async with app(on).run_test(size=(80, 24)) as pilot:
        monkeypatch.setattr(pilot.app, "write_sequence", sent.append)
        screen = await opened(pilot, "chart")
        view = screen.query_one(PictureView)
        await until(pilot, lambda: any("a=T" in each for each in sent))
        x, y = view.content_region.offset
        assert f"\x1b[{y + 1};{x + 1}H\x1b_G" in sent[-1]
        sent.clear()
        await pilot.press("question_mark")
        await until(pilot, lambda: any("a=d" in each for each in sent))
        assert not any("a=T" in each for each in sent[1:])
        sent.clear()
        await pilot.press("escape")
        await until(pilot, lambda: any("a=T" in each for each in sent))
        sent.clear()
        await pilot.press("escape")
        await until(pilot, lambda: any("a=d" in each for each in sent))


async def test_what_is_damaged_is_told(on: Session) -> None:
    async with app(on).run_test(size=(120, 24)) as pilot:
        screen = await opened(pilot, "damaged")
        await until(pilot, lambda: "cannot be read" in str(screen.query_one("#cell", Static).render()))


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_it_looks(on: Session, snap_compare: Any, size: tuple[int, int]) -> None:
    """A picture of three bars, in half cells."""

    async def before(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, "chart")
        view = screen.query_one(PictureView)
        await until(pilot, lambda: "▀" * 10 in view.render_line(0).text)

    assert snap_compare(app(on), terminal_size=size, run_before=before)


def test_a_command_says_what_it_is_where_no_terminal_shows_it(on: Session) -> None:
    done = ProjectFolder(Path(on.project.root)).run("asset", "preview", "chart")
    assert (done.stdout, done.stderr) == ("", "chart: PNG, 300 × 200\n")
