"""`assettui notify`: who is told what has failed, is overdue or fails its checks; and whether that reaches them."""

from __future__ import annotations

import click

from assettui.cli import health_as_json as shapes
from assettui.cli.output import Exit, print_json, print_table, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.timing import clock_us
from assettui.render.notify import RULES
from assettui.service.notify import last_sent, rule_rows, rules_named, send_test

LAST = 20
"""So many notifications are listed with `--json`."""


@click.group()
def notify() -> None:
    """Who is told what has failed, is overdue or fails its checks: the rules in the settings."""


@notify.command("ls")
@json_option
@target_options
def list_rules(target: Target, as_json: bool) -> None:
    """List the rules, and what each told last, or why it could not."""
    session = target.session()
    rows = rule_rows(session, clock_us())
    if as_json:
        print_json(
            {
                "rules": [shapes.rule_json(row) for row in rows],
                "sent": [shapes.sent_json(each) for each in last_sent(session, LAST)],
            }
        )
    elif rows:
        print_table(RULES, rows)
    else:
        tell('the settings have no notify rules; write [[tool.assettui.notify]], name = "ops", webhook = "https://…"')


@notify.command("test")
@click.argument("rules", nargs=-1, metavar="[RULE]…")
@json_option
@target_options
def test(target: Target, rules: tuple[str, ...], as_json: bool) -> Exit:
    """Tell something by each rule, or by those that are named, whatever their hours: that this is a test.

    The exit status is 1 where one could not be told.
    """
    from assettui.notify.sending import NotSent  # deferred: what sends imports much

    session = target.session()
    errors: dict[str, str | None] = {}
    for rule in rules_named(session, rules):
        try:
            send_test(session, rule, clock_us())
        except NotSent as error:
            errors[rule.name] = str(error)
            tell(f"✗ {rule.name}: {error}")
        else:
            errors[rule.name] = None
            if not as_json:
                tell(f"✓ {rule.name}")
    if as_json:
        print_json([{"rule": name, "error": error} for name, error in errors.items()])
    return Exit.WORK_FAILED if any(errors.values()) else Exit.OK
