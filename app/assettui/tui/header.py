"""The top of every main screen: the numbered screens, and how things are: who leads, what runs, waits, failed and is overdue.

A number is pressed or clicked; so is a count, which opens the screen that lists what it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from assettui.core.staleness import AssetStatus
from assettui.model.text import one_line
from assettui.model.timing import clock_us, local
from assettui.render.actions import SCREENS
from assettui.render.appearance import ASSET_STYLES, BLUE, GREEN, GREY, RED, YELLOW
from assettui.tui.situation import Role, Situation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.geometry import Size

    from assettui.tui.app import AssettuiApp
    from assettui.tui.main_screen import MainScreen

ONE_LINE_FROM = 140
"""So wide a window has both in one line."""


TWO_LINES_FROM = 16
"""In a window that is not so high, there is only room for how things are."""


class _Part(NamedTuple):
    """A text of it, and what a click on it does."""

    text: str
    look: str = ""
    action: str = ""


class Header(Widget):
    """Two lines, or one where there is room; follows the app's situation."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"header--here"}
    DEFAULT_CSS = """
    Header {
        height: auto; dock: top; background: $panel; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    Header > .header--here { color: $primary; text-style: bold reverse; }
    """

    situation: reactive[Situation | None] = reactive(None)

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    def on_mount(self) -> None:
        """Show every change of the app's situation."""

        def show(situation: Situation | None) -> None:
            self.situation = situation

        self.watch(self.app, "situation", show)

    def get_content_height(self, container: object, viewport: Size, width: int) -> int:
        """In lines."""
        return 1 if width >= ONE_LINE_FROM - 2 or viewport.height < TWO_LINES_FROM else 2

    def render(self) -> Text:
        return Text("\n", no_wrap=True, end="").join(
            Text.assemble(*((part.text, part.look) for part in line), end="") for line in self._lines()
        )

    async def on_click(self, event: events.Click) -> None:
        """Do what the part says that was clicked."""
        lines, at = self._lines(), event.x - self.styles.padding.left
        for part in lines[event.y] if event.y < len(lines) else ():
            at -= len(part.text)
            if at < 0:
                if part.action:
                    await self.app.run_action(part.action)
                return

    def _lines(self) -> list[list[_Part]]:
        tabs, width = list(self._tabs()), self.content_size.width
        if self.situation is None:
            return [tabs]
        if width < ONE_LINE_FROM - 2:
            said = _fitted(self.situation, width)
            return [tabs, said] if self.size.height > 1 else [said]
        used = sum(len(part.text) for part in tabs)
        said = _fitted(self.situation, width - used - 3)
        room = width - used - sum(len(part.text) for part in said)
        return [[*tabs, _Part(" " * max(0, room)), *said]]

    def _tabs(self) -> Iterator[_Part]:
        """Each with its name; only that of the one that is shown, where there is too little room."""
        has_room = sum(len(title) + 4 for _, _, title in SCREENS) <= self.content_size.width
        here = cast("MainScreen", self.screen).root_name()
        look = self.get_component_rich_style("header--here", partial=True)
        for key, name, title in SCREENS:
            is_here = name == here
            shown = f" {key} {title} " if is_here or has_room else f" {key} "
            yield _Part(shown, cast("str", look) if is_here else GREY, f"main_screen('{name}')")


def _fitted(here: Situation, width: int) -> list[_Part]:
    """As much as there is room for: with counts of nothing and with what is counted, or without."""
    said: list[_Part] = []
    for with_zeros, with_words, with_next in ((True, True, True), (False, True, True), (False, False, True)):
        said = list(_said(here, with_zeros=with_zeros, with_words=with_words, with_next=with_next))
        if sum(len(part.text) for part in said) <= width:
            return said
    return list(_said(here, with_zeros=False, with_words=False, with_next=False))


def _said(here: Situation, *, with_zeros: bool, with_words: bool, with_next: bool) -> Iterator[_Part]:
    yield _Part(one_line(here.project_name, 24), "bold")
    if here.environment and with_words:
        yield _Part(f" {one_line(here.environment, 24)}", GREY)
    yield _Part("  ")
    yield _role(here)
    for glyph, count, word, color, screen in (
        ("▶", here.running, "running", BLUE, "runs"),
        ("◌", here.queued, "queued", GREY, "runs"),
        ("✗", here.count(AssetStatus.FAILED), "failed", RED, "health"),
        (ASSET_STYLES[AssetStatus.STALE][0], here.count(AssetStatus.STALE), "stale", YELLOW, "health"),
    ):
        if count or with_zeros:
            words = f" {word}" if with_words else ""
            yield _Part("   ")
            yield _Part(f"{glyph} {count:,}{words}", color if count else GREY, f"main_screen('{screen}')")
    if here.overdue:
        yield _Part("   ")
        yield _Part(f"◷ {here.overdue:,}{' overdue' if with_words else ''}", RED, "main_screen('health')")
    if here.next_due is not None and with_next:
        name, time_us = here.next_due
        yield _Part("   ")
        yield _Part(f"next {_clock(time_us)} {one_line(name, 24)}", GREY, "main_screen('automation')")


def _clock(time_us: int) -> str:
    """A time that is to come, as short as it may be: the time of day, and where that is not today, the day."""
    shown = local(time_us)
    return shown[11:16] if shown[:10] == local(clock_us())[:10] else shown[5:16]


def _role(here: Situation) -> _Part:
    match here.role:
        case Role.LEADER:
            return _Part("● leader", GREEN)
        case Role.FOLLOWER:
            return _Part(f"◍ follows {here.leader}", BLUE)
        case Role.ALONE:
            return _Part("○ nobody leads: L to lead", YELLOW, "lead")
