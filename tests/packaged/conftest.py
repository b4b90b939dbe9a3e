"""The packaged program, built once for all tests of this folder; `ASSETTUI_BINARY` names one that is there already."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the build writes."""
    given = os.environ.get("ASSETTUI_BINARY")
    if given:
        return Path(given).absolute().parent
    shared = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    )
    out = shared / "dist"
    with (shared / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process of the tests builds it, and the others wait
        if not (out / "SHA256SUMS").exists():
            subprocess.run([sys.executable, str(ROOT / "packaging" / "binary.py"), "--out", str(out)], check=True)
    return out


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it unpacks itself."""
    return tmp_path_factory.mktemp("cache")
