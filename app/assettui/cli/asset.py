"""`assettui asset`: what the project defines, and how it stands."""

from __future__ import annotations

import shutil

import click

from assettui.cli import as_json as shapes
from assettui.cli.output import print_json, say, table, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.core.keys import AssetKey
from assettui.core.selection import select
from assettui.core.timing import ago, duration, local
from assettui.service.catalog import AssetDetail, Catalog, asset_detail, catalog
from assettui.service.loading import ProjectBroken, ensure_loaded
from assettui.service.session import Session, clock_us
from assettui.service.table_text import table_lines


@click.group()
def asset() -> None:
    """What the project defines, and how it stands."""


@asset.command("ls")
@click.argument("selection", nargs=-1)
@json_option
@target_options
def list_assets(target: Target, selection: tuple[str, ...], as_json: bool) -> None:
    """List assets: all, or those that are selected."""
    found = _current_catalog(target.session())
    keys = set(select(found.graph, selection)) if selection else None
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
    found = _current_catalog(session)
    detail = asset_detail(session, AssetKey(key))
    if as_json:
        print_json(shapes.detail_json(detail, found))
        return
    _show(detail)


def _current_catalog(session: Session) -> Catalog:
    """The catalog as the files say now; where they cannot be loaded, the last good one, and a word about it."""
    try:
        ensure_loaded(session)
    except ProjectBroken as error:
        found = catalog(session)
        if found.snapshot is None:
            raise
        tell(f"warning: this is the catalog of {local(found.loaded_us or 0)}: {error}")
        return found
    found = catalog(session)
    for warning in found.snapshot.warnings if found.snapshot else ():
        tell(f"warning: {warning}")
    return found


def _show(detail: AssetDetail) -> None:
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
        ("upstream", ", ".join(str(each.key) for each in detail.upstream)),
        ("downstream", ", ".join(str(each.key) for each in detail.downstream)),
        (
            "materialized",
            f"{local(last.time_us)} by run {last.run_id[:8]} in {duration(last.duration_us)}" if last else "",
        ),
        ("rows", f"{last.rows:,}" if last and last.rows is not None else ""),
        *((name, value.show()) for name, value in row.metadata.items()),
    ]
    for name, value in facts:
        if value:
            say(f"{name:<14} {value}")
    for name, metadata in row.metadata.items():
        if metadata.type == "table":
            say(f"\n{name}")
            for line in table_lines(metadata, shutil.get_terminal_size().columns - 2):
                say(f"  {line}")
    if len(detail.history) > 1:
        say("\npast materializations")
        for made in detail.history:
            rows = f"  {made.rows:,} rows" if made.rows is not None else ""
            say(f"  {local(made.time_us)}  run {made.run_id[:8]}  {duration(made.duration_us)}{rows}")
