"""Many projects at a glance, here and on other machines; enter opens one, in this terminal, until it is left."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from assettui.model.errors import ProjectError
from assettui.model.project_summary import ProjectSummary
from assettui.model.text import clean, plural
from assettui.project.opened import forget_opened
from assettui.project.user_settings import read_hosts, user_settings_file
from assettui.render.projects import PROJECTS
from assettui.service.projects import all_projects, opening_command
from assettui.tui.actions import bindings
from assettui.tui.background import is_canceled
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.painting import PaintingApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.project.user_settings import Host


class ProjectList(Listing[ProjectSummary]):
    """Projects, those of this machine first."""

    TABLE = PROJECTS


class ProjectsScreen(FilteredScreen):
    """The projects that were opened here, and those of the machines that the user's settings name.

    Args:
        hosts: These machines; read from the settings where None.
        current: The folder of the project whose screens lie below, if any.
    """

    NAME = "projects"
    TITLE_SHOWN = "Projects"
    HAS_HEADER = False
    AUTO_FOCUS = "ProjectList"
    DEFAULT_CSS = """
    ProjectsScreen #list { height: 1fr; }
    ProjectsScreen #said { height: auto; max-height: 4; padding: 0 1; border-top: solid $foreground 25%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("projects")

    class Answered(Message):
        """One machine has told how its projects are."""

        def __init__(self, projects: tuple[ProjectSummary, ...], left: int) -> None:
            super().__init__()
            self.projects = projects
            self.left = left

    def __init__(self, hosts: Sequence[Host] | None = None, current: str | None = None) -> None:
        super().__init__()
        self._hosts = hosts
        self._current = current
        self._asked: list[ProjectSummary] = []

    def contents(self) -> ComposeResult:
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(PROJECTS.columns)
            yield ProjectList(id="projects")
        yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask all of them, again."""
        if self._hosts is None:
            try:
                self._hosts = read_hosts()
            except ProjectError as error:
                self._hosts = ()
                self.notify(str(error), severity="error")
        self._asked = []
        self._tell(len(self._hosts) + 1)
        self._ask(self._hosts)

    @work(thread=True, group="ask", exclusive=True)
    def _ask(self, hosts: Sequence[Host]) -> None:
        left = len(hosts) + 1
        for answer in all_projects(hosts):
            if is_canceled():
                return
            left -= 1
            self.post_message(self.Answered(answer, left))

    @on(Answered)
    def take(self, message: Answered) -> None:
        """Show what has come, in the order in which the machines are named."""
        self._asked += message.projects
        order = {host.ssh: place for place, host in enumerate(self._hosts or (), 1)}
        listed = self.query_one(ProjectList)
        listed.empty_text = f"no project was opened here yet; other machines are named in {user_settings_file()}"
        listed.rows = sorted(self._asked, key=lambda each: order.get(each.host, 0))
        self._tell(message.left)

    def _tell(self, left: int) -> None:
        asking = f" · asking {plural(left, 'machine')}" if left else ""
        self.head(f"{plural(len(self._asked), 'project')}{asking}")

    @on(Listing.Moved)
    def show_project(self) -> None:
        """Show in full where the project is, or why nothing is known of it: a narrow list has no room for that."""
        current = self.query_one(ProjectList).current
        told = (current.problem or current.place) if current is not None else ""
        self.query_one("#said", Static).update(clean(told))

    def copied(self) -> str | None:
        """The folder of the project under the cursor."""
        current = self.query_one(ProjectList).current
        return current.place if current is not None else None

    def action_forget(self) -> None:
        """Take the project off the list, until it is opened again; nothing of it is removed."""
        current = self.query_one(ProjectList).current
        if current is None or current.host:
            self.notify(f"that one is named in {user_settings_file()}")
            return
        forget_opened(current.arguments)
        self._asked = [each for each in self._asked if each != current]
        self.query_one(ProjectList).rows = [each for each in self.query_one(ProjectList).rows if each != current]
        self._tell(0)

    @on(Listing.Chosen)
    def open(self) -> None:
        """Have another assettui show the project, in this terminal; over there, where it is elsewhere."""
        current = self.query_one(ProjectList).current
        if current is None:
            return
        if not current.host and current.place == self._current:
            self.action_back()
            return
        app = cast("PaintingApp", self.app)
        with app.suspend():
            status = in_foreground(opening_command(current, self._hosts or ()))
        app.repaint()
        if status:
            self.notify(f"it ended with status {status}", severity="warning")
        self.action_refresh()


class ProjectsApp(PaintingApp):
    """The screen by itself.

    Args:
        hosts: The machines to ask.
    """

    TITLE = "assettui"
    BINDINGS: ClassVar[list[BindingType]] = bindings("alone")

    def __init__(self, hosts: Sequence[Host]) -> None:
        super().__init__()
        self._hosts = hosts

    def on_mount(self) -> None:
        self.push_screen(ProjectsScreen(self._hosts))

    def action_leave(self) -> None:
        """Quit."""
        self.exit()

    def action_help(self) -> None:
        """Show the keys."""
        from assettui.tui.help import key_window

        self.push_screen(key_window(self.screen))


def open_projects(hosts: Sequence[Host]) -> int:
    """Show the projects until the user leaves them; gives the exit status."""
    app = ProjectsApp(hosts)
    app.run()
    return app.return_code or 0


def in_foreground(command: Sequence[str]) -> int:
    """Run a program in this terminal until it ends; where it is stopped, this process stops with it. Gives its exit status."""
    pid = os.posix_spawnp(command[0], list(command), os.environ)
    while True:
        try:
            _, status = os.waitpid(pid, os.WUNTRACED)
        except InterruptedError:
            continue
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.kill(pid, signal.SIGCONT)
