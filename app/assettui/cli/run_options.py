"""The options of commands that launch runs. What carries the runs out is not imported by them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assettui.cli.names import PARTITION
from assettui.core.partitions.space import RANGE_MARK, split_range

if TYPE_CHECKING:
    from collections.abc import Sequence


class PathName(click.Path):
    """A path, as a `Path`; what can be none is refused."""

    def __init__(self, **given: bool) -> None:
        super().__init__(path_type=Path, **given)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        try:
            return super().convert(value, param, ctx)
        except (OSError, ValueError) as error:
            self.fail(f"{value!r:.60} is no name of a file: {getattr(error, 'strerror', None) or error}", param, ctx)


config_option = click.option(
    "--config",
    metavar="FILE",
    type=PathName(dir_okay=False),
    help="What the run is configured with: a file of YAML, TOML or JSON.",
)
tag_option = click.option(
    "--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Kept with the run; may be repeated."
)

partition_option = click.option("--partition", type=PARTITION, metavar="KEY", help="The partition to build.")
range_option = click.option("--range", "range_", metavar="A...B", help="Partitions from A to B, both included.")
yes_option = click.option("--yes", "is_sure", is_flag=True, help="Do not ask, however many partitions there are.")


def parsed_partition(key: str | None) -> tuple[tuple[str, str], ...]:
    """What `--partition KEY` has said, as ranges."""
    if key is not None and RANGE_MARK in key:
        raise click.BadParameter(f"{key!r} is a range; write --range {key}", param_hint="--partition")
    return ((key, key),) if key is not None else ()


def parsed_ranges(range_: str | None, keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What `--range A...B` and `--keys K,K` have said, as ranges.

    Raises:
        BadParameter: The range has no two ends.
    """
    ranges = [(key, key) for key in keys]
    if range_ is not None:
        if RANGE_MARK not in range_:
            raise click.BadParameter(f"{range_!r} is not A{RANGE_MARK}B", param_hint="--range")
        first, last = split_range(range_)
        if not first or not last:
            raise click.BadParameter(f"{range_!r} lacks one of its ends", param_hint="--range")
        ranges.append((first, last))
    return tuple(ranges)


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
