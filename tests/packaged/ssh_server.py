"""A real OpenSSH server on the loopback, with keys of its own, and a slow link to it."""

from __future__ import annotations

import getpass
import os
import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.conftest import children, wait_until
from tests.ports import free_port
from tests.terminal import Terminal

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile {folder}/sshd.pid
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
AcceptEnv LANG LC_* ASSETTUI_*
"""


class SshServer:
    """Serves until it is closed.

    Args:
        folder: For its keys and its configuration.
    """

    def __init__(self, folder: Path) -> None:
        assert SSHD is not None
        self.folder, self.port = folder, free_port()
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "config").write_text(_CONFIG.format(port=self.port, folder=folder))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (folder / "log").open("wb") as log:
            command = [SSHD, "-D", "-e", "-f", folder / "config"]
            self._process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: "listening on" in (folder / "log").read_text())

    def client(self, *options: str, port: int | None = None) -> list[str]:
        """The command of a client that asks nothing; a host and a command may follow."""
        given = {
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "IdentityFile": str(self.folder / "user_key"),
            "IdentitiesOnly": "yes",
            "LogLevel": "ERROR",
            "SendEnv": "LANG LC_*",
        }
        told = [part for name, value in given.items() for part in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", *told, "-p", str(port or self.port), *options]

    def open(
        self,
        command: str,
        *,
        cwd: Path,
        size: tuple[int, int] = (80, 24),
        port: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Terminal:
        """A client in a terminal, in which a command runs over there."""
        arguments = self.client("-t", f"{getpass.getuser()}@127.0.0.1", command, port=port)
        return Terminal(arguments, size=size, cwd=cwd, env=env, answers=True)

    def sessions(self) -> list[int]:
        """The processes that serve one connection each."""
        return children(self._process.pid)

    def close(self) -> None:
        for pid in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, 15)
        self._process.terminate()
        self._process.wait()


class SlowLink:
    """Forwards to a port, each direction slowly: what is sent arrives later, and no faster than so many bytes a second.

    Args:
        port: Where it leads.
        delay_s: Of each direction, half of a round trip.
        bytes_per_s: Of each direction.
    """

    def __init__(self, port: int, *, delay_s: float, bytes_per_s: float) -> None:
        self._to, self._delay_s, self._rate = port, delay_s, bytes_per_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.carried = 0
        """Bytes that have come back through it."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for each in (near, far):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for source, target, is_back in ((near, far, False), (far, near, True)):
                    self._forward(source, target, is_back)

    def _forward(self, source: socket.socket, target: socket.socket, is_back: bool) -> None:
        waiting: queue.Queue[tuple[float, bytes]] = queue.Queue()

        def take() -> None:
            free_at = time.monotonic()
            with suppress(OSError):
                while data := source.recv(1_400):  # a packet
                    free_at = max(free_at, time.monotonic()) + len(data) / self._rate
                    waiting.put((free_at + self._delay_s, data))
                    while (
                        free_at > time.monotonic() + 0.05
                    ):  # what the sender has not sent yet waits in its own buffers
                        time.sleep(0.005)
            waiting.put((time.monotonic(), b""))

        def give() -> None:
            with suppress(OSError):
                while True:
                    at, data = waiting.get()
                    time.sleep(max(0.0, at - time.monotonic()))
                    if not data:
                        break
                    target.sendall(data)
                    self.carried += len(data) if is_back else 0
            for each in (source, target):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

        for work in (take, give):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        self._listening.close()
