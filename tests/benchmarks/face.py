"""What the screens send to a terminal, how soon they answer, and what lineage costs to draw."""

from __future__ import annotations

import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

import psutil

from assettui.core.layout.drawing import draw
from assettui.model.lineage import Lineage, LineageNode
from assettui.render.lineage import LineageDrawing
from assettui.service.catalog import catalog
from assettui.service.lineage import lineage_of, neighborhood
from assettui.service.session import Session
from tests.benchmarks.figures import Figure, median_seconds, seconds
from tests.conftest import command, wait_until
from tests.terminal import Terminal

SIZE = (80, 24)
QUIET_S = 1.5
MOVES = 12
AGE_S = 65
"""What was built longer ago is said in minutes, and so no longer changes while it is looked at."""
LOG_S = 14
ALONE_S = 3
HOUR_S, SETTLED_S = 3_600, 300
FEW = """
    from assettui import asset

    def one(name, group, upstream):
        @asset(name=name, group_name=group, deps=upstream, description=f"What {name} is for, in a sentence.")
        def made():
            return list(range(10))
        return made

    assets = [one(f"table_{index:02}", f"group_{index % 3}", [f"table_{index - 1:02}"] if index else []) for index in range(24)]
"""
CHAINED = """
    from assettui import asset

    def one(index):
        upstream = sorted({f"table_{(index * 7919 + 104729 * step) % 9973 % index:05}" for step in range(1, 3)}) if index else []
        @asset(name=f"table_{index:05}", group_name=f"group_{index % 50}", deps=upstream)
        def made(): ...
        return made

    assets = [one(index) for index in range(10_000)]
"""
TALKING = f"""
    import time
    from assettui import asset

    def one(name):
        @asset(name=name)
        def made():
            began, said = time.monotonic(), 0
            while (passed := time.monotonic() - began) < {LOG_S}:
                while said < passed * 1_000:
                    print("line", said, "of", name)
                    said += 1
                time.sleep(0.01)
        return made

    assets = [one(f"talker_{{index}}") for index in range(10)]
"""


def quiet(terminal: Terminal, for_s: float = QUIET_S) -> int:
    """Read until nothing was written for a while; how many bytes there were."""
    before, last = len(terminal.raw), time.monotonic()
    while time.monotonic() - last < for_s:
        if terminal.read(0.05):
            last = time.monotonic()
    return len(terminal.raw) - before


def after(terminal: Terminal, *keys: str) -> int:
    """How many bytes keys cost."""
    terminal.press(*keys)
    return quiet(terminal, 0.7)


def opened(session: Session, size: tuple[int, int] = SIZE) -> Terminal:
    return Terminal(command(), size=size, cwd=session.project.root, answers=True)


def bytes_sent(session: Session) -> Iterator[Figure]:
    """Opening, doing nothing, moving, and one status that changes."""
    run = session.project.root
    subprocess.run(command("materialize", "*"), cwd=run, check=True, capture_output=True)
    terminal = opened(session)
    try:
        terminal.wait_for("table_00", "leader")
        quiet(terminal)
        yield Figure("80×24: opening, all of it", len(terminal.raw), "bytes", 12_000)
        until = time.monotonic() + AGE_S
        while time.monotonic() < until:
            terminal.read(0.2)
        before, until = len(terminal.raw), time.monotonic() + 20
        while time.monotonic() < until:
            terminal.read(0.2)
        yield Figure("idle for 20 s", len(terminal.raw) - before, "bytes", 0)
        after(terminal, "i")
        closed = [after(terminal, "down") for _ in range(MOVES)]
        yield Figure("80×24: a move of the cursor, details off", statistics.median(closed), "bytes", 400)
        after(terminal, "i")
        shown = [after(terminal, "up") for _ in range(MOVES)]
        yield Figure("80×24: a move of the cursor, details on", statistics.median(shown), "bytes", 2_000)
        after(terminal, "i", "end")
        before = len(terminal.raw)
        subprocess.run(command("materialize", "table_23"), cwd=run, check=True, capture_output=True)
        quiet(terminal)
        frames = max(1, bytes(terminal.raw[before:]).count(b"\x1b[6n"))
        yield Figure(
            "a run of one asset: an update of the catalog", (len(terminal.raw) - before) / frames, "bytes", 300
        )
        yield Figure("a run of one asset: updates", frames, "")
        terminal.press("q")
        terminal.wait_for_end()
    finally:
        terminal.close()


