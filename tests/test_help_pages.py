"""The pages of help: every example in them runs, and every page is found."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest
from msgspec import convert

from assettui.cli.config import TEMPLATE
from assettui.model.errors import NotFound
from assettui.project.settings import Settings
from assettui.project.user_settings import UserSettings
from assettui.service.help_pages import FOLDER, page, pages, search
from tests.conftest import ProjectFolder

TOPICS = [each.topic for each in pages()]
MAY_FAIL = {"assettui doctor"}
"""It looks at this machine."""


def blocks(topic: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page(topic).text, re.DOTALL)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_example_of_a_page_runs(folder: ProjectFolder, topic: str) -> None:
    for text in blocks(topic, "toml"):
        convert(tomllib.loads(text), UserSettings if text.startswith("# user") else Settings)
        if not text.startswith("# user"):
            folder.write(text, "assettui.toml")
    for text in blocks(topic, "python"):
        folder.write(text)
    for line in "".join(blocks(topic, "sh")).splitlines():
        _, *arguments = shlex.split(line)
        done = folder.run(*arguments)
        assert done.returncode == 0 or line in MAY_FAIL, f"{line}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr


def test_every_page_is_listed_and_has_a_title() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(TOPICS)
    assert all(each.title for each in pages())


def test_a_page_that_is_not_there_is_told_with_the_closest(folder: ProjectFolder) -> None:
    with pytest.raises(NotFound, match="did you mean 'partitions'"):
        page("partition")
    wrong = folder.run("help", "partition")
    assert (wrong.returncode, "did you mean 'partitions'?" in wrong.stderr) == (2, True)


def test_words_are_searched_for_in_all_of_them() -> None:
    assert [each.page.topic for each in search("overdue")] == ["screens", "freshness"]
    assert search("no such words anywhere") == []


def test_the_settings_that_are_offered_are_right_as_they_stand_and_without_their_marks() -> None:
    assert convert(tomllib.loads(TEMPLATE), UserSettings) == UserSettings()
    bare = re.sub(r"(?m)^# (?=[\[\"]|\w+ = )", "", TEMPLATE)
    settings = convert(tomllib.loads(bare), UserSettings)
    assert settings.keys["catalog.build"] == "f5"
    assert settings.projects[0].dir == "/srv/shop"
