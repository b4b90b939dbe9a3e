"""The screens in a real terminal, on a real project, with processes that are really killed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Generator
from typing import Any

import pytest

from assettui.model.text import UNSAFE
from tests.conftest import ProjectFolder, command, is_alive, wait_until
from tests.terminal import Terminal

SLOW = """
    import os, time
    from pathlib import Path
    from assettui import asset

    HERE = Path(__file__).parent

    @asset
    def first():
        return [1, 2, 3]

    @asset
    def slow(first):
        print("waiting for it")
        (HERE / "pid").write_text(str(os.getpid()))
        while not (HERE / "go").exists():
            time.sleep(0.02)

    @asset
    def last(slow):
        return 1
"""
Open = Callable[..., Terminal]


@pytest.fixture
def open_screens(folder: ProjectFolder) -> Generator[Open]:
    """Opens `assettui` on the project, in a terminal of its own."""
    opened: list[Terminal] = []

    def open_one(size: tuple[int, int] = (80, 24), **more: Any) -> Terminal:
        terminal = Terminal(command(), size=size, cwd=folder.path, **more)
        opened.append(terminal)
        return terminal

    yield open_one
    for terminal in opened:
        terminal.close()


def pid_of_step(folder: ProjectFolder) -> int:
    """The worker that waits in the slow step."""
    return int(wait_until(lambda: (folder.path / "pid").exists() and (folder.path / "pid").read_text()))


def test_a_run_is_started_watched_and_canceled(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    terminal = open_screens()
    terminal.wait_for("first", "slow", "last")
    terminal.press("a", "m")
    terminal.wait_for("● first", "▶ slow", "▶ 1 running")
    worker = pid_of_step(folder)
    terminal.press("4")
    terminal.wait_for("▶ last +2")
    terminal.press("enter")
    terminal.wait_for("e events")
    terminal.press("down", "o")
    terminal.wait_for("waiting for it")
    terminal.press("c")
    terminal.wait_for("canceled", "▶ 0 running")
    wait_until(lambda: not is_alive(worker), timeout_s=8)
    terminal.press("escape", "1")
    terminal.wait_for("● first", "○ slow", "○ last")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    assert folder.json("run", "ls")[0]["status"] == "canceled"


def test_the_colors_fit_the_background_that_the_terminal_says_it_has(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    light, dark = b"48;2;251;251;250", b"48;2;20;22;27"
    terminal = open_screens(background="fdfd/f6f6/e3e3")
    terminal.wait_until(lambda _: light in terminal.raw)
    terminal.wait_for("first", "slow", "last")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    again = open_screens(background="fdfd/f6f6/e3e3")
    again.wait_for("first", "slow", "last")
    assert light in again.raw
    assert dark not in again.raw, "it is light from the first frame on"


def test_what_is_typed_ahead_goes_to_where_it_was_meant_for(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    terminal = open_screens((160, 50))
    terminal.wait_for("first", "slow", "last", "● leader")
    terminal.press("/am")  # at once, as a fast hand or a slow link brings it: in the list, it would build everything
    terminal.wait_for("0 of 3", "nothing matches the filter")
    terminal.press("escape")
    terminal.wait_for("first", "slow", "last", "▶ 0 running")
    terminal.press("\t\x1b[B\tj")  # to the pane, down in it, back, and down in the list
    terminal.wait_for("○ first ───▸○ slow ───▸○ last")
    terminal.press("/las\rw")  # the filter is kept, and what it leaves is opened
    terminal.wait_for("overview", "last")
    terminal.press("7select 1 a\x7fx\rselect")  # to the prompt for SQL; asked, and typed on
    terminal.wait_for("select 1 xselect", "polars")


def test_a_screen_that_is_opened_before_the_first_is_drawn_keeps_the_engine_from_nothing(
    folder: ProjectFolder, open_screens: Open
) -> None:
    folder.write(SLOW)
    terminal = open_screens()
    terminal.press("4")
    terminal.wait_for("nothing was")
    assert folder.run("materialize", "first", timeout=20).returncode == 0
    terminal.wait_for("✓ first")


def test_a_worker_killed_in_the_middle_of_a_step_is_shown_as_failed(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    terminal = open_screens((160, 50))
    terminal.wait_for("first", "slow", "last")
    terminal.press("a", "m")
    terminal.wait_for("▶ slow")
    os.kill(pid_of_step(folder), signal.SIGKILL)
    terminal.wait_for("● first", "✗ slow", "▶ 0 running", "✗ 1 failed")
    terminal.press("down")
    terminal.wait_for("killed by SIGKILL")
    (folder.path / "go").touch()
    terminal.press("a", "m")  # the same leader goes on with another worker
    terminal.wait_for("● first", "● slow", "● last", "✗ 0 failed")


def test_a_leader_killed_in_the_middle_of_a_run_and_started_again(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    terminal = open_screens()
    terminal.wait_for("first", "slow", "last")
    terminal.press("a", "m")
    terminal.wait_for("● first", "▶ slow")
    worker = pid_of_step(folder)
    os.kill(terminal.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(worker), timeout_s=2)
    again = open_screens((160, 50))
    again.wait_for("● leader", "● first", "✗ slow", "○ last", "▶ 0 running")
    again.press("4")
    again.wait_for("failure", "is gone")
    assert folder.json("asset", "show", "first")["rows"] == 3


def test_a_broken_edit_keeps_the_catalog_and_its_mending_is_seen(folder: ProjectFolder, open_screens: Open) -> None:
    file = folder.write(SLOW)
    terminal = open_screens()
    terminal.wait_for("first", "slow", "last", "● leader")
    good = file.read_text()
    file.write_text(good + "\n\ndef half(:\n")
    terminal.wait_for("cannot be loaded (t shows all): SyntaxError", "first", "slow", "last")
    terminal.press("t")
    terminal.wait_for("The project cannot be loaded", "def half(:")
    terminal.press("escape")
    file.write_text("import time; time.sleep(1)\n" + good.replace("slow):", "slwo):"))
    terminal.wait_for("loading again (t shows all): SyntaxError")
    terminal.wait_for("cannot be loaded (t shows all): asset last reads 'slwo'")
    file.write_text(good.replace("def last(slow)", "def other(slow)"))
    terminal.wait_until(lambda text: "cannot be loaded" not in text and "○ other" in text and "○ last" not in text)


def test_a_second_one_follows_and_takes_over_when_asked(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    (folder.path / "go").touch()
    leader = open_screens((120, 30))
    leader.wait_for("● leader", "○ first")
    follower = open_screens((120, 30))
    follower.wait_for(f"follows tui {leader.pid}")
    follower.press("a", "m")
    follower.wait_for("● first", "● slow", "● last")
    leader.wait_for("● first", "● slow", "● last")
    leader.press("q")
    assert leader.wait_for_end() == 0
    follower.wait_for("nobody leads: L to lead")
    follower.press("L")
    follower.wait_for("● leader")
    follower.press("m")
    follower.wait_until(lambda text: len(folder.json("run", "ls", "--status", "success")) == 2)


def test_a_store_that_cannot_be_opened_is_told_in_plain_text(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    folder.store.create()
    folder.store.database.write_text("this is something else entirely\n" * 100)
    terminal = open_screens()
    assert terminal.wait_for_end() == 1
    assert b"is not a store" in terminal.raw
    assert b"Traceback" not in terminal.raw


NASTY = r"""
    import logging, sys
    from assettui import asset, MetadataValue

    EVIL = (
        "[red]RED[/] [@click=app.quit]CLICK[/] [link=https://evil.example]LINK[/] "
        "\x1b[2J\x1b[31m \x1b]52;c;RVZJTA==\x07 \x1b]0;title\x07 \x9b2J \x9d52;c;RVZJTA==\x9c \x90q\x9c "
        "\u202eRTL\u202c \u2066isolate\u2069 \u200f\u061c \x08\x08 \x7f \r over \u2028 \ufeff END"
    )

    @asset(description=EVIL + "\n" + EVIL, metadata={"evil": EVIL, EVIL: MetadataValue.md(EVIL)}, tags={"tag": "x"})
    def nasty(context):
        context.log.warning(EVIL)
        context.log.error("%s\n%s", EVIL, EVIL)
        logging.getLogger("\x1b[2Jlogger").warning(EVIL)
        context.add_output_metadata({"said": EVIL, "rows": [{"a": EVIL}]})
        print(EVIL)
        sys.stdout.buffer.write(b"raw \x1b[2J \x9b2J \xff\xfe [bold]BOLD[/]\n")
        print(EVIL, file=sys.stderr)
        print("x" * 10_000_000)
        context.log.info("y" * 10_000_000)
        return 1

    @asset
    def boom(nasty):
        raise ValueError(EVIL)
