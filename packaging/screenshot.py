"""Takes the pictures of the README, and records the program at work: the flights example, built for real.

Run as `python packaging/screenshot.py`; writes `packaging/{catalog,lineage,partitions}.svg` and `packaging/flights.cast`, which
`asciinema play` shows.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

HERE = Path(__file__).parent
PICTURES = {
    "catalog": ("catalog", "164x26", ",".join(["down"] * 9)),
    "lineage": ("lineage", "164x42", "right,right"),
    "partitions": ("partitions", "120x18", ""),
}
"""For each picture the screen, its size, and what is pressed first."""
COLUMNS, LINES = 120, 32
PLAYED: tuple[tuple[str, float], ...] = (
    ("", 2.0), ("\x1b[B" * 3, 1.5), ("2", 2.0), ("\x1b[C", 0.8), ("\x1b[C", 0.8), ("\x1b[C", 1.2), ("z", 1.5), ("z", 1.2),
    ("3", 1.8), ("v", 0.6), ("\x1b[D" * 12, 1.0), ("b", 2.0), ("\x1b", 0.8), ("\x1b", 0.8), (":", 1.0), ("worst", 1.2), ("\r", 2.0),
    ("\t", 2.5), ("?", 2.0), ("\x1b", 0.8), ("1", 1.5), ("m", 3.0), ("q", 0.5),
)  # fmt: skip
"""What is pressed, and how long it is looked at then, in seconds."""


def run(folder: Path, *more: str) -> None:
    """Run the program to its end."""
    subprocess.run([sys.executable, "-m", "assettui", *more], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def record(folder: Path) -> str:
    """What the program writes to a terminal while it is used, as an asciicast (version 2)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        given = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        os.execvpe(sys.executable, [sys.executable, "-m", "assettui"], given)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    header = {"version": 2, "width": COLUMNS, "height": LINES, "title": "assettui: the flights example"}
    said, began = [json.dumps(header)], time.monotonic()
    for keys, looked_at_s in PLAYED:
        os.write(terminal, keys.encode())
        until = time.monotonic() + looked_at_s
        while (left := until - time.monotonic()) > 0:
            if not select.select([terminal], [], [], left)[0]:
                continue
            try:
                written = os.read(terminal, 65536)
            except OSError:  # it has ended
                written = b""
            if not written:
                break
            os.write(terminal, b"\x1b[1;1R" * written.count(b"\x1b[6n"))
            said.append(json.dumps([round(time.monotonic() - began, 3), "o", written.decode(errors="replace")]))
    os.close(terminal)
    os.waitpid(pid, 0)
    return "\n".join([*said, ""])


def main() -> None:
    """Take them."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run(folder, "demo", "flights", "--dir", "flights", "--no-ui")
        flights = folder / "flights"
        run(flights, "materialize", "raw/weather", "--partition", "2013-07-04")
        for name, (screen, size, keys) in PICTURES.items():
            run(flights, "screenshot", screen, "--size", size, "--keys", keys, "--out", str(HERE / f"{name}.svg"))
        (HERE / "flights.cast").write_text(record(flights), encoding="utf-8")


if __name__ == "__main__":
    main()
