"""What a step leaves in its process: put back before the next one, or the end of the worker."""

from __future__ import annotations

import json
import os
from textwrap import indent
from typing import Any

import pytest

from tests.conftest import ProjectFolder, is_alive

PUT_BACK = {
    "stdout": ("sys.stdout = io.StringIO()", "type(sys.stdout).__name__"),
    "closed_stdout": ("sys.stdout.close()", "sys.stdout.closed"),
    "no_stderr": ("sys.stderr = None", "type(sys.stderr).__name__"),
    "stdin": ("os.close(0)", "os.readlink('/proc/self/fd/0')"),
    "variable": ("os.environ['LEAK'] = '1'", "os.environ.get('LEAK')"),
    "variable_gone": ("del os.environ['PATH']", "'PATH' in os.environ"),
    "time_zone": ("os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()", "time.tzname"),
    "folder": ("os.chdir('/')", "os.getcwd()"),
    "umask": ("os.umask(0o777)", "os.umask(os.umask(0o077))"),
    "signal": ("signal.signal(signal.SIGUSR1, signal.SIG_IGN)", "str(signal.getsignal(signal.SIGUSR1))"),
    "termination": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "signal.getsignal(signal.SIGTERM) is signal.SIG_IGN",
    ),
    "alarm": ("signal.alarm(1_000)", "signal.getitimer(signal.ITIMER_REAL)[0]"),
    "blocked_signal": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])",
        "sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    ),
    "no_handlers": ("logging.getLogger().handlers.clear()", "len(logging.getLogger().handlers)"),
    "a_handler": ("logging.getLogger().addHandler(logging.NullHandler())", "len(logging.getLogger().handlers)"),
    "root_level": ("logging.getLogger().setLevel(logging.CRITICAL)", "logging.getLogger().level"),
    "level": ("logging.getLogger('known').setLevel(logging.CRITICAL)", "logging.getLogger('known').level"),
    "new_logger": ("logging.getLogger('new').setLevel(logging.CRITICAL)", "logging.getLogger('new').level"),
    "propagation": ("logging.getLogger('known').propagate = False", "logging.getLogger('known').propagate"),
    "filter": ("logging.getLogger('known').addFilter(lambda _: False)", "len(logging.getLogger('known').filters)"),
    "disabled_logger": ("logging.config.dictConfig({'version': 1})", "logging.getLogger('known').disabled"),
    "logging_disabled": ("logging.disable(logging.CRITICAL)", "logging.getLogger('known').isEnabledFor(logging.ERROR)"),
    "warning_filters": ("warnings.simplefilter('error')", "warnings.filters[0][0]"),
    "show_warning": ("warnings.showwarning = None", "warnings.showwarning is None"),
    "decimal": ("decimal.getcontext().prec = 3", "str(decimal.Decimal(1) / 3)"),
    "decimal_trap": ("decimal.getcontext().traps[decimal.Inexact] = True", "str(decimal.Decimal(2) / 3)"),
    "context_variable": ("variable.set('left')", "variable.get()"),
    "locale": ("locale.setlocale(locale.LC_ALL, 'C')", "locale.setlocale(locale.LC_ALL)"),
    "socket_timeout": ("socket.setdefaulttimeout(0.001)", "socket.getdefaulttimeout()"),
    "recursion": ("sys.setrecursionlimit(200)", "sys.getrecursionlimit()"),
    "path": ("sys.path.insert(0, '/nowhere')", "sys.path[0]"),
    "other_path": ("sys.path = []", "len(sys.path) > 0"),
    "import_hook": ("sys.meta_path.insert(0, object())", "len(sys.meta_path)"),
    "arguments": ("sys.argv.append('--left')", "'--left' in sys.argv"),
    "except_hook": ("sys.excepthook = print", "sys.excepthook is print"),
    "trace": ("sys.settrace(lambda *_: None)", "sys.gettrace() is None"),
    "built_in": ("builtins.license = None; builtins.leak = 1", "[license is None, hasattr(builtins, 'leak')]"),
    "garbage": ("gc.disable()", "gc.isenabled()"),
    "soft_limit": (
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
        "resource.getrlimit(resource.RLIMIT_NOFILE)",
    ),
    "processors": ("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", "len(os.sched_getaffinity(0))"),
}
"""What a step does, and what the next one looks at."""
COSTS_THE_WORKER = {
    "a thread": "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a thread that Python has not started": "import _thread, threading; _thread.start_new_thread(lambda: (threading.current_thread(), time.sleep(60)), ()); time.sleep(0.2)",
    "a process": "import subprocess; subprocess.Popen(['sleep', '60'])",
    "a user": "os.setegid(65534)",
}
IMPORTS = (
    "import builtins, contextvars, decimal, gc, io, locale, logging, logging.config, os, resource, signal, socket, sys, time\n"
    "import warnings\n"
    "from assettui import asset\n"
    "logging.getLogger('known')\n"
    "variable = contextvars.ContextVar('variable', default='nothing')\n"
)


