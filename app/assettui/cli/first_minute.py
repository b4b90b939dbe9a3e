"""What is offered where there is no project yet: what to write, and to write it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assettui.cli.demo import DEFAULT, example_at
from assettui.cli.init import write_project
from assettui.cli.output import Exit, say

if TYPE_CHECKING:
    from assettui.cli.target import Target

_SHOWN = """\
There is no project in {folder}.

A project is a Python file whose functions make assets (tables, files, models), as this:

    from assettui import asset

    @asset
    def orders():
        return [{{"country": "PE", "amount": 3}}]

    @asset
    def revenue(orders):
        return sum(order["amount"] for order in orders)

  w  write a small project here, with a test, and open it
  d  copy the example `{example}` to ./assettui-{example}, build it and open it
  t  take the tour: the example, in eight steps
  q  quit
"""


def is_interactive() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def offer(target: Target) -> Exit | int:
    """Show what a project is, and do what is chosen."""
    say(_SHOWN.format(folder=Path(target.project or ".").absolute(), example=DEFAULT))
    chosen = click.prompt("Which", type=click.Choice(["w", "d", "t", "q"]), default="w")
    if chosen == "q" or target.open_screens is None:
        return Exit.OK
    if chosen == "w":
        write_project(Path(target.project or ".").absolute())
        session = target.session()
        return target.open_screens(session, ("*",))
    session = example_at(target, DEFAULT, None)
    return target.open_screens(session, ("*",) if session.is_new() else (), is_tour=chosen == "t")
