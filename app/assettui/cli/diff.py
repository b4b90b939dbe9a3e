"""`assettui asset diff`: how two versions, partitions or assets differ, or the same in two stores."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from assettui.cli.current import bring_up_to_date
from assettui.cli.names import ASSET, PARTITION
from assettui.cli.output import Exit, print_json, print_lines, say
from assettui.cli.preview import ask
from assettui.cli.run_options import PathName
from assettui.cli.target import Target, json_option, target_options
from assettui.model import codec
from assettui.model.errors import LaunchError
from assettui.model.keys import AssetKey
from assettui.model.preview import Compared, Document
from assettui.store.database import appears
from assettui.store.folder import StoreFolder

if TYPE_CHECKING:
    from pathlib import Path


@click.command("diff")
@click.argument("key", type=ASSET)
@click.argument("sides", metavar="[A [B]]", nargs=-1)
@click.option("--partition", type=PARTITION, metavar="P", help="The versions A and B are of this partition.")
@click.option("--with", "other", type=ASSET, metavar="KEY", help="Compare with another asset.")
@click.option("--other-store", metavar="PATH", type=PathName(), help="Compare with the same in another store.")
@click.option(
    "--by",
    metavar="A,B,…",
    default="",
    help="The columns that tell rows apart.  [default: metadata primary_key, or a guess]",
)
@click.option(
    "--rows", metavar="N", type=click.IntRange(min=0), default=10, show_default=True, help="So many rows of each kind."
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 where there is a difference.")
@json_option
@target_options
def diff_assets(
    target: Target,
    key: str,
    sides: tuple[str, ...],
    partition: str | None,
    other: str | None,
    other_store: Path | None,
    by: str,
    rows: int,
    exit_code: bool,
    as_json: bool,
) -> Exit:
    """Show how two versions of an asset's value differ, or two of its partitions: A and B, or A and what is current.

    Without A and B, the last two versions are compared.
    """
    from assettui.executors.viewing import ViewerProcess  # deferred: no other command needs it
    from assettui.render.difference import difference_lines
    from assettui.service.differences import comparison

    session = target.reading()
    bring_up_to_date(session)
    there = None
    if other_store is not None:
        there = replace(session, folder=StoreFolder.at(other_store))
        if not appears(there.folder):
            raise LaunchError(f"there is no store at {other_store}", hint="name its folder, or its SQLite file")
    columns = [each.strip() for each in by.split(",") if each.strip()]
    wanted = comparison(
        session,
        AssetKey(key),
        sides,
        partition=partition,
        other_key=AssetKey(other) if other is not None else None,
        other_session=there,
        by=columns,
    )
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        answer = ask(viewer, wanted.asked)
    if isinstance(answer, Document):
        if as_json:
            print_json({"before": wanted.before, "after": wanted.after, "text": answer.text})
        else:
            say(answer.text or "no difference")
        return Exit.WORK_FAILED if exit_code and answer.text else Exit.OK
    assert isinstance(answer, Compared)
    found = answer.difference
    if as_json:
        said = codec.builtins(found)
        print_json({"before": wanted.before, "after": wanted.after, **said, "same": found.same})
    else:
        print_lines(difference_lines(found, wanted.before, wanted.after, rows))
    return Exit.WORK_FAILED if exit_code and not found.is_none else Exit.OK
