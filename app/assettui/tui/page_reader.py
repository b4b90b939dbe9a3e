"""Reading a table for a screen, block by block, by a viewer process: the screen never waits for it.

One block is read at a time, and the newest wish comes next: who scrolls past a thousand rows is not shown each of them.
Another query ends what is still being read for the last one, by ending the process.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.message import Message

from assettui.executors.viewing import Stopped, ViewerProcess
from assettui.model.preview import Query, ReadPage
from assettui.tui.preview_table import BLOCK_COLUMNS, BLOCK_ROWS, Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.preview import Answer, Asked, Value
    from assettui.tui.value_view import ValueView

FIRST: Final = Block(0, 0)


class PageReader:
    """See above. All but `answer` is called on the screen's thread.

    Args:
        view: What is told of each answer, by `Answered`.
    """

    @dataclass
    class Answered(Message):
        """The viewer has answered."""

        number: int
        """Of the query that it was asked for."""
        block: Block
        answer: Answer | None
        """None where it was stopped."""

    def __init__(self, view: ValueView) -> None:
        self._view = view
        self._viewer = ViewerProcess(view.app.session.project, view.app.session.folder)
        self._number = 0
        self._wanted: Block | None = None
        self.value: Value | None = None
        self.query, self.names = Query(), ()
        self.is_busy = False

    def begin(self, value: Value, query: Query, names: Sequence[str]) -> None:
        """Read what a query gives of a value, from the first rows on."""
        self.stop()
        self.value, self.query, self.names = value, query, tuple(names)
        self._number += 1
        self.want(FIRST)

    def want(self, block: Block, *, is_counted: bool = False) -> None:
        """Read a block, now or as soon as possible, unless another one is wanted by then."""
        if self.value is None:
            return
        if self.is_busy:
            self._wanted = block
            return
        self.is_busy = True
        first, column = block.row * BLOCK_ROWS, block.column * BLOCK_COLUMNS
        asked = ReadPage(self.value, self.query, self.names, first, BLOCK_ROWS, column, BLOCK_COLUMNS, is_counted)
        self._view.run_worker(partial(self._read, self._number, block, asked), thread=True, group="read")

    def take(self, answered: Answered) -> bool:
        """Take note of an answer; whether it is of what is read now."""
        self.is_busy = False
        return answered.number == self._number

    def go_on(self) -> None:
        """Read what is wanted since."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.want(wanted)

    def stop(self) -> None:
        """End what is being read, if anything is; nothing else is wanted."""
        self._wanted = None
        if self.is_busy:
            self._viewer.stop()

    def restart(self) -> None:
        """Have what is read from now on read by another process: the project was edited."""
        if not self.is_busy:
            self._viewer.stop()

    def close(self) -> None:
        """End the process, away from the screen."""
        threading.Thread(target=self._viewer.close, name="end-viewer").start()

    def answer(self, asked: Asked) -> Answer | None:
        """Ask for something else, and wait; None where it was stopped. Not on the screen's thread."""
        with suppress(Stopped):
            return self._viewer.ask(asked)
        return None

    def _read(self, number: int, block: Block, asked: ReadPage) -> None:
        self._view.post_message(self.Answered(number, block, self.answer(asked)))
