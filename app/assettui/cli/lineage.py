"""`assettui lineage`: what depends on what, drawn in the terminal, or for other programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from assettui.cli.current import current_catalog
from assettui.cli.output import Exit, print_json, print_lines, terminal_width
from assettui.cli.target import Target, json_option, target_options
from assettui.model.codec import builtins
from assettui.model.errors import SelectionError
from assettui.model.keys import AssetKey
from assettui.model.timing import clock_us
from assettui.service.lineage import column_lineage, lineage_of, neighborhood

if TYPE_CHECKING:
    from assettui.model.lineage import Lineage

_FORMATS = ("text", "svg", "dot", "mermaid", "json")


@click.command()
@click.argument("selection", nargs=-1)
@click.option("--up", type=click.IntRange(0), metavar="N", help="With so many levels upstream of what is selected.")
@click.option("--down", type=click.IntRange(0), metavar="N", help="With so many levels downstream of it.")
@click.option("--fold", "folded", multiple=True, metavar="GROUP", help="Draw a group as one node; `*` for all groups.")
@click.option("--column", metavar="KEY:COLUMN", help="The way of a column through the assets.")
@click.option("--lines", "is_in_lines", is_flag=True, help="A line for each node, rather than a box.")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="What it is written in."
)
@json_option
@target_options
def lineage(
    target: Target,
    selection: tuple[str, ...],
    up: int | None,
    down: int | None,
    folded: tuple[str, ...],
    column: str | None,
    is_in_lines: bool,
    form: str,
    as_json: bool,
) -> Exit:
    """What depends on what, data flowing from left to right.

    SELECTION is an asset, `group:marts`, `key+` and so on; without one, all assets are drawn.
    """
    catalog = current_catalog(target.describing())
    if column is not None:
        if selection or up is not None or down is not None or folded:
            raise click.UsageError("--column goes with no selection and none of --up, --down and --fold")
        key, _, name = column.rpartition(":")
        if not key:
            raise SelectionError(f"{column!r} is no column", hint="write KEY:COLUMN, as marts/routes:carrier")
        found = column_lineage(catalog, AssetKey(key.split("/")), name)
    else:
        keys = catalog.select(selection) if selection else [row.key for row in catalog.rows]
        if up is not None or down is not None:
            keys = neighborhood(catalog, keys, up or 0, down or 0, most=None)
        groups = {row.asset.group for row in catalog.rows}
        unknown = [group for group in folded if group != "*" and group not in groups]
        if unknown:
            raise SelectionError(
                f"no asset is of the group {unknown[0]!r}", hint=f"there are {', '.join(sorted(groups))}"
            )
        found = lineage_of(catalog, keys, groups if "*" in folded else folded)
    _print(found, "json" if as_json else form, is_in_lines=is_in_lines)
    return Exit.OK


def _print(found: Lineage, form: str, *, is_in_lines: bool) -> None:
    from assettui.render.lineage import lineage_lines  # deferred: JSON needs no layout

    match form:
        case "json":
            print_json(builtins(found))
        case "text":
            lines = lineage_lines(found, clock_us(), is_boxed=not is_in_lines, wide=terminal_width())
            print_lines(lines)
        case _:
            from assettui.render import lineage_formats as formats  # deferred, as above

            if form == "svg":
                sys.stdout.write(formats.lineage_svg(found, clock_us()))
            else:
                sys.stdout.write((formats.lineage_dot if form == "dot" else formats.lineage_mermaid)(found))
            sys.stdout.flush()
