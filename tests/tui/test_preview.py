"""What values hold, on the screen: a table that is moved in, filtered, sorted; documents; what cannot be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from assettui.model.keys import AssetKey
from assettui.service.session import Session
from assettui.service.versions import versions
from assettui.tui.asset import AssetScreen
from assettui.tui.asset_automation import AssetAutomationScreen
from assettui.tui.asset_checks import AssetChecksScreen
from assettui.tui.code import CodeScreen
from assettui.tui.column_chooser import ColumnChooser
from assettui.tui.document import JsonTree
from assettui.tui.grid_view import GridView
from assettui.tui.history import HistoryScreen, PastList
from assettui.tui.line_input import ConditionBox
from assettui.tui.lineage import AssetLineageScreen
from assettui.tui.log_view import LogView
from assettui.tui.preview import PreviewScreen
from assettui.tui.preview_table import PreviewHeader, PreviewTable
from assettui.tui.profile import ProfileList, ProfileScreen
from assettui.tui.questions import Question, Reading
from assettui.tui.runs import AssetRunsScreen
from assettui.tui.versions import VersionList, VersionsScreen
from tests.conftest import ProjectFolder, made_folder
from tests.tui.conftest import told, until
from tests.tui.looking import app

PROJECT = """
    import time
    import polars as pl
    from assettui import *

    @asset
    def sales():
        return pl.DataFrame({
            "id": range(5_000),
            "country": [["PE", "US", "DE"][n % 3] for n in range(5_000)],
            "amount": [None if n % 100 == 0 else n * 1.5 for n in range(5_000)],
            "note": ["x" * 500 + "[bold]\\x1b]52;c;eA==\\x07" for _ in range(5_000)],
        })

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
    def parts(context):
        return pl.DataFrame({"part": [context.partition_key]})

    @asset
    def settings():
        return {"retries": 3, "names": ["a", "b"]}

    class Model:
        def __repr__(self):
            return "Model(of mine)"

    @asset
    def notes():
        from pathlib import Path
        file = Path(__file__).parent / "notes.md"
        file.write_text("# Title\\n\\n- one\\n- **two**\\n")
        return MaterializeResult(metadata={"path": MetadataValue.path(file)})

    @asset
    def model():
        return Model()

    @asset
    def nothing_said() -> None:
        pass
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = made_folder(tmp_path_factory, "preview")
    folder.write(PROJECT)
    done = folder.run("materialize", "sales", "settings", "model", "nothing_said", "notes")
    assert done.returncode == 0, done.stderr
    for partition in ("b", "a"):
        assert folder.run("materialize", "parts", "--partition", partition).returncode == 0
    return folder.session


@pytest.fixture
def on(made: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Session:
    monkeypatch.chdir(tmp_path)
    return made


async def opened(pilot: Pilot[Any], key: str, partition: str | None = None) -> PreviewScreen:
    pilot.app.open_preview(AssetKey(key), partition)  # pyright: ignore
    return await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, PreviewScreen) else None)


def title(screen: PreviewScreen) -> str:
    return str(screen.query_one("#title", Static).render())


def said(screen: PreviewScreen) -> str:
    return str(screen.query_one("#cell", Static).render())


def lines(screen: PreviewScreen) -> list[str]:
    header, table = screen.query_one(PreviewHeader), screen.query_one(PreviewTable)
    shown = [header.render_line(0), header.render_line(1), *map(table.render_line, range(table.size.height))]
    return [each.text.rstrip() for each in shown]


async def shows(pilot: Pilot[Any], screen: PreviewScreen, words: str) -> None:
    await until(pilot, lambda: any(words in line for line in [title(screen), said(screen), *lines(screen)]))


async def test_a_table_is_moved_in_and_asks_for_what_is_in_sight(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot, "sales")
        await shows(pilot, screen, "row 1 of 5,000")
        table = screen.query_one(PreviewTable)
        assert [each.split()[:3] for each in lines(screen)[:3]] == [
            ["id", "country", "amount"],
            ["i64", "str", "f64"],
            ["0", "PE", "·"],
        ]
        await pilot.press("G")
        await until(pilot, lambda: "4999" in lines(screen)[-1])
        assert table.cursor == (4_999, 0)
        await pilot.press("g", "right", "right")
        await shows(pilot, screen, "amount Float64  no value")
        assert not any("\x1b" in line for line in lines(screen))


