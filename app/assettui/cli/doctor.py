"""`assettui doctor`: what is found where it runs, and what is to be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli.output import Exit, print_json, say
from assettui.cli.target import Target, json_option, target_options
from assettui.model import codec
from assettui.model.errors import AssettuiError
from assettui.service.doctor import examine
from assettui.service.locale import given_environment

if TYPE_CHECKING:
    from assettui.service.session import Session

_GLYPHS = {"good": "✓", "doubtful": "!", "bad": "✗"}


@click.command()
@json_option
@target_options
def doctor(target: Target, as_json: bool) -> Exit:
    """Look at the terminal, the locale, the interpreter of the workers, the store and its file system, clock and limits.

    The exit status is 1 where something is to be mended.
    """
    session: Session | None = None
    problem: AssettuiError | None = None
    try:
        session = target.session()
    except AssettuiError as error:
        problem = error
    found = list(examine(session, problem, given_environment()))
    if as_json:
        print_json(codec.builtins(found))
    else:
        for each in found:
            say(f"{_GLYPHS[each.verdict]} {each.subject:<10} {each.what}")
            if each.hint:
                say(f"             {each.hint}")
    return Exit.WORK_FAILED if any(each.verdict == "bad" for each in found) else Exit.OK
