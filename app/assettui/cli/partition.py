"""`assettui partition`: the partitions of an asset, and the keys of dynamic partitions."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import ASSET
from assettui.cli.output import print_columns, print_json, print_table, say, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.core.partition_status import PartitionStatus
from assettui.model.keys import AssetKey
from assettui.model.text import plural
from assettui.render.partitions import PARTITIONS
from assettui.service.partitions import add_keys, asset_partitions, partition_page, remove_keys

_LIMIT = 1_000


@click.group()
def partition() -> None:
    """The partitions of an asset, and the keys of dynamic partitions."""


@partition.command("ls")
@click.argument("asset", type=ASSET)
@click.option("--status", type=click.Choice([status.value for status in PartitionStatus]), help="Only these.")
@click.option("--counts", "is_counting", is_flag=True, help="How many have each status, rather than which.")
@click.option("--limit", default=_LIMIT, show_default=True, type=click.IntRange(min=1), help="How many, in order.")
@json_option
@target_options
def list_partitions(
    target: Target, asset: str, status: str | None, is_counting: bool, limit: int, as_json: bool
) -> None:
    """List the partitions of an asset, in order, with where each stands."""
    session = target.describing()
    bring_up_to_date(session)
    key = AssetKey(asset)
    found = asset_partitions(session, key)
    if is_counting:
        counts = {each.value: count for each, count in found.statuses.counts().items()}
        if as_json:
            print_json({"asset_key": str(key), "total": len(found.statuses.all), "counts": counts})
            return
        print_columns(("status", "partitions"), ((name, f"{count:,}") for name, count in counts.items() if count))
        return
    page = partition_page(session, found, limit=limit, status=PartitionStatus(status) if status is not None else None)
    if as_json:
        print_json([shapes.partition_json(row) for row in page.rows])
    else:
        print_table(PARTITIONS, page.rows)
    if page.total > len(page.rows):
        tell(f"{len(page.rows):,} of {plural(page.total, 'partition')}; see more with --limit, or --counts")


@partition.command("add")
@click.argument("definition")
@click.argument("keys", nargs=-1, required=True)
@json_option
@target_options
def add_partitions(target: Target, definition: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Add keys to dynamic partitions."""
    session = target.session()
    bring_up_to_date(session)
    added = add_keys(session, definition, keys)
    _tell_changed("added", definition, added, keys, as_json=as_json)


@partition.command("rm")
@click.argument("definition")
@click.argument("keys", nargs=-1, required=True)
@json_option
@target_options
def remove_partitions(target: Target, definition: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Remove keys from dynamic partitions; what was made of them stays recorded."""
    session = target.session()
    bring_up_to_date(session)
    removed = remove_keys(session, definition, keys)
    _tell_changed("removed", definition, removed, keys, as_json=as_json)


def _tell_changed(word: str, definition: str, changed: list[str], keys: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({"definition": definition, word: changed})
        return
    say(f"{definition}: {word} {', '.join(changed) or 'nothing'}")
    if len(changed) < len(set(keys)):
        tell(f"{plural(len(set(keys)) - len(changed), 'key')} stayed as before")
