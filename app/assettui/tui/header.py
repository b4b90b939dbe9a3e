"""The line at the top of every main screen: project, leader, what runs, waits and failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from assettui.core.staleness import AssetStatus
from assettui.model.text import one_line
from assettui.model.timing import clock_us, local
from assettui.render.appearance import ASSET_STYLES, BLUE, GREEN, GREY, RED, YELLOW
from assettui.tui.situation import Role, Situation

if TYPE_CHECKING:
    from assettui.tui.app import AssettuiApp


class Header(Widget):
    """One line, which follows the app's situation."""

    DEFAULT_CSS = "Header { height: 1; dock: top; background: $panel; padding: 0 1; }"

    situation: reactive[Situation | None] = reactive(None)

    def on_mount(self) -> None:
        """Show every change of the app's situation."""

        def show(situation: Situation | None) -> None:
            self.situation = situation

        self.watch(cast("AssettuiApp", self.app), "situation", show)

    def render(self) -> Text:
        here = self.situation
        if here is None:
            return Text("")
        fullest = _line(here)
        for line in (fullest, _line(here, with_zeros=False), _line(here, with_zeros=False, with_words=False)):
            if line.cell_len <= self.content_size.width:
                return line
        return fullest


def _line(here: Situation, *, with_zeros: bool = True, with_words: bool = True) -> Text:
    """What there is to say, where there is room for it with counts of nothing, and with what is counted."""
    line = Text(one_line(here.project_name, 24), style="bold", no_wrap=True, overflow="ellipsis")
    line.append("  ")
    line.append_text(_role(here))
    for glyph, count, word, color in (
        ("▶", here.running, "running", BLUE),
        ("◌", here.queued, "queued", GREY),
        ("✗", here.count(AssetStatus.FAILED), "failed", RED),
        (ASSET_STYLES[AssetStatus.STALE][0], here.count(AssetStatus.STALE), "stale", YELLOW),
    ):
        if count or with_zeros:
            line.append(f"   {glyph} {count:,}{f' {word}' if with_words else ''}", style=color if count else GREY)
    if here.overdue:
        line.append(f"   ◷ {here.overdue:,}{' overdue' if with_words else ''}", style=RED)
    if here.next_due is not None:
        name, time_us = here.next_due
        line.append(f"   next {_clock(time_us)} {one_line(name, 24)}", style=GREY)
    return line


def _clock(time_us: int) -> str:
    """A time that is to come, as short as it may be: the time of day, and where that is not today, the day."""
    shown = local(time_us)
    return shown[11:16] if shown[:10] == local(clock_us())[:10] else shown[5:16]


def _role(here: Situation) -> Text:
    match here.role:
        case Role.LEADER:
            return Text("● leader", style=GREEN)
        case Role.FOLLOWER:
            return Text(f"◍ follows {here.leader}", style=BLUE)
        case Role.ALONE:
            return Text("○ nobody leads: L to lead", style=YELLOW)
