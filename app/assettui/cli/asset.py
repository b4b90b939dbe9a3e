"""`assettui asset`: what the project defines, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import current_catalog
from assettui.cli.output import Exit, print_json, print_lines, print_table, terminal_width
from assettui.cli.run_options import config_option
from assettui.cli.target import Target, json_option, target_options
from assettui.model.keys import AssetKey
from assettui.model.run import RunRequest
from assettui.model.timing import clock_us
from assettui.render.assets import ASSETS, asset_lines
from assettui.service.catalog import asset_detail
from assettui.service.run_config import read_config

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def asset() -> None:
    """What the project defines, and how it stands."""


@asset.command("observe")
@click.argument("selection", nargs=-1, required=True)
@config_option
@json_option
@target_options
def observe_assets(target: Target, selection: tuple[str, ...], config: Path | None, as_json: bool) -> Exit:
    """Look at external assets by the functions that the project has for it, and wait until that is done."""
    from assettui.cli.materialize import launch_and_wait  # deferred: the engine, which no listing needs

    request = RunRequest(config=read_config(config) if config else {}, is_observation=True)
    return launch_and_wait(target.session(), selection, request, as_json=as_json)


@asset.command("ls")
@click.argument("selection", nargs=-1)
@json_option
@target_options
def list_assets(target: Target, selection: tuple[str, ...], as_json: bool) -> None:
    """List assets: all, or those that are selected."""
    found = current_catalog(target.describing())
    keys = set(found.select(selection)) if selection else None
    rows = [row for row in found.rows if keys is None or row.key in keys]
    if as_json:
        print_json([shapes.asset_json(row, found) for row in rows])
        return
    print_table(ASSETS, rows)


@asset.command("show")
@click.argument("key")
@json_option
@target_options
def show_asset(target: Target, key: str, as_json: bool) -> None:
    """Show one asset: status, metadata, what it depends on, what depends on it, its past."""
    session = target.describing()
    found = current_catalog(session)
    detail = asset_detail(session, found, AssetKey(key))
    if as_json:
        print_json(shapes.asset_detail_json(detail, found))
        return
    print_lines(asset_lines(detail.row, found, detail.history, clock_us(), terminal_width() - 2))
