"""`assettui partition`: the partitions of an asset, and the keys of dynamic partitions."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.output import print_json, say, table, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.core.partition_status import PartitionStatus
from assettui.model.keys import AssetKey
from assettui.model.text import one_line, plural
from assettui.model.timing import duration, local
from assettui.service.partitions import add_keys, asset_partitions, partition_states, remove_keys

_LIMIT = 1_000


@click.group()
def partition() -> None:
    """The partitions of an asset, and the keys of dynamic partitions."""


@partition.command("ls")
@click.argument("asset")
@click.option("--status", type=click.Choice([status.value for status in PartitionStatus]), help="Only these.")
@click.option("--counts", "is_counting", is_flag=True, help="How many have each status, rather than which.")
@click.option("--limit", default=_LIMIT, show_default=True, type=click.IntRange(min=1), help="How many, in order.")
@json_option
@target_options
def list_partitions(
    target: Target, asset: str, status: str | None, is_counting: bool, limit: int, as_json: bool
) -> None:
    """List the partitions of an asset, in order, with where each stands."""
    session = target.session()
    bring_up_to_date(session)
    key = AssetKey(asset)
    found = asset_partitions(session, key)
    statuses, space = found.statuses, found.space
    if is_counting:
        counts = {each.value: count for each, count in statuses.counts().items()}
        if as_json:
            print_json({"asset_key": str(key), "total": len(statuses.all), "counts": counts})
            return
        table(("STATUS", "PARTITIONS"), ((name, f"{count:,}") for name, count in counts.items() if count))
        return
    wanted = statuses.of(PartitionStatus(status)) if status is not None else statuses.all
    indices = [index for index, _ in zip(wanted, range(limit), strict=False)]
    keys = [space.key(index) for index in indices]
    states = partition_states(session, key, keys)
    if as_json:
        print_json(
            [
                shapes.partition_json(name, statuses.at(index), states.get(name))
                for index, name in zip(indices, keys, strict=True)
            ]
        )
    else:
        table(
            ("PARTITION", "STATUS", "BUILT", "TOOK", "RUN", "ERROR"),
            (
                (
                    name,
                    statuses.at(index).value,
                    local(state.last.time_us) if (state := states.get(name)) and state.last else "–",
                    duration(state.last.duration_us if state and state.last else None),
                    (state.failed_run or (state.last.run_id if state.last else ""))[:8] if state else "",
                    one_line(state.error or "", 60) if state else "",
                )
                for index, name in zip(indices, keys, strict=True)
            ),
        )
    if len(wanted) > len(indices):
        tell(f"{len(indices):,} of {plural(len(wanted), 'partition')}; see more with --limit, or --counts")


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
