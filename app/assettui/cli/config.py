"""`assettui config`: the settings of a project and of a person: what they are, where from, and whether they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from assettui.cli.output import Exit, print_columns, print_json, say, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.codec import builtins
from assettui.model.errors import ProjectError
from assettui.model.keys import closest
from assettui.project.settings import Settings
from assettui.project.user_settings import DEFAULTS, UserSettings, read_user_settings, user_settings_file
from assettui.render.actions import ACTIONS, keymap, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Struct

TEMPLATE = """\
# Settings of a person for assettui, whatever the project. Remove the # of what you change.

# The colors: auto (by the background of the terminal), dark, light, contrast, ansi (those of the terminal itself),
# or a theme of Textual, as nord or gruvbox.
# theme = "auto"

# Other keys. `assettui config keys` lists what can be done, with its keys.
# [keys]
# "catalog.build" = "f5"
# "everywhere.quit" = "ctrl+q"

# Other machines whose projects `assettui projects` (key 0) shows.
# [[projects]]
# ssh = "etl@box"
# dir = "/srv/shop"
"""


@click.group(invoke_without_command=True)
@json_option
@target_options
def config(target: Target, as_json: bool) -> Exit:
    """Show every setting, its value, and where that is from.

    Settings of the project are in [tool.assettui] of pyproject.toml or in assettui.toml, those of a person in
    ~/.config/assettui/assettui.toml.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return Exit.OK
    project = target.located()
    found = [
        *_told(project.settings, Settings(), str(project.settings_file or ""), "project"),
        *_told(read_user_settings(), DEFAULTS, str(user_settings_file()), "person"),
    ]
    if as_json:
        print_json([dict(zip(("of", "name", "value", "from"), each, strict=True)) for each in found])
    else:
        print_columns(
            ["of", "setting", "value", "from"], [(of, name, _shown(value), source) for of, name, value, source in found]
        )
    return Exit.OK


@config.command("check")
@target_options
def check_config(target: Target) -> Exit:
    """Say whether the settings can be understood, and whether keys and colors in them are there."""
    target.located()
    settings = read_user_settings()
    _, wrong = keymap(settings.keys)
    for said in wrong:
        tell(f"{user_settings_file()}: {said}")
    if not wrong:
        say("all settings are right")
    return Exit.WORK_FAILED if wrong else Exit.OK


@config.command("keys")
@click.argument("place", required=False)
@json_option
def list_keys(place: str | None, as_json: bool) -> Exit:
    """List what can be done by a key: its name in the settings, its keys, and what it does.

    PLACE is where, as catalog or lineage; without one, all are listed.
    """
    if place is not None and place not in ACTIONS:
        near = closest(place, ACTIONS)
        raise ProjectError(
            f"no place is called {place!r}", hint=f"did you mean {near!r}?" if near else f"places: {', '.join(ACTIONS)}"
        )
    keys, _ = keymap(read_user_settings().keys)
    rows = [
        (name, keys.get(name, action.keys), action.title)
        for each, actions in ACTIONS.items()
        if place in (None, each)
        for action in actions
        for name in [name_of(each, action)]
    ]
    if as_json:
        print_json([dict(zip(("name", "keys", "title"), row, strict=True)) for row in rows])
    else:
        print_columns(["name", "keys", "what it does"], rows)
    return Exit.OK


@config.command("init")
@click.option("--print", "is_printed", is_flag=True, help="Only print what would be written.")
def write_config(is_printed: bool) -> Exit:
    """Write a file of settings of a person, with comments, where there is none."""
    path = user_settings_file()
    if is_printed:
        say(TEMPLATE)
        return Exit.OK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise ProjectError(f"{path} is there already", hint="edit it; `assettui config check` looks at it") from None
    except OSError as error:
        raise ProjectError(f"{path} cannot be written: {error.strerror}") from error
    say(str(path))
    return Exit.OK


def _told(
    settings: Settings | UserSettings, defaults: Struct, source: str, of: str
) -> Iterable[tuple[str, str, Any, str]]:
    """Each setting with its value, and the file that says so; `default` where none does."""
    for name in settings.__struct_fields__:
        value, usual = getattr(settings, name), getattr(defaults, name)
        yield of, name, builtins(value), "default" if value == usual else source


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value not in (None, {}, [], ()) else "–"
