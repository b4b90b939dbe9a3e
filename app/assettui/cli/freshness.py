"""`assettui freshness`: how old data may be, and how old it is."""

from __future__ import annotations

import click

from assettui.cli import health_as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import ASSET, SELECTION
from assettui.cli.output import print_json, print_lines, print_table, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.keys import AssetKey
from assettui.model.timing import clock_us
from assettui.render.freshness import FRESHNESS, freshness_lines
from assettui.service.freshness import freshness_detail, freshness_rows


@click.group()
def freshness() -> None:
    """How old data may be, and how old it is."""


@freshness.command("ls")
@click.argument("selection", type=SELECTION, nargs=-1)
@json_option
@target_options
def list_freshness(target: Target, selection: tuple[str, ...], as_json: bool) -> None:
    """List the assets that have a freshness policy: how each stands, and when that turns."""
    session = target.describing()
    bring_up_to_date(session)
    rows = freshness_rows(session, selection)
    if as_json:
        print_json([shapes.freshness_json(row) for row in rows])
        return
    if not rows:
        tell("no asset has a freshness policy; give it one: freshness_policy=FreshnessPolicy.time_window(…)")
        return
    print_table(FRESHNESS, rows)


@freshness.command("show")
@click.argument("key", type=ASSET)
@json_option
@target_options
def show_freshness(target: Target, key: str, as_json: bool) -> None:
    """Show how fresh one asset is, and why: what its present data rests on, how old each of it is, and how that went."""
    session = target.describing()
    bring_up_to_date(session)
    detail = freshness_detail(session, AssetKey(key))
    if as_json:
        print_json(shapes.freshness_detail_json(detail))
        return
    print_lines(freshness_lines(detail, clock_us()))
