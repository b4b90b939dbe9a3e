"""The list of runs and one run, as one who types at them sees them."""

from __future__ import annotations

from typing import cast

import pytest
from rich.color import Color
from textual.widgets import Static

from assettui.model.events import RunChanged, StepEnded
from assettui.model.intents import CancelRun, Intent
from assettui.model.print_times import MARK
from assettui.model.run import RunStatus, StepError, StepStatus
from assettui.model.timing import SECOND_US, local
from assettui.service.runs import run_detail, run_page
from assettui.service.session import Session
from assettui.store import intents
from assettui.store.database import open_for_reading, open_for_writing, writing
from assettui.store.recording import record
from assettui.tui.app import AssettuiApp
from assettui.tui.log_view import LogView
from assettui.tui.questions import Reading
from assettui.tui.run import RunScreen
from assettui.tui.run_comparison import DifferenceList, RunComparisonScreen
from assettui.tui.run_list import RunList, StepList
from assettui.tui.runs import RunsScreen
from tests.tui.conftest import heading, lines, opened, told, until
from tests.tui.looking import app
from tests.worlds.shop import NOW_US, RUNNING


async def test_runs_are_listed_the_newest_first(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        runs = await until(
            pilot, lambda: pilot.app.screen.query(RunList).first() if isinstance(pilot.app.screen, RunsScreen) else None
        )
        await until(pilot, lambda: runs.rows)
        shown = [" ".join(runs.render_line(index).text.split()) for index in range(3)]
        assert shown == [
            "▶ models/letters +1 0a110000 started 1m ago 1m00s",
            "✗ marts/churn +1 fa110000 failure 12m ago 950ms marts/churn: ZeroDivisionError: division by zero",
            "✓ marts/churn +3 10000000 success 1d ago 2.8s",
        ]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
        await pilot.press("1")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_c_asks_the_leader_to_cancel_the_run(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen.query_one(RunList).rows
        )
        await pilot.press("c")

        def asked() -> list[Intent]:
            reader = open_for_reading(shop.folder)
            found = intents.pending(reader)
            reader.close()
            return found

        assert await until(pilot, asked) == [CancelRun(RUNNING, 1)]
        await pilot.press("down", "c")
        messages = await until(pilot, lambda: told(pilot))
        assert "is over: failure" in messages[0]


async def test_t_tries_again_what_failed(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 30)) as pilot:
        await pilot.press("4")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen.query_one(RunList).rows
        )
        await pilot.press("t")  # the first one runs still
        assert "is started" in (await until(pilot, lambda: told(pilot)))[0]
        before = len(run_page(shop, limit=100).runs)
        await pilot.press("down", "t")
        await until(pilot, lambda: len(run_page(shop, limit=100).runs) == before + 1)
        new = run_page(shop, limit=100).runs[0]
        assert new.tags["dagster/parent_run_id"].startswith("fa110000")
        listing = pilot.app.screen.query_one(RunList)
        await until(pilot, lambda: len(listing.rows) == before + 1)
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        screen = pilot.app.screen
        await until(pilot, lambda: "waits for a worker" in heading(screen))


async def test_one_run_shows_its_steps_and_events(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        screen = await opened(pilot, RUNNING)
        steps = screen.query_one(StepList)
        assert [" ".join(steps.render_line(index).text.split()[:4]) for index in range(2)] == [
            "▶ models/forecast running 1m00s",
            "◌ models/letters pending –",
        ]
        await until(pilot, lambda: any("144 months" in line for line in lines(screen)))
        assert any("WARNING  the fit has not converged [yet]" in line for line in lines(screen))
        assert "started" in heading(screen)


async def test_what_a_step_writes_is_followed_while_it_grows(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("o")
        await until(pilot, lambda: "epoch 60: loss 0.0167" in lines(screen))
        path = shop.folder.step_log(RUNNING, "models/forecast", "out")
        with path.open("a") as out:
            out.write("epoch 61: [red] \x1b[2Jdone\n")
        await until(pilot, lambda: any(line.startswith("epoch 61: [red] done") for line in lines(screen)))
        await pilot.press("tab", "home")
        assert lines(screen)[0] == "epoch 1: loss 1.0000"
        with path.open("a") as out:
            out.write("epoch 62\n")
        await until(pilot, lambda: screen.query_one(LogView).virtual_size.height == 62)
        assert lines(screen)[0] == "epoch 1: loss 1.0000"  # who has scrolled away is left there
        await pilot.press("end", "r")
        await until(pilot, lambda: lines(screen)[0] == "nothing on stderr")


async def test_new_events_and_the_end_of_the_run_appear(shop: Session) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        screen = await opened(pilot, RUNNING)
        await until(pilot, lambda: any("144 months" in line for line in lines(screen)))
        db = open_for_writing(shop.folder)
        with writing(db):
            record(
                db,
                [
                    StepEnded(
                        NOW_US,
                        RUNNING,
                        "models/forecast",
                        status=StepStatus.CANCELED,
                        error=StepError("canceled"),
                    ),
                    RunChanged(NOW_US, RUNNING, status=RunStatus.CANCELED),
                ],
            )
        db.close()
        pilot.app.post_message(AssettuiApp.Changed())
        await until(pilot, lambda: any("run canceled" in line for line in lines(screen)))
        assert run_detail(shop, RUNNING).run.status is RunStatus.CANCELED
        assert sum("144 months" in line for line in lines(screen)) == 1


async def test_the_whole_error_of_a_step_is_one_key_away(shop: Session) -> None:
    async with app(shop).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, "fa11000000000000")
        steps = screen.query_one(StepList)
        assert steps.current is not None
        assert steps.current.step_key == "marts/churn", "the cursor begins where it failed"
        await pilot.press("enter")
        reading = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, Reading) else None)
        assert "return lost / len(customers)" in str(reading.query(Static).first().render())


