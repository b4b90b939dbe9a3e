"""The guard: a tiny process that kills every worker, with all that it started, once the leader is gone.

It hears of the leader's end from the kernel, as the end of a pipe, so it works also after `kill -9`, and also while a
worker's user code holds the interpreter and could not look itself.
"""

from __future__ import annotations

import subprocess

_SCRIPT = """
groups=
while read -r verb group; do
    case $verb in
        add) groups="$groups $group" ;;
        remove)
            kept=
            for each in $groups; do [ "$each" = "$group" ] || kept="$kept $each"; done
            groups=$kept ;;
    esac
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
"""


class Guard:
    """Watches over process groups for as long as this process lives."""

    def __init__(self) -> None:
        self._groups: list[int] = []
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: what the terminal sends to us, a hang-up above all, must not end it.
        return subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def add(self, group: int) -> None:
        """Watch over a process group."""
        self._groups.append(group)
        self._tell(f"add {group}\n")

    def remove(self, group: int) -> None:
        """Forget a process group, before its leader is reaped and its number is free for others."""
        self._groups.remove(group)
        self._tell(f"remove {group}\n")

    def close(self) -> None:
        """End the guard, and with it every group that it still watches."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        try:
            assert pipe is not None
            pipe.write(line.encode())
            pipe.flush()
        except OSError:  # somebody killed it: put another in its place
            self._process.wait()
            self._process = self._start()
            for group in self._groups:
                self._tell(f"add {group}\n")
