"""`assettui asset preview` and `asset export`: what an asset's value holds."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from msgspec.structs import asdict, replace

from assettui.cli.current import bring_up_to_date
from assettui.cli.names import ASSET, PARTITION
from assettui.cli.output import print_json, print_lines, print_table, say, tell, telling_after, terminal_width
from assettui.cli.run_options import PathName
from assettui.cli.target import Target, json_option, target_options
from assettui.model.errors import AssettuiError, NotFound
from assettui.model.keys import AssetKey, closest
from assettui.model.preview import (
    Document,
    ExportRows,
    Picture,
    Query,
    ReadPage,
    ReadPicture,
    ReadProfile,
    Refused,
    SqlResult,
)
from assettui.model.profile import QUANTILES
from assettui.model.text import byte_count, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from assettui.executors.viewing import ViewerProcess
    from assettui.model.preview import Answer, Asked, Exported, Page, Profiled, StoredValue
    from assettui.model.profile import ColumnProfile, Profile
    from assettui.service.previews import PresentData

ROWS = 20


class CannotShow(AssettuiError):
    """The value cannot be shown as it was asked for."""


def _query_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option(
            "--partition", type=PARTITION, metavar="P", help="Of this partition.  [default: the last one that was made]"
        ),
        click.option(
            "--version",
            metavar="N",
            type=click.IntRange(min=1),
            default=None,
            help="This version; see `asset versions`.",
        ),
        click.option(
            "--where",
            metavar="EXPR",
            default="",
            help="Rows for which this holds: \"amount > 100 and country = 'PE'\".",
        ),
        click.option("--columns", metavar="A,B,…", default="", help="These columns, in this order."),
        click.option(
            "--sort", metavar="COLUMN", default="", help="In the order of a column; -COLUMN for the other way round."
        ),
        click.option("--sample", metavar="N", type=click.IntRange(min=1), default=None, help="So many rows by chance."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("preview")
@click.argument("key", type=ASSET)
@_query_options
@click.option("--rows", metavar="N", type=click.IntRange(min=1), default=ROWS, show_default=True, help="So many rows.")
@click.option("--tail", is_flag=True, help="The last rows, not the first.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the rows as CSV.")
@click.option("--parquet", metavar="FILE", type=PathName(), help="Write the rows to a file.")
@target_options
def preview_asset(
    target: Target,
    key: str,
    partition: str | None,
    version: int | None,
    where: str,
    columns: str,
    sort: str,
    sample: int | None,
    rows: int,
    tail: bool,
    as_json: bool,
    as_csv: bool,
    parquet: Path | None,
) -> None:
    """Show rows of an asset's value."""
    from assettui.render.preview import summary, table_lines  # deferred: no other command needs it

    if as_json + as_csv + (parquet is not None) > 1:
        raise click.UsageError("give one of --json, --csv and --parquet")
    query, names, first = _query(where, sort, sample), _names(columns), -rows if tail else 0
    with _data(target, key, partition, version) as (data, viewer):
        value = data.value
        if parquet is not None:
            write_rows(
                viewer,
                ExportRows(value, query, names, first, rows=rows, path=str(parquet.absolute()), format="parquet"),
            )
            return
        if as_json or as_csv:
            print_rows(
                viewer, ExportRows(value, query, names, first, rows=rows, path="", format="json" if as_json else "csv")
            )
            return
        answer = ask(viewer, ReadPage(value, query, names, first, rows, is_counted=True))
        if isinstance(answer, Picture):
            _print_picture(viewer, value, answer)
            return
    if isinstance(answer, Document):
        _print_document(answer)
        return
    page = cast("Page", answer)
    print_lines(table_lines(page, terminal_width() if sys.stdout.isatty() else None))
    tell(f"{value.name}: {summary(page, query)}, {plural(len(page.columns), 'column')}")


@click.command("export")
@click.argument("key", type=ASSET)
@click.argument("destination", metavar="FILE", type=PathName())
@_query_options
@target_options
def export_asset(
    target: Target,
    key: str,
    destination: Path,
    partition: str | None,
    version: int | None,
    where: str,
    columns: str,
    sort: str,
    sample: int | None,
) -> None:
    """Write an asset's value, all of it or what is asked for, to a file: .csv, .json or .parquet."""
    from assettui.render.preview import EXPORTED, export_format  # deferred, as above

    form = export_format(destination.name)
    if form is None:
        raise CannotShow(f"{destination} does not say in which form", hint=f"let its name end in {', '.join(EXPORTED)}")
    with _data(target, key, partition, version) as (data, viewer):
        write_rows(
            viewer,
            ExportRows(
                data.value, _query(where, sort, sample), _names(columns), path=str(destination.absolute()), format=form
            ),
        )


