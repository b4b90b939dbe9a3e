"""`assettui completion`: what a shell is to be told so that it completes commands, assets and partitions."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from assettui.cli.output import say

VARIABLE = "_ASSETTUI_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that has SHELL complete commands, options, assets, partitions, jobs and runs.

    bash: assettui completion bash > ~/.local/share/bash-completion/completions/assettui

    zsh: assettui completion zsh > ~/.zfunc/_assettui, where ~/.zfunc is a folder of $fpath

    fish: assettui completion fish > ~/.config/fish/completions/assettui.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    say(kind(root, {}, "assettui", VARIABLE).source().rstrip())
