"""`assettui asset`: what the project defines, and how it stands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli import health_as_json as health_shapes
from assettui.cli.code import asset_code_command
from assettui.cli.current import bring_up_to_date, current_catalog
from assettui.cli.diff import diff_assets
from assettui.cli.history import asset_history, asset_versions, rollback_asset
from assettui.cli.names import ASSET, PARTITION, SELECTION
from assettui.cli.output import Exit, print_json, print_lines, print_table, say, terminal_width
from assettui.cli.preview import export_asset, preview_asset, profile_asset
from assettui.cli.run_options import config_option
from assettui.cli.target import Target, json_option, target_options
from assettui.model.errors import LaunchError
from assettui.model.keys import AssetKey
from assettui.model.run import RunRequest
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.render.assets import ASSETS, asset_lines
from assettui.render.drift import drift_texts
from assettui.render.why import why_lines
from assettui.service.catalog import asset_detail
from assettui.service.expecting import expect
from assettui.service.run_config import read_config
from assettui.service.why import why
from assettui.service.wiping import plan_wipe, wipe

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def asset() -> None:
    """What the project defines, and how it stands."""


asset.add_command(preview_asset)
asset.add_command(export_asset)
asset.add_command(profile_asset)
asset.add_command(asset_code_command)
asset.add_command(asset_history)
asset.add_command(asset_versions)
asset.add_command(diff_assets)
asset.add_command(rollback_asset)


@asset.command("observe")
@click.argument("selection", type=SELECTION, nargs=-1, required=True)
@config_option
@json_option
@target_options
def observe_assets(target: Target, selection: tuple[str, ...], config: Path | None, as_json: bool) -> Exit:
    """Look at external assets by the functions that the project has for it, and wait until that is done."""
    from assettui.cli.materialize import launch_and_wait  # deferred: the engine, which no listing needs

    request = RunRequest(config=read_config(config) if config else {}, is_observation=True)
    return launch_and_wait(target.session(), selection, request, as_json=as_json)


@asset.command("ls")
@click.argument("selection", type=SELECTION, nargs=-1)
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
@click.argument("key", type=ASSET)
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


@asset.command("why")
@click.argument("key", type=ASSET)
@click.option("--partition", type=PARTITION, metavar="P", help="Of this partition.")
@json_option
@target_options
def why_asset(target: Target, key: str, partition: str | None, as_json: bool) -> None:
    """Why an asset, or a partition of it, is not fresh, down to the root causes; and what would run to refresh it."""
    session = target.describing()
    bring_up_to_date(session)
    found = why(session, AssetKey(key), partition)
    if as_json:
        print_json(health_shapes.why_json(found))
        return
    print_lines(why_lines(found))


@asset.command("expect")
@click.argument("key", type=ASSET)
@click.option("--partition", type=PARTITION, metavar="P", help="Only of this partition.")
@json_option
@target_options
def expect_drift(target: Target, key: str, partition: str | None, as_json: bool) -> None:
    """Say that what looks wrong about an asset's data is as it should be."""
    session = target.reading()
    bring_up_to_date(session)
    found = expect(session, AssetKey(key), partition)
    if as_json:
        print_json([shapes.drift_json(each) for each in found])
        return
    for said in drift_texts(found):
        say(f"as it should be: {said}")


@asset.command("wipe")
@click.argument("keys", type=ASSET, metavar="KEY...", nargs=-1, required=True)
@click.option(
    "--partition",
    "partitions",
    type=PARTITION,
    metavar="P",
    multiple=True,
    help="Only this partition; may be repeated.",
)
@click.option("-y", "--yes", "is_sure", is_flag=True, help="Do not ask.")
@json_option
@target_options
def wipe_assets(
    target: Target, keys: tuple[str, ...], partitions: tuple[str, ...], is_sure: bool, as_json: bool
) -> None:
    """Forget that assets were ever materialized, and remove their stored values. What runs have done stays listed."""
    session = target.reading()
    bring_up_to_date(session)
    plan = plan_wipe(session, keys, partitions)
    names = [f"{key} {partition}" if partition is not None else str(key) for key, partition in plan.parts]
    what = f"forget {', '.join(names)}, and remove {plural(plan.values, 'stored value')}"
    if not is_sure:
        if not sys.stdin.isatty():
            raise LaunchError(f"this would {what}", hint="say so with --yes")
        click.confirm(f"{what}?", abort=True, err=True)
    wipe(session, plan)
    if as_json:
        print_json({"wiped": [{"asset": str(key), "partition": partition} for key, partition in plan.parts]})
        return
    say(f"forgotten: {', '.join(names)}; {plural(plan.values, 'stored value')} removed")
