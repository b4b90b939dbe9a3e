"""Which nodes of a manifest are meant, in dbt's own words (https://docs.getdbt.com/reference/node-selection/syntax).

A space is a union, a comma an intersection; `+model`, `model+`, `2+model+1` and `@model` reach along the graph. The methods
are `fqn` (by default, with `path` and file names), `tag`, `source`, `path`, `file`, `resource_type`, `config.…`, `package` and
`group`. dbt knows more, of states and results, which a manifest alone cannot tell.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, cast

from assettui.model.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.integrations.dbt.manifest import Manifest, Node

_TERM: Final = re.compile(r"(?P<at>@)?(?:(?P<up>\d*)\+)?(?:(?P<method>[\w.]+):)?(?P<value>[^+]+?)(?:\+(?P<down>\d*))?")
METHODS: Final = ("fqn", "tag", "source", "path", "file", "resource_type", "config", "package", "group")


def selected(manifest: Manifest, select: str | Iterable[str], exclude: str | Iterable[str] | None = None) -> set[str]:
    """The unique ids of the assets of a manifest that are meant.

    Args:
        manifest: It.
        select: One selection, or several, of which each may be it.
        exclude: What is not meant all the same.

    Raises:
        SelectionError: It cannot be understood.
    """
    reach = _Reach(manifest)
    left_out = reach.union(exclude) if exclude else set[str]()
    return reach.union(select) - left_out


class _Reach:
    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._nodes = {**manifest.nodes, **manifest.sources}
        self._above = {
            key: [each for each in node.depends_on.nodes if each in self._nodes] for key, node in self._nodes.items()
        }
        self._below: dict[str, list[str]] = {}
        for key, above in self._above.items():
            for each in above:
                self._below.setdefault(each, []).append(key)

    def union(self, said: str | Iterable[str]) -> set[str]:
        texts = [said] if isinstance(said, str) else list(said)
        found: set[str] = set()
        for text in texts:
            for part in text.split():
                terms = [self._term(term) for term in part.split(",")]
                found |= {key for key in terms[0] if all(key in each for each in terms[1:])}
        return {key for key in found if key in self._manifest.nodes and self._manifest.nodes[key].is_asset}

    def _term(self, text: str) -> set[str]:
        match = _TERM.fullmatch(text)
        if match is None:
            raise SelectionError(
                f"the selection of dbt {text!r} cannot be understood", hint="write as dbt does: tag:daily, +orders+"
            )
        method, value = match["method"] or "fqn", match["value"]
        root = method.partition(".")[0]
        if root not in METHODS:
            raise SelectionError(
                f"the method {root!r} of the selection {text!r} is not known here",
                hint=f"use one of {', '.join(METHODS)}",
            )
        found = {key for key, node in self._nodes.items() if _matches(node, method, value)}
        if value == "*" and method == "fqn":
            found = set(self._nodes)
        if match["at"]:
            below = self._walk(found, self._below, None)
            return below | self._walk(below, self._above, None)
        result = set(found)
        if match["up"] is not None:
            result |= self._walk(found, self._above, int(match["up"]) if match["up"] else None)
        if match["down"] is not None:
            result |= self._walk(found, self._below, int(match["down"]) if match["down"] else None)
        return result

    def _walk(self, start: set[str], edges: dict[str, list[str]], depth: int | None) -> set[str]:
        found, edge = set(start), set(start)
        while edge and (depth is None or depth > 0):
            edge = {each for key in edge for each in edges.get(key, ())} - found
            found |= edge
            depth = None if depth is None else depth - 1
        return found


def _matches(node: Node, method: str, value: str) -> bool:
    root, _, rest = method.partition(".")
    match root:
        case "fqn":
            return node.resource_type != "source" and _by_fqn(node, value)
        case "tag":
            return any(fnmatchcase(each, value) for each in _tags(node))
        case "source":
            named = f"{node.source_name}.{node.name}"
            return node.resource_type == "source" and (fnmatchcase(named, value) or node.source_name == value)
        case "path":
            path = PurePosixPath(node.original_file_path)
            return path == PurePosixPath(value) or PurePosixPath(value) in path.parents or path.match(value)
        case "file":
            name = PurePosixPath(node.original_file_path).name
            return value in (name, name.partition(".")[0])
        case "resource_type":
            return node.resource_type == value
        case "config":
            return _config(node, rest.split(".")) == value
        case "package":
            return node.package_name == value or (value == "this" and node.package_name == node.fqn[0])
        case _:
            return (node.group or node.config.get("group")) == value


def _by_fqn(node: Node, value: str) -> bool:
    if fnmatchcase(node.name, value) or value == f"{node.package_name}.{node.name}":
        return True
    parts, wanted = node.fqn, value.split(".")
    for names in (parts, parts[1:]):  # with the package, and without
        if len(wanted) <= len(names) and all(
            fnmatchcase(name, each) for name, each in zip(names, wanted, strict=False)
        ):
            return True
    return "/" in value and _matches(node, "path", value)


def _tags(node: Node) -> list[str]:
    said: Any = node.config.get("tags") or []
    return [*node.tags, *([said] if isinstance(said, str) else said)]


def _config(node: Node, names: list[str]) -> str | None:
    found: Any = node.config
    for name in names:
        found = cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None
    return None if found is None else str(found).lower() if isinstance(found, bool) else str(found)
