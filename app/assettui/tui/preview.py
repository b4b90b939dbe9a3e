"""What a value holds: a table to move in, to filter and to sort; or a document.

A viewer process reads it, one request after the other, and this screen never waits for it. The screen asks for what is in
sight; what takes too long is stopped with `esc`, by ending that process.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import on, work
from textual.message import Message
from textual.widgets import Static

from assettui.executors.viewing import Stopped, ViewerProcess
from assettui.model.errors import AssettuiError
from assettui.model.preview import (
    Document,
    Exported,
    ExportRows,
    Page,
    Query,
    ReadCell,
    ReadPage,
    Refused,
)
from assettui.model.text import byte_count, clean, one_line, plural
from assettui.render.appearance import GREY, RED, YELLOW
from assettui.render.preview import export_format
from assettui.render.table import Cell
from assettui.service.previews import stored_value
from assettui.tui.actions import bindings
from assettui.tui.column_chooser import ColumnChooser
from assettui.tui.header import Header
from assettui.tui.key_bar import KeyBar
from assettui.tui.line_input import ConditionBox
from assettui.tui.log_view import LogView, TextLines
from assettui.tui.main_screen import MainScreen
from assettui.tui.preview_table import BLOCK_COLUMNS, BLOCK_ROWS, Block, PreviewHeader, PreviewTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.model.preview import Answer, Asked, StoredValue

SAMPLE_ROWS = 1_000
CONDITION = "a condition as SQL has it: amount > 100 and country = 'PE'"
EXPORT = "a file: rows.csv, rows.json or rows.parquet"
MAX_COPIED_ROWS = 1_000


class PreviewScreen(MainScreen):
    """The value of an asset.

    Args:
        key: Whose.
        partition: Of which partition; of one with partitions, None for the last that was made.
    """

    AUTO_FOCUS = "PreviewTable"
    DEFAULT_CSS = """
    PreviewScreen { layout: vertical; }
    PreviewScreen #title, PreviewScreen #cell { height: 1; padding: 0 1; }
    PreviewScreen LogView { display: none; height: 1fr; }
    PreviewScreen.document PreviewTable, PreviewScreen.document PreviewHeader { display: none; }
    PreviewScreen.document LogView { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("preview")

    @dataclass
    class Answered(Message):
        """The viewer has answered."""

        query: int
        """The number of the query that it was asked for."""
        block: Block
        answer: Answer | None
        """None where it was stopped."""

    @dataclass
    class Located(Message):
        """It is known where the value is."""

        value: StoredValue

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__()
        self._key = key
        self._partition = partition
        self._value: StoredValue | None = None
        self._query, self._names = Query(), ()
        self._shown: tuple[Query, tuple[str, ...]] = (Query(), ())
        """What was last seen to be right: where something else cannot be shown, this is shown again."""
        self._number = 0
        self._wanted: Block | None = None
        self._is_busy = False
        self._page: Page | None = None
        self._said = Text("")
        self._typing: Callable[[str], None] = self._ask_for
        self._viewer: ViewerProcess | None = None

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static(id="title")
        yield ConditionBox(id="box", select_on_focus=False)
        table = PreviewTable(id="table")
        yield PreviewHeader(table)
        yield table
        yield LogView(id="document")
        yield Static(id="cell")
        yield KeyBar()

    def on_mount(self) -> None:
        self._viewer = ViewerProcess(self.app.session.project, self.app.session.folder)

    def on_unmount(self) -> None:
        if self._viewer is not None:
            threading.Thread(target=self._viewer.close, name="end-viewer").start()

    def reload(self) -> None:
        """Look where the value is: it may have been made anew."""
        self.locate()

    @work(thread=True, group="locate", exclusive=True)
    def locate(self) -> None:
        """Find the value, away from the screen."""
        try:
            found = stored_value(self.app.session, self._key, self._partition)
        except AssettuiError as error:
            refused = Refused(error.what, error.hint)
            self.post_message(self.Answered(self._number, Block(0, 0), refused))
        else:
            self.post_message(self.Located(found))

    @on(Located)
    def begin(self, message: Located) -> None:
        """Show the value, unless it is the one that is shown."""
        if message.value == self._value:
            return
        if self._value is not None:
            self.app.tell(f"{self._key} was made anew")
        self._value = message.value
        self._begin(self._query, self._names)

    # Asking.

    def _begin(self, query: Query, names: Sequence[str]) -> None:
        """Show the rows that a query gives, from the first on."""
        self._said = Text("")
        self._read(query, names)

    def _read(self, query: Query, names: Sequence[str]) -> None:
        if self._is_busy and self._viewer is not None:
            self._viewer.stop()
        self._query, self._names = query, tuple(names)
        self._number += 1
        self.query_one(PreviewTable).clear()
        self._ask(Block(0, 0))

    @on(PreviewTable.Wanted)
    def want(self, message: PreviewTable.Wanted) -> None:
        """Have cells read that are in sight: the newest wish counts."""
        self._ask(message.block)

    def _ask(self, block: Block) -> None:
        if self._is_busy:
            self._wanted = block
            return
        if self._value is None:
            return
        self._is_busy = True
        self.ask(self._number, block, self._request(block))
        self.set_timer(0.3, self._show_title)

    def _request(self, block: Block, *, is_counted: bool = False) -> ReadPage:
        value = cast("StoredValue", self._value)
        first = block.row * BLOCK_ROWS
        column = block.column * BLOCK_COLUMNS
        return ReadPage(value, self._query, self._names, first, BLOCK_ROWS, column, BLOCK_COLUMNS, is_counted)

    @work(thread=True, group="ask")
    def ask(self, number: int, block: Block, asked: Asked) -> None:
        """Wait for the viewer, away from the screen."""
        answer: Answer | None = None
        try:
            if self._viewer is not None:
                answer = self._viewer.ask(asked)
        except Stopped:
            pass
        self.post_message(self.Answered(number, block, answer))

    @on(Answered)
    def show(self, message: Answered) -> None:
        """Show what was read, where it is still wanted; then what is wanted since."""
        self._is_busy = False
        if message.query == self._number:
            self._show(message.block, message.answer)
        wanted, self._wanted = self._wanted, None
        if wanted is not None or message.query != self._number:
            self._ask(wanted if wanted is not None else Block(0, 0))
        self._show_title()

    def _show(self, block: Block, answer: Answer | None) -> None:
        match answer:
            case Page():
                self.remove_class("document")
                self._page = answer
                self._shown = (self._query, self._names)
                self.query_one(PreviewTable).show(block, answer)
                if answer.total is None and block == Block(0, 0):  # the first rows are there: now how many there are
                    self._is_busy = True
                    self.ask(self._number, block, self._request(block, is_counted=True))
            case Document():
                self.add_class("document")
                self._say(f"{answer.kind}{', cut' if answer.is_cut else ''}", GREY)
                log = self.query_one(LogView)
                log.is_following = False
                log.show(TextLines([Cell(each) for each in answer.text.split("\n")]))
                self.set_focus(log)
            case Refused():
                self._refuse(answer)
            case None:
                self._say("stopped", YELLOW)
                self._undo()
            case _:
                return

    def _refuse(self, refused: Refused) -> None:
        self._say(f"{refused.what}{f': {refused.hint}' if refused.hint else ''}", RED)
        if refused.at is not None and self._query.where:
            box = self._open_box(CONDITION, self._query.where, self._ask_for)
            box.cursor_position = min(refused.at, len(box.value))
        elif refused.traceback:
            self.app.read(refused.what, refused.traceback)
        self._undo()

    def _undo(self) -> None:
        """Show again what could be shown."""
        if (self._query, self._names) != self._shown and self._page is not None:
            self._read(*self._shown)

    # What is said.

    def _say(self, text: str, color: str = "") -> None:
        """Say something in the place of the cell, until the cursor is moved, or something else is asked for."""
        self._said = Text(one_line(text.replace("\n", " "), 400), style=color)
        self.query_one("#cell", Static).update(self._said, layout=False)

    def _show_title(self) -> None:
        value, page = self._value, self._page
        title = Text(no_wrap=True)
        title.append(clean(str(self._key)), style="bold")
        if value is not None and value.partition is not None:
            title.append(f" {clean(value.partition)}")
        if page is not None and not self.has_class("document"):
            row, _ = self.query_one(PreviewTable).cursor
            title.append(f"  {_rows(row, page, self._query)}  {plural(len(page.columns), 'column')}", style=GREY)
        if self._query.where:
            title.append(f"  where {clean(self._query.where)}", style=YELLOW)
        if self._query.sort:
            title.append(f"  {'▾' if self._query.is_descending else '▴'} {clean(self._query.sort)}", style=YELLOW)
        if self._is_busy:
            title.append("  reading … (esc stops it)", style=GREY)
        self.query_one("#title", Static).update(title, layout=False)

    @on(PreviewTable.Moved)
    def show_where(self) -> None:
        """Say where the cursor stands now."""
        self._said = Text("")
        self.show_cell()

    @on(PreviewTable.Panned)
    def show_header(self) -> None:
        """Name the columns that are in sight."""
        self.query_one(PreviewHeader).refresh()

    @on(PreviewTable.Filled)
    def show_filled(self) -> None:
        """Columns may be wider by now."""
        self.show_header()
        self.show_cell()

    def show_cell(self) -> None:
        """Say what is where the cursor stands, where there is nothing else to say."""
        self._show_title()
        table = self.query_one(PreviewTable)
        row, column = table.cursor
        if self._said.plain or not table.columns:
            return
        is_there, text = table.cell(row, column)
        of = table.columns[column]
        shown = Text(no_wrap=True)
        shown.append(f"{one_line(of.name, 40)} ", style="bold")
        shown.append(f"{one_line(of.type, 60)}  ", style=GREY)
        shown.append("" if not is_there else "no value" if text is None else one_line(text, 400))
        self.query_one("#cell", Static).update(shown, layout=False)

    # Keys.

    def action_back(self) -> None:
        """Stop what takes too long; where nothing does, go back."""
        if self._is_busy and self._viewer is not None and self._page is not None:
            self._wanted = None
            self._viewer.stop()
        else:
            super().action_back()

    def _column(self) -> str | None:
        table = self.query_one(PreviewTable)
        return table.columns[table.cursor[1]].name if table.columns and not self.has_class("document") else None

    def action_sort(self) -> None:
        """In the order of this column; then the other way round; then as the rows are stored."""
        name = self._column()
        if name is None:
            return
        query = self._query
        if query.sort != name:
            sort, is_descending = name, False
        elif not query.is_descending:
            sort, is_descending = name, True
        else:
            sort, is_descending = "", False
        self._begin(Query(query.where, sort, is_descending, query.sample), self._names)

    def action_sample(self) -> None:
        """Some rows by chance, or all again."""
        query = self._query
        self._begin(
            Query(query.where, query.sort, query.is_descending, 0 if query.sample else SAMPLE_ROWS), self._names
        )

    def action_everything(self) -> None:
        """All rows and columns, as they are stored."""
        self._begin(Query(), ())

    def action_filter(self) -> None:
        """Type a condition."""
        if self._column() is not None:
            self._open_box(CONDITION, self._query.where, self._ask_for)

    def _ask_for(self, where: str) -> None:
        query = self._query
        self._begin(Query(where.strip(), query.sort, query.is_descending, query.sample), self._names)

    def action_export(self) -> None:
        """Type where to write the rows."""
        if self._column() is not None:
            name = "_".join(self._key.parts)
            self._open_box(EXPORT, f"{name}.csv", self._export_to)

    def _export_to(self, name: str) -> None:
        path = (Path.cwd() / Path(name.strip()).expanduser()).absolute()
        form = export_format(path.name)
        if form is None or self._value is None:
            self.app.tell("let the name end in .csv, .json or .parquet")
            return
        self.export(ExportRows(self._value, self._query, self._names, path=str(path), format=form))

    @work(thread=True, group="export")
    def export(self, asked: ExportRows) -> None:
        """Write the rows by a process of their own, so that the table can be moved in meanwhile."""
        viewer = ViewerProcess(self.app.session.project, self.app.session.folder)
        try:
            answer = viewer.ask(asked)
        finally:
            viewer.close()
        if isinstance(answer, Exported):
            said = f"{asked.path}: {plural(answer.rows, 'row')}, {byte_count(answer.bytes)}"
        else:
            said = answer.what if isinstance(answer, Refused) else "nothing was written"
        self.app.call_from_thread(self.app.tell, said)

    def _open_box(self, placeholder: str, value: str, do: Callable[[str], None]) -> ConditionBox:
        box = self.query_one(ConditionBox)
        self._typing = do
        box.placeholder, box.value = placeholder, value
        self.set_focus(box.add_class("shown"))
        return box

    def action_leave_box(self) -> None:
        """Type no more."""
        self.query_one(ConditionBox).remove_class("shown")
        self.set_focus(self.query_one(PreviewTable))

    @on(ConditionBox.Submitted)
    def typed(self, event: ConditionBox.Submitted) -> None:
        """Do what it was typed for."""
        self.action_leave_box()
        self._typing(event.value)

    def action_profile(self) -> None:
        """Show the table in numbers."""
        name = self._column()
        if name is not None and self._value is not None:
            from assettui.tui.profile import ProfileScreen  # deferred: not everybody wants to know

            self.app.push_screen(ProfileScreen(self._key, self._value.partition, name))

    def action_choose_columns(self) -> None:
        """Choose which columns are shown."""
        page = self._page
        if page is None or self._value is None:
            return
        self.choose_columns()

    @work(thread=True, group="columns")
    def choose_columns(self) -> None:
        """Ask which columns there are at all, then which of them are wanted."""
        if self._viewer is None or self._value is None:
            return
        try:
            answer = self._viewer.ask(ReadPage(self._value, rows=0, columns=0))
        except Stopped:
            return
        if isinstance(answer, Page):
            names = [column.name for column in answer.columns]
            self.app.call_from_thread(self._choose_of, names)

    def _choose_of(self, names: list[str]) -> None:
        def chosen(answer: tuple[str, ...] | None) -> None:
            if answer:
                self._begin(self._query, () if len(answer) == len(names) else answer)

        self.app.push_screen(ColumnChooser(names, self._names or tuple(names)), chosen)

    @on(PreviewTable.Chosen)
    def read_cell(self) -> None:
        """Show the cell whole."""
        name = self._column()
        if name is not None:
            self.whole_cell(self._cell_request(name), partial(self.app.read, name))

    def _cell_request(self, name: str) -> ReadCell:
        row, _ = self.query_one(PreviewTable).cursor
        return ReadCell(cast("StoredValue", self._value), self._query, (name,), row)

    @work(thread=True, group="cell")
    def whole_cell(self, asked: ReadCell, do: Callable[[str], None]) -> None:
        """Read a cell, away from the screen."""
        if self._viewer is None:
            return
        try:
            answer = self._viewer.ask(asked)
        except Stopped:
            return
        if isinstance(answer, Document):
            self.app.call_from_thread(do, answer.text)
        elif isinstance(answer, Refused):
            self.app.call_from_thread(self.app.tell, answer.what)

    def action_copy(self) -> None:
        """Copy the cell, all of it."""
        name = self._column()
        if name is not None:
            self.whole_cell(self._cell_request(name), self._copy)

    def action_copy_row(self) -> None:
        """Copy the row, as far as it was read, with tabs between its cells."""
        table = self.query_one(PreviewTable)
        if table.columns:
            row = table.cursor[0]
            self._copy(_joined([table.cell(row, column)[1] for column in range(len(table.columns))]))

    def action_copy_table(self) -> None:
        """Copy what is in sight, with the names of the columns."""
        table = self.query_one(PreviewTable)
        rows, columns = table.in_sight()
        lines = ["\t".join(table.columns[column].name for column in columns)]
        lines += [_joined([table.cell(row, column)[1] for column in columns]) for row in rows]
        self._copy("\n".join(lines))

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.app.tell(f"copied {one_line(text, 60)}")


def _rows(row: int, page: Page, query: Query) -> str:
    """Where the cursor stands, and in how many rows."""
    total = f"{page.total:,}" if page.total is not None else "…"
    said = f"row {min(row + 1, page.total if page.total is not None else row + 1):,} of {total}"
    if query.sample:
        return f"{said} by chance of {page.stored:,}"
    return f"{said} of {page.stored:,}" if page.total != page.stored else said


def _joined(cells: Sequence[str | None]) -> str:
    return "\t".join("" if cell is None else cell.replace("\t", " ").replace("\n", " ") for cell in cells)
