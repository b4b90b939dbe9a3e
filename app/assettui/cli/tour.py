"""`assettui tour`: a walk through the screens, on an example."""

from __future__ import annotations

import click

from assettui.cli.demo import DEFAULT, example_at
from assettui.cli.target import Target, target_options
from assettui.model.errors import ProjectError


@click.command()
@click.option(
    "--dir", "directory", metavar="DIR", help=f"Where the example is copied to.  [default: ./assettui-{DEFAULT}]"
)
@target_options
def tour(target: Target, directory: str | None) -> int:
    """Walk through the screens in eight steps, on the example `flights`, which is copied and built."""
    if target.open_screens is None:
        raise ProjectError("the tour needs a terminal")
    session = example_at(target, DEFAULT, directory)
    return target.open_screens(session, ("*",) if session.is_new() else (), is_tour=True)
