"""SQL on the screen: what is suggested, what a statement gives, what is wrong with one, what was asked before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from assettui.model.errors import StoreError
from assettui.model.keys import AssetKey
from assettui.service.session import Session
from assettui.service.sql import columns_of, past_statements
from assettui.tui import sql
from assettui.tui.line_input import ConditionBox
from assettui.tui.preview import PreviewScreen
from assettui.tui.preview_table import PreviewTable
from assettui.tui.sql import SqlScreen
from assettui.tui.sql_prompt import SqlPrompt
from tests.conftest import made_folder, wait_until
from tests.tui.conftest import told, until
from tests.tui.looking import app

PROJECT = """
    import polars as pl
    from assettui import *

    @asset(key_prefix="raw")
    def sales():
        return pl.DataFrame({"country": ["PE", "US", "DE", "PE"], "amount": [1.0, 2.5, 4.0, 8.0]})

    @asset(key_prefix="raw", partitions_def=StaticPartitionsDefinition(["a", "b"]))
    def parts(context):
        return pl.DataFrame({"part": [context.partition_key] * 3})

    @asset
    def numbers():
        return pl.DataFrame({"n": range(9_000)})
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = made_folder(tmp_path_factory, "sql")
    folder.write(PROJECT)
    leader = folder.lead()
    folder.json("materialize", "raw/sales", "numbers")
    for partition in ("a", "b"):
        folder.json("materialize", "raw/parts", "--partition", partition)
    keys = {key: AssetKey(key.split("/")) for key in ("raw/sales", "raw/parts", "numbers")}
    wait_until(lambda: all(columns_of(folder.session, keys).values()))  # they were looked at
    leader.terminate()
    leader.communicate()
    return folder.session


@pytest.fixture
def on(made: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Session:
    monkeypatch.chdir(tmp_path)
    return made


async def opened(pilot: Pilot[Any]) -> SqlScreen:
    await pilot.press("7")
    return await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, SqlScreen) else None)


async def typed(pilot: Pilot[Any], text: str) -> None:
    await pilot.press(*["space" if letter == " " else letter for letter in text])


def said(screen: SqlScreen) -> str:
    return str(screen.query_one("#cell", Static).render())


def title(screen: SqlScreen) -> str:
    return str(screen.query_one("#title", Static).render())


def rows(screen: SqlScreen) -> list[list[str]]:
    table = screen.query_one(PreviewTable)
    shown = [table.render_line(y).text.split() for y in range(table.size.height)]
    return [each for each in shown if each]


async def gives(pilot: Pilot[Any], screen: SqlScreen, expected: list[list[str]]) -> None:
    await until(pilot, lambda: rows(screen) == expected)


