"""`assettui init`: a small project that runs, with a test."""

from __future__ import annotations

from pathlib import Path

import click

from assettui.cli.output import print_json, say
from assettui.cli.target import json_option
from assettui.model.errors import ProjectError

_FILES = {
    "assettui.toml": """\
# Settings of the project: file or module, name, store, max_workers.
file = "definitions.py"
""",
    "definitions.py": '''\
"""The data products of this project."""

from assettui import AssetExecutionContext, Output, ScheduleDefinition, asset


@asset(group_name="raw")
def orders() -> list[dict]:
    """Orders, as they come in."""
    return [
        {"customer": "ada", "amount": 120},
        {"customer": "bob", "amount": 40},
        {"customer": "ada", "amount": 60},
    ]


@asset(group_name="marts", code_version="1")
def revenue_by_customer(context: AssetExecutionContext, orders: list[dict]) -> Output[dict[str, int]]:
    """What each customer has spent."""
    revenue: dict[str, int] = {}
    for order in orders:
        revenue[order["customer"]] = revenue.get(order["customer"], 0) + order["amount"]
    context.log.info("%d customers", len(revenue))
    return Output(revenue, metadata={"customers": len(revenue), "total": sum(revenue.values())})


# Off until it is turned on: key 5, then space; or `assettui schedule on every_morning`.
every_morning = ScheduleDefinition(name="every_morning", target="*", cron_schedule="0 6 * * *", execution_timezone="UTC")
''',
    "test_definitions.py": '''\
"""Tests need no store and no workers: run them with `pytest`."""

from assettui import build_asset_context, materialize
from definitions import orders, revenue_by_customer


def test_revenue_is_summed_by_customer():
    result = revenue_by_customer(build_asset_context(), [{"customer": "ada", "amount": 1}, {"customer": "ada", "amount": 2}])
    assert result.value == {"ada": 3}


def test_everything_materializes():
    result = materialize([orders, revenue_by_customer])
    assert result.success
    assert result.asset_value("revenue_by_customer")["ada"] == 180
''',
}


@click.command()
@click.argument("directory", metavar="DIR", default=".")
@json_option
def init(directory: str, as_json: bool) -> None:
    """Write a small project that runs, with a test, to DIR (by default here). Nothing is overwritten."""
    folder = Path(directory).absolute()
    write_project(folder)
    if as_json:
        print_json({"directory": str(folder), "files": list(_FILES)})
        return
    say(f"wrote {', '.join(_FILES)} to {folder}")
    say(f"next: {'' if directory == '.' else f'cd {directory} && '}assettui")


def write_project(folder: Path) -> None:
    """Write the files of a small project.

    Raises:
        ProjectError: Some are there already, or the folder cannot be written.
    """
    there = [name for name in _FILES if (folder / name).exists()]
    if there:
        raise ProjectError(f"{folder} holds {', '.join(there)} already", hint="name another folder: assettui init DIR")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in _FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error.strerror or error}") from error
