"""Selections as expressions: each kind of them knows which assets it selects, and how it is written.

What each means is what Dagster documents for its selections. `syntax` reads them, `algebra` is how users write them in Python.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.graph import within
from assettui.model.check import AssetCheckKey
from assettui.model.errors import SelectionError
from assettui.model.keys import AssetKey, closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.model.project import AssetSnapshot

_PLAIN = re.compile(r"[^\s()\"',+]+")
_RESERVED = frozenset({"and", "or", "not"})
STATUSES = ("running", "failed", "never", "stale", "partial", "fresh", "external")
"""What `status:` may name."""


class SelectionContext(Struct, frozen=True):
    """What a selection is judged by."""

    graph: AssetGraph
    statuses: Mapping[AssetKey, str] = {}
    """The status of each asset, where it is known."""
    is_partial: bool = False
    """Whether the expression is still being typed: a word matches anywhere in a key, and nothing need match."""


class Expression(Struct, frozen=True):
    """A set of assets, told by what they have in common; which they are is found out when it is used."""

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        """The assets that it selects.

        Raises:
            SelectionError: It names something that is not there.
        """
        raise NotImplementedError(type(self).__name__)

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        """The checks that it selects: those of its assets, where it says nothing else.

        Raises:
            SelectionError: It names something that is not there.
        """
        return _checks_of(self.resolve(context), context)

    def __str__(self) -> str:
        """As it is written, for `syntax.parse` to read."""
        raise NotImplementedError(type(self).__name__)


class All(Expression, frozen=True):
    """Every asset."""

    include_sources: bool = False

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return frozenset(
            key for key, asset in context.graph.assets.items() if self.include_sources or not asset.is_external
        )

    def __str__(self) -> str:
        return "* or status:external" if self.include_sources else "*"


class Keys(Expression, frozen=True):
    """The assets of these very keys."""

    selected: tuple[AssetKey, ...]

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        for key in self.selected:
            if key not in context.graph.assets:
                raise unknown_asset(str(key), context.graph)
        return frozenset(self.selected)

    def __str__(self) -> str:
        return _either(f"key:{written(str(key))}" for key in self.selected)


class Checks(Expression, frozen=True):
    """The checks of a key, `a/b:name`, or of a name, or that match a pattern; no asset."""

    text: str

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        if not self.resolve_checks(context):
            known = [str(key) for key in context.graph.checks]
            raise SelectionError(f"no check is called {self.text!r}", hint=_did_you_mean(self.text, known, "checks"))
        return frozenset()

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        return frozenset(
            key
            for key in context.graph.checks
            if any(
                fnmatchcase(each, self.text) if _is_pattern(self.text) else each == self.text
                for each in (str(key), key.name)
            )
        )

    def __str__(self) -> str:
        return f"check:{written(self.text)}"


class Word(Expression, frozen=True):
    """A bare word: the key itself, or a pattern of keys, or else the last part of keys."""

    text: str

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        keys = context.graph.assets
        if _is_pattern(self.text):
            return Attribute("key", self.text).resolve(context)
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


class Attribute(Expression, frozen=True):
    """The assets of which one thing is so: their key, group, owner, tag, kind or status is, or matches, this."""

    name: str
    value: str

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
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
ATTRIBUTES = (*_VALUES, "status", "check")
"""What may stand before a colon."""


class Or(Expression, frozen=True):
    """What any of these selects."""

    operands: tuple[Expression, ...]

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return frozenset[AssetKey]().union(*(each.resolve(context) for each in self.operands))

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        return frozenset[AssetCheckKey]().union(*(each.resolve_checks(context) for each in self.operands))

    def __str__(self) -> str:
        return _either(map(str, self.operands))


class And(Expression, frozen=True):
    """What all of these select."""

    operands: tuple[Expression, ...]

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        first, *others = [each.resolve(context) for each in self.operands]
        return first.intersection(*others)

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        first, *others = [each.resolve_checks(context) for each in self.operands]
        return first.intersection(*others)

    def __str__(self) -> str:
        return " and ".join(map(_grouped, self.operands))


class Not(Expression, frozen=True):
    """What this does not select, of all assets, external ones included."""

    operand: Expression

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return frozenset(context.graph.assets) - self.operand.resolve(context)

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        return frozenset(context.graph.checks) - self.operand.resolve_checks(context)

    def __str__(self) -> str:
        return f"not {_grouped(self.operand)}"


class Minus(Expression, frozen=True):
    """What the first selects and the second does not."""

    first: Expression
    second: Expression

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        return self.first.resolve(context) - self.second.resolve(context)

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        return self.first.resolve_checks(context) - self.second.resolve_checks(context)

    def __str__(self) -> str:
        return f"{_grouped(self.first)} and not {_grouped(self.second)}"


class Traversal(Expression, frozen=True):
    """These, and what lies upstream or downstream of them, so many steps far."""

    start: Expression
    up: int | None = None
    """How far upstream; None for all."""
    down: int | None = None
    is_up: bool = False
    is_down: bool = False

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        start = self.start.resolve(context)
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


class Function(Expression, frozen=True):
    """`roots(…)`, `sinks(…)`, `neighbors(…)` or `checks(…)` of a selection."""

    name: str
    operand: Expression

    def resolve(self, context: SelectionContext) -> frozenset[AssetKey]:
        selected = self.operand.resolve(context)
        match self.name:
            case "roots":
                return _ends(selected, context.graph.upstream)
            case "sinks":
                return _ends(selected, context.graph.downstream)
            case "checks":
                return frozenset()  # the checks of these assets, and none of the assets
            case _:
                return _with_neighbors(selected, context.graph)

    def resolve_checks(self, context: SelectionContext) -> frozenset[AssetCheckKey]:
        if self.name == "checks":
            return _checks_of(self.operand.resolve(context), context)
        return super().resolve_checks(context)

    def __str__(self) -> str:
        return f"{self.name}({self.operand})"


FUNCTIONS = ("roots", "sinks", "neighbors", "checks")
"""What may stand before a parenthesis."""


def _checks_of(assets: frozenset[AssetKey], context: SelectionContext) -> frozenset[AssetCheckKey]:
    if not context.graph.checks:
        return frozenset()
    return frozenset(check.key for key in assets for check in context.graph.checks_of.get(key, ()))


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


def _either(operands: Iterable[str]) -> str:
    return " or ".join(operands)


def _grouped(selection: Expression) -> str:
    text = str(selection)
    is_atom = isinstance(selection, Word | Attribute | Function | Checks) or (
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


def any_of(operands: Iterable[Expression]) -> Expression:
    """What any of these selects."""
    each = tuple(operands)
    return each[0] if len(each) == 1 else Or(each)
