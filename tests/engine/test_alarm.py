"""The alarm that wakes the engine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from assettui.engine.alarm import SchedulerAlarm


def now_us() -> int:
    return time.time_ns() // 1_000


def test_it_rings_at_its_time_and_at_once_where_that_has_passed() -> None:
    rung = threading.Event()
    alarm = SchedulerAlarm(rung.set)
    alarm.wake_at(now_us() - 3_600_000_000)
    assert rung.wait(5)
    rung.clear()
    due_us = now_us() + 200_000
    alarm.wake_at(due_us)
    assert rung.wait(5)
    assert now_us() >= due_us
    alarm.close()


CLOSED_JUST_NOW = """
import time
from assettui.engine.alarm import SchedulerAlarm

alarm = SchedulerAlarm(lambda: None)
alarm.wake_at(time.time_ns() // 1_000 + 3_600_000_000)
alarm._scheduler._executors["default"].shutdown()  # as it is for a moment while it is closed
alarm.wake_at(time.time_ns() // 1_000)
time.sleep(0.2)
alarm.close()
"""


def test_what_is_due_while_it_is_closed_prints_no_line_of_a_library() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED_JUST_NOW], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
