"""`assettui help`: pages about what there is, in plain words."""

from __future__ import annotations

import click

from assettui.cli.output import Exit, print_columns, print_lines, say, terminal_width
from assettui.service.help_pages import page, pages, search


@click.command("help")
@click.argument("topic", required=False)
@click.option("--search", "words", metavar="WORDS", help="The lines of all pages in which these words stand.")
def help_pages(topic: str | None, words: str | None) -> Exit:
    """Read about a topic; without one, which there are.

    For the options of a command, ask that: `assettui materialize --help`.
    """
    if words is not None:
        found = search(words)
        print_columns(["topic", "says"], [(each.page.topic, each.line) for each in found])
        return Exit.OK if found else Exit.WORK_FAILED
    if topic is None:
        print_columns(["topic", "about"], [(each.topic, each.title) for each in pages()])
        say()
        say("assettui help TOPIC reads one; --search WORDS looks through all of them")
        return Exit.OK
    from assettui.render.markdown import markdown_lines  # deferred: Markdown takes 45 ms

    print_lines(markdown_lines(page(topic).text, terminal_width()))
    return Exit.OK
