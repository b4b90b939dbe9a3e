"""Where a dbt project's tables are: the target of its profile, as far as it is a database that assets can be read from directly.

Profiles are rendered as dbt does, with Jinja and `env_var` (https://docs.getdbt.com/docs/core/connect-data-platform/profiles.yml).
What dbt adds to that (secrets in keyrings, adapters of any kind) is left to dbt itself; see `tables`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

import yaml

if TYPE_CHECKING:
    from assettui.integrations.dbt.project import DbtProject

PROFILES: Final = "profiles.yml"


def target_of(project: DbtProject) -> dict[str, Any] | None:
    """The target of a project's profile, rendered; None where it cannot be found or read: dbt says why."""
    path = _profiles_of(project)
    if path is None:
        return None
    try:
        settings = _rendered(yaml.safe_load((project.project_dir / "dbt_project.yml").read_text(encoding="utf-8")))
        profiles: Any = _rendered(yaml.safe_load(path.read_text(encoding="utf-8")))
        profile = profiles[project.profile or settings["profile"]]
        target = profile["outputs"][project.target or profile.get("target") or "default"]
    except Exception:  # noqa: BLE001 - YAML, Jinja and what is missing; dbt itself tells what is wrong, where it is run
        return None
    return cast("dict[str, Any]", target) if isinstance(target, dict) else None


def url_of(project: DbtProject) -> str | None:
    """The URL of the database, for `DatabaseIOManager`; None of one that it does not know, or that is in memory."""
    target = target_of(project)
    match target:
        case {"type": "duckdb", "path": str(path)} if ":" not in path:
            return f"duckdb:///{quote(str(project.project_dir / path))}"
        case {"type": "postgres", "host": host, "user": user, "dbname": name}:
            password = str(target.get("password") or target.get("pass") or "")
            who = f"{quote(str(user), safe='')}:{quote(password, safe='')}"
            mode = f"?sslmode={target['sslmode']}" if target.get("sslmode") else ""
            return f"postgresql://{who}@{host}:{target.get('port', 5432)}/{quote(str(name))}{mode}"
        case _:
            return None


def _profiles_of(project: DbtProject) -> Path | None:
    said = os.environ.get("DBT_PROFILES_DIR")
    places = [project.profiles_dir] if project.profiles_dir is not None else [Path(said)] if said else []
    found = [each / PROFILES for each in (*places, project.project_dir, Path.home() / ".dbt")]
    return next((each for each in found if each.is_file()), None)


def _rendered(value: Any) -> Any:
    match value:
        case dict():
            return {name: _rendered(each) for name, each in cast("dict[Any, Any]", value).items()}
        case list():
            return [_rendered(each) for each in cast("list[Any]", value)]
        case str() if "{{" in value or "{%" in value:
            import jinja2  # deferred: dbt brings it

            return jinja2.Environment().from_string(value).render(env_var=_env_var)
        case _:
            return value


def _env_var(name: str, default: str | None = None) -> str:
    if name in os.environ:
        return os.environ[name]
    if default is None:
        raise KeyError(name)
    return default
