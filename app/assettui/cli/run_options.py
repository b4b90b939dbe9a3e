"""The options of commands that launch runs. What carries the runs out is not imported by them."""

from __future__ import annotations

from pathlib import Path

import click

config_option = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What the run is configured with: a file of YAML, TOML or JSON.",
)
tag_option = click.option(
    "--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Kept with the run; may be repeated."
)


def parsed_tags(tags: tuple[str, ...]) -> dict[str, str]:
    """What `--tag NAME=VALUE` has said.

    Raises:
        BadParameter: One of them is something else.
    """
    parsed: dict[str, str] = {}
    for tag in tags:
        name, separator, value = tag.partition("=")
        if not (name and separator):
            raise click.BadParameter(f"{tag!r} is not NAME=VALUE", param_hint="--tag")
        parsed[name] = value
    return parsed
