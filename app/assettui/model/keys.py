"""Asset keys: the names of data products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NAME = re.compile(r"[A-Za-z0-9_]+")
"""What `name=` and `group_name=` accept (a group may hold several, separated by `/`), as Dagster documents it."""
KEY_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""What one part of an asset key accepts: a name, and inside it also `-` and `.`, which file and table names hold."""


class AssetKey:
    """The name of an asset: a path of names, written `a/b/c`.

    Args:
        path: The parts, outermost first, or one string in which `/` separates them.

    Raises:
        TypeError: The path is neither a string nor a sequence of strings.
        ValueError: There is no part at all.
    """

    __slots__ = ("_hash", "parts")

    parts: tuple[str, ...]
    """The parts, outermost first; at least one."""

    def __init__(self, path: str | Sequence[str]) -> None:
        if not isinstance(path, str | Sequence):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            raise TypeError(f"an asset key is made of strings, and was given {type(path).__name__}")
        parts = tuple(path.split("/")) if isinstance(path, str) else tuple(path)
        for part in parts:
            if not isinstance(part, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
                raise TypeError(f"an asset key is made of strings, not of {type(part).__name__}")
        if not parts:
            raise ValueError("an asset key needs at least one part")
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "_hash", hash(parts))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an AssetKey cannot be changed")

    @property
    def path(self) -> list[str]:
        """The parts as a list, outermost first."""
        return list(self.parts)

    def to_user_string(self) -> str:
        """The key as it is written and shown: `a/b/c`."""
        return "/".join(self.parts)

    @staticmethod
    def from_user_string(text: str) -> AssetKey:
        """The key that is written `text`, as in `a/b/c`."""
        return AssetKey(text)

    @staticmethod
    def from_coercible(value: CoercibleToAssetKey) -> AssetKey:
        """The key that a string, a sequence of strings or a key stands for.

        Raises:
            TypeError: It stands for none.
        """
        if isinstance(value, AssetKey):
            return value
        if isinstance(value, str | Sequence):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            return AssetKey(value)
        raise TypeError(f"expected an AssetKey, a string or a list of strings, not {type(value).__name__}")

    def with_prefix(self, prefix: str | Sequence[str]) -> AssetKey:
        """The key below that prefix."""
        return AssetKey((*AssetKey(prefix).parts, *self.parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetKey) and self.parts == other.parts

    def __lt__(self, other: AssetKey) -> bool:
        return self.parts < other.parts

    def __hash__(self) -> int:
        return self._hash  # pyright: ignore[reportAttributeAccessIssue] - set through object.__setattr__

    def __reduce__(self) -> tuple[type[AssetKey], tuple[list[str]]]:
        return (AssetKey, (list(self.parts),))

    def __repr__(self) -> str:
        return f"AssetKey({list(self.parts)!r})"

    def __str__(self) -> str:
        return self.to_user_string()


CoercibleToAssetKey = AssetKey | str | Sequence[str]
"""What stands for an asset key wherever users write one."""


def invalid_part(key: AssetKey) -> str | None:
    """The first part of a key that no key may hold, or None where the key is well formed."""
    return next((part for part in key.parts if not KEY_PART.fullmatch(part)), None)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like the given one, or None where none is near."""
    from difflib import get_close_matches  # deferred: 1 ms that only a mistake need take

    candidates = list(known)
    found = get_close_matches(word, candidates, n=1, cutoff=0.6)
    if found:
        return found[0]
    # A missing prefix is the commonest slip: `flights` for `raw/flights`.
    return next((known_word for known_word in candidates if known_word.split("/")[-1] == word.split("/")[-1]), None)
