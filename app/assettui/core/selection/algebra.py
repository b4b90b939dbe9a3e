"""Selections of assets: an algebra, whose every expression can be written as text and read back.

The words and what they mean are those that Dagster documents for `AssetSelection`; the text is read by
`selection_syntax.parse`.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.graph import within
from assettui.model.errors import SelectionError
from assettui.model.keys import AssetKey, CoercibleToAssetKey, closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.model.project import AssetSnapshot

_PLAIN = re.compile(r"[^\s()\"',+]+")
_RESERVED = frozenset({"and", "or", "not"})
STATUSES = ("running", "failed", "never", "stale", "fresh", "external")
"""What `status:` may name."""


class SelectionContext(Struct, frozen=True):
    """What a selection is judged by."""

    graph: AssetGraph
    statuses: Mapping[AssetKey, str] = {}
    """The status of each asset, where it is known."""
    is_partial: bool = False
    """Whether the expression is still being typed: a word matches anywhere in a key, and nothing need match."""


class AssetSelection(Struct, frozen=True):
    """A set of assets, told by what they have in common; which they are is found out when it is used.

    Combine selections with `|` (either), `&` (both) and `-` (the first without the second).
    """

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        raise NotImplementedError(type(self).__name__)

    def resolve_on(self, context: SelectionContext) -> frozenset[AssetKey]:
        """The assets that it selects.

        Raises:
            SelectionError: It names something that is not there.
        """
        return self._resolve(context)

    def __str__(self) -> str:
        """As it is written, for `parse` to read."""
        raise NotImplementedError(type(self).__name__)

    def resolve(self, graph: AssetGraph) -> frozenset[AssetKey]:
        """The assets that it selects from a graph of which nothing is known but the definitions.

        Raises:
            SelectionError: It names something that is not there, or asks for a status.
        """
        return self.resolve_on(SelectionContext(graph))

    # What to begin with.

    @staticmethod
    def all(include_sources: bool = False) -> AssetSelection:
        """Every asset that the project computes; with `include_sources` the external ones too."""
        return All(include_sources)

    @staticmethod
    def assets(*assets: Any) -> AssetSelection:
        """These: keys, or the decorated functions."""
        return Keys(tuple(dict.fromkeys(key for each in assets for key in _keys_of(each))))

    @staticmethod
    def keys(*keys: CoercibleToAssetKey) -> AssetSelection:
        """The assets of these keys."""
        return AssetSelection.assets(*keys)

    @staticmethod
    def key_prefixes(*prefixes: CoercibleToAssetKey, include_sources: bool = False) -> AssetSelection:
        """The assets whose keys begin with one of these paths."""
        patterns = (f"{AssetKey.from_coercible(prefix)}/*" for prefix in prefixes)
        return _without_sources(_any_of(Attribute("key", pattern) for pattern in patterns), include_sources)

    @staticmethod
    def key_substring(text: str, include_sources: bool = False) -> AssetSelection:
        """The assets whose written keys hold this text."""
        return _without_sources(Attribute("key", f"*{text}*"), include_sources)

    @staticmethod
    def groups(*names: str, include_sources: bool = False) -> AssetSelection:
        """The assets of these groups."""
        return _without_sources(_any_of(Attribute("group", name) for name in names), include_sources)

    @staticmethod
    def tag(key: str, value: str, include_sources: bool = False) -> AssetSelection:
        """The assets that have this tag with this value."""
        return _without_sources(Attribute("tag", f"{key}={value}"), include_sources)

    @staticmethod
    def tag_string(text: str, include_sources: bool = False) -> AssetSelection:
        """The assets that have the tag written `name=value`, or `name` with any value."""
        return _without_sources(Attribute("tag", text), include_sources)

    @staticmethod
    def owner(owner: str) -> AssetSelection:
        """The assets of this owner."""
        return Attribute("owner", owner)

    @staticmethod
    def kind(kind: str, include_sources: bool = False) -> AssetSelection:
        """The assets of this kind."""
        return _without_sources(Attribute("kind", kind), include_sources)

    @staticmethod
    def all_asset_checks() -> AssetSelection:
        """The checks of every asset, without the assets."""
        return Function("checks", All())

    @staticmethod
    def checks_for_assets(*assets: Any) -> AssetSelection:
        """The checks of these assets, without the assets."""
        return Function("checks", AssetSelection.assets(*assets))

    @staticmethod
    def from_string(text: str) -> AssetSelection:
        """The selection that is written so.

        Raises:
            SelectionError: It cannot be understood; the message points at the character.
        """
        from assettui.core.selection.syntax import parse  # the syntax is written in terms of this algebra

        return parse(text)

    @staticmethod
    def from_coercible(value: Any) -> AssetSelection:
        """What a selection, a text, or a list of keys and asset functions stands for."""
        if isinstance(value, AssetSelection):
            return value
        if isinstance(value, str):
            return AssetSelection.from_string(value)
        if isinstance(value, list | tuple | set | frozenset):
            items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType] - of whatever users put there
            if items and all(isinstance(item, str) for item in items):
                return _any_of(AssetSelection.from_string(item) for item in items)
            return AssetSelection.assets(*items)
        return AssetSelection.assets(value)

    # What to make of it.

    def upstream(self, depth: int | None = None, include_self: bool = True) -> AssetSelection:
        """These and what they depend on, over at most `depth` steps; without them where `include_self` is False."""
        reached = Traversal(self, up=depth, is_up=True)
        return reached if include_self else Minus(reached, self)

    def downstream(
        self, depth: int | None = None, include_self: bool = True, include_asset_checks: bool = True
    ) -> AssetSelection:
        """These and what depends on them, over at most `depth` steps."""
        reached = Traversal(self, down=depth, is_down=True)
        return reached if include_self else Minus(reached, self)

    def upstream_source_assets(self) -> AssetSelection:
        """The external assets that these depend on, directly or not."""
        return And((Traversal(self, is_up=True), Attribute("status", "external")))

    def roots(self) -> AssetSelection:
        """Those of these that depend on none of the others."""
        return Function("roots", self)

    def sources(self) -> AssetSelection:
        """As `roots`."""
        return self.roots()

    def sinks(self) -> AssetSelection:
        """Those of these that none of the others depends on."""
        return Function("sinks", self)

    def materializable(self) -> AssetSelection:
        """Those of these that the project computes."""
        return Minus(self, Attribute("status", "external"))

    def without_checks(self) -> AssetSelection:
        """These, without their checks."""
        return Minus(self, Function("checks", self))

    def required_multi_asset_neighbors(self) -> AssetSelection:
        """These, with all that the same functions make in any case."""
        return Function("neighbors", self)

    def __or__(self, other: object) -> AssetSelection:
        return Or((self, other)) if isinstance(other, AssetSelection) else NotImplemented

    def __and__(self, other: object) -> AssetSelection:
        return And((self, other)) if isinstance(other, AssetSelection) else NotImplemented

    def __sub__(self, other: object) -> AssetSelection:
        return Minus(self, other) if isinstance(other, AssetSelection) else NotImplemented

    def __invert__(self) -> AssetSelection:
        return Not(self)

    def __repr__(self) -> str:
        return f"<selection {self}>"

    def to_selection_str(self) -> str:
        """As it is written."""
        return str(self)


class All(AssetSelection, frozen=True):
    """Every asset."""

    include_sources: bool = False

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return frozenset(
            key for key, asset in context.graph.assets.items() if self.include_sources or not asset.is_external
        )

    def __str__(self) -> str:
        return "* or status:external" if self.include_sources else "*"


class Keys(AssetSelection, frozen=True):
    """The assets of these very keys."""

    selected: tuple[AssetKey, ...]

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        for key in self.selected:
            if key not in context.graph.assets:
                raise unknown_asset(str(key), context.graph)
        return frozenset(self.selected)

    def __str__(self) -> str:
        return _either(f"key:{written(str(key))}" for key in self.selected)


class Word(AssetSelection, frozen=True):
    """A bare word: the key itself, or a pattern of keys, or else the last part of keys."""

    text: str

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        keys = context.graph.assets
        if _is_pattern(self.text):
            return Attribute("key", self.text).resolve_on(context)
        if context.is_partial:
            wanted = self.text.lower()
            return frozenset(key for key in keys if wanted in str(key).lower())
        if AssetKey(self.text) in keys:
            return frozenset({AssetKey(self.text)})
        found = frozenset(key for key in keys if key.parts[-1] == self.text)
        if not found:
            raise unknown_asset(self.text, context.graph)
        return found

    def __str__(self) -> str:
        return written(self.text)


class Attribute(AssetSelection, frozen=True):
    """The assets of which one thing is so: their key, group, owner, tag, kind or status is, or matches, this."""

    name: str
    value: str

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        if self.name == "status":
            return self._of_status(context)
        values = _VALUES[self.name]
        is_match = self._matcher(context)
        found = frozenset(
            key for key, asset in context.graph.assets.items() if any(is_match(each) for each in values(asset))
        )
        if not found and not context.is_partial:
            raise self._unmatched(context)
        return found

    def _matcher(self, context: SelectionContext) -> Callable[[str], bool]:
        value = self.value
        if self.name == "tag" and "=" not in value:
            value += "=*"
        if context.is_partial and not _is_pattern(value):
            wanted = value.lower()
            return lambda each: wanted in each.lower()
        if _is_pattern(value):
            return lambda each: fnmatchcase(each, value)
        return lambda each: each == value

    def _of_status(self, context: SelectionContext) -> frozenset[AssetKey]:
        assets = context.graph.assets
        if self.value == "external":
            return frozenset(key for key, asset in assets.items() if asset.is_external)
        if not context.statuses and assets and not context.is_partial:
            raise SelectionError(
                f"status:{self.value} cannot be told here: nothing is known but the definitions",
                hint="a status is known on the command line, on the screens and in jobs that are run from a store",
            )
        statuses = context.statuses
        return frozenset(
            key
            for key, asset in assets.items()
            if not asset.is_external and self._is_status(statuses.get(key, "never"), context)
        )

    def _is_status(self, status: str, context: SelectionContext) -> bool:
        return status.startswith(self.value) if context.is_partial else status == self.value

    def _unmatched(self, context: SelectionContext) -> SelectionError:
        if self.name == "key":
            if _is_pattern(self.value):
                return SelectionError(f"no asset key matches {self.value!r}", hint="see `assettui asset ls`")
            return unknown_asset(self.value, context.graph)
        known = {each for asset in context.graph.assets.values() for each in _VALUES[self.name](asset)}
        what = (
            f"no group is called {self.value!r}"
            if self.name == "group"
            else f"no asset has the {self.name} {self.value!r}"
        )
        return SelectionError(what, hint=_did_you_mean(self.value, known, f"{self.name}s"))

    def __str__(self) -> str:
        return f"{self.name}:{written(self.value)}"


_VALUES: Mapping[str, Callable[[AssetSnapshot], Iterable[str]]] = {
    "key": lambda asset: (str(asset.key),),
    "group": lambda asset: (asset.group,),
    "owner": lambda asset: (*asset.owners, *(each.removeprefix("team:") for each in asset.owners)),
    "kind": lambda asset: asset.kinds,
    "tag": lambda asset: tuple(f"{name}={value}" for name, value in asset.tags.items()),
}
ATTRIBUTES = (*_VALUES, "status")
"""What may stand before a colon."""


class Or(AssetSelection, frozen=True):
    """What any of these selects."""

    operands: tuple[AssetSelection, ...]

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return frozenset[AssetKey]().union(*(each.resolve_on(context) for each in self.operands))

    def __str__(self) -> str:
        return _either(map(str, self.operands))


class And(AssetSelection, frozen=True):
    """What all of these select."""

    operands: tuple[AssetSelection, ...]

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        first, *others = [each.resolve_on(context) for each in self.operands]
        return first.intersection(*others)

    def __str__(self) -> str:
        return " and ".join(map(_grouped, self.operands))


class Not(AssetSelection, frozen=True):
    """What this does not select, of all assets, external ones included."""

    operand: AssetSelection

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return frozenset(context.graph.assets) - self.operand.resolve_on(context)

    def __str__(self) -> str:
        return f"not {_grouped(self.operand)}"


class Minus(AssetSelection, frozen=True):
    """What the first selects and the second does not."""

    first: AssetSelection
    second: AssetSelection

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return self.first.resolve_on(context) - self.second.resolve_on(context)

    def __str__(self) -> str:
        return f"{_grouped(self.first)} and not {_grouped(self.second)}"


class Traversal(AssetSelection, frozen=True):
    """These, and what lies upstream or downstream of them, so many steps far."""

    start: AssetSelection
    up: int | None = None
    """How far upstream; None for all."""
    down: int | None = None
    is_up: bool = False
    is_down: bool = False

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        start = self.start.resolve_on(context)
        found = set(start)
        if self.is_up:
            found |= within(context.graph.upstream, start, self.up)
        if self.is_down:
            found |= within(context.graph.downstream, start, self.down)
        return frozenset(found)

    def __str__(self) -> str:
        before = f"{'' if self.up is None else self.up}+" if self.is_up else ""
        behind = f"+{'' if self.down is None else self.down}" if self.is_down else ""
        return f"{before}{_grouped(self.start)}{behind}"


class Function(AssetSelection, frozen=True):
    """`roots(…)`, `sinks(…)`, `neighbors(…)` or `checks(…)` of a selection."""

    name: str
    operand: AssetSelection

    def _resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        selected = self.operand.resolve_on(context)
        match self.name:
            case "roots":
                return _ends(selected, context.graph.upstream)
            case "sinks":
                return _ends(selected, context.graph.downstream)
            case "checks":
                return frozenset()  # the checks of these assets, and none of the assets
            case _:
                return _with_neighbors(selected, context.graph)

    def __str__(self) -> str:
        return f"{self.name}({self.operand})"


FUNCTIONS = ("roots", "sinks", "neighbors", "checks")
"""What may stand before a parenthesis."""


def _ends(selected: frozenset[AssetKey], edges: Mapping[AssetKey, Sequence[AssetKey]]) -> frozenset[AssetKey]:
    return frozenset(key for key in selected if not any(each in selected for each in edges[key]))


def _with_neighbors(selected: frozenset[AssetKey], graph: AssetGraph) -> frozenset[AssetKey]:
    found = set(selected)
    for key in selected:
        step = graph.assets[key].step
        snapshot = graph.step_snapshots.get(step or "")
        if step is not None and not (snapshot is not None and snapshot.can_subset):
            found.update(graph.steps[step])
    return frozenset(found)


def select(context: SelectionContext, terms: Iterable[str | AssetSelection]) -> list[AssetKey]:
    """The assets that any of the terms selects, upstream before downstream.

    Raises:
        SelectionError: There is no term, one cannot be understood, or nothing is selected.
    """
    operands = [AssetSelection.from_coercible(term) for term in terms]
    if not operands:
        raise SelectionError("no assets were named", hint=f"name {SYNTAX}")
    selection = _any_of(operands)
    found = selection.resolve_on(context)
    if not found:
        raise SelectionError(f"{str(selection)!r} selects no asset", hint="see `assettui asset ls`")
    return context.graph.sort(found)


SYNTAX = (
    "a key (raw/flights), a pattern (raw/*), group:G, owner:O, tag:K=V, kind:K, status:stale, +upstream, downstream+, "
    "2+both+1, roots(…), sinks(…), joined by and, or, not and parentheses"
)


def written(text: str) -> str:
    """A word as the syntax has it, quoted where it must be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED and text not in FUNCTIONS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unknown_asset(name: str, graph: AssetGraph) -> SelectionError:
    """The error that a name is no asset's, with the closest one."""
    return SelectionError(
        f"no asset is called {name!r}", hint=_did_you_mean(name, (str(known) for known in graph.assets), "assets")
    )