def step(name: str, body: str, after: str = "") -> str:
    deps = f"(deps=['{after}'])" if after else ""
    return f"@asset{deps}\ndef {name}():\n{indent(body, '    ')}\n"


def value_of(folder: ProjectFolder, name: str) -> Any:
    (file,) = (folder.store.values / name).glob("*.json")
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each look has seen: before anything was left, and after each step that leaves something."""
    folder = ProjectFolder(tmp_path_factory.mktemp("left"))
    looked = ", ".join(f"{name!r}: repr({look})" for name, (_, look) in PUT_BACK.items())
    look = f"print('seen'); return {{'pid': os.getpid(), {looked}}}"
    text, last = IMPORTS + step("before", look), "before"
    for name, (leave, _) in PUT_BACK.items():
        text += step(f"leave_{name}", leave, last) + step(f"after_{name}", look, f"leave_{name}")
        last = f"after_{name}"
    folder.write(text)
    (folder.path / "assettui.toml").write_text('file = "pipeline.py"\nmax_workers = 1\n')
    run_id = folder.json("materialize", "*")["run_id"]
    outputs = {each["step"]: each["stdout"] for each in folder.json("run", "logs", run_id)["output"]}
    assert {name: outputs[f"after_{name}"] for name in PUT_BACK} == dict.fromkeys(PUT_BACK, "seen\n")
    return {name: value_of(folder, name) for name in ("before", *(f"after_{each}" for each in PUT_BACK))}


@pytest.mark.parametrize("name", PUT_BACK)
def test_what_a_step_changes_is_put_back_for_the_next(seen: dict[str, dict[str, Any]], name: str) -> None:
    assert seen[f"after_{name}"] == seen["before"], "the same worker, which was put back as it was"


@pytest.mark.parametrize("left", COSTS_THE_WORKER)
def test_a_worker_that_cannot_be_put_back_is_replaced(folder: ProjectFolder, left: str) -> None:
    if left == "a user" and os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    look = "return os.getpid()"
    folder.write(
        IMPORTS
        + step("before", look)
        + step("leave", COSTS_THE_WORKER[left], "before")
        + step("after", look, "leave")
        + step("later", look, "after")
    )
    (folder.path / "assettui.toml").write_text('file = "pipeline.py"\nmax_workers = 1\n')
    assert folder.json("materialize", "*")["status"] == "success"
    before, after, later = (value_of(folder, name) for name in ("before", "after", "later"))
    assert before != after == later
    assert not is_alive(before), "with all that it started"


def test_what_a_step_says_is_kept_whatever_it_has_done_to_the_logging(folder: ProjectFolder) -> None:
    folder.write(
        IMPORTS
        + "@asset\ndef step(context):\n"
        + indent(
            "logging.disable(logging.CRITICAL)\n"
            "logging.getLogger().handlers.clear()\n"
            "logging.config.dictConfig({'version': 1, 'root': {'level': 'CRITICAL'}})\n"
            "context.log.info('still here')\n",
            "    ",
        )
    )
    events = folder.json("run", "logs", folder.json("materialize", "step")["run_id"])["events"]
    assert [event["message"] for event in events if event["kind"] == "log"] == ["still here"]


def test_an_evaluation_leaves_nothing_either(folder: ProjectFolder) -> None:
    folder.write(
        IMPORTS
        + "from assettui import SkipReason, sensor\n"
        + step("made", "return 1")
        + "@sensor(target='made')\ndef looking():\n    os.chdir('/')\n    return SkipReason(os.getcwd())\n"
        + "@sensor(target='made')\ndef after():\n    return SkipReason(os.getcwd())\n"
    )
    (folder.path / "assettui.toml").write_text('file = "pipeline.py"\nmax_workers = 1\n')
    folder.lead()
    folder.run("sensor", "tick", "looking")
    assert str(folder.path) in folder.run("sensor", "tick", "after").stdout
