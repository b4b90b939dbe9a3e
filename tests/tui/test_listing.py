"""A list of any length costs what its window costs."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.app import App, ComposeResult

from assettui.render.table import Cell, Column, Row, Table
from assettui.tui.listing import Listing, draw_row


class Numbers(Listing[int]):
    TABLE = Table((Column("number", 10),), lambda number, now_us: Row([Cell(f"[red]{number}")]), lambda number: number)
    drawn = 0

    def row(self, row: int) -> Row:
        Numbers.drawn += 1
        return super().row(row)


class NumbersApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Numbers()


async def test_only_the_lines_of_the_window_are_drawn() -> None:
    async with NumbersApp().run_test(size=(40, 20)) as pilot:
        numbers = pilot.app.query_one(Numbers)
        Numbers.drawn = 0
        numbers.rows = range(1_000_000)
        await pilot.pause()
        await pilot.press("end")
        await pilot.pause()
        assert numbers.cursor == 999_999
        assert numbers.render_line(19).text.startswith("[red]999999")
        assert Numbers.drawn < 200


async def test_keys_move_the_cursor_and_stay_within_the_list() -> None:
    async with NumbersApp().run_test(size=(40, 20)) as pilot:
        numbers = pilot.app.query_one(Numbers)
        numbers.rows = range(100)
        await pilot.press("j", "down", "k")
        assert numbers.current == 1
        await pilot.press("pagedown")
        assert numbers.current == 20
        await pilot.press("pageup", "pageup", "up")
        assert numbers.current == 0
        await pilot.press("G", "down")
        assert numbers.current == 99
        await pilot.press("g")
        assert numbers.current == 0


async def test_the_cursor_stays_on_its_row_when_the_list_changes() -> None:
    async with NumbersApp().run_test(size=(40, 20)) as pilot:
        numbers = pilot.app.query_one(Numbers)
        numbers.rows = range(100)
        numbers.cursor = 50
        numbers.rows = range(40, 100)
        assert numbers.current == 50
        numbers.rows = range(3)
        assert numbers.current == 2
        numbers.rows = ()
        assert numbers.current is None


def test_a_row_is_cut_to_its_width_also_where_characters_are_wide() -> None:
    row = Row([Cell("日本語日本語日本語"), Cell("x")])
    strip = draw_row(row, (Column("a", 6, limit=6), Column("b", 3)), 10, Style())
    assert strip.cell_length == 10
    assert strip.text.startswith("日本 …")


async def test_only_the_lines_that_have_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with NumbersApp().run_test(size=(40, 20)) as pilot:
        numbers = pilot.app.query_one(Numbers)
        numbers.rows = list(range(20))
        numbers.redraw()
        await pilot.pause()
        asked: list[int] = []
        monkeypatch.setattr(numbers, "refresh_line", asked.append)
        numbers.rows = [*range(5), 99, *range(6, 20)]
        assert asked == [5]
        numbers.redraw()
        assert asked == [5]


async def test_a_list_is_narrowed_by_words_and_keeps_its_cursor() -> None:
    async with NumbersApp().run_test(size=(40, 20)) as pilot:
        numbers = pilot.app.query_one(Numbers)
        numbers.rows = range(100)
        await pilot.press("end")
        numbers.narrow("9 [RED]")
        assert list(numbers.rows) == [number for number in range(100) if "9" in str(number)]
        assert numbers.current == 99
        numbers.rows = range(50, 200)
        assert numbers.rows[0] == 59
        assert (len(numbers.rows), numbers.total) == (33, 150)
        numbers.narrow("no such thing")
        await pilot.pause()
        assert numbers.render_line(0).text.startswith(" nothing matches the filter: esc ")
        numbers.narrow("")
        assert len(numbers.rows) == 150


async def test_rows_are_marked_one_after_the_other() -> None:
    async with NumbersApp().run_test(size=(40, 20)) as pilot:
        numbers = pilot.app.query_one(Numbers)
        numbers.rows = range(100)
        assert numbers.chosen() == (0,)
        numbers.toggle_mark()
        numbers.toggle_mark()
        assert (numbers.chosen(), numbers.cursor) == ((0, 1), 2)
        numbers.cursor = 0
        numbers.toggle_mark()
        assert numbers.chosen() == (1,)
        numbers.unmark()
        assert numbers.chosen() == (1,), "the one under the cursor"


async def test_what_is_said_of_nothing_needs_no_room() -> None:
    for width in (1, 2, 3, 9):
        async with NumbersApp().run_test(size=(width, 20)) as pilot:
            numbers = pilot.app.query_one(Numbers)
            numbers.empty_text = "nothing is here"
            numbers.refresh()
            await pilot.pause()
            assert numbers.render_line(0).cell_length <= width
