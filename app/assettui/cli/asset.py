"""`assettui asset`: what the project defines, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import current_catalog
from assettui.cli.output import Exit, print_json, say, table
from assettui.cli.run_options import config_option
from assettui.cli.target import Target, json_option, target_options
from assettui.model.keys import AssetKey
from assettui.model.metadata import schema_lines
from assettui.model.run import RunRequest
from assettui.model.timing import ago, clock_us, duration, local
from assettui.service.catalog import AssetDetail, AssetRow, Catalog, asset_detail
from assettui.service.run_config import read_config
from assettui.service.table_text import markdown_lines, table_lines

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.events import Materialization


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
    found = current_catalog(target.session())
    keys = set(found.select(selection)) if selection else None
    rows = [row for row in found.rows if keys is None or row.key in keys]
    if as_json:
        print_json([shapes.asset_json(row, found) for row in rows])
        return
    now_us = clock_us()
    table(
        ("KEY", "GROUP", "STATUS", "BUILT", "TOOK", "ROWS", "KINDS", "WHY"),
        (
            (
                str(row.key),
                row.asset.group,
                "external" if row.asset.is_external else row.status.value,
                ago(row.state.last.time_us, now_us) if row.state.last else "never",
                duration(row.state.last.duration_us if row.state.last else None),
                f"{row.state.last.rows:,}" if row.state.last and row.state.last.rows is not None else "–",
                ",".join(row.asset.kinds),
                "; ".join(row.reasons()) if row.state.last or row.state.failed_us else "",
            )
            for row in rows
        ),
    )


@asset.command("show")
@click.argument("key")
@json_option
@target_options
def show_asset(target: Target, key: str, as_json: bool) -> None:
    """Show one asset: status, metadata, what it depends on, what depends on it, its past."""
    session = target.session()
    found = current_catalog(session)
    detail = asset_detail(session, AssetKey(key))
    if as_json:
        print_json(shapes.detail_json(detail, found))
        return
    _show(detail, found)


def _partitions(row: AssetRow) -> str:
    """Which partitions an asset has, and how many of them are there."""
    if row.asset.partitions is None or row.statuses is None:
        return ""
    statuses = row.statuses
    parts = [f"{len(statuses.materialized):,} of {len(statuses.all):,} materialized"]
    parts += [
        f"{len(found):,} {name}" for name, found in (("failed", statuses.failed), ("stale", statuses.stale)) if found
    ]
    return f"{row.asset.partitions.summary}: {', '.join(parts)}"


def _maker(made: Materialization) -> str:
    return f"run {made.run_id[:8]}" if made.run_id else "what a sensor reported"


def _show(detail: AssetDetail, found: Catalog) -> None:
    row = detail.row
    asset_snapshot, last = row.asset, row.state.last
    say(f"{row.key}  {'external' if asset_snapshot.is_external else row.status.value}")
    for reason in row.reasons():
        say(f"  {reason}")
    if asset_snapshot.description:
        say(f"\n{asset_snapshot.description}\n")
    facts = [
        ("group", asset_snapshot.group),
        ("kinds", ", ".join(asset_snapshot.kinds)),
        ("owners", ", ".join(asset_snapshot.owners)),
        ("tags", ", ".join(f"{name}={value}" for name, value in asset_snapshot.tags.items())),
        ("code version", asset_snapshot.code_version or ""),
        ("defined at", str(asset_snapshot.at or "")),
        ("partitions", _partitions(row)),
        ("upstream", ", ".join(str(each.key) for each in detail.upstream)),
        ("downstream", ", ".join(str(each.key) for each in detail.downstream)),
        (
            "materialized",
            f"{local(last.time_us)} by {_maker(last)} in {duration(last.duration_us)}" if last else "",
        ),
        (
            "observed",
            f"{local(row.state.observed.time_us)} by run {row.state.observed.run_id[:8]}" if row.state.observed else "",
        ),
        ("data version", row.state.data_version or ""),
        ("rows", f"{last.rows:,}" if last and last.rows is not None else ""),
        *((name, value.show()) for name, value in row.metadata.items()),
    ]
    for name, value in facts:
        if value:
            say(f"{name:<14} {value}")
    for line in schema_lines(found.config_schema(row.key)):
        say(f"{'config':<14} {line}")
    import shutil  # deferred, as in `values.files`

    width = shutil.get_terminal_size().columns - 2
    for name, metadata in row.metadata.items():
        is_text = metadata.type == "md" and "\n" in str(metadata.value).strip()
        if metadata.rows() or is_text:
            say(f"\n{name}")
            shown = markdown_lines(str(metadata.value).strip(), width) if is_text else table_lines(metadata, width)
            for line in shown:
                say(f"  {line}")
    if len(detail.history) > 1:
        say("\npast materializations")
        for made in detail.history:
            rows = f"  {made.rows:,} rows" if made.rows is not None else ""
            say(f"  {local(made.time_us)}  run {made.run_id[:8]}  {duration(made.duration_us)}{rows}")
