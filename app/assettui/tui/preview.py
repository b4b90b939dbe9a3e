"""What a value holds: a table to move in, to filter and to sort; or a document.

A viewer process reads it, see `PageReader`. What takes too long is stopped with `esc`, by ending that process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from rich.text import Text
from textual import on, work
from textual.message import Message
from textual.widgets import Static

from assettui.executors.viewing import ViewerProcess
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
from assettui.service.previews import data_of
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import PREVIEW, TabbedScreen
from assettui.tui.column_chooser import ColumnChooser
from assettui.tui.document import DocumentView
from assettui.tui.header import Header
from assettui.tui.key_bar import KeyBar
from assettui.tui.line_input import ConditionBox
from assettui.tui.page_reader import FIRST, PageReader
from assettui.tui.preview_table import Block, PreviewHeader, PreviewTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.model.preview import Answer, StoredValue
    from assettui.model.project import ProjectSnapshot
    from assettui.service.catalog import Catalog

SAMPLE_ROWS = 1_000
PATIENCE_S = 0.3
"""What takes longer is said to be read."""
CONDITION = "a condition as SQL has it: amount > 100 and country = 'PE'"
EXPORT = "a file: rows.csv, rows.json or rows.parquet"


class PreviewScreen(TabbedScreen):
    """The value of an asset.

    Args:
        key: Whose.
        partition: Of which partition; of one with partitions, None for the last that was made.
        version: Which version that is kept; None for the current one.
    """

    TAB = PREVIEW
    AUTO_FOCUS = "PreviewTable"
    DEFAULT_CSS = """
    PreviewScreen { layout: vertical; }
    PreviewScreen #title, PreviewScreen #cell { height: 1; padding: 0 1; }
    PreviewScreen DocumentView { display: none; height: 1fr; }
    PreviewScreen.document PreviewTable, PreviewScreen.document PreviewHeader { display: none; }
    PreviewScreen.document DocumentView { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("preview")

    @dataclass
    class Located(Message):
        """It is known where the value is, or why there is none."""

        value: StoredValue | None
        refused: Refused | None = None

    def __init__(self, key: AssetKey, partition: str | None = None, version: int | None = None) -> None:
        super().__init__(key, partition)
        self._version = version
        self._reader: PageReader | None = None
        self._shown: tuple[Query, tuple[str, ...]] = (Query(), ())
        """What was last seen to be right: where something else cannot be shown, this is shown again."""
        self._page: Page | None = None
        self._snapshot: ProjectSnapshot | None = None
        self._said = Text("")
        self._typing: Callable[[str], None] = self._ask_for

    def compose(self) -> ComposeResult:
        yield Header()
        yield self.tabs()
        yield Static(id="title")
        yield ConditionBox(id="box", select_on_focus=False)
        table = PreviewTable(id="table")
        yield PreviewHeader(table)
        yield table
        yield DocumentView(id="document")
        yield Static(id="cell")
        yield KeyBar()

    @property
    def reader(self) -> PageReader:
        """What reads for this screen, from when it is first shown on."""
        if self._reader is None:
            self._reader = PageReader(self)
        return self._reader

    def on_unmount(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def reload(self) -> None:
        """Look where the value is: it may have been made anew."""
        self.locate()

    def show_catalog(self, catalog: Catalog) -> None:
        """The project's code may have been edited, by which values are read."""
        if self._snapshot is not None and catalog.snapshot is not self._snapshot:
            self.reader.restart()
        self._snapshot = catalog.snapshot

    @work(thread=True, group="locate", exclusive=True)
    def locate(self) -> None:
        """Find the value, away from the screen."""
        try:
            found = data_of(self.app.session, self._key, self._partition, self._version)
        except AssettuiError as error:
            self.post_message(self.Located(None, Refused(error.what, error.hint)))
        else:
            self.post_message(self.Located(found.value))

    @on(Located)
    def begin(self, message: Located) -> None:
        """Show the value, unless it is the one that is shown."""
        reader = self.reader
        if message.refused is not None:
            self._refuse(message.refused)
        if message.value is None or message.value == reader.value:
            return
        if reader.value is not None:
            self.app.tell(f"{self._key} was made anew")
        self._read(message.value, reader.query, reader.names)

    # Reading.

    def _begin(self, query: Query, names: Sequence[str]) -> None:
        """Show what somebody asks for, from the first row on."""
        self._said = Text("")
        if self.reader.value is not None:
            self._read(self.reader.value, query, names)

    def _read(self, value: StoredValue, query: Query, names: Sequence[str]) -> None:
        self.query_one(PreviewTable).clear()
        self.reader.begin(value, query, names)
        self.set_timer(PATIENCE_S, self._show_title)

    @on(PreviewTable.Wanted)
    def want(self, message: PreviewTable.Wanted) -> None:
        """Have cells read that are in sight."""
        self.reader.want(message.block)
        self.set_timer(PATIENCE_S, self._show_title)

    @on(PageReader.Answered)
    def show(self, message: PageReader.Answered) -> None:
        """Show what was read, where it is still wanted."""
        if self.reader.take(message):
            self._show(message.block, message.answer)
        self.reader.go_on()
        self._show_title()

    def _show(self, block: Block, answer: Answer | None) -> None:
        reader = self.reader
        match answer:
            case Page():
                self.remove_class("document")
                self._page = answer
                self._shown = (reader.query, reader.names)
                self.query_one(PreviewTable).show(block, answer)
                if answer.total is None and block == FIRST:  # the first rows are there: now how many there are
                    reader.want(block, is_counted=True)
            case Document():
                self.add_class("document")
                self._say(f"{answer.kind}{', cut' if answer.is_cut else ''}", GREY)
                self.set_focus(self.query_one(DocumentView).show(answer))
            case Refused():
                self._refuse(answer)
            case _:
                self._say("stopped", YELLOW)
                self._undo()

    def _refuse(self, refused: Refused) -> None:
        self._say(f"{refused.what}{f': {refused.hint}' if refused.hint else ''}", RED)
        where = self.reader.query.where
        if refused.at is not None and where:
            box = self._open_box(CONDITION, where, self._ask_for)
            box.cursor_position = min(refused.at, len(box.value))
        elif refused.traceback:
            self.app.read(refused.what, refused.traceback)
        self._undo()

    def _undo(self) -> None:
        """Show again what could be shown; what is in sight is asked for again when it is drawn."""
        reader = self.reader
        self.query_one(PreviewTable).ask_again()
        if (reader.query, reader.names) != self._shown and reader.value is not None and self._page is not None:
            self._read(reader.value, *self._shown)

    # What is said.

    def _say(self, text: str, color: str = "") -> None:
        """Say something in the place of the cell, until the cursor is moved, or something else is asked for."""
        self._said = Text(one_line(text.replace("\n", " "), 400), style=color)
        self.query_one("#cell", Static).update(self._said, layout=False)

    def _show_title(self) -> None:
        reader, page = self.reader, self._page
        query = reader.query
        title = Text(no_wrap=True)
        if reader.value is not None and reader.value.partition is not None:
            title.append(f"{clean(reader.value.partition)}  ")
        if self._version is not None:
            title.append(f"version {self._version}  ", style=YELLOW)
        if page is not None and not self.has_class("document"):
            row, _ = self.query_one(PreviewTable).cursor
            title.append(f"{_rows(row, page, query)}  {plural(len(page.columns), 'column')}", style=GREY)
        if query.where:
            title.append(f"  where {clean(query.where)}", style=YELLOW)
        if query.sort:
            title.append(f"  {'▾' if query.is_descending else '▴'} {clean(query.sort)}", style=YELLOW)
        if reader.is_busy:
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
        if self.reader.is_busy and self._page is not None:
            self.reader.stop()
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
        query = self.reader.query
        if query.sort != name:
            sort, is_descending = name, False
        elif not query.is_descending:
            sort, is_descending = name, True
        else:
            sort, is_descending = "", False
        self._begin(replace(query, sort=sort, is_descending=is_descending), self.reader.names)

    def action_sample(self) -> None:
        """Some rows by chance, or all again."""
        query = self.reader.query
        self._begin(replace(query, sample=0 if query.sample else SAMPLE_ROWS), self.reader.names)

    def action_everything(self) -> None:
        """All rows and columns, as they are stored."""
        self._begin(Query(), ())

    def action_filter(self) -> None:
        """Type a condition."""
        if self._column() is not None:
            self._open_box(CONDITION, self.reader.query.where, self._ask_for)

    def _ask_for(self, where: str) -> None:
        self._begin(replace(self.reader.query, where=where.strip()), self.reader.names)

    def action_export(self) -> None:
        """Type where to write the rows."""
        if self._column() is not None:
            name = "_".join(self._key.parts)
            self._open_box(EXPORT, f"{name}.csv", self._export_to)

    def _export_to(self, name: str) -> None:
        path = (Path.cwd() / Path(name.strip()).expanduser()).absolute()
        form, reader = export_format(path.name), self.reader
        if form is None or reader.value is None:
            self.app.tell("let the name end in .csv, .json or .parquet")
            return
        self.export(ExportRows(reader.value, reader.query, reader.names, path=str(path), format=form))

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
        name, value = self._column(), self.reader.value
        if name is not None and value is not None:
            from assettui.tui.profile import ProfileScreen  # deferred: not everybody wants to know

            self.app.push_screen(ProfileScreen(self._key, value.partition, name))

    def action_choose_columns(self) -> None:
        """Choose which columns are shown."""
        if self._column() is not None and self.reader.value is not None:
            self.choose_columns(ReadPage(self.reader.value, rows=0, columns=0))

    @work(thread=True, group="columns")
    def choose_columns(self, asked: ReadPage) -> None:
        """Ask which columns there are at all, then which of them are wanted."""
        answer = self.reader.answer(asked)
        if isinstance(answer, Page):
            names = [column.name for column in answer.columns]
            self.app.call_from_thread(self._choose_of, names)

    def _choose_of(self, names: list[str]) -> None:
        def chosen(answer: tuple[str, ...] | None) -> None:
            if answer:
                self._begin(self.reader.query, () if len(answer) == len(names) else answer)

        self.app.push_screen(ColumnChooser(names, self.reader.names or tuple(names)), chosen)

    @on(PreviewTable.Chosen)
    def read_cell(self) -> None:
        """Show the cell whole."""
        name = self._column()
        if name is not None:
            self.whole_cell(self._cell_request(name), partial(self.app.read, name))

    def _cell_request(self, name: str) -> ReadCell:
        row, _ = self.query_one(PreviewTable).cursor
        return ReadCell(cast("StoredValue", self.reader.value), self.reader.query, (name,), row)

    @work(thread=True, group="cell")
    def whole_cell(self, asked: ReadCell, do: Callable[[str], None]) -> None:
        """Read a cell, away from the screen."""
        answer = self.reader.answer(asked)
        if isinstance(answer, Document):
            self.app.call_from_thread(do, answer.text)
        elif isinstance(answer, Refused):
            self.app.call_from_thread(self.app.tell, answer.what)

    def action_copy(self) -> None:
        """Copy the cell, all of it; of JSON what the cursor stands on."""
        if self.has_class("document"):
            super().action_copy()
        name = self._column()
        if name is not None:
            self.whole_cell(self._cell_request(name), self._copy)

    def copied(self) -> str | None:
        """What of a document is copied."""
        return self.query_one(DocumentView).copied()

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
