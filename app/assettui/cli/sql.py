"""`assettui sql`: the project's assets as tables."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, cast

import click

from assettui.cli.current import bring_up_to_date
from assettui.cli.output import print_lines, printed, tell, terminal_width
from assettui.cli.preview import ask, print_rows, write_rows
from assettui.cli.run_options import PathName
from assettui.cli.target import Target, target_options
from assettui.model.preview import ExportRows, ReadPage
from assettui.model.text import clean, plural

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.preview import Page, SqlEngine

ROWS = 1_000


@click.command("sql")
@click.argument("statement", metavar="SQL")
@click.option(
    "--rows", metavar="N", type=click.IntRange(min=1), default=ROWS, show_default=True, help="Show so many rows."
)
@click.option(
    "--engine", type=click.Choice(["polars", "duckdb"]), default="polars", show_default=True, help="Who evaluates it."
)
@click.option("--json", "as_json", is_flag=True, help="Print all rows as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV.")
@click.option("--parquet", metavar="FILE", type=PathName(), help="Write all rows to a file.")
@target_options
def sql(
    target: Target, statement: str, rows: int, engine: str, as_json: bool, as_csv: bool, parquet: Path | None
) -> None:
    """Evaluate SQL, in which assets are tables: marts.worst_routes is the asset marts/worst_routes."""
    from shutil import get_terminal_size  # deferred, as the next ones: no other command needs them

    from assettui.executors.viewing import ViewerProcess
    from assettui.render.preview import table_lines
    from assettui.service.sql import sql_result

    if as_json + as_csv + (parquet is not None) > 1:
        raise click.UsageError("give one of --json, --csv and --parquet")
    session = target.reading()
    bring_up_to_date(session)
    value = sql_result(session, statement, cast("SqlEngine", engine))
    with closing(ViewerProcess(session.project, session.folder)) as viewer:
        if parquet is not None:
            write_rows(viewer, ExportRows(value, path=str(parquet.absolute()), format="parquet"))
            return
        if as_json or as_csv:
            print_rows(viewer, ExportRows(value, path="", format="json" if as_json else "csv"))
            return
        page = cast("Page", ask(viewer, ReadPage(value, rows=rows, is_counted=True)))
    width = terminal_width() if sys.stdout.isatty() else None
    lines = table_lines(page, width)
    if sys.stdout.isatty() and len(lines) > get_terminal_size().lines:
        click.echo_via_pager("".join(clean("".join(printed(cell) for cell in line)) + "\n" for line in lines))
    else:
        print_lines(lines)
    shown = len(page.cells)
    total = page.total if page.total is not None else shown
    more = (
        f"the first {shown:,} of {plural(total, 'row')}: --rows N shows more" if total > shown else plural(total, "row")
    )
    tell(more)
