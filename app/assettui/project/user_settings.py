"""The settings of a person: colors, keys, and other machines whose projects are looked at from here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct, ValidationError, convert

from assettui.model.errors import ProjectError
from assettui.model.keys import closest
from assettui.project.user_folders import settings_folder

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "assettui.toml"


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """A machine that ssh reaches, and one project on it, or all that were opened there."""

    ssh: str
    """What ssh is told: `user@box`, a name of its own configuration, options before it."""
    dir: str | None = None
    """The folder of the one project that is meant."""
    command: str = "assettui"
    """The program there, for the shell there."""
    timeout: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """How long its answer is waited for, in seconds."""

    @property
    def destination(self) -> list[str]:
        """The arguments of ssh that stand for it."""
        return shlex.split(self.ssh)

    def remote(self, *arguments: str) -> str:
        """A command of assettui, for the shell there."""
        command = " ".join((self.command, *map(shlex.quote, arguments)))
        return f"cd {shlex.quote(self.dir)} && {command}" if self.dir is not None else command


class UserSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for one person, whatever project it is."""

    theme: str = "auto"
    """The colors: `auto` (by the background of the terminal), `dark`, `light`, `contrast`, `ansi`, or one of Textual's."""
    keys: Mapping[str, str] = {}
    """Other keys: what is done → its keys, with commas between; `assettui config keys` lists what there is."""
    projects: tuple[Host, ...] = ()
    """Other machines whose projects are looked at from here."""


DEFAULTS: Final = UserSettings()
_HINTS: Final = {
    "projects": 'write [[projects]], ssh = "user@box"; also dir, command and timeout',
    "keys": 'write [keys], "catalog.build" = "b"; `assettui config keys` lists them',
    "theme": 'write theme = "light"',
}


def user_settings_file() -> Path:
    """Where they are written down."""
    return settings_folder() / FILE


def read_user_settings() -> UserSettings:
    """What the user has written; the defaults where there is no such file.

    Raises:
        ProjectError: It is not TOML, or says something else.
    """
    path = user_settings_file()
    if not path.is_file():
        return DEFAULTS
    import tomllib  # deferred: 3 ms where there is no file

    try:
        found = convert(tomllib.loads(path.read_text(encoding="utf-8")), UserSettings)
        for each in found.projects:
            if not each.destination:
                raise ProjectError(f"{path}: ssh is empty", hint='as ssh = "user@box"')
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read: {error}") from error
    except (ValidationError, ValueError) as error:
        raise ProjectError(f"{path}: {error}", hint=_hint(str(error))) from error
    return found


def read_hosts() -> tuple[Host, ...]:
    """The machines that the user has named, in order; none where there is no such file.

    Raises:
        ProjectError: As `read_user_settings`.
    """
    return read_user_settings().projects


def _hint(said: str) -> str:
    """What to write in its place."""
    for name, hint in _HINTS.items():
        if f"$.{name}" in said:
            return hint
    unknown = re.search(r"unknown field `(.*?)`", said)
    near = closest(unknown[1], UserSettings.__struct_fields__) if unknown is not None else None
    return f"did you mean {near!r}?" if near else f"settings: {', '.join(UserSettings.__struct_fields__)}"