def under_load(session: Session) -> Iterator[Figure]:
    """How soon a key is answered, and how often is drawn, while ten runs log a thousand lines a second each."""
    terminal = opened(session, (120, 40))
    try:
        terminal.wait_for("talker_9", "leader")
        for _ in range(10):
            terminal.press("m", "down")
        wait_until(lambda: terminal.read(0.05) or b"running" in terminal.raw)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            terminal.read()
        before, began = len(terminal.raw), time.monotonic()
        while time.monotonic() - began < ALONE_S:
            terminal.read()
        frames = bytes(terminal.raw[before:]).count(b"\x1b[6n")
        delays: list[float] = []
        while time.monotonic() - began < LOG_S - 6:
            while terminal.read(0.0):
                pass
            pressed, seen = time.perf_counter(), len(terminal.raw)
            terminal.press("down" if len(delays) % 2 else "up")
            while len(terminal.raw) == seen and time.perf_counter() - pressed < 1:
                terminal.read(0.001)
            delays.append(time.perf_counter() - pressed)
            time.sleep(0.05)
        yield Figure("ten runs log: a key is answered, median", statistics.median(delays) * 1e3, "ms", 50)
        yield Figure(
            "ten runs log: a key is answered, 95th of 100", sorted(delays)[int(len(delays) * 0.95)] * 1e3, "ms", 50
        )
        yield Figure("ten runs log: updates a second", frames / ALONE_S, "", 10)
    finally:
        terminal.close()


def memory(session: Session) -> Iterator[Figure]:
    """What the process of the screens grows by, over runs that come and go."""
    terminal = opened(session)
    try:
        terminal.wait_for("table_00", "leader")

        def build(times: int) -> None:
            for _ in range(times):
                terminal.press("home", "down", "m")
                quiet(terminal, 0.15)

        build(40)
        first = psutil.Process(terminal.pid).memory_full_info().uss / 1e6
        build(200)
        last = psutil.Process(terminal.pid).memory_full_info().uss / 1e6
        yield Figure("the screens' process after 40 runs", first, "MB")
        yield Figure("grown over 200 runs more", last - first, "MB", 5)
    finally:
        terminal.close()


def hour(session: Session) -> Iterator[Figure]:
    """What the process of the screens grows by in an hour in which something changes all the time, on all screens."""
    terminal = opened(session)
    try:
        terminal.wait_for("table_00", "leader")
        process = psutil.Process(terminal.pid)
        grown: list[float] = []
        began, runs = time.monotonic(), 0
        while (passed := time.monotonic() - began) < HOUR_S:
            for screen in "1245631":
                terminal.press(screen)
                quiet(terminal, 0.1)
            for _ in range(10):
                terminal.press("home", "down", "m")
                quiet(terminal, 0.15)
                runs += 1
            if passed > SETTLED_S + len(grown) * 60:
                grown.append(process.memory_full_info().uss / 1e6)
        yield Figure("runs started in an hour", runs, "")
        yield Figure("the screens' process after five minutes", grown[0], "MB")
        yield Figure("and after an hour", statistics.median(grown[-5:]), "MB")
        yield Figure("grown in the second half hour", statistics.median(grown[-5:]) - grown[len(grown) // 2], "MB", 5)
    finally:
        terminal.close()


def drawn(session: Session) -> Iterator[Figure]:
    """Lineage: laying out 300 nodes, opening around one of 10,000, and a frame."""
    chance = random.Random(7)
    edges = sorted(
        {(chance.randrange(max(0, at - 40), at), at) for at in range(1, 300) for _ in range(chance.randint(1, 3))}
    )
    took = median_seconds(lambda: draw([(26, 4, 1)] * 300, edges), 5)
    yield Figure(f"300 nodes, {len(edges)} edges: laid out", took, "s", 0.3)
    lineage = Lineage(tuple(LineageNode(f"table_{index}", status="fresh") for index in range(300)), tuple(edges))
    whole = LineageDrawing(lineage, is_boxed=True)

    def frame() -> None:
        left = chance.randrange(max(1, whole.size[0] - 200))
        for y in range(60):
            whole.line(y, 0, left, left + 200)

    yield Figure("300 nodes: a frame of 200×60", median_seconds(frame, 20) * 1e3, "ms", 30)
    found = catalog(session)
    key = found.rows[len(found.rows) // 2].key

    def around() -> LineageDrawing:
        return LineageDrawing(lineage_of(found, neighborhood(found, [key], 2, 2)), is_boxed=True)

    yield Figure(f"{len(found.rows):,} assets: opened around one", seconds(around), "s", 0.3)
    whole_s = seconds(lambda: LineageDrawing(lineage_of(found, [row.key for row in found.rows]), is_boxed=False))
    yield Figure(f"{len(found.rows):,} assets: all of them drawn", whole_s, "s")


MEASURES: tuple[tuple[str, Callable[[Session], Iterator[Figure]]], ...] = (
    (FEW, bytes_sent),
    (TALKING, under_load),
    (FEW, memory),
)