async def test_a_log_shows_colors_and_what_a_progress_bar_has_come_to(shop: Session) -> None:
    path = shop.folder.step_log(RUNNING, "models/forecast", "out")
    path.write_text("\x1b[31mERROR\x1b[0m: bad\n" + "".join(f"\r{n}% " for n in range(101)) + "\n")
    async with app(shop).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("o")
        await until(pilot, lambda: "100%" in lines(screen))
        log = screen.query_one(LogView)
        error, rest = [(segment.text.rstrip(), segment.style) for segment in log.render_line(0)][:2]
        assert (error[0], rest[0]) == ("ERROR", ": bad")
        assert error[1] is not None
        assert error[1].color == Color.from_ansi(1)


async def test_a_log_is_searched_from_what_is_shown_on_and_around(shop: Session) -> None:
    path = shop.folder.step_log(RUNNING, "models/forecast", "out")
    path.write_text("".join(f"line {n}: {'[needle]' if n % 700 == 3 else 'hay'}\n" for n in range(2_000)))
    async with app(shop).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("o")
        await until(pilot, lambda: "line 1999: hay" in lines(screen))

        async def found(words: str) -> None:
            await until(pilot, lambda: words in str(screen.query_one("#tabs", Static).render()))

        await pilot.press("slash", *"[needle", "enter")
        await until(pilot, lambda: any("is no regular expression" in each for each in told(pilot)))
        await pilot.press("home", *"\\", "end", *"\\]", "enter")
        await found("line 4 of 2,000, from the other end")
        assert "line 3: [needle]" in lines(screen)
        for keys, line in ((["n"], "704 of 2,000"), (["n", "n"], "4 of 2,000, from"), (["N"], "1,404 of 2,000, from")):
            await pilot.press(*keys)
            await found(f"line {line}")
        row = next(y for y, text in enumerate(lines(screen)) if text.startswith("line 1403"))
        marked = [
            segment.text
            for segment in screen.query_one(LogView).render_line(row)
            if segment.style and segment.style.reverse
        ]
        assert marked == ["[needle]"]
        await pilot.press("slash", "end", *"s", "enter")
        await found("not found")
        await pilot.press("slash", "escape")
        await until(pilot, lambda: "not found" not in str(screen.query_one("#tabs", Static).render()))


async def test_long_lines_are_wrapped_and_scrolled_row_by_row(shop: Session) -> None:
    path = shop.folder.step_log(RUNNING, "models/forecast", "out")
    long = "".join(f"{n:04d}|" for n in range(400))  # 2,000 columns: 26 rows of 79, more than are shown
    path.write_text(f"first\n{long}\nlast\n")
    async with app(shop).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("o", "tab")
        await until(pilot, lambda: "last" in lines(screen))
        log = screen.query_one(LogView)
        width = log.scrollable_content_region.width
        rows = [long[at : at + width].rstrip() for at in range(0, len(long), width)]
        await pilot.press("w")
        shown = lines(screen)
        assert shown == [*rows[-len(shown) + 1 :], "last"]
        await pilot.press("up")
        assert lines(screen) == rows[-len(shown) :]
        assert not log.is_following
        await pilot.press("home")
        assert lines(screen) == ["first", *rows[: len(shown) - 1]]
        await pilot.press("down", "down")
        assert lines(screen) == rows[1 : len(shown) + 1]
        await pilot.press("end", "w")
        assert lines(screen)[:3] == ["first", long[:width], "last"]
        assert log.is_following


async def test_a_run_that_failed_opens_on_the_error(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        cast(AssettuiApp, pilot.app).open_run("fa11000000000000")
        screen = await until(pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, RunScreen) else None)
        await until(pilot, lambda: any("╭─ ZeroDivisionError" in line for line in lines(screen)))
        assert any("return lost / len(customers)" in line for line in lines(screen))
        await pilot.press("e")
        await until(pilot, lambda: any("run failure" in line for line in lines(screen)))


