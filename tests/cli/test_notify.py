"""People are told, by real commands, servers and processes: once, and that it is over; whatever dies in between."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.conftest import ProjectFolder, wait_until

PROJECT = """
    from pathlib import Path
    from assettui import AssetCheckResult, asset, asset_check

    HERE = Path(__file__).parent

    @asset
    def orders():
        if (HERE / "bad").exists():
            raise ValueError("boom \\x1b[31m")
        return 1

    @asset
    def report(orders):
        return 1

    @asset_check(asset=orders)
    def positive(orders):
        return AssetCheckResult(passed=not (HERE / "unfit").exists(), description="of the orders")
"""


class Server:
    """A server of HTTP that keeps what is posted to it."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if server.status == 200:
                    server.posts.append((self.path, json.loads(body)))
                self.send_response(server.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.http.server_port}"

    def titles(self) -> list[str]:
        return [post["title"] for _, post in self.posts]


@pytest.fixture
def server() -> Generator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def rules(folder: ProjectFolder, *texts: str) -> None:
    """A project with these rules."""
    folder.write(PROJECT)
    folder.write("\n".join(f"[[notify]]\n{text}" for text in texts), "assettui.toml")


def test_each_incident_is_told_once_and_that_it_is_over(folder: ProjectFolder, server: Server) -> None:
    rules(folder, f'name = "hook"\nwebhook = "http://{server.url}/$TOKEN"')
    (folder.path / ".env").write_text("TOKEN=secret")
    leader = folder.lead()
    (folder.path / "bad").touch()
    folder.run("materialize", "orders")
    wait_until(lambda: server.titles() == ["project: orders failed"])
    path, post = server.posts[0]
    assert path == "/secret"
    (incident,) = post["incidents"]
    assert (incident["kind"], incident["subject"], incident["recovered"]) == ("failed", "orders", None)
    assert "\x1b" not in post["text"]
    assert "ValueError: boom" in post["text"]
    folder.run("materialize", "orders")  # it fails again: nothing new
    leader.kill()
    leader.wait()
    folder.lead()
    (folder.path / "bad").unlink()
    (folder.path / "unfit").touch()
    folder.run("materialize", "orders")
    wait_until(lambda: len(server.posts) >= 2)
    assert server.titles()[1:] == ["project: 1 check failed, 1 recovered"]
    (folder.path / "unfit").unlink()
    folder.run("check", "run", "orders:positive")
    wait_until(lambda: server.titles()[2:] == ["project: check orders:positive recovered"])
    (row,) = folder.json("notify", "ls")["rules"]
    assert (row["open"], row["last"]["error"]) == (0, None)


def test_a_server_that_is_down_is_told_and_tried_again(folder: ProjectFolder, server: Server) -> None:
    server.status = 503
    rules(folder, f'name = "hook"\nwebhook = "http://{server.url}"')
    folder.lead()
    (folder.path / "bad").touch()
    folder.run("materialize", "orders")
    row = wait_until(lambda: folder.json("notify", "ls")["rules"][0]["last"])
    assert row["error"] == "the webhook answered 503 Service Unavailable"
    assert folder.json("notify", "ls")["rules"][0]["open"] == 0, "it does not count as told"


def test_by_a_command_by_mail_and_by_apprise(folder: ProjectFolder, server: Server) -> None:
    mails: list[str] = []

    class Smtp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline().decode().strip().upper():
                if line == "DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += self.rfile.readline()
                    mails.append(text.decode())
                self.wfile.write(b"250 fine\r\n" if line != "QUIT" else b"221 bye\r\n")
                if line == "QUIT":
                    return

    with socketserver.TCPServer(("127.0.0.1", 0), Smtp) as smtp:
        threading.Thread(target=smtp.serve_forever, daemon=True).start()
        rules(
            folder,
            "name = \"command\"\ncommand = ['sh', '-c', 'cat > told.json; echo \"$$ASSETTUI_TITLE\" > title']",
            'name = "mail"\n[notify.email]\nto = ["ops@example.org"]\n'
            f'server = "127.0.0.1:{smtp.server_address[1]}"\nsender = "data@example.org"',
            f'name = "apprise"\napprise = "json://{server.url}/app"',
            'name = "wrong"\ncommand = "sh -c \'echo no way >&2; exit 3\'"',
            'name = "unset"\nwebhook = "https://example.org/$NOWHERE"',
        )
        done = folder.run("notify", "test")
        smtp.shutdown()
    assert done.returncode == 1
    assert (folder.path / "title").read_text() == "project: test failed\n"
    assert json.loads((folder.path / "told.json").read_text())["rule"] == "command"
    assert "Subject: project: test failed" in mails[0]
    assert "To: ops@example.org" in mails[0]
    assert server.titles() == ["project: test failed"]
    assert "✗ wrong: sh ended with 3: no way" in done.stderr
    assert "✗ unset: the environment variable NOWHERE is not set" in done.stderr
    assert folder.run("notify", "test", "command").returncode == 0
    assert "did you mean 'command'?" in folder.run("notify", "test", "comand").stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "a"', "says in no way how people are told"),
        ('name = "a"\ncommand = "x"\nwebhook = "y"', "says command and webhook how people are told"),
        ('name = "a"\ncommand = "x"\nquiet = "22-7"', "'22-7' are no quiet hours"),
        ('name = "a"\ncommand = "x"\nquiet = "22:00-07:00"\ntimezone = "Europe/Pari"', "'Europe/Pari' is no time zone"),
        ('name = "a"\ncommand = "x"\nsilent = 1', "nothing of a rule is called 'silent'"),
        ('name = "a"\ncommand = "x"\non = ["faild"]', "one of failed, overdue, check failed, recovered"),
        ('name = "a"\ncommand = "x"\n[[notify]]\nname = "a"\ncommand = "x"', "two notify rules are called 'a'"),
        ('command = "x"', "missing required field `name`"),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused(folder: ProjectFolder, text: str, told: str) -> None:
    rules(folder, text)
    done = folder.run("notify", "ls")
    assert done.returncode == 2
    assert told in done.stderr
    assert "assettui.toml" in done.stderr