"""
ALLOWED = re.compile(
    rb"\x1b\[[<>=?]?[0-9;:]*[ABCDHKhlmnpqtu]"  # cursor, erase to the end of a line, modes, colors, questions; no J
    rb"|\x1b\[[?>]?[0-9;]*\$p|\x1b[()][0B]|\x1b[78=>]|\x1b\]22;[a-z]*\x07"  # OSC 22: the shape of the mouse pointer
    rb"|\x1b\]11;\?\x07"  # the question which background there is
)


def assert_harmless(terminal: Terminal) -> None:
    """Nothing reached the terminal but what draws: no other control sequence, no control or bidirectional character."""
    while terminal.read(0.3):
        pass  # to the end of what is being written: half a sequence is no sequence
    left = ALLOWED.sub(b"", bytes(terminal.raw)).decode()  # strictly: no byte that is not UTF-8 either
    left = left.replace("\r", "").replace("\n", "")
    found = UNSAFE.search(left)
    assert found is None, ascii(left[max(0, found.start() - 60) : found.start() + 60])


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_text_from_outside_never_reaches_the_terminal_raw(
    folder: ProjectFolder, open_screens: Open, size: tuple[int, int]
) -> None:
    folder.write(NASTY)
    terminal = open_screens(size)
    terminal.wait_for("nasty", "boom", "[red]RED[/] [@click=app.quit]CLICK[/]")
    terminal.press("a", "m")
    terminal.wait_for("● nasty", "✗ boom")
    assert_harmless(terminal)
    terminal.press("tab", "end", "tab", "down", "w")
    terminal.wait_for("✗ boom  failed", "[red]RED[/]")
    terminal.press("escape", "6")
    terminal.wait_for("1 failed", "✗ boom", "[red]RED[/]")
    assert_harmless(terminal)
    terminal.press("1")
    terminal.wait_for("/ Filter")
    terminal.press("/")
    terminal.wait_for("Keep the filter")
    terminal.press("[red]\x9b2J")
    terminal.wait_until(lambda text: "a word, group:" not in text)
    terminal.press("escape")
    terminal.wait_for("/ Filter")
    terminal.press("?")
    terminal.wait_for("F1 reads about this screen")
    terminal.press("[red]")
    terminal.wait_for("no key does that here")
    terminal.press("escape", "ctrl+p")
    terminal.wait_for("Search for commands")
    terminal.press("escape", "4")
    terminal.wait_for("✗ boom +1")
    terminal.press("enter")
    terminal.wait_for("e events", "╭─ ValueError", "Traceback")
    terminal.press("e")
    terminal.wait_for("run failure")
    terminal.press("home", "tab", "home")
    terminal.wait_for("WARNING", "[@click=app.quit]CLICK[/]")
    terminal.press("o")
    terminal.wait_for("raw ", "[bold]BOLD[/]", "xxxxxxxxxx")
    terminal.press("r")
    terminal.wait_until(lambda text: "xxxxxxxxxx" not in text and "yyyyyyyyyy" in text)
    terminal.press("tab", "down", "enter")
    terminal.wait_for("boom: failure", "Traceback")
    assert_harmless(terminal)
    terminal.press("escape", "escape", "1", "q")
    assert terminal.wait_for_end() == 0
    assert_harmless(terminal)


def test_a_project_that_cannot_be_loaded_tells_it_without_a_control_sequence(
    folder: ProjectFolder, open_screens: Open
) -> None:
    folder.write(r"""raise RuntimeError("[red] \x1b[2J \x1b]52;c;RVZJTA==\x07 \u202e \x9b2J")""")
    terminal = open_screens()
    terminal.wait_for("cannot be loaded", "[red]")
    terminal.press("t")
    terminal.wait_for("RuntimeError", "line 1")
    assert_harmless(terminal)


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5)])
def test_a_small_window_still_shows_something(folder: ProjectFolder, open_screens: Open, size: tuple[int, int]) -> None:
    folder.write(SLOW)
    terminal = open_screens(size)
    terminal.wait_for("first")
    terminal.press("4")
    terminal.wait_for("nothing was")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_a_window_that_is_resized_while_a_run_goes_on_shows_all_of_it_anew(
    folder: ProjectFolder, open_screens: Open
) -> None:
    folder.write(SLOW)
    terminal = open_screens((80, 24))
    terminal.wait_for("first", "slow", "last")
    terminal.press("a", "m")
    terminal.wait_for("▶ slow", "▶ 1 running")
    pid_of_step(folder)
    terminal.resize(160, 45)
    terminal.wait_until(lambda text: "│── " in text and "▶ 1 running" in text.splitlines()[0])
    terminal.resize(60, 15)
    terminal.wait_until(lambda text: "│" not in text and "▶ slow" in text)
    (folder.path / "go").touch()
    terminal.resize(80, 24)
    terminal.wait_for("● slow", "● last", "▶ 0 running")


def test_what_is_pasted_into_a_filter_is_text_and_elsewhere_no_key(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    terminal = open_screens()
    terminal.wait_for("first", "slow", "last", "● leader")
    terminal.press("\x1b[200~mq\x1b[201~")  # would build, and leave
    terminal.press("/")
    terminal.wait_for("Keep the filter")
    terminal.press("\x1b[200~las\x1b[201~")
    terminal.wait_for("1 of 3 assets", "○ last")
    assert folder.runs() == []


def test_the_mouse_is_enough(folder: ProjectFolder, open_screens: Open) -> None:
    folder.write(SLOW)
    terminal = open_screens((100, 30))
    text = terminal.wait_for("first", "slow", "last", "● leader", "4 Runs")
    terminal.press(click(text, "4 Runs"))
    text = terminal.wait_for("nothing was run yet", "1 Catalog")
    terminal.press(click(text, "1 Catalog"))
    text = terminal.wait_for("○ slow")
    terminal.press(click(text, "○ slow"), click(text, "○ slow"))
    text = terminal.wait_for("overview", "Catalog › slow", "esc Back")
    terminal.press(click(text, "esc Back"))
    terminal.wait_for("○ first", "○ last")


def click(text: str, words: str) -> str:
    """What a terminal sends where these words on the screen are clicked."""
    row = next(at for at, line in enumerate(text.splitlines()) if words in line)
    column = text.splitlines()[row].index(words) + 1
    return "".join(f"\x1b[<0;{column + 1};{row + 1}{kind}" for kind in "Mm")


@pytest.mark.parametrize(
    ("environment", "has_colors"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-16color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
    ],
    ids=["256 colors", "16 colors", "no color"],
)
def test_terminals_of_few_colors_show_the_cursor_and_what_stands_there(
    folder: ProjectFolder, open_screens: Open, environment: dict[str, str], has_colors: bool
) -> None:
    folder.write(SLOW)
    given = {name: value for name, value in os.environ.items() if name not in ("COLORTERM", "NO_COLOR", "TERM")}
    terminal = open_screens(env={**given, "LC_ALL": "C.UTF-8", **environment})
    terminal.wait_for("first", "slow", "last", "● leader")
    written = bytes(terminal.raw)
    assert b"38;2;" not in written, "no color that it cannot show"
    found = {int(code) for codes in re.findall(rb"\x1b\[([0-9;]*)m", written) for code in codes.split(b";") if code}
    colors = found & ({*range(30, 38), *range(40, 48), 38, 48, *range(90, 108)})
    assert bool(colors) == has_colors
    if not has_colors:
        assert 7 in found, "the cursor is reversed"
