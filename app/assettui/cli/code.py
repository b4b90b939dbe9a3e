"""`assettui asset code`: the function, or the query, that makes an asset."""

from __future__ import annotations

import click

from assettui.cli.current import bring_up_to_date
from assettui.cli.names import ASSET
from assettui.cli.output import print_json, print_lines
from assettui.cli.target import Target, json_option, target_options
from assettui.model.keys import AssetKey


@click.command("code")
@click.argument("key", type=ASSET)
@json_option
@target_options
def asset_code_command(target: Target, key: str, as_json: bool) -> None:
    """Show the code of an asset: its function, or its query, and the SQL that ran when it was last made."""
    from assettui.render.code import code_lines  # deferred: what colors code takes 30 ms
    from assettui.service.code import asset_code

    session = target.reading()
    bring_up_to_date(session)
    found = asset_code(session, AssetKey(key))
    if as_json:
        print_json(
            {
                "path": found.path,
                "line": found.first_line,
                "language": found.language,
                "code": found.text,
                "compiled_sql": found.compiled,
            }
        )
        return
    print_lines(code_lines(found))
