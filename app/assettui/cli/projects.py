"""`assettui projects`: many projects at a glance, here and on other machines."""

from __future__ import annotations

import sys

import click

from assettui.cli import health_as_json as shapes
from assettui.cli.output import Exit, print_json, print_table, tell
from assettui.cli.target import Target
from assettui.project.user_settings import read_hosts, user_settings_file
from assettui.render.projects import PROJECTS
from assettui.service.projects import all_projects


@click.command()
@click.option("--here", "is_here_only", is_flag=True, help="Only those of this machine.")
@click.option("--list", "is_listed", is_flag=True, help="Print them, rather than open the screen, on a terminal too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def projects(is_here_only: bool, is_listed: bool, as_json: bool) -> Exit:
    """The projects that were opened here, and those of other machines: how each is, in one line.

    On a terminal they are shown on a screen of their own, where enter opens one. Other machines are named in the user's
    settings, `~/.config/assettui/assettui.toml`, by [[projects]] and ssh = "user@box", and are asked all at once.
    """
    hosts = () if is_here_only else read_hosts()
    if not as_json and not is_listed and sys.stdin.isatty() and sys.stdout.isatty():
        open_projects = click.get_current_context().ensure_object(Target).open_projects
        return Exit(open_projects(hosts)) if open_projects is not None else Exit.OK
    found = [each for answer in all_projects(hosts) for each in answer]
    if as_json:
        print_json([shapes.summary_json(each) for each in found])
    elif found:
        print_table(PROJECTS, found)
    else:
        tell(f"no project was opened here yet, and none is named in {user_settings_file()}")
    return Exit.OK