@click.command("profile")
@click.argument("key", type=ASSET)
@click.option(
    "--partition", type=PARTITION, metavar="P", help="Of this partition.  [default: the last one that was made]"
)
@click.option(
    "--version", metavar="N", type=click.IntRange(min=1), default=None, help="Of this version; see `asset versions`."
)
@click.option("--column", metavar="NAME", help="This column in full.")
@click.option("--again", is_flag=True, help="Look at the data now, also where it was looked at when it was made.")
@json_option
@target_options
def profile_asset(
    target: Target,
    key: str,
    partition: str | None,
    version: int | None,
    column: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """Show what an asset's value holds, in numbers: rows, and of each column what is empty, small, large, frequent."""
    from assettui.render.profile import column_lines, profile_summary, profile_table  # deferred, as above

    with _data(target, key, partition, version) as (data, viewer):
        found = data.profile
        if found is None or again:
            found = cast("Profiled", ask(viewer, ReadProfile(data.value))).profile
    if column is not None:
        wanted = found.column(column)
        if wanted is None:
            names = [each.name for each in found.columns]
            near = closest(column, names)
            hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(names[:20])}"
            raise NotFound(f"there is no column {column!r}", hint=hint)
        if as_json:
            print_json(_column_json(wanted, found))
        else:
            print_lines(column_lines(wanted, found))
        return
    if as_json:
        columns = [_column_json(each, found) for each in found.columns]
        print_json({**asdict(found), "columns": columns})
        return
    print_table(profile_table(found), found.columns)
    tell(f"{data.value.name}: {profile_summary(found)}")


def _column_json(column: ColumnProfile, of: Profile) -> dict[str, Any]:
    top = [{"value": value, "count": count} for value, count in column.top]
    quantiles = dict(zip(map(str, QUANTILES), column.quantiles, strict=False))
    return {**asdict(column), "null_rate": column.null_rate(of.rows), "quantiles": quantiles, "top": top}


@contextmanager
def _data(
    target: Target, key: str, partition: str | None, version: int | None
) -> Generator[tuple[PresentData, ViewerProcess]]:
    """The data that is asked for, and who reads it."""
    from assettui.executors.viewing import ViewerProcess  # deferred, as above
    from assettui.service.previews import data_of

    session = target.reading()
    bring_up_to_date(session)
    data = data_of(session, AssetKey(key), partition, version)
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        yield data, viewer


def _query(where: str, sort: str, sample: int | None) -> Query:
    return Query(where.strip(), sort.removeprefix("-"), sort.startswith("-"), sample or 0)


def _names(columns: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in columns.split(",") if each.strip())


def ask(viewer: ViewerProcess, asked: Asked) -> Answer:
    with telling_after("the value is being read"):
        answer = viewer.ask(asked)
    if isinstance(answer, Refused):
        raise _refusal(answer, asked)
    return answer


def _refusal(refused: Refused, asked: Asked) -> CannotShow:
    """What the viewer says, with the place in the condition marked."""
    what = refused.what
    if refused.at is not None:
        said = asked.value.sql if isinstance(asked.value, SqlResult) else asked.query.where
        what = f"{what}\n{_marked(said, refused.at)}"
    if refused.traceback:
        what = f"{what}\n{refused.traceback}"
    return CannotShow(what, hint=refused.hint)


def _marked(text: str, at: int) -> str:
    """A text with a mark below the place: of several lines the one that it is in."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:].partition("\n")[0]
    return f"    {line}\n    {' ' * (at - start)}^"


def write_rows(viewer: ViewerProcess, asked: ExportRows) -> None:
    written = cast("Exported", ask(viewer, asked))
    tell(f"{asked.path}: {plural(written.rows, 'row')}, {byte_count(written.bytes)}")


def print_rows(viewer: ViewerProcess, asked: ExportRows) -> None:
    """Rows on stdout, exactly as they are; on a terminal, cleaned."""
    with tempfile.TemporaryDirectory(prefix="assettui-") as folder:
        path = Path(folder) / "rows"
        ask(viewer, replace(asked, path=str(path)))
        text = path.read_text(encoding="utf-8")
    if asked.format == "json":
        print_json(json.loads(text))
    elif sys.stdout.isatty():
        say(text.rstrip("\n"))
    else:
        sys.stdout.write(text)


def _print_picture(viewer: ViewerProcess, value: StoredValue, picture: Picture) -> None:
    """A picture, where there is a terminal to show it; what it is."""
    from shutil import get_terminal_size  # deferred, as the next ones: few values are pictures

    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    from assettui.render.picture import HALF, cell_size, halves, picture_form, placed, told

    if sys.stdout.isatty():
        form, size, cell = picture_form(os.environ), get_terminal_size(), cell_size(sys.stdout.fileno())
        asked = ReadPicture(
            value,
            form=form,
            columns=size.columns,
            rows=max(1, size.lines - 3),
            cell_width=cell[0],
            cell_height=cell[1],
        )
        drawn = cast("Picture", ask(viewer, asked))
        if form == "blocks":
            console = Console()
            for row in range(drawn.rows):
                cells = [(HALF, Style(color=upper, bgcolor=lower)) for upper, lower in halves(drawn, row)]
                console.print(Text.assemble(*cells))
        else:  # room for it first, so that what is at the bottom of the screen does not lie below it
            down = drawn.rows
            sys.stdout.write("\n" * down + f"\x1b[{down}A\x1b7{placed(drawn, form, 1)}\x1b8\x1b[{down}B")
            sys.stdout.flush()
    tell(f"{value.name}: {told(picture)}")


def _print_document(document: Document) -> None:
    say(document.text)
    if document.is_cut:
        tell("… there is more of it")
