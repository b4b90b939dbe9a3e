"""Workers in an interpreter of the user's: a bare environment, in which neither assettui nor anything else is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder

PIPELINE = """
    import multiprocessing, sys
    from pathlib import Path
    from assettui import asset

    def doubled(n):
        return 2 * n

    class Model:
        def __repr__(self):
            return "a model"

    @asset
    def who():
        return [{"prefix": sys.prefix}]

    @asset(op_tags={"assettui/isolation": "process"})
    def apart(who):
        return sys.prefix

    @asset
    def spawned():
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            return pool.map(doubled, range(3))

    @asset
    def model():
        return Model()

    @asset
    def picture():
        return bytes.fromhex("89504e470d0a1a0a")
"""


@pytest.fixture
def bare(folder: ProjectFolder) -> ProjectFolder:
    """A project with an environment beside it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder.path / ".venv"], check=True)
    folder.write(PIPELINE)
    return folder


def packages_of(folder: ProjectFolder) -> Path:
    (found,) = (folder.path / ".venv" / "lib").glob("python3*/site-packages")
    return found


def test_its_steps_run_there_and_its_values_are_read_there(bare: ProjectFolder) -> None:
    assert bare.json("materialize", "*")["status"] == "success"
    there = str(bare.path / ".venv")
    assert bare.json("asset", "preview", "who") == [{"prefix": there}]
    assert bare.run("asset", "preview", "apart").stdout.strip() == there
    assert bare.run("asset", "preview", "model").stdout.strip() == "a model"
    assert bare.run("asset", "preview", "spawned").stdout.split() == ["[", "0,", "2,", "4", "]"]


def test_what_it_lacks_is_said_with_the_command_that_installs_it(bare: ProjectFolder) -> None:
    assert bare.run("materialize", "picture").returncode == 0
    refused = bare.run("asset", "preview", "picture").stderr
    assert f"pictures need PIL, which {bare.path}/.venv/bin/python does not have" in refused
    assert f"uv pip install --python {bare.path}/.venv/bin/python 'pillow'" in refused
    bare.write(
        "from assettui import asset\nfrom assettui import Config\n@asset\ndef a(config: Config): ...", "config.py"
    )
    refused = bare.run("-f", "config.py", "materialize", "a").stderr
    assert f"{bare.path}/config.py:2: " in refused
    assert "need pydantic" in refused
    assert "'pydantic>=2.10'" in refused
    bare.write("import numpy\nfrom assettui import asset\n@asset\ndef a(): ...", "science.py")
    refused = bare.run("-f", "science.py", "materialize", "a").stderr
    assert "No module named 'numpy'" in refused
    assert f"imported by {bare.path}/.venv/bin/python (.venv in {bare.path})" in refused
    assert "assettui/worker" not in refused, "the frames are the user's"
    assert bare.run("--python", "own", "-f", "science.py", "materialize", "a").returncode == 0


@pytest.mark.parametrize(
    ("package", "text", "said"),
    [
        ("assettui", "__version__ = '0.0.7'", "has assettui 0.0.7, and this is 0.1.0: uv pip install"),
        ("msgspec", "__version__ = '0.19.0'", "has msgspec 0.19, and a worker needs 0.20 or newer: uv pip install"),
    ],
)
def test_what_is_installed_there_and_does_not_fit_is_refused(
    bare: ProjectFolder, package: str, text: str, said: str
) -> None:
    (packages_of(bare) / f"{package}.py").write_text(text)
    done = bare.run("materialize", "who")
    assert done.returncode == 1
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_part_of_the_same_minor_version_is_spoken_to(bare: ProjectFolder) -> None:
    import assettui

    own, there = Path(assettui.__file__).parent, packages_of(bare) / "assettui"
    there.mkdir()
    for each in own.iterdir():
        if each.name != "__init__.py":
            (there / each.name).symlink_to(each)
    text = (own / "__init__.py").read_text()
    newer = f"{assettui.__version__.rpartition('.')[0]}.99"
    (there / "__init__.py").write_text(
        text.replace(f'__version__ = "{assettui.__version__}"', f'__version__ = "{newer}"')
    )
    bare.write("import assettui\nfrom assettui import asset\n@asset\ndef version():\n    return assettui.__version__\n")
    assert bare.json("materialize", "version")["status"] == "success"
    bare.run("asset", "preview", "version")
    assert bare.run("asset", "preview", "version").stdout.strip() == newer


def test_a_python_that_is_gone_stops_only_what_needs_it(bare: ProjectFolder) -> None:
    assert bare.run("materialize", "who").returncode == 0
    python = bare.path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    (run,) = bare.json("run", "ls")
    assert run["status"] == "success"
    refused = bare.run("materialize", "who")
    assert refused.returncode == 2
    assert "leads nowhere" in refused.stderr
    assert "python3 -m venv --clear" in refused.stderr
    found = {each["subject"]: each for each in bare.json("doctor")}
    assert found["workers"]["verdict"] == "bad"
    assert "--clear" in found["workers"]["hint"]