def _keys_of(item: Any) -> list[AssetKey]:
    keys = getattr(item, "keys", None)
    if keys is not None and not isinstance(item, str | AssetKey):
        return list(keys)
    key = getattr(item, "key", None)
    return [key] if isinstance(key, AssetKey) else [AssetKey.from_coercible(item)]


def _any_of(operands: Iterable[AssetSelection]) -> AssetSelection:
    each = tuple(operands)
    return each[0] if len(each) == 1 else Or(each)


def _without_sources(selection: AssetSelection, include_sources: bool) -> AssetSelection:
    return selection if include_sources else Minus(selection, Attribute("status", "external"))


def _either(operands: Iterable[str]) -> str:
    return " or ".join(operands)


def _grouped(selection: AssetSelection) -> str:
    text = str(selection)
    is_atom = isinstance(selection, Word | Attribute | Function) or (
        isinstance(selection, Keys) and len(selection.selected) == 1
    )
    return text if is_atom or text == "*" else f"({text})"


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _did_you_mean(name: str, known: Iterable[str], noun: str) -> str:
    names = sorted(known)
    near = closest(name, names)
    if near:
        return f"did you mean {near!r}?"
    if not names:
        return f"the project defines no {noun}"
    listing = ", ".join(names[:8])
    return f"{noun}: {listing}{', …' if len(names) > 8 else ''}"
