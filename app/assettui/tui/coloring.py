"""An app in colors that fit its terminal: those that are asked for, or those of its background and of what it can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.app import App
from textual.filter import Monochrome, NoColor

from assettui.model.timing import clock_us
from assettui.service.locale import given_environment
from assettui.tui.messages import Messages, Said
from assettui.tui.terminal_colors import ANSWERED_WITHIN_S, QUESTION, BackgroundAnswer, told_background
from assettui.tui.themes import ANSI, DARK, LIGHT, OWN, StateColors

if TYPE_CHECKING:
    from textual import events

AUTO: Final = "auto"


class ColoredApp(App[None]):
    """See above.

    Args:
        theme: The colors: `auto` for those that fit the terminal, `dark`, `light`, `contrast`, `ansi`, or one of Textual's.
        is_dark: Whether its background was dark the last time; None where that is not known.
    """

    def __init__(self, theme: str = AUTO, *, is_dark: bool | None = None) -> None:
        super().__init__()
        self.messages = Messages()
        """What was said, of the theme too."""
        self.state_colors = StateColors(self.current_theme)
        for own in OWN.values():
            self.register_theme(own)
        if self.no_color:  # not even shades of grey: what is to be seen is reversed or bold
            self._filters = [NoColor() if isinstance(each, Monochrome) else each for each in self._filters]
        self._background = BackgroundAnswer()
        self._wanted_theme = theme
        self.theme = self._first_theme(told_background(given_environment()) if is_dark is None else is_dark)
        self._first = self.theme

    def _first_theme(self, is_dark: bool | None) -> str:
        if self._wanted_theme != AUTO:
            wanted = ANSI if self._wanted_theme == "ansi" else self._wanted_theme
            own = OWN.get(wanted)
            if own is not None or wanted in self.available_themes:
                return own.name if own is not None else wanted
            names = ", ".join([AUTO, "ansi", *OWN, *sorted(self.available_themes)])
            self.messages.add(Said(clock_us(), f"no theme is called {wanted!r}: there are {names}", "warning"))
        if self.no_color or self.console.color_system in (None, "standard"):
            return ANSI
        return (LIGHT if is_dark is False else DARK).name

    def _watch_theme(self, theme_name: str) -> None:
        self.state_colors = StateColors(self.available_themes[theme_name])
        super()._watch_theme(theme_name)

    def ask_for_background(self) -> None:
        """Ask the terminal whether its background is dark, where the colors are to fit it and nothing tells."""
        is_open = self._wanted_theme == AUTO and self.theme in (DARK.name, LIGHT.name)
        if is_open and self._driver is not None and not self.is_headless:
            self._background.is_awaited = True
            self._driver.write(QUESTION)
            self.set_timer(ANSWERED_WITHIN_S, self._wait_no_more)

    async def _wait_no_more(self) -> None:
        """No answer has come: what was held back, since it began like one, were keys."""
        self._background.is_awaited = False
        for key in self._background.give_back():
            await self.on_event(key)

    @property
    def is_background_dark(self) -> bool | None:
        """Whether the terminal has said that its background is dark; None where it has not answered."""
        return self._background.is_dark

    @property
    def chosen_theme(self) -> str:
        """The theme that was chosen by hand since the start; empty where none was."""
        return self.theme if self.theme != self._first else ""

    def keys_in(self, event: events.Key) -> list[events.Key]:
        """The keys that are to be obeyed now: none of what is an answer of the terminal."""
        was_awaited = self._background.is_awaited
        keys = self._background.take(event)
        has_come = was_awaited and self._background.is_dark is not None
        if has_come and not self.chosen_theme:
            self.theme = self._first = self._first_theme(self._background.is_dark)
        return keys
