"""Which Python runs a project's code: what is named comes before what is found, and that before our own."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path

import pytest

from assettui.model.errors import ProjectError
from assettui.project.interpreter import find_interpreter, own_interpreter
from assettui.project.locate import locate


def environment_at(folder: Path, version: str = "3.12") -> Path:
    """What an environment looks like from outside; the path of its interpreter."""
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"version = {version}\n")
    python = folder / "bin" / "python"
    python.symlink_to("/bin/true")
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    (path / "pipeline.py").touch()
    return path


def found(project: Path, **environment: str) -> str:
    return find_interpreter(project, environment).path


def test_without_an_environment_it_is_our_own(project: Path) -> None:
    assert find_interpreter(project, {}) == own_interpreter()
    assert own_interpreter().path == sys.executable


def test_environments_are_found_where_tools_make_them(project: Path, tmp_path: Path) -> None:
    kept = tmp_path / "home" / ".cache" / "pypoetry" / "virtualenvs"
    digest = base64.urlsafe_b64encode(hashlib.sha256(os.path.realpath(project).encode()).digest()).decode()[:8]
    environment_at(kept / f"shop-{digest}-py3.9")
    poetry = environment_at(kept / f"shop-{digest}-py3.12")
    home = str(tmp_path / "home")
    assert found(project, HOME=home) == sys.executable, "it has no poetry.lock"
    (project / "poetry.lock").touch()
    assert found(project, HOME=home) == str(poetry), "the newest of poetry's"
    conda = environment_at(tmp_path / "conda")
    assert found(project, HOME=home, CONDA_PREFIX=str(tmp_path / "conda")) == str(conda)
    active = environment_at(tmp_path / "active")
    both = {"CONDA_PREFIX": str(tmp_path / "conda"), "VIRTUAL_ENV": str(tmp_path / "active")}
    assert found(project, **both) == str(active)
    above = environment_at(tmp_path / ".venv")
    assert found(project, **both) == str(above), "a workspace's, beside the project or above it"
    beside = environment_at(project / ".venv")
    assert found(project, **both) == str(beside)
    uvs = environment_at(project / "env")
    assert found(project, **both, UV_PROJECT_ENVIRONMENT="env") == str(uvs)


def test_our_own_environment_is_no_other(project: Path) -> None:
    assert find_interpreter(project, {"VIRTUAL_ENV": sys.prefix}).is_own or sys.prefix == sys.base_prefix


def test_what_is_named_comes_first(project: Path, tmp_path: Path) -> None:
    environment_at(project / ".venv")
    named = environment_at(tmp_path / "other")
    (project / "assettui.toml").write_text('python = "../other"\n')
    located = locate(project)
    assert located.interpreter.path == str(named)
    assert "assettui.toml" in located.interpreter.origin
    assert locate(project, python=".venv" if Path.cwd() == project else str(project / ".venv")).interpreter.path == str(
        project / ".venv" / "bin" / "python"
    )
    assert locate(project, python="own").interpreter.is_own


def test_what_is_no_interpreter_is_refused(project: Path) -> None:
    with pytest.raises(ProjectError, match=r"--python names 'nowhere/python', and there is no program"):
        locate(project, python="nowhere/python")
    (project / "assettui.toml").write_text('python = "gone/bin/python"\n')
    with pytest.raises(ProjectError, match=r"python in .*assettui.toml names 'gone/bin/python'"):
        locate(project).interpreter.require()


def test_an_environment_whose_python_is_gone_is_not_passed_over(project: Path) -> None:
    python = environment_at(project / ".venv")
    python.unlink()
    python.symlink_to("/nowhere/python3.10")
    with pytest.raises(ProjectError, match="leads nowhere"):
        locate(project).interpreter.require()
    assert locate(project, python="own").interpreter.is_own


def test_a_module_that_only_another_interpreter_has_is_not_refused(project: Path) -> None:
    with pytest.raises(ProjectError, match="there is no module"):
        locate(project, module="only_there.definitions")
    environment_at(project / ".venv")
    assert locate(project, module="only_there.definitions").module == "only_there.definitions"
