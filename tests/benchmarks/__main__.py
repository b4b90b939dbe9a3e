"""Measures what the program costs: `python -m tests.benchmarks [NAME…] [--json] [--peer PYTHON]`.

NAME is one of the benchmarks (by default all but those that take an hour). `--peer` names an interpreter that has Dagster and its webserver; the same
work is done there, and the ratio printed. Nothing fails where a budget is missed: these are figures, not tests.
"""

from __future__ import annotations

import argparse
import compileall
import json
import sys
from pathlib import Path

import assettui
from tests.benchmarks import ours, peer
from tests.benchmarks.figures import Figure


def number(value: float | None) -> str:
    """A figure with as many digits as it deserves."""
    return "" if value is None else f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def line(figure: Figure, theirs: Figure | None) -> str:
    """A figure as a line of the table."""
    verdict = "" if figure.budget is None else "ok" if figure.value <= figure.budget else "MISSED"
    ratio = f"{theirs.value / figure.value:,.0f}×" if theirs and figure.value else ""
    return (
        f"{figure.name:<46}{number(figure.value):>9} {figure.unit:<12}{number(figure.budget):>7} {verdict:<7}"
        f"{number(theirs.value if theirs else None):>9} {ratio:>8}"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ours.BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--peer", type=Path, metavar="PYTHON", help="an interpreter that has Dagster")
    given = parser.parse_args()
    unknown = set(given.names) - set(ours.BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(ours.BENCHMARKS)}")
    compileall.compile_dir(Path(assettui.__file__).parent, quiet=1)  # as it is where it was installed
    measured: list[dict[str, object]] = []
    if not given.json:
        print(f"{'':<46}{'here':>9} {'':<12}{'budget':>7} {'':<7}{'peer':>9} {'peer/here':>8}")
    for name in given.names or [each for each in ours.BENCHMARKS if each not in ours.LONG]:
        figures = list(ours.BENCHMARKS[name]())
        theirs = {(each.name, each.unit): each for each in peer.BENCHMARKS[name](given.peer)} if given.peer else {}
        for figure in figures:
            other = theirs.get((figure.name, figure.unit))
            measured.append(
                {
                    "benchmark": name,
                    "name": figure.name,
                    "value": figure.value,
                    "unit": figure.unit,
                    "budget": figure.budget,
                    "peer": other.value if other else None,
                }
            )
            if not given.json:
                print(line(figure, other), flush=True)
    if given.json:
        print(json.dumps(measured, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
