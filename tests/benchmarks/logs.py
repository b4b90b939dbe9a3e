"""What logs cost: printing lines, and reading them again where there are a million."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.figures import Figure, seconds

LINES = 1_000_000
PROJECT = f"""
    import time
    from pathlib import Path
    from assettui import asset

    @asset
    def talkative():
        began = time.perf_counter()
        for number in range({LINES}):
            print("line", number, "of a step that has much to say")
        Path(__file__).with_name("took").write_text(str(time.perf_counter() - began))
"""


def logs() -> Iterator[Figure]:
    """A step that prints a million lines, and its log."""
    from assettui.tui.log_view import FileLines
    from tests.benchmarks.ours import project, run

    with project(PROJECT) as session:
        run(session, "materialize", "talkative")
        took_s = float((session.project.root / "took").read_text())
        yield Figure("a line printed by a step", took_s / LINES * 1e6, "us")
        (folder,) = (path for path in session.folder.logs.iterdir() if path.name != "workers")
        for arguments, budget in (
            (["--tail", "3"], 0.5),
            (["--tail", "3", "--grep", "99999[0-9]"], 0.5),
            (["--since", "1s"], None),
            (["--grep", "line 5 of"], None),
            ([], None),
        ):
            words = " ".join(["run logs", *arguments])
            took = seconds(lambda arguments=arguments: run(session, "run", "logs", folder.name, *arguments))
            yield Figure(f"1,000,000 lines: {words}", took, "s", budget)
        lines = FileLines(folder / "talkative.out")
        yield Figure("1,000,000 lines: to open the view", seconds(lines.read_on), "s", 0.3)
