"""Writes the manual page from the commands themselves: `python packaging/man_page.py > packaging/assettui.1`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

import assettui
from assettui.main import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENVIRONMENT = {
    "ASSETTUI_STORE": "The store, as --store.",
    "ASSETTUI_PYTHON": "The Python of the workers, as --python.",
    "ASSETTUI_CACHE": "Where what can be made again is kept, and where the program as one file unpacks itself.",
    "ASSETTUI_ASCII": "1: nothing but ASCII is drawn; 0: all characters are, whatever the locale says.",
    "ASSETTUI_IMAGES": "How pictures are drawn: kitty, iterm2, sixel or blocks.",
    "NO_COLOR": "Where it is set, nothing is drawn in color.",
}
_FILES = {
    "assettui.toml, pyproject.toml": "The project's settings; of the latter the table [tool.assettui].",
    ".assettui": "The store, in the project's folder: a database of SQLite, values and logs.",
    "~/.config/assettui/assettui.toml": "The user's own settings: other machines, for `assettui projects`.",
}


def page() -> str:
    """The page, in the macros of man(7)."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH ASSETTUI 1 "" "assettui {assettui.__version__}" "User Commands"'
    yield from (".SH NAME", r"assettui \- a data orchestrator, built around assets, that lives in the terminal")
    yield from (".SH SYNOPSIS", ".B assettui", r"[\fIOPTIONS\fR] [\fICOMMAND\fR [\fIARGUMENTS\fR]]")
    yield ".SH DESCRIPTION"
    yield from _text(commands.help or "")
    yield from (".SH OPTIONS", *_options(commands))
    yield ".SH COMMANDS"
    yield from _commands(commands, "assettui")
    for title, entries in (("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        yield f".SH {title}"
        for name, text in entries.items():
            yield from (".TP", f".B {_escaped(name)}", _escaped(text))
    yield ".SH EXIT STATUS"
    yield "0: done. 1: the work has failed, or something needs attention. 2: it was asked in the wrong way. 130: interrupted."


def _commands(group: click.Group, path: str) -> Iterator[str]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
            continue
        own = click.Context(command, info_name=f"{path} {name}", parent=None)
        arguments = " ".join(each.make_metavar(own) for each in command.params if isinstance(each, click.Argument))
        yield f'.SS "{_escaped(f"{path} {name} {arguments}".strip())}"'
        yield from _text(command.help or "")
        yield from _options(command)


def _options(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    for param in command.params:
        if isinstance(param, click.Option) and not param.hidden:
            record = param.get_help_record(context)
            if record is not None:
                yield from (".TP", f".B {_escaped(record[0])}", _escaped(record[1]) or r"\&")


def _text(text: str) -> Iterator[str]:
    for index, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if index:
            yield ".PP"
        yield _escaped(" ".join(paragraph.split()))


def _escaped(text: str) -> str:
    """A text that troff takes as it is."""
    plain = text.replace("\\", r"\e").replace("-", r"\-")
    plain = "".join(each if each.isascii() else rf"\[u{ord(each):04X}]" for each in plain)
    return rf"\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    sys.stdout.write(page())
