"""The program as one file, and over a slow line; `ASSETTUI_BINARY` names the file, without which what runs here is measured."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.benchmarks.figures import Figure, median_seconds, proportional_mb, seconds, tree
from tests.packaged.ssh_server import SSHD, SlowLink, SshServer
from tests.terminal import Terminal

DELAY_S, BYTES_PER_S = 0.1, 20_000
PIPELINE = """
from assettui import asset

def made(number):
    @asset(name=f"table_{number:02}", group_name="raw")
    def table():
        print(f"made {number}")
        return [{"n": number}]
    return table

tables = [made(number) for number in range(20)]

@asset
def broken():
    for line in range(200):
        print(f"line {line} of what it says before it fails")
    raise ValueError("no rows")
"""


def carried() -> Iterator[Figure]:
    """Size, starts, first paint, memory; bytes and seconds of a morning's look."""
    source = [sys.executable, "-m", "assettui"]
    binary = os.environ.get("ASSETTUI_BINARY")
    program = [binary] if binary else source
    with tempfile.TemporaryDirectory(prefix="assettui-carried-") as made:
        folder = Path(made)
        (folder / "pipeline.py").write_text(PIPELINE)
        if binary:
            yield Figure("one file", Path(binary).stat().st_size / 1e6, "MB", 85)
            cold = {**os.environ, "ASSETTUI_CACHE": str(folder / "cache")}
            yield Figure("--version, first start", seconds(lambda: _version(program, cold)), "s")
            yield Figure("--version", median_seconds(lambda: _version(program, dict(os.environ)), 5), "s", 0.15)
        subprocess.run([*program, "materialize", "*"], cwd=folder, check=False, capture_output=True)
        paint, memory = _opened(program, folder)
        yield Figure("first paint", paint, "s", 0.6)
        if binary:
            _, least = _opened(source, folder)
            yield Figure("memory, against running from source", memory / least, "×", 1.2)
        if SSHD is not None:
            yield from _morning(program, folder)


def _version(program: list[str], environment: dict[str, str]) -> None:
    subprocess.run([*program, "--version"], env=environment, check=True, capture_output=True)


def _opened(program: list[str], folder: Path) -> tuple[float, float]:
    """Seconds to the first paint at the second of two starts, and what all of it takes then, in MB."""
    paint = memory = 0.0
    for _ in range(2):
        began = time.perf_counter()
        with closing(Terminal(program, size=(80, 24), cwd=folder, answers=True)) as terminal:
            terminal.wait_for("table_00")
            paint = time.perf_counter() - began
            terminal.wait_for("leader")
            _rest(terminal)
            memory = proportional_mb(tree(terminal.pid))
            terminal.press("q")
            terminal.wait_for_end()
    return paint, memory


def _rest(terminal: Terminal, quiet_s: float = 0.8) -> None:
    """Read until nothing has come for a while."""
    last = time.monotonic()
    while time.monotonic() < last + quiet_s:
        if terminal.read():
            last = time.monotonic()


def _morning(program: list[str], folder: Path) -> Iterator[Figure]:
    """Open, look at three assets and at the log of a failed run, quit: over 20 kB/s, with a round trip of 0.2 s."""
    keys = (folder / "keys").mkdir() or folder / "keys"
    with closing(SshServer(keys)) as server:
        link = SlowLink(server.port, delay_s=DELAY_S, bytes_per_s=BYTES_PER_S)
        began = time.perf_counter()
        terminal = server.open(f"cd {folder} && {' '.join(program)}", cwd=folder, port=link.port)
        with closing(terminal):
            terminal.wait_for("table_00", "leader")
            yield Figure("20 kB/s: open, with the handshake of ssh", time.perf_counter() - began, "s")
            _rest(terminal)
            echoes: list[float] = []
            for _ in range(10):
                before, pressed = len(terminal.raw), time.perf_counter()
                terminal.press("down")
                while len(terminal.raw) == before:
                    terminal.read(0.005)
                echoes.append(time.perf_counter() - pressed)
                _rest(terminal, 0.3)
            yield Figure("20 kB/s: a key's echo, the slowest of 10", max(echoes), "s", 2 * DELAY_S + 0.05)
            for _ in range(3):
                terminal.press("w")
                _rest(terminal, 0.3)
                terminal.press("escape", "down")
                _rest(terminal, 0.3)
            terminal.press("4")
            terminal.wait_for("broken")
            terminal.press("enter")
            terminal.wait_for("of the whole run", "run failure")
            terminal.press("end", "o")
            terminal.wait_for("line 199")
            terminal.press("q")
            terminal.wait_for_end()
            yield Figure("20 kB/s: a morning's look", time.perf_counter() - began, "s")
            yield Figure("20 kB/s: a morning's look, received", link.carried / 1e3, "kB")
        link.close()
