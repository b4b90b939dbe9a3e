"""A window in which one of many things is found by some letters of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from msgspec import Struct
from textual import on
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from assettui.core.fuzzy import best
from assettui.model.text import clean, one_line
from assettui.render.appearance import GREY
from assettui.render.table import Cell, Column, Row, Table
from assettui.tui.actions import bindings
from assettui.tui.line_input import SteadyInput
from assettui.tui.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App, ComposeResult
    from textual.binding import BindingType

MOST = 200
"""So many are listed."""


class Candidate(Struct, frozen=True):
    """Something that can be chosen."""

    name: str
    kind: str = ""
    """What it is, in a word."""
    glyph: str = " "
    color: str = ""
    said: str = ""
    """What else there is to say of it."""
    choose: Any = None
    """What is called where it is chosen; None where the answer is enough."""


def _row(candidate: Candidate, now_us: int) -> Row:
    return Row(
        (
            Cell(one_line(candidate.name, 200), candidate.color),
            Cell(candidate.kind, GREY),
            Cell(one_line(candidate.said, 200), GREY),
        ),
        candidate.glyph,
    )


_TABLE: Table[Candidate] = Table(
    (Column("", 28, indent=2, limit=56), Column("", 9), Column("", 12, rank=1)),
    _row,
    lambda each: (each.kind, each.name),
)


class CandidateList(Listing[Candidate]):
    """Those that fit, the best first."""

    TABLE = _TABLE


class FinderInput(SteadyInput):
    """What is typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("finder")


class Finder(ModalScreen[Any]):
    """Find and choose one; the answer is its name, where it has nothing to do by itself.

    Args:
        title: What is looked for.
        candidates: All there are; those that are likely come first.
        empty: What is said where nothing fits.
        table: How they are listed.
        below: What is said below the list.
    """

    DEFAULT_CSS = """
    Finder { align: center top; }
    Finder > Vertical {
        width: 90%; max-width: 100; height: 80%; max-height: 26; margin: 2 0 0 0; background: $surface;
        border: round $primary; border-title-color: $text; border-title-style: bold; padding: 0 1;
    }
    Finder FinderInput, Finder FinderInput:focus { height: 1; border: none; padding: 0; background: $boost; }
    Finder CandidateList { background: $surface; }
    Finder CandidateList > .listing--cursor { background: $primary-muted; text-style: bold; }
    Finder CandidateList:ansi > .listing--cursor { background: ansi_blue; color: ansi_bright_white; }
    Finder CandidateList:nocolor > .listing--cursor { text-style: reverse; }
    Finder .keys { height: 1; color: $text-muted; }
    Finder .below { height: auto; color: $text-muted; border-top: solid $foreground 25%; }
    """

    def __init__(
        self,
        title: str,
        candidates: Sequence[Candidate],
        empty: str = "nothing is called like that",
        *,
        table: Table[Candidate] | None = None,
        below: str = "",
    ) -> None:
        super().__init__()
        self._table = table
        self._below = below
        self._title = title
        self._candidates = candidates
        self._names = [candidate.name for candidate in candidates]
        self._empty = empty

    def compose(self) -> ComposeResult:
        with Vertical() as window:
            window.border_title = clean(self._title).replace("[", r"\[")
            yield FinderInput(compact=True)
            yield CandidateList(table=self._table)
            if self._below:
                yield Static(self._below, classes="below", markup=False)
            yield Static("⏎ choose   ↑↓ move   esc leave it", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(CandidateList).can_focus = False
        self.query_one(CandidateList).empty_text = self._empty
        self._narrow("")

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """List what fits."""
        self._narrow(event.value)

    def _narrow(self, typed: str) -> None:
        listed = self.query_one(CandidateList)
        if typed.strip():
            listed.rows = [self._candidates[index] for index in best(typed, self._names, MOST)]
        else:
            listed.rows = self._candidates[:MOST]
        listed.cursor = 0

    def action_move(self, by: int) -> None:
        self.query_one(CandidateList).action_move(by)

    def action_page(self, direction: int) -> None:
        self.query_one(CandidateList).action_page(direction)

    @on(Input.Submitted)
    @on(Listing.Chosen)
    def choose(self) -> None:
        """Do what is chosen."""
        candidate = self.query_one(CandidateList).current
        if candidate is None:
            return
        self.dismiss(candidate.name if candidate.choose is None else None)
        if candidate.choose is not None:
            cast("App[object]", self.app).call_later(candidate.choose)

    def action_cancel(self) -> None:
        self.dismiss(None)
