"""The app: which screens there are, the keys that work on all of them, and how they hear of changes."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events, on, work
from textual.app import App
from textual.reactive import var

from assettui.model.errors import AssettuiError
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.project.screen_memory import ProjectMemory, ScreenMemory, remember, remembered
from assettui.project.user_settings import DEFAULTS, UserSettings, user_settings_file
from assettui.render.actions import SCREENS, keymap
from assettui.render.bell import ring
from assettui.service.last_day import Activity, LastDay
from assettui.service.live_catalog import LiveCatalog
from assettui.service.status import Status, count_overdue, counts_by_status, read_status, turns_in_us
from assettui.tui.actions import bindings
from assettui.tui.asking import AskingApp
from assettui.tui.catalog import CatalogScreen
from assettui.tui.feed import Feed
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.line_input import is_typed_into
from assettui.tui.main_screen import MainScreen
from assettui.tui.messages import Said
from assettui.tui.navigation import NavigatingApp
from assettui.tui.questions import Question, Reading
from assettui.tui.situation import Role, Situation
from assettui.tui.terminal_signals import TerminalSignals
from assettui.tui.tour import TourLine

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from textual.binding import BindingType
    from textual.screen import Screen
    from textual.timer import Timer

    from assettui.model.keys import AssetKey
    from assettui.project.locate import Project
    from assettui.service.catalog import Catalog
    from assettui.service.session import Session
    from assettui.tui.leadership import Leadership
    from assettui.tui.tour import Tour

SETTLED_WITHIN_S = 0.5
TURNED_AFTER_S = 0.1
BEGIN_AFTER_S = 0.2
"""The engine waits for the first frame, but not longer."""


class AssettuiApp(NavigatingApp):
    """Wires screens, keys and changes together. Knows no SQL, no run, no partition.

    Args:
        session: The store.
        leadership: This process's part in leading it.
        catalog: What is painted first.
        build: A selection that is built as soon as the project is loaded.
        memory: How the screens were left the last time.
        settings: What the user has written.
    """

    TITLE = "assettui"
    CSS_PATH = "catalog.tcss"  # here, since Textual does not load the style sheet of a default screen
    BINDINGS: ClassVar[list[BindingType]] = bindings("everywhere")

    situation: var[Situation | None] = var(None)  # not reactive: the whole screen would be drawn again for it

    @dataclass
    class Loaded(Newest):
        """The store as it is now."""

        catalog: Catalog
        status: Status
        ended: list[str]
        """What is over of what was started here, in a line each."""
        next_due: tuple[str, int] | None = None
        """The schedule that is due next, and when."""
        activity: Activity = field(default_factory=Activity)
        """What happened in the last day."""
        turns_in_us: int | None = None
        """How long from then something looks wrong by nothing but time."""

    def __init__(
        self,
        session: Session,
        leadership: Leadership,
        catalog: Catalog,
        build: Sequence[str] = (),
        memory: ScreenMemory | None = None,
        settings: UserSettings = DEFAULTS,
    ) -> None:
        memory = memory or ScreenMemory()
        chosen = settings.theme if settings.theme != "auto" else memory.theme or "auto"
        left = memory.of(session.project.id)
        super().__init__(session, chosen, left, is_dark=memory.is_dark)
        keys, wrong = keymap(settings.keys)
        self.set_keymap(keys)
        for said in wrong:
            self.messages.add(Said(clock_us(), f"{said} (in {user_settings_file()})", "warning"))
        self._leadership = leadership
        self.catalog = catalog
        """The store as it was last seen."""
        self.sql_draft = ""
        """What stood in the prompt for SQL when it was last left."""
        self._live = LiveCatalog(session)
        self._first_screen = left.screen
        self._catalog_screen = CatalogScreen(catalog, left.catalog)
        self._is_remembered = False
        self.tour: Tour | None = None
        self._last_day = LastDay()
        self._has_begun = False
        self._has_told_failure = False
        self.signals = TerminalSignals(self.exit, self.repaint)
        self._to_build = build
        self._turning: Timer | None = None
        self._fetching = Fetching(self, self._fetch)
        self._feed = Feed(session, self._on_change, leadership.wait_until_begun)
        self.set_reactive(
            AssettuiApp.situation,
            Situation(
                session.project.name,
                Role.LEADER if leadership.is_held() else Role.FOLLOWER,
                _environment(session.project),
                assets=counts_by_status(catalog),
            ),
        )

    def key_in_catalog(self) -> AssetKey | None:
        row = self._catalog_screen.current_row if self._catalog_screen.is_mounted else None
        return row.key if row is not None else None

    def get_default_screen(self) -> Screen[None]:
        return self._catalog_screen

    def on_mount(self) -> None:
        if self._first_screen in {name for _, name, _ in SCREENS}:
            self._show_main_screen(self._first_screen)
        self.call_after_refresh(self.begin)
        # A key that was typed ahead may open another screen before the first one is drawn, which then is not.
        self.set_timer(BEGIN_AFTER_S, self.begin)

    def begin(self) -> None:
        """Start the engine, where this process leads, and hear of changes from now on."""
        if self._has_begun:
            return
        self._has_begun = True
        if self._driver is not None and not self.is_headless:
            self.signals.listen(self._driver)
            self.ask_for_background()
            for said in self.messages.all():
                self.show_message(said)
        gc.freeze()  # what was imported stays: nothing in it is ever to be collected
        gc.enable()
        self._leadership.begin()
        self._feed.start()
        if not self.is_headless:  # a picture opens nothing
            self.remember_project()

    @work(thread=True, group="remember")
    def remember_project(self) -> None:
        """Have the list of projects show this one from now on."""
        from assettui.project.opened import note_opened  # deferred: the first frame needs none of it

        note_opened(self.session.project, self.session.folder.named)

    def has_terminal(self) -> bool:
        return not self.signals.is_terminal_lost

    def on_unmount(self) -> None:
        self._feed.stop()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave; how the screens stand is remembered."""
        if not self._is_remembered:  # leaving may take a while, and be asked for again meanwhile
            self._is_remembered = True
            self.remember_screens()
        super().exit(result, return_code, message)

    def remember_screens(self) -> None:
        """Write down how the screens are left, for the next time."""
        shown = next((each for each in reversed(self.screen_stack) if isinstance(each, MainScreen)), None)
        filters = {name: text for name, text in self.filters.items() if text}
        left = ProjectMemory(shown.root_name() if shown else "", self._catalog_screen.memory(), filters, self.configs)
        known = remembered()  # another process may have written meanwhile
        is_dark = self.is_background_dark if self.is_background_dark is not None else known.is_dark
        now = replace(
            known.having(self.session.project.id, left), theme=self.chosen_theme or known.theme, is_dark=is_dark
        )
        if now != known:
            remember(now)

    # Changes.

    def _on_change(self) -> None:
        self.post_message(self.Changed())

    @on(AskingApp.Changed)
    def load_again(self) -> None:
        self._fetching.ask()
        if len(self.screen_stack) > 1 and isinstance(self.screen, MainScreen):
            self.screen.reload()  # the catalog, at the bottom, is fetched for the header in any case

    def _fetch(self) -> Iterator[Loaded]:
        with self.session.reading() as connection:
            catalog = self._live.read(connection)
            status = read_status(connection, self.session)
            ended = self.own_work.ended(connection)
            activity = self._last_day.read(connection, catalog.graph, clock_us())
            yield self.Loaded(catalog, status, ended, _next_due(connection, catalog), activity, turns_in_us(connection))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        if self._turning is not None:
            self._turning.stop()
            self._turning = None
        if message.turns_in_us is not None:
            self._turning = self.set_timer(message.turns_in_us / 1_000_000 + TURNED_AFTER_S, self._on_change)
        leader = message.status.leader
        is_held = self._leadership.is_held()
        self.situation = Situation(
            project_name=message.catalog.project_name,
            role=Role.LEADER if is_held else Role.FOLLOWER if leader else Role.ALONE,
            environment=_environment(self.session.project),
            leader=f"{leader.face} {leader.pid}" if leader else "",
            running=message.status.running,
            queued=message.status.queued,
            next_due=message.next_due,
            overdue=count_overdue(message.catalog),
            assets=counts_by_status(message.catalog),
        )
        for said in message.ended:
            self.tell(said)
            if self.session.project.settings.bell:
                self.write_sequence(ring(said))
        self.catalog = message.catalog
        self._catalog_screen.show(message.catalog, message.activity)
        for screen in self.screen_stack[1:]:
            if isinstance(screen, MainScreen) and screen.is_current:
                screen.show_catalog(message.catalog)
        if self._to_build and message.catalog.snapshot is not None:
            selection, self._to_build = self._to_build, ()
            self._catalog_screen.build(message.catalog.select(selection))
        failure = self._leadership.failure()
        if failure is not None and not self._has_told_failure:
            self._has_told_failure = True
            self.push_screen(Reading("The engine has stopped", f"{failure}\n\nL starts it again."))

    def write_sequence(self, sequence: str) -> None:
        """Write to the terminal what is no text of a widget: a sequence of ours, in which no text from outside is."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def begin_tour(self) -> None:
        """Walk through the screens."""
        from assettui.tui.tour import Tour

        self.tour = Tour()

    # Keys and screens.

    async def on_event(self, event: events.Event) -> None:
        """Obey one key after the other: what one does is done before the next is looked at.

        Textual hands a key to the widget that has the focus, and learns from there, a while later, whether it means
        something elsewhere. Over a slow line keys come many at a time: the letters behind `/` would be keys of the list,
        not yet a filter, and those behind `enter` would still be part of it.
        """
        if isinstance(event, events.InputEvent):
            self.note_action()
        if not isinstance(event, events.Key):
            await super().on_event(event)
            return
        if not event.is_forwarded:  # else it was handed to a widget, which did nothing with it; ours were tried before
            for key in self.keys_in(event):
                await self._obey(key)

    async def _obey(self, event: events.Key) -> None:
        """Do what a key means."""
        await self._settle()
        is_letter = is_typed_into(self.focused) and event.is_printable
        if is_letter or not (
            await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key)
        ):
            await super().on_event(event)
        if self.tour is not None and self.tour.pressed(event.key):
            for screen in self.screen_stack:
                for told in screen.query(TourLine):
                    told.tell()

    async def _settle(self) -> None:
        """Wait until what was begun is done, by what has the focus up to the screen; but not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN_S):
                for node in (self.focused or self.screen).ancestors_with_self:
                    if isinstance(node, App):
                        return
                    done = asyncio.Event()
                    if node.call_later(done.set):
                        await done.wait()

    @work(thread=True, group="expect")
    def expect(self, key: AssetKey) -> None:
        """Say that what looks wrong about the data of an asset is as it should be, away from the screen."""
        from assettui.service.expecting import expect

        try:
            expect(self.session, key)
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
        else:
            self.call_from_thread(self.tell, f"{key} is as it should be")
            self.post_message(self.Changed())

    # Leading and leaving.

    def action_lead(self) -> None:
        """Lead the store, where nobody does."""
        self.take_lead()

    @work(thread=True, group="lead")
    def take_lead(self) -> None:
        """Take the lead, away from the screen: the store may have to be opened for it."""
        if self._leadership.is_held():
            return
        self._has_told_failure = False
        try:
            is_held = self._leadership.take()
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
            return
        self.call_from_thread(self.tell, "this process leads now" if is_held else "another process leads")
        self.post_message(self.Changed())

    def action_leave(self) -> None:
        """Quit; where this process carries out runs, ask first, since they end with it."""
        here = self.situation
        if here is None or here.role is not Role.LEADER or not here.running:
            self.exit()
            return

        def leave(answer: bool | None) -> None:
            if answer:
                self.exit()

        text = f"{plural(here.running, 'run')} will be canceled. What is finished is kept."
        self.push_screen(Question("Quit", text, "cancel and quit"), leave)


def _environment(project: Project) -> str:
    """Where the code of a project runs, as far as that is not what one would expect: host and virtual environment."""
    host = f"@{platform.node()}" if "SSH_CONNECTION" in os.environ else ""
    path = Path(project.interpreter.path)
    virtual = (
        path.parent.parent.name if not project.interpreter.is_own and path.parent.name in ("bin", "Scripts") else ""
    )
    return " ".join(part for part in (host, virtual) if part)


def _next_due(connection: sqlite3.Connection, catalog: Catalog) -> tuple[str, int] | None:
    snapshot = catalog.snapshot
    if snapshot is None or not snapshot.instigators:
        return None
    from assettui.service.automation import next_due  # deferred: most projects have none

    return next_due(connection, snapshot.instigators)
