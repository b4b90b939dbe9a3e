"""`assettui screenshot`: a picture of any screen, without a terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from assettui.cli.current import bring_up_to_date
from assettui.cli.output import Exit
from assettui.cli.run_options import PathName
from assettui.cli.target import Target, target_options
from assettui.model.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

_SIZE = re.compile(r"(\d{2,3})x(\d{1,3})")


class Size(click.ParamType[Any]):
    """Columns and rows, as `120x40`."""

    name = "WxH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read it."""
        found = _SIZE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no size: write 120x40, columns and rows", param, ctx)
        width, height = int(found[1]), int(found[2])
        if not (20 <= width <= 500 and 5 <= height <= 300):
            self.fail(f"{value!r} is no size of a terminal: from 20x5 to 500x300", param, ctx)
        return width, height


@click.command()
@click.argument("screen")
@click.argument("name", required=False)
@click.option("--tab", metavar="TAB", help="Of an asset, which of its tabs.")
@click.option("--size", type=Size(), default="120x40", show_default=True, help="Columns and rows.")
@click.option(
    "--theme", default="dark", show_default=True, metavar="NAME", help="The colors: dark, light, contrast, nord, …"
)
@click.option("--keys", default="", metavar="KEY,KEY…", help="What is pressed first, as down,down,space.")
@click.option("--out", type=PathName(), metavar="FILE.svg", help="Where it is written to.  [default: stdout]")
@target_options
def screenshot(
    target: Target,
    screen: str,
    name: str | None,
    tab: str | None,
    size: tuple[int, int],
    theme: str,
    keys: str,
    out: Path | None,
) -> Exit:
    """Draw a screen as SVG, without a terminal.

    SCREEN is catalog, lineage, partitions, runs, automation, health, data, backfills, asset (NAME is its key) or run (NAME is
    its id, or the beginning of it).
    """
    if screen in ("asset", "run") and name is None:
        raise click.UsageError(
            f"name the {screen}: assettui screenshot {screen} {'KEY' if screen == 'asset' else 'ID'}"
        )
    session = target.reading()
    bring_up_to_date(session)
    assert target.picture is not None
    pressed = [key for key in keys.split(",") if key]
    svg = target.picture(session, screen, name, tab=tab, size=size, theme=theme, keys=pressed)
    if out is None:
        sys.stdout.write(svg)
        sys.stdout.flush()
        return Exit.OK
    try:
        out.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{out} cannot be written: {error.strerror}") from error
    return Exit.OK
