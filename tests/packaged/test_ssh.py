"""The packaged program over a real SSH connection: it opens, heeds the terminal over there, and survives what connections do."""

from __future__ import annotations

import base64
import getpass
import json
import os
import re
import shlex
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ProjectFolder, children, is_alive, wait_until
from tests.packaged.ssh_server import SSHD, SlowLink, SshServer
from tests.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.skipif(SSHD is None, reason="there is no OpenSSH server on this machine")]

PIPELINE = """
    import time
    from pathlib import Path
    from assettui import asset, DailyPartitionsDefinition

    HERE = Path(__file__).parent

    @asset(description="Café", partitions_def=DailyPartitionsDefinition("2026-01-01", end_date="2026-01-11"))
    def visits(context):
        while not (HERE / "go").exists():
            time.sleep(0.02)
        return 1

    @asset
    def menu():
        return [{"n": 1}]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[SshServer]:
    served = SshServer(tmp_path_factory.mktemp("sshd"))
    yield served
    served.close()


class Remote:
    """A project on the other side, and the program that lies there."""

    def __init__(self, server: SshServer, folder: ProjectFolder, program: Path, cache: Path) -> None:
        self.server, self.folder = server, folder
        self.command = f"cd {folder.path} && ASSETTUI_CACHE={cache} {program}"
        self.opened: list[Terminal] = []

    def open(self, arguments: str = "", **options: Any) -> Terminal:
        """Open the screens in a terminal over here."""
        terminal = self.server.open(f"{self.command} {arguments}", cwd=self.folder.path, **options)
        self.opened.append(terminal)
        return terminal

    def leader(self) -> int | None:
        found = self.folder.session.leader()
        return found.pid if found is not None else None


@pytest.fixture
def remote(server: SshServer, folder: ProjectFolder, dist: Path, cache: Path) -> Generator[Remote]:
    folder.write(PIPELINE)
    found = Remote(server, folder, dist / "assettui", cache)
    yield found
    (folder.path / "go").touch()
    pid = found.leader()
    for terminal in found.opened:
        terminal.close()
    if pid is not None and is_alive(pid):
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_alive(pid))


def is_open(text: str) -> bool:
    return "visits" in text and "leader" in text


def test_it_opens_follows_the_window_and_copies(remote: Remote) -> None:
    terminal = remote.open()
    terminal.wait_until(is_open)
    terminal.wait_for("Café")
    terminal.resize(132, 40)
    terminal.wait_until(lambda text: len(text.split("\n")[-1]) > 80 or "q Quit" in text.split("\n")[-1])
    terminal.press("down", "y")
    terminal.wait_for_bytes(b"\x1b]52;c;" + base64.b64encode(b"menu"))
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    assert b"1049l" in terminal.raw


def kill_client(remote: Remote, terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGKILL)


def kill_servers_child(remote: Remote, terminal: Terminal) -> None:
    # Of a connection, sshd has one process that is root's, and below it one that is the user's, as of OpenSSH 7.5.
    for pid in remote.server.sessions():
        for each in (*children(pid), pid):
            if Path(f"/proc/{each}/comm").exists() and Path(f"/proc/{each}/comm").read_text().startswith("sshd"):
                os.kill(each, signal.SIGKILL)


@pytest.mark.parametrize("cut", [kill_client, kill_servers_child])
def test_a_connection_that_is_cut_leaves_the_work_going_on(
    remote: Remote, cut: Callable[[Remote, Terminal], None]
) -> None:
    terminal = remote.open()
    terminal.wait_until(is_open)
    started = remote.open("backfill start visits --all")
    terminal.wait_until(lambda text: re.search(r"▶ [1-9]\d* running", text))
    leader = remote.leader()
    assert leader is not None
    cut(remote, terminal)
    wait_until(lambda: str(Path(f"/proc/{leader}/fd/0").readlink()) == os.devnull)  # it has left its terminal
    again = remote.open()
    again.wait_for(f"follows tui {leader}", "visits")
    (remote.folder.path / "go").touch()
    again.wait_for("████████ 10")
    wait_until(lambda: not is_alive(leader))  # there is nothing left to do
    (backfill,) = remote.folder.json("backfill", "ls")
    assert backfill["status"] == "success"
    if cut is kill_client:  # the other connection was not cut
        assert started.wait_for_end() == 0


def test_two_sessions_on_one_store(remote: Remote) -> None:
    first = remote.open()
    first.wait_until(is_open)
    second = remote.open()
    second.wait_for("follows", "menu")
    second.press("down", "m")
    second.wait_until(lambda text: "✓" in text or "1 row" in text or "ago" in text)
    first.wait_until(lambda text: "ago" in text or "just now" in text)
    second.press("q")
    assert second.wait_for_end() == 0
    assert is_open(first.text())


def test_over_a_slow_line_nothing_lags_behind_the_keys(remote: Remote) -> None:
    link = SlowLink(remote.server.port, delay_s=0.1, bytes_per_s=20_000)
    terminal = remote.open(port=link.port)
    terminal.wait_until(is_open, 60)
    terminal.wait_for("q Quit")
    before = link.carried
    for _ in range(30):
        terminal.press("down", "up")
        terminal.read(0.02)
    terminal.press("?")
    terminal.wait_for("Keys")
    assert link.carried - before < 30_000, "frames that nobody could have seen are left out"
    terminal.press("escape", "q")
    assert terminal.wait_for_end() == 0
    link.close()


@pytest.mark.parametrize("kind", ["screen", "screen-256color", "tmux-256color", "linux", "vt100", "xterm-kitty"])
def test_kinds_of_terminals(remote: Remote, kind: str) -> None:
    terminal = remote.open(env={**os.environ, "TERM": kind})
    terminal.wait_until(is_open)
    if kind == "linux":
        terminal.wait_for("Cafe")
        assert terminal.text().isascii()
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_a_terminal_that_cannot_place_text_is_refused(remote: Remote) -> None:
    terminal = remote.open(env={**os.environ, "TERM": "dumb"})
    assert terminal.wait_for_end() == 2
    assert "TERM is 'dumb'" in terminal.text().replace("\n", " ")


def test_without_a_locale_of_utf8_nothing_but_ascii_is_written(remote: Remote) -> None:
    terminal = remote.open(env={**os.environ, "LC_ALL": "C"})
    terminal.wait_until(lambda text: "visits" in text and "leader" in text)
    terminal.wait_for("Cafe")
    assert terminal.raw.isascii()
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    printed = remote.open("asset show visits", env={**os.environ, "LC_ALL": "C"})
    assert printed.wait_for_end() == 0
    assert printed.raw.isascii()
    assert "Cafe" in printed.text()


def test_a_project_over_there_is_opened_from_the_list_over_here(remote: Remote, dist: Path, tmp_path: Path) -> None:
    settings = tmp_path / "config" / "assettui" / "assettui.toml"
    settings.parent.mkdir(parents=True)
    ssh = shlex.join(remote.server.client(f"{getpass.getuser()}@127.0.0.1")[1:])
    there = remote.command.rpartition(" && ")[2]
    toml = f"[[projects]]\nssh = {json.dumps(ssh)}\ndir = {json.dumps(str(remote.folder.path))}\ncommand = {json.dumps(there)}\n"
    settings.write_text(toml)
    here = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "ASSETTUI_CACHE": there.partition(" ")[0][15:]}
    terminal = Terminal([str(dist / "assettui"), "projects"], size=(120, 30), cwd=tmp_path, env=here, answers=True)
    remote.opened.append(terminal)
    terminal.wait_for("1 project", "127.0.0.1", "nobody")
    terminal.press("enter")
    terminal.wait_until(is_open)
    terminal.press("q")
    terminal.wait_for("1 project", "nobody")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
