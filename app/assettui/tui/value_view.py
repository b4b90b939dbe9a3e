"""What a value holds: a table to move in, to filter and to sort; or a document.

A viewer process reads it, see `PageReader`. What takes too long is stopped with `esc`, by ending that process.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from rich.text import Text
from textual import on, work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from assettui.executors.viewing import ViewerProcess
from assettui.model.preview import (
    Document,
    Exported,
    ExportRows,
    Page,
    Picture,
    Query,
    ReadCell,
    ReadPage,
    ReadPicture,
    Refused,
)
from assettui.model.text import byte_count, clean, one_line, plural
from assettui.render.appearance import GREY, RED, YELLOW
from assettui.render.picture import told
from assettui.render.preview import export_format
from assettui.tui.actions import bindings
from assettui.tui.column_chooser import ColumnChooser
from assettui.tui.document import DocumentView
from assettui.tui.line_input import ConditionBox
from assettui.tui.page_reader import FIRST, PageReader
from assettui.tui.picture import PictureView
from assettui.tui.preview_table import Block, PreviewHeader, PreviewTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.preview import Answer, Value
    from assettui.tui.app import AssettuiApp
    from assettui.tui.main_screen import MainScreen

SAMPLE_ROWS = 1_000
PATIENCE_S = 0.3
"""What takes longer is said to be read."""
CONDITION = "a condition as SQL has it: amount > 100 and country = 'PE'"
EXPORT = "a file: rows.csv, rows.json or rows.parquet"

_OF_TABLES = ("filter", "sort", "choose_columns", "sample", "everything", "export", "copy_row", "copy_table")


class ValueView(Vertical):
    """A value, and the keys to move in it.

    Args:
        export_name: What a file of its rows is called, unless somebody types another name; without a suffix.
    """

    DEFAULT_CSS = """
    ValueView { height: 1fr; }
    ValueView #title, ValueView #cell { height: 1; padding: 0 1; }
    ValueView DocumentView { display: none; height: 1fr; }
    ValueView.document PreviewTable, ValueView.document PreviewHeader { display: none; }
    ValueView.document DocumentView { display: block; }
    ValueView #nothing { display: none; height: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ValueView.empty #nothing { display: block; }
    ValueView.empty PreviewHeader { display: none; }
    ValueView.empty PreviewTable { height: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("value")

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is
    screen: MainScreen  # pyright: ignore[reportIncompatibleMethodOverride] - it is on no other

    class Refusal(Message):
        """The value cannot be shown at all, as it stands.

        Args:
            refused: Why.
        """

        def __init__(self, refused: Refused) -> None:
            super().__init__()
            self.refused = refused

    def __init__(self, export_name: str) -> None:
        super().__init__(classes="empty")
        self._export_name = export_name
        self._reader: PageReader | None = None
        self._shown: tuple[Query, tuple[str, ...]] = (Query(), ())
        """What was last seen to be right: where something else cannot be shown, this is shown again."""
        self._page: Page | None = None
        self._heading = Text("")
        self._said = Text("")
        self._typing: Callable[[str], None] = self._ask_for

    def compose(self) -> ComposeResult:
        yield Static(id="title")
        yield ConditionBox(id="box", select_on_focus=False)
        table = PreviewTable(id="table")
        yield PreviewHeader(table)
        yield table
        yield Static(id="nothing")
        yield DocumentView(id="document")
        yield Static(id="cell")

    @property
    def reader(self) -> PageReader:
        """What reads for this view, from when it is first shown on."""
        if self._reader is None:
            self._reader = PageReader(self)
        return self._reader

    def on_unmount(self) -> None:
        if self._reader is not None:
            self._reader.close()

    # For screens.

    def show_value(self, value: Value, heading: Text) -> None:
        """Show a value, all of it, from its first row on.

        Args:
            value: It.
            heading: What stands before the number of the row.
        """
        self._forget()
        self._heading, self._said = heading, Text("")
        self._begin_with(value, Query(), ())

    def show_anew(self, value: Value) -> None:
        """Show what has taken the place of the value, in the same way."""
        self._begin_with(value, self.reader.query, self.reader.names)

    def _forget(self) -> None:
        self._become("empty")
        self.query_one(PreviewTable).forget()

    def _become(self, what: str = "") -> None:
        """Show a table, a document, or nothing yet."""
        self.set_class(what == "empty", "empty").set_class(what == "document", "document")
        self.screen.refresh_bindings()

    def _begin_with(self, value: Value, query: Query, names: Sequence[str]) -> None:
        self._page, self._shown = None, (Query(), ())
        self._read(value, query, names)

    def show_nothing(self, instead: Text) -> None:
        """Show something else, as long as there is nothing to be shown."""
        self.query_one("#nothing", Static).update(instead)

    def refuse(self, refused: Refused) -> None:
        """Say what is wrong, in the place of the cell, and show again what could be shown."""
        self.say(f"{refused.what}{f': {refused.hint}' if refused.hint else ''}", RED)
        where = self.reader.query.where
        if refused.at is not None and where:
            box = self._open_box(CONDITION, where, self._ask_for)
            box.cursor_position = min(refused.at, len(box.value))
        elif refused.traceback:
            self.app.read(refused.what, refused.traceback)
        elif self._page is None:
            self._forget()
            self.post_message(self.Refusal(refused))
        self._undo()

    @property
    def column_name(self) -> str | None:
        """The column that the cursor stands on; None where there is none."""
        table = self.query_one(PreviewTable)
        return table.columns[table.cursor[1]].name if table.columns and not self.has_class("document") else None

    # Reading.

    def _begin(self, query: Query, names: Sequence[str]) -> None:
        """Show what somebody asks for, from the first row on."""
        self._said = Text("")
        if self.reader.value is not None:
            self._read(self.reader.value, query, names)

    def _read(self, value: Value, query: Query, names: Sequence[str]) -> None:
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
                self._become()
                self._page = answer
                self._shown = (reader.query, reader.names)
                self.query_one(PreviewTable).show(block, answer)
                if answer.total is None and block == FIRST:  # the first rows are there: now how many there are
                    reader.want(block, is_counted=True)
            case Document():
                self._become("document")
                self.say(f"{answer.kind}{', cut' if answer.is_cut else ''}", GREY)
                self.screen.set_focus(self.query_one(DocumentView).show(answer))
            case Picture():
                self._become("document")
                self.say(told(answer), GREY)
                self.screen.set_focus(self.query_one(DocumentView).show_picture())
            case Refused():
                self.refuse(answer)
            case _:
                self.say("stopped", YELLOW)
                self._undo()

    @on(PictureView.Wanted)
    def draw_picture(self, message: PictureView.Wanted) -> None:
        """Have a picture drawn."""
        if self.reader.value is not None:
            width, height = message.cell
            self.draw(
                ReadPicture(
                    self.reader.value,
                    form=message.form,
                    columns=message.columns,
                    rows=message.rows,
                    cell_width=width,
                    cell_height=height,
                )
            )

    @work(thread=True, group="picture", exclusive=True)
    def draw(self, asked: ReadPicture) -> None:
        """Have it drawn, away from the screen."""
        answer = self.reader.answer(asked)
        if isinstance(answer, Picture):
            self.app.call_from_thread(self.query_one(PictureView).take, answer)
        elif isinstance(answer, Refused):
            self.app.call_from_thread(self.refuse, answer)

    def _undo(self) -> None:
        """Show again what could be shown; what is in sight is asked for again when it is drawn."""
        reader = self.reader
        self.query_one(PreviewTable).ask_again()
        if (reader.query, reader.names) != self._shown and reader.value is not None:
            self._read(reader.value, *self._shown)

    # What is said.

    def say(self, text: str, color: str = "") -> None:
        """Say something in the place of the cell, until the cursor is moved, or something else is asked for."""
        self._said = Text(one_line(text.replace("\n", " "), 400), style=color)
        self.query_one("#cell", Static).update(self._said, layout=False)

    def _show_title(self) -> None:
        reader, page = self.reader, self._page
        query = reader.query
        title = Text(no_wrap=True)
        title.append_text(self._heading)
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to tables cannot be done to a document."""
        return action not in _OF_TABLES or not self.has_class("document")

    def action_back(self) -> None:
        """Stop what takes too long; where nothing does, go back."""
        if self.reader.is_busy and self._page is not None:
            self.reader.stop()
        else:
            self.screen.action_back()

    def action_sort(self) -> None:
        """In the order of this column; then the other way round; then as the rows are stored."""
        name = self.column_name
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
        if self.column_name is not None:
            self._open_box(CONDITION, self.reader.query.where, self._ask_for)

    def _ask_for(self, where: str) -> None:
        self._begin(replace(self.reader.query, where=where.strip()), self.reader.names)

    def action_export(self) -> None:
        """Type where to write the rows."""
        if self.column_name is not None:
            self._open_box(EXPORT, f"{self._export_name}.csv", self._export_to)

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
        self.screen.set_focus(box.add_class("shown"))
        return box

    @on(ConditionBox.Left)
    def leave_box(self) -> None:
        """Type no more."""
        self.query_one(ConditionBox).remove_class("shown")
        self.screen.set_focus(self.query_one(PreviewTable))

    @on(ConditionBox.Submitted)
    def typed(self, event: ConditionBox.Submitted) -> None:
        """Do what it was typed for."""
        self.leave_box()
        self._typing(event.value)

    def action_choose_columns(self) -> None:
        """Choose which columns are shown."""
        if self.column_name is not None and self.reader.value is not None:
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
        name = self.column_name
        if name is not None:
            self.whole_cell(self._cell_request(name), partial(self.app.read, name))

    def _cell_request(self, name: str) -> ReadCell:
        row, _ = self.query_one(PreviewTable).cursor
        return ReadCell(cast("Value", self.reader.value), self.reader.query, (name,), row)

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
            text = self.query_one(DocumentView).copied()
            if text is not None:
                self._copy(text)
        elif self.column_name is not None:
            self.whole_cell(self._cell_request(self.column_name), self._copy)

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
    if page.stored is None or page.total == page.stored:
        return said
    return f"{said} by chance of {page.stored:,}" if query.sample else f"{said} of {page.stored:,}"


def _joined(cells: Sequence[str | None]) -> str:
    return "\t".join("" if cell is None else cell.replace("\t", " ").replace("\n", " ") for cell in cells)
