"""Which project is meant, from what is named and what lies where."""

from __future__ import annotations

from pathlib import Path

import pytest

from assettui.model.errors import ProjectError
from assettui.project.locate import Project, locate


def tree(root: Path, **files: str) -> Path:
    """Files by path, with `__` for a slash and `_py`, `_toml` for the endings."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def what(project: Project, root: Path) -> tuple[str, str]:
    """Its root and its file or module, relative."""
    return (
        str(project.root.relative_to(root)),
        str(project.file.relative_to(root)) if project.file else f"-m {project.module}",
    )


def test_a_file_is_named(tmp_path: Path) -> None:
    tree(tmp_path, sub__mine_py="", definitions_py="")
    assert what(locate(tmp_path, file="sub/mine.py"), tmp_path) == ("sub", "sub/mine.py")


def test_a_module_is_named(tmp_path: Path) -> None:
    tree(tmp_path, shop__assets_py="")
    assert what(locate(tmp_path, module="shop.assets"), tmp_path) == (".", "-m shop.assets")


def test_settings_come_before_what_lies_there_and_are_found_from_below(tmp_path: Path) -> None:
    tree(
        tmp_path,
        pyproject_toml='[tool.assettui]\nmodule = "shop.defs"\nname = "Shop"',
        definitions_py="",
        shop__defs_py="",
        deep__down__x_py="",
    )
    for folder in (tmp_path, tmp_path / "deep" / "down"):
        project = locate(folder)
        assert what(project, tmp_path) == (".", "-m shop.defs")
        assert project.name == "Shop"
        assert project.settings_file == tmp_path / "pyproject.toml"


def test_a_pyproject_of_something_else_is_passed_over(tmp_path: Path) -> None:
    tree(
        tmp_path,
        pyproject_toml='[project]\nname = "x"',
        assettui_toml='file = "flows/all.py"\nstore = "kept"',
        flows__all_py="",
    )
    project = locate(tmp_path)
    assert what(project, tmp_path) == (".", "flows/all.py")
    assert project.store_path == tmp_path / "kept"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["definitions_py", "pipeline_py"], (".", "definitions.py")),
        (["pipeline_py"], (".", "pipeline.py")),
        (["shop__definitions_py", "shop/__init__.py"], (".", "-m shop.definitions")),
        (["src__shop__definitions_py", "src/shop/__init__.py"], ("src", "-m shop.definitions")),
    ],
)
def test_without_settings_what_lies_there_is_taken(tmp_path: Path, files: list[str], found: tuple[str, str]) -> None:
    for name in files:
        path = tmp_path / (name if "/" in name else name.replace("__", "/").replace("_py", ".py"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert what(locate(tmp_path), tmp_path) == found


def test_a_folder_that_is_itself_a_package_is_imported_as_one(tmp_path: Path) -> None:
    tree(tmp_path, shop__definitions_py="")
    (tmp_path / "shop" / "__init__.py").touch()
    assert what(locate(tmp_path / "shop"), tmp_path) == (".", "-m shop.definitions")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("file =", "is not TOML"),
        ('fil = "x.py"', "did you mean 'file'?"),
        ("max_workers = 0", "at least 1"),
        ('max_workers = "two"', "not a whole number"),
        ('environment = "dev"', "not a table"),
        ("environment = { STAGE = 3 }", "environment.STAGE is 3, not text"),
        ('file = "a.py"\nmodule = "b"', "both set"),
        ('file = "gone.py"', "there is no file"),
    ],
)
def test_wrong_settings_are_told(tmp_path: Path, settings: str, words: str) -> None:
    tree(tmp_path, assettui_toml=settings)
    with pytest.raises(ProjectError) as told:
        locate(tmp_path)
    assert words in str(told.value)


def test_where_there_is_no_project_or_more_than_one_it_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="assettui init"):
        locate(tmp_path)
    for name in ("one", "two"):
        tree(tmp_path / name, definitions_py="")
        (tmp_path / name / "__init__.py").touch()
    with pytest.raises(ProjectError, match=r"one\.definitions, two\.definitions"):
        locate(tmp_path)
