"""The keys of a screen, from the very table that makes them work, to be searched and carried out; and the pages of help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec.structs import replace
from rich.text import Text
from textual.app import App
from textual.screen import Screen

from assettui.model.text import clean
from assettui.render.appearance import GREY
from assettui.render.markdown import markdown_lines
from assettui.render.table import Cell, Column, Row, Table
from assettui.service.help_pages import HelpPage, page, pages
from assettui.tui.drawing import text_of
from assettui.tui.finder import Candidate, Finder
from assettui.tui.key_bar import own_bindings
from assettui.tui.questions import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import ActiveBinding, Binding

GLYPHS: Final = (
    "● fresh   ◔ partial   ◐ stale   ✗ failed   ○ never built   ▶ running   ◇ external\n"
    "partitions: █ there   ▒ stale   ✗ failed   ▶ running   ◌ queued   · never built   ▁▄█ part of several"
)
PAGES: Final = {
    "catalog": "screens", "lineage": "lineage", "partitions": "partitions", "runs": "runs", "automation": "automation",
    "health": "freshness", "sql": "data", "backfills": "backfills", "projects": "settings",
}  # fmt: skip
"""The page of help of each numbered screen."""
WIDTH: Final = 100


def _row(candidate: Candidate, now_us: int) -> Row:
    return Row((Cell(candidate.said, "bold"), Cell(candidate.name), Cell(candidate.kind, GREY)))


_KEYS: Final[Table[Candidate]] = Table(
    (Column("", 16, is_right=True, limit=16), Column("", 40, limit=70, indent=1), Column("", 10, rank=1)),
    _row,
    lambda each: (each.kind, each.name),
)


def key_window(screen: Screen[Any]) -> Finder:
    """A window that lists the keys that do something now, those of the place where the cursor is first."""
    app = cast("App[Any]", screen.app)
    found = [replace(each, kind=place) for place, each in _keys_of(screen)]
    found.append(Candidate("Everything, by name", "everywhere", said="^p", choose=app.action_command_palette))
    return Finder("Keys", found, "no key does that here", table=_KEYS, below=f"{GLYPHS}\nF1 reads about this screen")


def commands(screen: Screen[Any]) -> list[Candidate]:
    """What can be done by a key now, to be found by its name."""
    return [each for _, each in _keys_of(screen)]


def _keys_of(screen: Screen[Any]) -> list[tuple[str, Candidate]]:
    """Each key of ours that does something now, with the place where it does."""
    app = cast("App[Any]", screen.app)
    key_display: Callable[[Binding], str] = app.get_key_display
    groups: dict[tuple[str, str], tuple[ActiveBinding, list[str]]] = {}
    for active in sorted(own_bindings(screen), key=_nearest_first):
        binding = active.binding
        _, keys = groups.setdefault((place_of(active), binding.description), (active, []))
        keys.append(binding.key_display or key_display(binding))
    return [
        (
            place,
            Candidate(
                title,
                "command",
                said=" ".join(dict.fromkeys(keys)),
                choose=partial(app.run_action, active.binding.action, default_namespace=active.node),
            ),
        )
        for (place, title), (active, keys) in groups.items()
    ]


def place_of(active: ActiveBinding) -> str:
    """Where a key works, in a word: the name that it has in the settings."""
    return (active.binding.id or "").partition(".")[0].replace("_", " ")


def _nearest_first(active: ActiveBinding) -> int:
    """Keys of the widget that has the focus, then those of the screen, then those that work everywhere."""
    return 2 if isinstance(active.node, App) else 1 if isinstance(active.node, Screen) else 0


def page_window(name: str) -> Reading:
    """The page of help of a numbered screen."""
    return _reading(page(PAGES.get(name, "screens")))


def topics_window(open_window: Callable[[Reading], object]) -> Finder:
    """A window that finds a page by its title, or by what it says."""
    found = [
        Candidate(clean(line.strip("#-*| ")), each.topic, choose=partial(_open, open_window, each))
        for each in pages()
        for line in each.text.split("\n")
        if line.strip("|- ") and not line.startswith(("```", " ", "@", "from ", "def "))
    ]
    return Finder("Help", found, "no page says that")


def _open(open_window: Callable[[Reading], object], shown: HelpPage) -> None:
    open_window(_reading(shown))


def _reading(shown: HelpPage) -> Reading:
    text = Text()
    text.append_text(text_of(markdown_lines(shown.text, WIDTH)))
    return Reading(f"Help: {shown.title}", text, "esc close   ↑↓ scroll   F1 all pages")
