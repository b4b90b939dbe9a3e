"""All that must hold before a change is taken, in one command: `python -m tests`, or `python -m tests --slow`.

Format, lint, types, layers, then the tests. Every check is run, whatever the others say; further arguments are
pytest's. `--slow` runs the slow tests instead of the fast ones, and only them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = [sys.executable, "-m"]
CHECKS = {
    "format": [*PYTHON, "ruff", "format", "--check", "--quiet"],
    "lint": [*PYTHON, "ruff", "check", "--quiet"],
    "types": [*PYTHON, "basedpyright", "--pythonpath", sys.executable],
    "layers": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
}


def passes(name: str, command: list[str]) -> bool:
    """Run one check; what it says goes straight to the terminal."""
    print(f"── {name}", flush=True)
    # Hundreds of processes are started, each of which would else compile the program again.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, cwd=ROOT, check=False, env=environment).returncode == 0


def main(arguments: list[str]) -> int:
    """Run the checks and the tests; the exit status."""
    is_slow = "--slow" in arguments
    rest = [argument for argument in arguments if argument != "--slow"]
    processes = str(os.cpu_count() or 1)
    tests = [*PYTHON, "pytest", "-q", "-n", processes, "-m", "slow" if is_slow else "not slow", *rest]
    wanted = {"tests": tests} if is_slow else {**CHECKS, "tests": tests}
    failed = [name for name, command in wanted.items() if not passes(name, command)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
