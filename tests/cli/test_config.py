"""`assettui config`: settings are seen, checked and written."""

from __future__ import annotations

import json

from assettui.project.user_settings import user_settings_file
from tests.conftest import ProjectFolder


def test_each_setting_is_told_with_where_it_is_from(folder: ProjectFolder) -> None:
    folder.write("", "pipeline.py")
    path = folder.write("max_workers = 3\nfile = 'pipeline.py'\n", "assettui.toml")
    found = {(each["of"], each["name"]): each for each in json.loads(folder.run("config", "--json").stdout)}
    assert found["project", "max_workers"] == {"of": "project", "name": "max_workers", "value": 3, "from": str(path)}
    assert found["project", "bell"]["from"] == "default"
    assert found["person", "theme"]["value"] == "auto"
    assert "max_workers" in folder.run("config").stdout


def test_a_file_with_comments_is_written_once(folder: ProjectFolder) -> None:
    folder.write("", "pipeline.py")
    assert folder.run("config", "init").returncode == 0
    assert "# theme" in user_settings_file().read_text()
    again = folder.run("config", "init")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert folder.run("config", "check").returncode == 0


def test_what_is_wrong_is_told(folder: ProjectFolder) -> None:
    folder.write("", "pipeline.py")
    path = user_settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    for text, said in (
        ('[keys]\n"catalog.bulid" = "b"\n', "did you mean 'catalog.build'?"),
        ('them = "dark"\n', "did you mean 'theme'?"),
        ("theme = 3\n", 'write theme = "light"'),
        ("theme = \n", "cannot be read"),
    ):
        path.write_text(text)
        done = folder.run("config", "check")
        assert done.returncode != 0
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_keys_are_listed_as_they_are_now(folder: ProjectFolder) -> None:
    folder.write("", "pipeline.py")
    user_settings_file().parent.mkdir(parents=True, exist_ok=True)
    user_settings_file().write_text('[keys]\n"catalog.build" = "f5"\n')
    found = {
        each["name"]: each["keys"] for each in json.loads(folder.run("config", "keys", "catalog", "--json").stdout)
    }
    assert found["catalog.build"] == "f5"
    assert found["catalog.filter"] == "slash"
    assert folder.run("config", "keys", "catalogue").returncode == 2
