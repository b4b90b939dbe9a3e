"""The composition root: arguments → project, store, engine or follower → a face."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import click

import assettui
from assettui.cli.output import Exit, heed_locale, tell
from assettui.cli.target import Target, target_options
from assettui.core.partitions.space import BadPartitions, BadRange, UnknownPartition
from assettui.core.queue import BadLimit
from assettui.model.errors import AssettuiError, LaunchError, NotFound, ProjectError, SelectionError
from assettui.project.locate import NoProject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.project.user_settings import Host
    from assettui.service.session import Session

_COMMANDS = {
    "asset": "asset:asset",
    "automation": "automation:automation",
    "backfill": "backfill:backfill",
    "check": "check:check",
    "completion": "completion:completion",
    "config": "config:config",
    "demo": "demo:demo",
    "doctor": "doctor:doctor",
    "freshness": "freshness:freshness",
    "health": "health:health",
    "help": "help:help_pages",
    "sql": "sql:sql",
    "init": "init:init",
    "job": "job:job",
    "lineage": "lineage:lineage",
    "materialize": "materialize:materialize",
    "notify": "notify:notify",
    "partition": "partition:partition",
    "projects": "projects:projects",
    "queue": "queue:queue",
    "run": "run:run",
    "schedule": "schedule:schedule",
    "screenshot": "screenshot:screenshot",
    "sensor": "sensor:sensor",
    "status": "status:status",
    "store": "store:store",
    "tick": "tick:tick",
    "tour": "tour:tour",
    "up": "up:up",
    "upcoming": "upcoming:upcoming",
}
_WRONG_USAGE = (
    SelectionError,
    NotFound,
    ProjectError,
    LaunchError,
    UnknownPartition,
    BadRange,
    BadPartitions,
    BadLimit,
)


class _LazyCommands(click.Group):
    """Imports a command's module when it is asked for, so that none pays for another."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        return getattr(importlib.import_module(f"assettui.cli.{module}"), name)


@click.group(
    cls=_LazyCommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(assettui.__version__, prog_name="assettui")
@target_options
def commands(target: Target) -> int:
    """A data orchestrator, built around assets, that lives in the terminal.

    Without a command: the screens, on the project found here.
    """
    target.open_screens, target.open_projects, target.picture = _open_screens, _open_projects, _picture
    if click.get_current_context().invoked_subcommand is not None:
        return Exit.OK
    try:
        session = target.session()
    except NoProject:
        from assettui.cli.first_minute import is_interactive, offer  # deferred: it is for the first minute

        if not is_interactive():
            raise
        return offer(target)
    return _open_screens(session)


def _open_screens(session: Session, build: Sequence[str] = (), *, is_tour: bool = False) -> int:
    from assettui.tui.opening import open_screens  # deferred: the screens are what few commands need

    return open_screens(session, build, is_tour=is_tour)


def _open_projects(hosts: Sequence[Host]) -> int:
    from assettui.tui.projects import open_projects  # deferred, as above

    return open_projects(hosts)


def _picture(*args: Any, **named: Any) -> str:
    from assettui.tui.screenshot import picture  # deferred, as above

    return picture(*args, **named)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line, and exit with its status."""
    heed_locale()
    try:
        status: Any = commands.main(args=arguments, prog_name="assettui", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        tell("interrupted")
        sys.exit(Exit.INTERRUPTED)
    except AssettuiError as error:
        tell(f"assettui: {error}")
        sys.exit(Exit.WRONG_USAGE if isinstance(error, _WRONG_USAGE) else Exit.WORK_FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone; what Python would flush at exit has nowhere to go either.
        sys.stderr.close()
        sys.exit(Exit.WORK_FAILED)
    sys.exit(status if isinstance(status, int) else Exit.OK)
