"""Which project and store a command is about: the options that every command takes, before or after its name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import click
from msgspec.structs import replace

from assettui.cli.output import tell
from assettui.project.locate import Project, locate
from assettui.service.session import Session
from assettui.store.database import appears, is_read_only, no_store
from assettui.store.folder import StoreFolder

if TYPE_CHECKING:
    from assettui.project.user_settings import Host

MAX_NUMBER = (1 << 63) - 1
"""What SQLite can hold."""
F = TypeVar("F", bound=Callable[..., Any])
_NAMES = ("file", "module", "project", "store", "python")


class OpenScreens(Protocol):
    """Opens the screens on a store, and gives the exit status."""

    def __call__(self, session: Session, build: Sequence[str] = (), *, is_tour: bool = False) -> int:
        """Open them, build that selection as soon as the project is loaded, and begin with a tour, if one is wanted."""
        ...


@dataclass(slots=True)
class Target:
    """What the options say so far; a command's own options win over those before its name."""

    file: str | None = None
    module: str | None = None
    project: str | None = None
    store: str | None = None
    python: str | None = None
    open_screens: OpenScreens | None = None
    """Opens the screens: a face that this one does not know, so it is handed in."""
    open_projects: Callable[[Sequence[Host]], int] | None = None
    picture: Callable[..., str] | None = None
    """Draws a screen; see `tui.screenshot`."""
    """As it, of the screen of many projects."""

    def located(self) -> Project:
        """The project.

        Raises:
            ProjectError: There is none.
        """
        return locate(Path(self.project or ".").absolute(), file=self.file, module=self.module, python=self.python)

    def session(self) -> Session:
        """The project, and its store, which is made where it is missing as soon as something is done with it."""
        project = self.located()
        session = Session(project, StoreFolder.at(Path(self.store) if self.store else project.store_path))
        if is_read_only(session.folder):
            tell(f"{session.folder.root} cannot be written to: this is the store as it was left, to be looked at")
        return session

    def reading(self) -> Session:
        """The same, for a command that only looks at the store.

        Raises:
            StoreError: There is none.
        """
        session = self.session()
        if not appears(session.folder):
            raise no_store(session.folder)
        return session

    def describing(self) -> Session:
        """The same, for a command that only looks at the project: where there is no store, none stays behind."""
        session = self.session()
        if not session.is_new():
            return session
        import shutil  # deferred, with tempfile: 6 ms that a store saves
        import tempfile

        folder = tempfile.mkdtemp(prefix="assettui-")
        click.get_current_context().call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
        return replace(session, folder=StoreFolder.at(Path(folder)))


def _check_plain(context: click.Context, param: click.Parameter, value: Any) -> None:
    """Refuse what no file name, no column of the store and no arithmetic can hold.

    Raises:
        BadParameter: It is that; click says of which parameter.
    """
    reason = None
    match value:
        case str() | Path():
            text = str(value)
            if "\0" in text:
                reason = "holds a NUL character"
            elif not text.isascii():
                try:
                    text.encode()
                except UnicodeEncodeError:
                    reason = "is not UTF-8"
        case float() if not isfinite(value):
            reason = "is no number that can be counted with"
        case int() if not -MAX_NUMBER <= value <= MAX_NUMBER:
            reason = "is too large"
        case tuple():
            for each in cast("tuple[Any, ...]", value):
                _check_plain(context, param, each)
        case _:
            pass
    if reason is not None:
        raise click.BadParameter(f"{value!r:.60} {reason}", ctx=context, param=param)


def _giving_target(*file_flags: str) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        @functools.wraps(command)
        def with_target(*args: Any, **given: Any) -> Any:
            context = click.get_current_context()
            for param in context.command.params:
                _check_plain(context, param, context.params.get(param.name or ""))
            target = context.ensure_object(Target)
            for name in _NAMES:
                value = given.pop(name)
                if value is not None:
                    setattr(target, name, value)
            return command(target, *args, **given)

        options = (
            click.option(*file_flags, metavar="FILE", help="The Python file that defines the project."),
            click.option("-m", "--module", metavar="MODULE", help="The module or package that defines it."),
            click.option("--project", metavar="DIR", help="The folder to look for a project in.  [default: .]"),
            click.option(
                "--store",
                metavar="PATH",
                envvar="ASSETTUI_STORE",
                help="The store.  [default: .assettui in the project]",
            ),
            click.option(
                "--python",
                metavar="PATH",
                envvar="ASSETTUI_PYTHON",
                help="The Python of its workers.  [default: that of the environment beside the project]",
            ),
        )
        for option in reversed(options):
            with_target = option(with_target)
        return with_target  # pyright: ignore[reportReturnType] - the same command, with five options taken off it

    return decorate


target_options = _giving_target("-f", "--file")
"""Gives a command the options that say which project and store; it receives a `Target` first."""
target_options_without_f = _giving_target("--file")
"""The same for a command in which `-f` means something else."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
