"""Whether what a definition is given is what its parameter takes, by its annotation: told where it is given.

Annotations are read as text, since what most of them name is imported by type checkers alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

_ALIASES: Final = {
    "RawMetadata": "Mapping[str, Any]",
    "JsonObject": "Mapping[str, Any]",
    "TableRow": "Mapping[str, object]",
    "CoercibleToAssetKey": "str | AssetKey | Sequence[str]",
    "CoercibleToAssetDep": "Any",
}
_WORDS: Final = {
    "str": "text",
    "bool": "True or False",
    "int": "a whole number",
    "float": "a number",
    "Mapping": "a dict",
    "Iterable": "a list",
    "Sequence": "a list",
    "Callable": "a function",
}
"""What the alternatives of annotations are called."""
_BY_VALUE: Final = frozenset({"float", "Callable", "Mapping", "Iterable", "Sequence", "Collection", "Set"})
"""What fits them is told by the value: by its type alone, by all others."""
_MOST_KNOWN: Final = 2_000
_known_to_fit: Final = set[tuple[str, type[Any]]]()
_PLAIN: Final = frozenset({"str", "int", "float", "bool", "datetime", "Collection"})


def misfit(annotation: str, value: Any) -> str | None:
    """What a parameter takes, in words, where a value is nothing of it; None where it is, and for None."""
    kind = cast("type[Any]", type(value))
    if value is None or (annotation, kind) in _known_to_fit:
        return None
    alternatives = _alternatives(annotation)
    for name, inner in alternatives:
        if _fits(name, inner, value):
            if name not in _BY_VALUE and len(_known_to_fit) < _MOST_KNOWN:
                _known_to_fit.add((annotation, kind))
            return None
    return " or ".join(dict.fromkeys(_word(name, inner) for name, inner in alternatives if name != "None"))


@lru_cache(maxsize=512)
def _alternatives(annotation: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What an annotation allows: each a name, and what stands within its brackets."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for part in _split(annotation, "|"):
        name, _, inner = part.partition("[")
        if name in _ALIASES:
            found.extend(_alternatives(_ALIASES[name]))
        else:
            found.append((name, tuple(_split(inner.removesuffix("]"), ",")) if inner else ()))
    return tuple(found)


def _split(text: str, mark: str) -> list[str]:
    """The parts of a text between marks that stand in no brackets."""
    parts, depth, start = list[str](), 0, 0
    for place, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char == mark and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _fits(name: str, inner: tuple[str, ...], value: Any) -> bool:
    match name:
        case "Any" | "object" | "Literal" | "type" | "T":
            return True
        case "None":
            return value is None
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
        case "Callable":
            return callable(value)
        case "Mapping":
            if not isinstance(value, Mapping):
                return False
            given = cast("Mapping[Any, Any]", value)
            return _all_fit(inner[:1], given) and _all_fit(inner[1:], given.values())
        case "Iterable" | "Sequence" | "Collection" | "Set":
            is_list = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
            is_seen_again = isinstance(value, list | tuple | set | frozenset)
            return is_list and (not is_seen_again or _all_fit(inner, cast("Iterable[Any]", value)))
        case _:
            kind = cast("type[Any]", type(value))
            return any(each.__name__ == name for each in kind.__mro__)


def _all_fit(inner: tuple[str, ...], values: Iterable[Any]) -> bool:
    """Whether plain members are what they should be; of others more is known where they are looked at, all at once."""
    if len(inner) != 1:
        return True
    alternatives = _alternatives(inner[0])
    if any(name not in _PLAIN for name, _ in alternatives):
        return True
    return all(any(_fits(name, of, each) for name, of in alternatives) for each in values)


def _word(name: str, inner: tuple[str, ...]) -> str:
    of = inner[-1] if inner and name in ("Mapping", "Iterable", "Sequence") else "Any"
    word = _WORDS.get(name) or with_article(name)
    return word if of in ("Any", "object") else f"{word} of {_plural(of)}"


def with_article(name: str) -> str:
    """`a Schedule`, `an AssetKey`."""
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"


def _plural(annotation: str) -> str:
    (name, _), *more = _alternatives(annotation)
    words = {"str": "texts", "int": "numbers", "float": "numbers"}
    return " or ".join([words.get(name, f"{name}s"), *(words.get(other, f"{other}s") for other, _ in more)])
