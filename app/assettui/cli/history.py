"""`assettui asset history`, `versions` and `rollback`: what was made of an asset, what of it is kept, and going back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import ASSET, PARTITION
from assettui.cli.output import print_json, print_lines, print_table, say, tell, terminal_width
from assettui.cli.target import Target, json_option, target_options
from assettui.model.history import series_of
from assettui.model.keys import AssetKey
from assettui.model.text import plural

if TYPE_CHECKING:
    from assettui.service.versions import Version

ROWS = 30
CHART_HEIGHT = 20
_partition = click.option("--partition", type=PARTITION, metavar="P", help="Of this partition.")
_partition_or_last = click.option(
    "--partition", type=PARTITION, metavar="P", help="Of this partition.  [default: the last one that was made]"
)


@click.command("history")
@click.argument("key", type=ASSET)
@_partition
@click.option(
    "--rows",
    metavar="N",
    type=click.IntRange(min=1),
    default=None,
    help=f"The last N.  [default: {ROWS}, or all that are plotted]",
)
@click.option(
    "--plot",
    "plotted",
    metavar="KEY",
    multiple=True,
    help="Plot rows, duration, size or a metadata key; may be repeated.",
)
@click.option(
    "--over",
    type=click.Choice(["time", "partitions"]),
    default="time",
    show_default=True,
    help="What it is plotted over.",
)
@json_option
@target_options
def asset_history(
    target: Target,
    key: str,
    partition: str | None,
    rows: int | None,
    plotted: tuple[str, ...],
    over: str,
    as_json: bool,
) -> None:
    """Show what was made of an asset: when, by which run, how long it took, and what was said of it."""
    from assettui.render.history import PAST, history_chart  # deferred: no other command needs it
    from assettui.service.history import MOST, by_partition, history_of, require_series

    session = target.reading()
    bring_up_to_date(session)
    is_over_partitions = over == "partitions"
    if is_over_partitions:
        found = by_partition(session, AssetKey(key))
    else:
        found = history_of(session, AssetKey(key), partition, rows or (MOST if plotted else ROWS))
    for name in plotted:
        require_series(name, series_of(found.past), found.name)
    if as_json:
        print_json([shapes.past_json(each) for each in found.past])
        return
    if not found.past:
        say(f"nothing was made of {found.name} yet")
        return
    if plotted:
        from assettui.render.chart import chart_lines  # deferred: the library that draws

        past = found.past if is_over_partitions else found.past[::-1]
        chart = history_chart(past, plotted, is_over_partitions=is_over_partitions)
        print_lines(chart_lines(chart, min(terminal_width(), 160), CHART_HEIGHT))
        return
    print_table(PAST, found.past)
    if not found.is_whole:
        tell(f"the last {plural(len(found.past), 'materialization')}: --rows N shows more")


@click.command("versions")
@click.argument("key", type=ASSET)
@_partition_or_last
@json_option
@target_options
def asset_versions(target: Target, key: str, partition: str | None, as_json: bool) -> None:
    """List the versions of an asset's value that are kept."""
    from assettui.render.history import VERSIONS  # deferred, as above
    from assettui.service.versions import versions

    session = target.reading()
    bring_up_to_date(session)
    found = versions(session, AssetKey(key), partition)
    if as_json:
        print_json([_version_json(each) for each in found.versions])
        return
    if not found.versions:
        say(f"no version of {found.name} is kept: its function, or its IO manager, stores its data itself")
        return
    print_table(VERSIONS, found.versions)


@click.command("rollback")
@click.argument("key", type=ASSET)
@_partition
@click.option(
    "--to", "number", metavar="N", type=click.IntRange(min=1), required=True, help="The version, see `asset versions`."
)
@json_option
@target_options
def rollback_asset(target: Target, key: str, partition: str | None, number: int, as_json: bool) -> None:
    """Make an earlier version of an asset's value current again. What was made of the one after it becomes stale."""
    from assettui.service.versions import plan_rollback, rollback  # deferred, as above

    session = target.reading()
    bring_up_to_date(session)
    plan = plan_rollback(session, AssetKey(key), number, partition)
    rollback(session, plan)
    before = plan.of.current
    if as_json:
        print_json(
            {
                "asset": key,
                "partition": partition,
                "version": number,
                "before": before.number if before is not None else None,
                "stale": [str(each) for each in plan.stale],
            }
        )
        return
    say(f"{plan.of.name} is version {number} again")
    if plan.stale:
        say(f"stale by it: {', '.join(map(str, plan.stale[:10]))}{' …' if len(plan.stale) > 10 else ''}")
    if before is not None:
        part = f" --partition {partition}" if partition is not None else ""
        tell(f"to undo it: assettui asset rollback {key}{part} --to {before.number}")


def _version_json(version: Version) -> dict[str, Any]:
    made = version.made
    return {
        "version": version.number,
        "is_current": version.is_current,
        "size_bytes": made.value.size_bytes if made.value is not None else 0,
        "path": made.value.path if made.value is not None else "",
        **shapes.materialization_json(made),
    }