async def test_the_tables_are_listed_with_their_columns(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        nothing = screen.query_one("#nothing", Static)
        await until(pilot, lambda: "raw.sales  country, amount" in str(nothing.content))
        assert "raw.parts  part, partition" in str(nothing.content)


async def test_a_statement_is_completed_and_asked(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        prompt = screen.prompt
        await typed(pilot, "select country, sum(amount) total from sa")
        assert prompt.suggestion == "les"
        await pilot.press("tab")
        await typed(pilot, " group by ")
        await until(pilot, lambda: prompt.completion.candidates == ("country", "amount"))
        await pilot.press("ctrl+n", "ctrl+n", "tab")
        await typed(pilot, " order by total desc")
        assert prompt.text == "select country, sum(amount) total from sales group by country order by total desc"
        await pilot.press("enter")
        await gives(pilot, screen, [["PE", "9.0"], ["DE", "4.0"], ["US", "2.5"]])
        assert pilot.app.focused is prompt
        await pilot.press("tab", "s", "s")
        await until(pilot, lambda: "▾ country" in title(screen))
        await gives(pilot, screen, [["US", "2.5"], ["PE", "9.0"], ["DE", "4.0"]])


async def test_all_partitions_are_one_table(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        screen.prompt.text = "select partition, count(*) n from parts group by partition order by partition"
        await pilot.press("enter")
        await gives(pilot, screen, [["a", "3"], ["b", "3"]])


async def test_the_cursor_goes_where_a_statement_is_wrong(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        prompt = screen.prompt
        prompt.text = "select amount\nfrom sales\nwhere contry = 'PE'"
        await pilot.press("enter")
        await until(pilot, lambda: "there is no column 'contry': did you mean 'country'?" in said(screen))
        assert prompt.cursor_location == (2, 6)
        assert pilot.app.focused is prompt
        prompt.text = "select * from sals"
        await pilot.press("enter")
        await until(pilot, lambda: "there is no table 'sals': did you mean 'sales'?" in said(screen))
        prompt.text = "delete from sales"
        await pilot.press("enter")
        await until(pilot, lambda: "only reads" in said(screen))


async def test_what_was_asked_is_gone_back_to(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        prompt = screen.prompt
        for number in ("1", "2"):
            prompt.text = f"select {number} as one"
            await pilot.press("enter")
            await gives(pilot, screen, [[number]])
        await until(pilot, lambda: past_statements(on)[:2] == ["select 2 as one", "select 1 as one"])
        await pilot.press("escape")
        screen = await opened(pilot)
        prompt = screen.prompt
        assert prompt.text == "select 2 as one", "what stood there when it was left"
        prompt.text = ""
        await typed(pilot, "sel")
        await pilot.press("up", "up")
        assert prompt.text == "select 1 as one"
        await pilot.press("down", "down", "down")
        assert prompt.text == "sel"


async def test_a_store_that_cannot_be_written_to_is_asked_all_the_same(
    on: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(session: Session, sql: str) -> None:
        raise StoreError("the store cannot be written")

    monkeypatch.setattr(sql, "note_statement", refuse)
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        screen.prompt.text = "select 3 as one"
        await pilot.press("enter")
        await gives(pilot, screen, [["3"]])


async def test_a_large_result_is_moved_in_and_exported(on: Session, tmp_path: Path) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        screen = await opened(pilot)
        screen.prompt.text = "select n * 2 as m from numbers"
        await pilot.press("enter")
        await until(pilot, lambda: "row 1 of 9,000" in title(screen))
        await pilot.press("tab", "G")
        await until(pilot, lambda: rows(screen)[-1:] == [["17998"]])
        await pilot.press("e")
        box = screen.query_one(ConditionBox)
        assert box.value == "result.csv"
        await pilot.press("enter")
        await until(pilot, lambda: any("9,000 rows" in each for each in told(pilot)))
        assert (tmp_path / "result.csv").read_text().startswith("m\n0\n2\n")


async def test_an_asset_that_is_looked_at_is_asked_for(on: Session) -> None:
    async with app(on).run_test(size=(100, 20)) as pilot:
        pilot.app.open_preview(AssetKey(["raw", "sales"]))  # pyright: ignore
        screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, PreviewScreen) else None)
        await until(pilot, lambda: screen.query_one(PreviewTable).total == 4)
        await pilot.press("S")
        asking = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, SqlScreen) else None)
        assert asking.query_one(SqlPrompt).text == "select * from sales"
        await until(pilot, lambda: len(rows(asking)) == 4)
        await pilot.press("escape")
        assert pilot.app.screen is screen


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_how_it_looks(on: Session, snap_compare: Any, size: tuple[int, int]) -> None:
    """A statement, the columns that may come next, and below them what the statement gave before it was typed on."""

    async def before(pilot: Pilot[Any]) -> None:
        screen = await opened(pilot)
        screen.prompt.text = "select * from raw.sales where country = 'PE'"
        await pilot.press("enter")
        await gives(pilot, screen, [["PE", "1.0"], ["PE", "8.0"]])
        await pilot.press("end")
        await typed(pilot, " order by ")
        await until(pilot, lambda: screen.prompt.completion.candidates)

    assert snap_compare(app(on), terminal_size=size, run_before=before)