async def test_conditions_orders_and_samples(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot, "sales")
        await shows(pilot, screen, "row 1 of 5,000")
        await pilot.press("slash")
        screen.query_one(ConditionBox).value = "amount > 100 and country = 'PE'"
        await pilot.press("enter")
        await shows(pilot, screen, "row 1 of 1,628 of 5,000")
        await pilot.press("s", "s")
        await shows(pilot, screen, "▾ id")
        await until(pilot, lambda: lines(screen)[2].split()[0] == "4998")
        await pilot.press("r")
        await shows(pilot, screen, "of 1,000 by chance of 5,000")
        await pilot.press("x")
        await shows(pilot, screen, "row 1 of 5,000")
        await until(pilot, lambda: lines(screen)[2].split()[0] == "0")


async def test_a_condition_that_cannot_be_understood_is_typed_on_where_it_is_wrong(on: Session) -> None:
    async with app(on).run_test(size=(120, 20)) as pilot:
        screen = await opened(pilot, "sales")
        await shows(pilot, screen, "row 1 of 5,000")
        await pilot.press("slash")
        box = screen.query_one(ConditionBox)
        box.value = "amount > 100 and contry = 'PE'"
        await pilot.press("enter")
        await shows(pilot, screen, "there is no column 'contry'")
        await until(pilot, lambda: box.has_class("shown") and pilot.app.focused is box)
        assert box.cursor_position == box.value.index("contry")
        await shows(pilot, screen, "row 1 of 5,000")
        assert "where" not in title(screen)
        await pilot.press("escape")
        assert pilot.app.focused is screen.query_one(PreviewTable)


async def test_columns_are_chosen_cells_are_read_whole_and_rows_exported(on: Session, tmp_path: Path) -> None:
    async with app(on).run_test(size=(100, 24)) as pilot:
        screen = await opened(pilot, "sales")
        await shows(pilot, screen, "4 columns")
        await pilot.press("end", "enter")
        window = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert "x" * 500 in str(window._text)
        await pilot.press("escape", "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, ColumnChooser))
        await pilot.press("space", "enter")  # without the first
        await shows(pilot, screen, "3 columns")
        assert lines(screen)[0].split()[0] == "country"
        await pilot.press("e")
        screen.query_one(ConditionBox).value = "rows.csv"
        await pilot.press("enter")
        await until(pilot, lambda: any("5,000 rows" in each for each in told(pilot)))
        assert (tmp_path / "rows.csv").read_text().startswith("country,amount,note\n")


async def test_what_is_copied(on: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with app(on).run_test(size=(100, 10)) as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        screen = await opened(pilot, "parts")
        await shows(pilot, screen, "a  row 1")
        await shows(pilot, screen, "row 1 of 1")
        await pilot.press("Y", "ctrl+y", "y")
        await until(pilot, lambda: len(copied) == 3)
        assert copied == ["a", "part\na", "a"]


async def test_values_that_are_no_tables(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        for key, words in (("model", "Model(of mine)"), ("nothing_said", "None")):
            screen = await opened(pilot, key)
            log = screen.query_one(LogView)
            await until(pilot, lambda log=log, words=words: any(words in log.render_line(y).text for y in range(8)))
            await pilot.press("escape")


async def test_json_is_a_tree(on: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with app(on).run_test(size=(100, 20)) as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        screen = await opened(pilot, "settings")
        tree = screen.query_one(JsonTree)
        await until(pilot, lambda: len(tree.root.children) == 2)
        assert [str(node.label) for node in tree.root.children] == ["retries  3", "names  [2]"]
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: [str(node.label) for node in tree.root.children[1].children] == ['0  "a"', '1  "b"'])
        await pilot.press("down", "y")
        await until(pilot, lambda: copied == ['"a"'])


async def test_markdown_is_a_page(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot, "notes")
        page = screen.query_one("#markdown", Static)
        await until(pilot, lambda: "Title" in str(page.content))
        assert "#" not in str(page.content)
        assert "• two" in str(page.content)


async def test_what_was_never_made_and_what_is_damaged_is_told(on: Session) -> None:
    (file,) = (on.folder.values / "parts" / "=b").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:20])
    try:
        async with app(on).run_test(size=(120, 20)) as pilot:
            screen = await opened(pilot, "parts", "b")
            await shows(pilot, screen, "cannot be read")
            file.unlink()
            await pilot.press("escape")
            screen = await opened(pilot, "parts", "b")
            await shows(pilot, screen, "the value is gone")
            await pilot.press("escape")
            screen = await opened(pilot, "elsewhere")
            await shows(pilot, screen, "no asset is called 'elsewhere'")
    finally:
        file.write_bytes(whole)


async def test_a_key_shows_what_is_under_the_cursor(on: Session) -> None:
    async with app(on).run_test(size=(120, 24)) as pilot:
        await pilot.press("v")
        screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, PreviewScreen) else None)
        await shows(pilot, screen, "row 1 of")
        await pilot.press("escape")
        pilot.app.open_partitions(AssetKey("parts"))  # pyright: ignore
        grid = await until(
            pilot, lambda: view if (view := pilot.app.screen.query(GridView)) and view.first().rows else None
        )
        grid.first().move_to(0, 1)
        await pilot.press("V")
        screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, PreviewScreen) else None)
        await shows(pilot, screen, "b  row 1")
        await until(pilot, lambda: lines(screen)[2].split() == ["b"])


