"""A PostgreSQL server of the tests' own, in a folder of its own, on a free port of the loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.ports import free_port

PASSWORD = "s3cret-of-the-tests"


def programs() -> Path | None:
    """Where PostgreSQL's programs are; Debian does not put those of the server on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class PostgresServer:
    """Serves until it is closed.

    Args:
        folder: For its data; empty.
    """

    def __init__(self, folder: Path) -> None:
        found = programs()
        assert found is not None
        self._programs, self._data, self.port = found, folder / "data", free_port()
        self._user = "postgres" if os.geteuid() == 0 else None  # it refuses to be root's
        if self._user is not None:
            self._let_in()
            shutil.chown(folder, self._user)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "-D", self._data, "-U", "tester", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", folder / "log", "-w", "start")

    def url(self, *, password: str = PASSWORD, database: str = "postgres", scheme: str = "postgresql") -> str:
        """What it is reached by."""
        return f"{scheme}://tester:{password}@127.0.0.1:{self.port}/{database}"

    def _let_in(self) -> None:
        """Let the server's user reach its folder, which lies in one of the tests' own."""
        for each in self._data.parents:
            if each.is_relative_to("/tmp") and each != Path("/tmp"):
                each.chmod(each.stat().st_mode | 0o011)

    def close(self) -> None:
        if self._user is not None:
            self._let_in()  # other tests that began meanwhile have closed what they share
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._data.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
