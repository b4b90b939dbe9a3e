"""SQL over all assets: a prompt, and the table that the last statement gives."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.message import Message

from assettui.core.sql_names import named, table_names
from assettui.model.errors import AssettuiError, StoreError
from assettui.model.preview import Refused, SqlResult
from assettui.model.text import clean, plural
from assettui.render.appearance import GREY
from assettui.service.sql import columns_of, note_statement, past_statements, sql_result
from assettui.tui.actions import bindings
from assettui.tui.main_screen import MainScreen
from assettui.tui.preview_table import PreviewTable
from assettui.tui.sql_prompt import Candidates, SqlPrompt
from assettui.tui.value_view import ValueView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.model.preview import SqlEngine

TABLES_LISTED = 100


class SqlScreen(MainScreen):
    """See above.

    Args:
        sql: What is asked at once; None to go on with what was typed last.
    """

    NAME = "sql"
    TITLE_SHOWN = "Data"
    AUTO_FOCUS = "SqlPrompt"
    BINDINGS: ClassVar[list[BindingType]] = bindings("sql")

    @dataclass
    class Known(Message):
        """What the prompt may suggest."""

        columns: Mapping[str, Sequence[str]]
        past: Sequence[str]

    @dataclass
    class Overview(Message):
        """The columns of the first tables."""

        columns: Mapping[str, Sequence[str]]

    @dataclass
    class Placed(Message):
        """It is known where the data is that a statement names; or that there is none."""

        value: SqlResult | None
        refused: Refused | None = None

    def __init__(self, sql: str | None = None) -> None:
        super().__init__()
        self._sql = sql
        self._engine: SqlEngine = "polars"
        self._tables: Mapping[str, AssetKey] = {}
        self._named: Mapping[str, AssetKey] = {}
        """Which of them the statement names by now."""

    def contents(self) -> ComposeResult:
        prompt = SqlPrompt(self._sql if self._sql is not None else self.app.sql_draft)
        yield prompt
        yield Candidates(prompt)
        yield ValueView("result")

    @property
    def prompt(self) -> SqlPrompt:
        return self.query_one(SqlPrompt)

    @property
    def view(self) -> ValueView:
        return self.query_one(ValueView)

    def on_mount(self) -> None:
        """Ask what is to be asked at once; else show what can be asked for."""
        if self._sql is not None:
            self.prompt.action_submit()
        else:
            self.list_tables()

    @work(thread=True, group="tables")
    def list_tables(self) -> None:
        """Find what the first tables hold, away from the screen."""
        keys = list(self.app.catalog.graph.assets)[:TABLES_LISTED]
        try:
            columns = columns_of(self.app.session, {".".join(key.parts): key for key in keys})
        except AssettuiError:  # there is no store yet, and so no table
            columns = {}
        self.post_message(self.Overview(columns))

    @on(Overview)
    def show_tables(self, message: Overview) -> None:
        """Show which tables there are, until there is a result."""
        count = len(self.app.catalog.graph.assets)
        text = Text()
        text.append(f"{plural(count, 'asset')} can be asked for: marts/routes is the table marts.routes\n\n", GREY)
        width = max(map(len, message.columns), default=0)
        for name, columns in message.columns.items():
            text.append(f"{clean(name):{width}}  ")
            text.append(f"{clean(', '.join(columns)) or 'not looked at yet'}\n", GREY)
        if count > len(message.columns):
            text.append(f"… {count - len(message.columns):,} more", GREY)
        self.view.show_nothing(text)

    def reload(self) -> None:
        """What was made since may have other columns, and there may be other assets."""
        self._tables = table_names(self.app.catalog.graph.assets)
        self._named = named(self.prompt.text, self._tables)
        self.learn(self._named)

    # What the prompt knows.

    @on(SqlPrompt.Changed)
    def look(self) -> None:
        """Learn the columns of the tables that are named by now."""
        self.app.sql_draft = self.prompt.text
        found = named(self.prompt.text, self._tables)
        if found != self._named:
            self._named = found
            self.learn(found)

    @work(thread=True, group="learn", exclusive=True)
    def learn(self, keys: Mapping[str, AssetKey]) -> None:
        """Fetch what the prompt may suggest, away from the screen."""
        session = self.app.session
        try:
            self.post_message(self.Known(columns_of(session, keys), past_statements(session)))
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)

    @on(Known)
    def know(self, message: Known) -> None:
        self.prompt.know(self._tables, message.columns, message.past)

    @on(SqlPrompt.Completable)
    def show_candidates(self) -> None:
        self.query_one(Candidates).show()

    # Asking.

    @on(SqlPrompt.Submitted)
    def ask(self, message: SqlPrompt.Submitted) -> None:
        """Ask what was typed."""
        self.view.say("reading …", GREY)
        self.place(message.sql, self._engine)

    @work(thread=True, group="place", exclusive=True)
    def place(self, sql: str, engine: SqlEngine) -> None:
        """Find where the data is that is named, and keep the statement, away from the screen."""
        session = self.app.session
        try:
            placed = self.Placed(sql_result(session, sql, engine))
        except AssettuiError as error:
            placed = self.Placed(None, Refused(error.what, error.hint))
        self.post_message(placed)
        with suppress(StoreError):  # a store that cannot be written to can be asked all the same
            note_statement(session, sql)

    @on(Placed)
    def show(self, message: Placed) -> None:
        """Show what it gives."""
        if message.value is not None:
            self.view.show_value(message.value, Text(f"{message.value.engine}  ", style=GREY))
        elif message.refused is not None:
            self.view.refuse(message.refused)

    @on(ValueView.Refusal)
    def point(self, message: ValueView.Refusal) -> None:
        """Put the cursor where the statement is wrong."""
        if message.refused.at is not None:
            self.prompt.point_at(message.refused.at)
        self.set_focus(self.prompt)

    # Keys.

    def action_page(self, direction: int) -> None:
        """Move in the result, from the prompt."""
        self.query_one(PreviewTable).action_page(direction)

    def action_leave_prompt(self) -> None:
        """Stop what takes too long; where nothing does, go back."""
        self.view.action_back()

    @on(SqlPrompt.Left)
    def action_switch_focus(self) -> None:
        """Between the prompt and what it gave."""
        table, prompt = self.query_one(PreviewTable), self.prompt
        self.set_focus(table if self.focused is prompt and table.columns else prompt)

    def action_switch_engine(self) -> None:
        """Ask by the other engine."""
        self._engine = "duckdb" if self._engine == "polars" else "polars"
        self.app.tell(f"SQL is evaluated by {'DuckDB' if self._engine == 'duckdb' else 'polars'} from now on")
        self.prompt.action_submit()