async def test_the_columns_in_numbers(on: Session) -> None:
    async with app(on).run_test(size=(140, 24)) as pilot:
        screen = await opened(pilot, "sales")
        await shows(pilot, screen, "row 1 of 5,000")
        await pilot.press("right", "right", "p")
        profile = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, ProfileScreen) else None)
        listing = profile.query_one(ProfileList)
        await until(pilot, lambda: listing.rows)
        assert listing.current.name == "amount"
        assert listing.render_line(2).text.split()[:4] == ["amount", "f64", "1.0", "%"]
        assert "5,000 rows, 4 columns" in str(profile.query_one("#title", Static).render())
        await pilot.press("enter")
        window = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert "50 of 5,000 rows, 1.0 %" in str(window._text)
        await pilot.press("escape", "escape")
        assert pilot.app.screen is screen


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_it_looks(on: Session, snap_compare: Any, size: tuple[int, int]) -> None:
    """Rows below the names and types of their columns; the cursor's row and cell, and what is in the cell."""

    async def before(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot, "sales")
        await shows(pilot, screen, "row 1 of 5,000")
        await pilot.press("down", "right")
        await shows(pilot, screen, "country String  US")

    assert snap_compare(app(on), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_numbers_look(on: Session, snap_compare: Any, size: tuple[int, int]) -> None:
    """A line for each column: what is empty, smallest, in the middle, largest, how it spreads, what is frequent."""

    async def before(pilot: Pilot[Any]) -> None:
        pilot.app.push_screen(ProfileScreen(AssetKey("sales")))
        screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, ProfileScreen) else None)
        await until(pilot, lambda: screen.query_one(ProfileList).rows)

    assert snap_compare(app(on), terminal_size=size, run_before=before)


async def test_the_tabs_of_an_asset(on: Session) -> None:
    async with app(on).run_test(size=(120, 30)) as pilot:
        pilot.app.open_asset(AssetKey("sales"))  # pyright: ignore
        tabs = (
            PreviewScreen,
            ProfileScreen,
            HistoryScreen,
            AssetChecksScreen,
            VersionsScreen,
            AssetLineageScreen,
            AssetAutomationScreen,
            AssetRunsScreen,
            CodeScreen,
            AssetScreen,
        )
        for screen in tabs:
            await pilot.press("tab")
            await until(pilot, lambda screen=screen: isinstance(pilot.app.screen, screen))
        assert len(pilot.app.screen_stack) == 2
        await pilot.press(*["shift+tab"] * 7)
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        listing = await until(pilot, lambda: found if (found := pilot.app.screen.query_one(PastList)).rows else None)
        assert [each.number for each in listing.rows] == [1]
        await until(pilot, lambda: "rows  5,000 … 5,000" in str(pilot.app.screen.query_one("#chart", Static).content))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))


async def test_a_version_is_gone_back_to(made: Session, tmp_path: Path) -> None:
    session = made
    folder = ProjectFolder(session.project.root)
    assert folder.run("materialize", "settings").returncode == 0
    first = versions(session, AssetKey("settings")).versions[-1].number
    async with app(session).run_test(size=(120, 24)) as pilot:
        pilot.app.push_screen(VersionsScreen(AssetKey("settings")))
        listing = await until(pilot, lambda: found if (found := pilot.app.screen.query(VersionList)) else None)
        await until(pilot, lambda: listing.first().rows)
        await pilot.press("G", "R")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: (at := versions(session, AssetKey("settings")).current) and at.number == first)
        await until(pilot, lambda: listing.first().rows[0].number == first)
