"""Where SQL is typed: a statement of one line or several, with what may come next, and what was asked before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.message import Message
from textual.widgets import Static, TextArea

from assettui.core.sql_completion import Completion, completion
from assettui.model.text import clean
from assettui.render.appearance import BLUE, GREEN, GREY
from assettui.tui.actions import bindings
from assettui.tui.line_input import TypedInto

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.binding import BindingType

_SHOWN: Final = re.compile(
    r"(?P<text>'(?:[^']|'')*'?)|(?P<comment>--.*)|(?P<word>\b(?:select|distinct|from|where|group|order|by|having|limit"
    r"|offset|join|left|inner|full|cross|on|using|with|as|and|or|not|in|is|null|between|like|ilike|union|all|except"
    r"|intersect|case|when|then|else|end|asc|desc|true|false)\b)",
    re.IGNORECASE,
)


class SqlPrompt(TextArea, TypedInto):
    """A statement that is being typed.

    Args:
        text: What stands there at first.
    """

    DEFAULT_CSS = """
    SqlPrompt, SqlPrompt:focus {
        height: auto; max-height: 8; border: none; padding: 0 1; background: $boost; scrollbar-size: 1 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("prompt")

    class Submitted(Message):
        """It is asked.

        Args:
            sql: The statement.
        """

        def __init__(self, sql: str) -> None:
            super().__init__()
            self.sql = sql

    class Completable(Message):
        """Another word may be completed, or in another way."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, type(self))

    class Left(Message):
        """There is nothing to complete: whoever pressed `tab` wants to go elsewhere."""

    def __init__(self, text: str) -> None:
        self.completion = Completion(0)
        self.chosen = 0
        """Which of the candidates."""
        self._tables: tuple[str, ...] = ()
        self._columns: Mapping[str, Sequence[str]] = {}
        self._past: Sequence[str] = ()
        self._at = -1
        """Which of the past statements is shown; -1 for what is being typed."""
        self._typed = ""
        """What was being typed when somebody went back."""
        super().__init__(text, highlight_cursor_line=False, placeholder="select … from …")
        self.cursor_blink = False
        self.move_cursor(self.document.end)

    # For its screen.

    def know(self, tables: Iterable[str], columns: Mapping[str, Sequence[str]], past: Sequence[str]) -> None:
        """Tell it what there is.

        Args:
            tables: The names of all tables.
            columns: Of those that the statement names, by the names that it uses.
            past: What was asked before, the last first.
        """
        self._tables, self._columns, self._past = tuple(tables), columns, past
        self.update_suggestion()

    def point_at(self, offset: int) -> None:
        """Put the cursor on a place, counted from 0."""
        before = self.text[:offset]
        self.move_cursor((before.count("\n"), len(before) - before.rfind("\n") - 1))

    # What may come next.

    @property
    def offset_of_cursor(self) -> int:
        """Where the cursor is in the text, counted from 0."""
        row, column = self.cursor_location
        return sum(len(self.document.get_line(line)) + 1 for line in range(row)) + column

    def update_suggestion(self) -> None:
        """Look what may stand here, after each letter and each move."""
        found = completion(self.text, self.offset_of_cursor, self._tables, self._columns)
        if found != self.completion:
            self.completion, self.chosen = found, 0
        self._suggest()

    def _suggest(self) -> None:
        word = self.text[self.completion.start : self.offset_of_cursor]
        best = self._best()
        is_rest = best is not None and word and best.startswith(word) and self.cursor_at_end_of_line
        self.suggestion = best[len(word) :] if best is not None and is_rest else ""
        self.post_message(self.Completable())

    def _best(self) -> str | None:
        candidates = self.completion.candidates
        return candidates[self.chosen] if candidates else None

    def action_suggest(self, by: int) -> None:
        """Choose another candidate."""
        if self.completion.candidates:
            self.chosen = (self.chosen + by) % len(self.completion.candidates)
            self._suggest()

    def action_complete(self) -> None:
        """Take the candidate."""
        best = self._best()
        if best is None:
            self.post_message(self.Left())
            return
        before = self.text[: self.completion.start]
        row = before.count("\n")
        self.replace(
            best, (row, len(before) - before.rfind("\n") - 1), self.cursor_location, maintain_selection_offset=False
        )

    # Keys.

    def action_submit(self) -> None:
        """Ask."""
        if self.text.strip():
            self._at = -1
            self.post_message(self.Submitted(self.text))

    def action_new_line(self) -> None:
        """Begin another line."""
        self.insert("\n")

    def action_up(self) -> None:
        """The line above; above the first, the statement that was asked before."""
        if self.cursor_at_first_line:
            self._go_back(1)
        else:
            self.action_cursor_up()

    def action_down(self) -> None:
        """The line below; below the last, the statement that was asked after."""
        if self.cursor_at_last_line:
            self._go_back(-1)
        else:
            self.action_cursor_down()

    def _go_back(self, by: int) -> None:
        at = self._at + by
        if not -1 <= at < len(self._past):
            return
        if self._at == -1:
            self._typed = self.text
        self._at = at
        self.text = self._typed if at == -1 else self._past[at]
        self.move_cursor(self.document.end)

    def get_line(self, line_index: int) -> Text:
        """A line, with what it is made of told apart."""
        line = super().get_line(line_index)
        for found in _SHOWN.finditer(line.plain):
            look = {"text": GREEN, "comment": GREY, "word": f"bold {BLUE}"}[found.lastgroup or "word"]
            line.stylize(look, *found.span())
        return line


class Candidates(Static):
    """The line below a prompt: what the word may become.

    Args:
        prompt: It.
    """

    DEFAULT_CSS = "Candidates { height: 1; padding: 0 1; background: $panel; }"

    def __init__(self, prompt: SqlPrompt) -> None:
        super().__init__()
        self._prompt = prompt

    def show(self) -> None:
        """Show what there is now; the chosen one is always in sight."""
        text, width = Text(no_wrap=True), max(10, self.size.width - 2)
        names = [clean(each) for each in self._prompt.completion.candidates]
        first = 0
        while sum(len(each) + 2 for each in names[first : self._prompt.chosen + 1]) > width:
            first += 1
        for index, name in enumerate(names[first:], first):
            text.append(f" {name} ", style="reverse" if index == self._prompt.chosen else GREY)
        self.update(text, layout=False)
