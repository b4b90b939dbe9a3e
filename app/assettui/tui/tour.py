"""A tour through the screens, in eight steps: each says what there is to see, and which key goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.text import Text
from textual.widgets import Static

from assettui.render.appearance import BLUE, GREY

if TYPE_CHECKING:
    from assettui.tui.app import AssettuiApp


class Step(NamedTuple):
    """One of them."""

    text: str
    key: str
    """The key that goes on, by Textual's name."""
    shown: str
    """The same, as people call it."""


STEPS: Final = (
    Step("This is the catalog: every data product, by group, and whether it is good. Below or beside it, what is known of one.", "down", "↓"),
    Step("An asset has a page: why it stands as it does, its data, its past, its code.", "enter", "enter"),
    Step("tab goes through its tabs. Look around, then come back.", "escape", "esc"),
    Step("What depends on what is drawn: walk along the edges with the arrows.", "2", "2"),
    Step("Many assets are made in partitions: v selects some, b plans to make them.", "3", "3"),
    Step("What was run, with its logs; enter opens one, with a timeline of its steps.", "4", "4"),
    Step("Anything is gone to by some letters of its name; esc leaves it.", "colon", ":"),
    Step("m builds, / filters, F1 reads about a screen. All keys are listed here; that was the tour.", "question_mark", "?"),
)  # fmt: skip


class Tour:
    """How far one has come."""

    def __init__(self) -> None:
        self._at = 0

    @property
    def step(self) -> Step | None:
        """The one that is told; None where it is over."""
        return STEPS[self._at] if self._at < len(STEPS) else None

    def pressed(self, key: str) -> bool:
        """Take note of a key; whether it goes on."""
        step = self.step
        if step is None or key != step.key:
            return False
        self._at += 1
        return True

    def text(self) -> Text:
        """What is told now."""
        step = self.step
        if step is None:
            return Text()
        return Text.assemble(
            (f"{self._at + 1}/{len(STEPS)} ", f"bold {BLUE}"),
            step.text,
            "  ",
            ("press ", GREY),
            (step.shown, f"bold {BLUE}"),
        )


class TourLine(Static):
    """Lies over the last lines of a screen while there is a tour."""

    DEFAULT_CSS = """
    TourLine {
        layer: messages; dock: bottom; margin: 0 0 1 0; height: auto; padding: 0 1; display: none;
        background: $panel; border-top: solid $primary;
    }
    TourLine.shown { display: block; }
    """
    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    def on_mount(self) -> None:
        """Tell where one is."""
        self.tell()

    def tell(self) -> None:
        """Tell where one is now."""
        tour = getattr(self.app, "tour", None)
        is_shown = isinstance(tour, Tour) and tour.step is not None
        self.set_class(is_shown, "shown")
        if isinstance(tour, Tour):
            self.update(tour.text())
