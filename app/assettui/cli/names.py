"""What arguments of commands name, so that a shell can complete them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, split_arg_string

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from assettui.service.completion import Kind


class Name(click.ParamType[str]):
    """A text that names something of the project.

    Args:
        kind: What.
    """

    name = "text"

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """It as it was typed: whether there is such a thing, the command says."""
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so; none where they cannot be known: nobody could be told why."""
        from assettui.service.completion import names  # deferred, as the session: only completion needs them

        try:
            found = names(_session(ctx), self.kind, incomplete, words=_words())
        except AssettuiError:
            return []
        return [CompletionItem(each) for each in found]


def _session(context: click.Context) -> Any:
    from assettui.cli.target import Target

    target = Target(python="own")
    chain = [context]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    for each in reversed(chain):
        for name in ("file", "module", "project", "store"):
            if each.params.get(name):
                setattr(target, name, each.params[name])
    return target.reading()


def _words() -> list[str]:
    """What was typed. Of an option that lacks its value, click itself keeps nothing of what stands before it."""
    return split_arg_string(os.environ.get("COMP_WORDS", ""))


ASSET, SELECTION, JOB, CHECK, RUN = Name("asset"), Name("selection"), Name("job"), Name("check"), Name("run")
SCHEDULE, SENSOR, PARTITION = Name("schedule"), Name("sensor"), Name("partition")
