"""`code_version="auto"`: a fingerprint of a function's code and of all that it reaches in the project.

It is taken of the syntax, so comments, formatting and docstrings do not matter, and it has a part for each function, class and
constant that is reached, so that a change can be told by its name: `features.py: bucket_of`. What is installed, Python's own
library among it, is left out: a project pins its versions elsewhere. What is reached only while it runs (`getattr` with a
computed name, plug-ins) cannot be seen.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import sysconfig
import textwrap
from functools import lru_cache
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AUTO = "auto"
_OURS = Path(__file__).resolve().parent.parent
_INSTALLED = tuple(
    {
        str(Path(path).resolve())
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
        if (path := sysconfig.get_path(name))
    }
)
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
MAX_DEPTH = 50
"""A constant that is nested deeper counts by its type alone."""


class NoSource(AssettuiError):
    """The source of a function is not to be had, so there is nothing to take a fingerprint of."""


class CodeFingerprint(Struct, frozen=True):
    """What a function's code comes to."""

    version: str
    """Of all of it together: `auto-` and 12 hexadecimal digits."""
    parts: Mapping[str, str]
    """Of each function, class and constant that it reaches, by `FILE: NAME`."""


def fingerprint(fn: Any) -> CodeFingerprint:
    """The fingerprint of a function and of all that it reaches in the project.

    Raises:
        NoSource: Its source is not to be had.
    """
    reach = _Reach()
    inner = inspect.unwrap(fn)
    reach.add(inner, getattr(inner, "__qualname__", "function"), is_root=True)
    parts = dict(sorted(reach.parts.items()))
    return CodeFingerprint(f"{AUTO}-{_hash(repr(parts))[:12]}", parts)


class _Reach:
    """Goes from a function to what it names, and so on."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self._seen: set[int] = set()
        self._files: dict[str, Path] = {}

    def add(self, thing: Any, name: str, *, is_root: bool = False) -> None:
        if id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        if isinstance(thing, MethodType):
            thing = thing.__func__
        wrapped = getattr(thing, "fn", None)  # an asset, an op or a check stands for its function
        if callable(wrapped) and type(thing).__module__.startswith("assettui."):
            self.add(inspect.unwrap(wrapped), name)
            return
        if isinstance(thing, FunctionType):
            self._add_code(thing, thing.__globals__, name, is_root=is_root, cells=_cells(thing))
        elif isinstance(thing, type):
            module = sys.modules.get(thing.__module__)
            if module is not None and _is_of_project(module):
                self._add_code(thing, vars(module), name, is_root=is_root, cells={})
                for base in thing.__bases__:
                    self.add(base, base.__qualname__)
        elif is_root:
            raise NoSource(f"{thing!r:.60} is no function of Python", hint="give it a code_version of your own")

    def _add_code(
        self, thing: Any, names: Mapping[str, Any], name: str, *, is_root: bool, cells: Mapping[str, Any]
    ) -> None:
        module = sys.modules.get(thing.__module__) if thing.__module__ else None
        if not is_root and (module is None or not _is_of_project(module)):
            return
        try:
            file = self._shown(Path(inspect.getsourcefile(thing) or "?"))
            tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
        except (OSError, TypeError, SyntaxError) as error:
            if is_root:
                raise NoSource(
                    f"the source of {name} is not to be had: {error}", hint="give it a code_version of your own"
                ) from error
            return
        self.parts[f"{file}: {thing.__qualname__}"] = _hash(ast.dump(_stripped(tree, is_root=is_root)))
        self._follow(tree, names, cells, file, module)

    def _follow(
        self, tree: ast.AST, names: Mapping[str, Any], cells: Mapping[str, Any], file: str, module: ModuleType | None
    ) -> None:
        for found, value in _reached(tree, names, cells):
            if isinstance(value, FunctionType | MethodType | type) or callable(getattr(value, "fn", None)):
                self.add(value, found)
            elif not isinstance(value, ModuleType) and f"{file}: {found}" not in self.parts:
                self._add_constant(file, found, value, module)

    def _add_constant(self, file: str, name: str, value: Any, module: ModuleType | None) -> None:
        """By its value, or where that is not plain by the expression that it is assigned."""
        encoded = _encoded(value)
        if encoded is not None:
            self.parts[f"{file}: {name}"] = _hash(encoded)
            return
        expression = _assigned(module).get(name) if module is not None and _is_of_project(module) else None
        if module is not None and expression is not None:
            self.parts[f"{file}: {name}"] = _hash(ast.dump(expression))
            self._follow(expression, vars(module), {}, file, module)

    def _shown(self, file: Path) -> str:
        """A file by its name, the second of that name with its folder."""
        first = self._files.setdefault(file.name, file)
        return file.name if first == file else f"{file.parent.name}/{file.name}"


def _reached(tree: ast.AST, names: Mapping[str, Any], cells: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the code names, of what there is by that name where it stands; of a module what is named in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in cells:
                yield node.id, cells[node.id]
            elif node.id in names:
                yield node.id, names[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id)
            if isinstance(module, ModuleType) and _is_of_project(module) and hasattr(module, node.attr):
                yield f"{node.value.id}.{node.attr}", getattr(module, node.attr)


def _stripped(tree: ast.Module, *, is_root: bool) -> ast.AST:
    """Without docstrings; of the function itself without its decorator, which says how it is stored rather than what it makes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and isinstance(body, list):
            statements = cast("list[ast.stmt]", body)
            first = statements[0] if statements else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = statements[1:] or [ast.Pass()]
    if tree.body and isinstance(tree.body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        if is_root:
            tree.body[0].decorator_list = []
        return tree.body[0]
    return tree


def _cells(fn: FunctionType) -> dict[str, Any]:
    """What a function has closed over."""
    found: dict[str, Any] = {}
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return found


def _encoded(value: Any, depth: int = 0) -> str | None:
    """A constant as text; None of what is none: an object whose content cannot be told."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if depth >= MAX_DEPTH:
        return type(value).__name__
    if isinstance(value, list | tuple):
        parts = [_encoded(each, depth + 1) for each in cast("list[Any]", value)]
        return None if None in parts else f"{type(value).__name__}{parts}"  # pyright: ignore[reportUnknownArgumentType] - whatever it holds
    if isinstance(value, set | frozenset):
        items = [_encoded(each, depth + 1) for each in cast("set[Any]", value)]
        return None if None in items else f"set{sorted(str(each) for each in items)}"
    if isinstance(value, dict):
        pairs = [
            (_encoded(key, depth + 1), _encoded(each, depth + 1)) for key, each in cast("dict[Any, Any]", value).items()
        ]
        return None if any(None in pair for pair in pairs) else f"dict{pairs}"
    return None


def _assigned(module: ModuleType) -> dict[str, ast.expr]:
    """The names that a module assigns, with what."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return {}
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is not None:
            found |= {each.id: value for each in targets if isinstance(each, ast.Name)}
    return found


@lru_cache(maxsize=4096)
def _is_file_of_project(file: str) -> bool:
    path = Path(file).resolve()
    if path.is_relative_to(_OURS) or "site-packages" in path.parts or "dist-packages" in path.parts:
        return False
    return not str(path).startswith(_INSTALLED)


def _is_of_project(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and _is_file_of_project(file)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