async def test_events_are_narrowed_by_step_level_and_text(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("f")
        await until(
            pilot,
            lambda: (
                [line for line in lines(screen) if line] and all("WARNING" in line for line in lines(screen) if line)
            ),
        )
        await pilot.press("f", "f", "s", "down")
        await until(pilot, lambda: not any("models/forecast" in line for line in lines(screen)))
        await pilot.press("s", "slash", *"144", "enter", "ampersand")
        await until(
            pilot,
            lambda: (
                [line for line in lines(screen) if line] and all("144 months" in line for line in lines(screen) if line)
            ),
        )
        await pilot.press("ampersand")
        await until(pilot, lambda: len([line for line in lines(screen) if line]) > 2)


async def test_only_lines_of_stdout_that_match_are_shown_also_when_more_come(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("o", "slash", *"epoch .0:", "enter", "ampersand")
        await until(
            pilot,
            lambda: [line.split(":")[0] for line in lines(screen) if line] == [f"epoch {n}0" for n in range(1, 7)],
        )
        out = shop.folder.step_log(RUNNING, "models/forecast", "out")
        with out.open("a") as file:
            file.write("epoch 61: loss 1\nepoch 70: loss 1\n")
        await until(pilot, lambda: [line.split(":")[0] for line in lines(screen) if line][-1] == "epoch 70")


async def test_a_time_is_gone_to(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, RUNNING)
        await pilot.press("at", *"nonsense", "enter")
        await until(pilot, lambda: any("write 14:02" in said for said in told(pilot)))
        first = next(line for line in lines(screen) if line)[:8]
        await pilot.press("at", *first, "enter")
        await until(pilot, lambda: screen.query_one(LogView).found == 0)


async def test_a_time_is_gone_to_in_what_a_step_has_printed(shop: Session) -> None:
    out = shop.folder.step_log(RUNNING, "models/forecast", "out")
    printed = out.read_bytes().splitlines(keepends=True)
    step = next(each for each in run_detail(shop, RUNNING).steps if each.step_key == "models/forecast")
    assert step.started_us is not None
    marks = [
        (step.started_us + at * SECOND_US, len(b"".join(printed[: at * 10])), 0) for at in range(len(printed) // 10)
    ]
    out.with_suffix(".times").write_bytes(b"".join(MARK.pack(*mark) for mark in marks))
    time_of_day = local(step.started_us + 3 * SECOND_US)[11:]
    async with app(shop).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, RUNNING)
        log = screen.query_one(LogView)
        await pilot.press("o", "at", *time_of_day, "enter")
        await until(pilot, lambda: log.found == 30)
        await pilot.press("slash", *"epoch .0:", "enter", "ampersand")
        await until(pilot, lambda: 0 < len(log.lines) < 10)
        wanted = next(
            at for at in range(len(log.lines)) if log.lines.texts(at, at + 1)[0] >= printed[30].decode().strip()
        )
        await pilot.press("at", *time_of_day, "enter")
        await until(pilot, lambda: log.found == wanted)
        await pilot.press("at", *local(step.started_us + 3_600 * SECOND_US)[11:], "enter")
        await until(pilot, lambda: "not found" in str(screen.query_one("#tabs", Static).render()))


async def test_a_line_what_is_in_sight_and_an_error_are_copied(shop: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with app(shop).run_test(size=(120, 40)) as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        screen = await opened(pilot, RUNNING)
        await pilot.press("y")
        assert copied == [RUNNING]
        await pilot.press("o", "slash", *"epoch 20:", "enter")
        await until(pilot, lambda: screen.query_one(LogView).found is not None)
        await pilot.press("y")
        assert copied[-1].startswith("epoch 20:")
        assert "\n" not in copied[-1]
        await pilot.press("slash", "escape", "y")
        assert copied[-1].count("epoch") > 5
        await pilot.press("Y")
        assert told(pilot)[-1] == "the step has not failed"
        pilot.app.pop_screen()
        failed = next(run.run_id for run in run_page(shop, limit=9).runs if run.status is RunStatus.FAILURE)
        cast(AssettuiApp, pilot.app).open_run(failed)
        await until(
            pilot, lambda: isinstance(pilot.app.screen, RunScreen) and pilot.app.screen.query_one(StepList).rows
        )
        await until(pilot, lambda: any("╭─" in line for line in lines(cast(RunScreen, pilot.app.screen))))
        await pilot.press("Y")
        assert copied[-1].startswith("marts/churn: ")
        assert "ZeroDivisionError: division by zero" in copied[-1]
        assert "╭" not in copied[-1]


async def test_two_runs_are_compared(shop: Session) -> None:
    async with app(shop).run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        await until(
            pilot,
            lambda: isinstance(pilot.app.screen, RunsScreen) and len(pilot.app.screen.query_one(RunList).rows) > 3,
        )
        await pilot.press("down", "space", "space")
        assert "2 marked" in heading(pilot.app.screen)
        await pilot.press("equals_sign")
        found = await until(
            pilot, lambda: pilot.app.screen if isinstance(pilot.app.screen, RunComparisonScreen) else None
        )
        listed = found.query_one(DifferenceList)
        await until(pilot, lambda: listed.rows)
        assert ("status", "success", "failure") in {(each.kind, each.first, each.second) for each in listed.rows}
