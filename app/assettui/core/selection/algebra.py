"""Selections of assets as users write them in Python: an algebra over expressions.

The names of its methods are those that Dagster documents for `AssetSelection`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.selection import expression as ex
from assettui.core.selection.syntax import SYNTAX, parse
from assettui.model.check import AssetCheckKey
from assettui.model.errors import SelectionError
from assettui.model.keys import AssetKey, CoercibleToAssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assettui.core.graph import AssetGraph


class AssetSelection(Struct, frozen=True):
    """A set of assets, told by what they have in common; which they are is found out when it is used.

    Combine selections with `|` (either), `&` (both) and `-` (the first without the second).
    """

    expression: ex.Expression

    def __str__(self) -> str:
        """As it is written, for `from_string` to read."""
        return str(self.expression)

    def resolve(self, graph: AssetGraph) -> frozenset[AssetKey]:
        """The assets that it selects from a graph of which nothing is known but the definitions.

        Raises:
            SelectionError: It names something that is not there, or asks for a status.
        """
        return self.expression.resolve(ex.SelectionContext(graph))

    def resolve_checks(self, graph: AssetGraph) -> frozenset[AssetCheckKey]:
        """The checks that it selects: those of its assets, unless it says otherwise.

        Raises:
            SelectionError: It names something that is not there, or asks for a status.
        """
        return self.expression.resolve_checks(ex.SelectionContext(graph))

    # What to begin with.

    @staticmethod
    def all(include_sources: bool = False) -> AssetSelection:
        """Every asset that the project computes; with `include_sources` the external ones too."""
        return AssetSelection(ex.All(include_sources))

    @staticmethod
    def assets(*assets: Any) -> AssetSelection:
        """These: keys, or the decorated functions."""
        return AssetSelection(ex.Keys(tuple(dict.fromkeys(key for each in assets for key in _keys_of(each)))))

    @staticmethod
    def keys(*keys: CoercibleToAssetKey) -> AssetSelection:
        """The assets of these keys."""
        return AssetSelection.assets(*keys)

    @staticmethod
    def key_prefixes(*prefixes: CoercibleToAssetKey, include_sources: bool = False) -> AssetSelection:
        """The assets whose keys begin with one of these paths."""
        patterns = (f"{AssetKey.from_coercible(prefix)}/*" for prefix in prefixes)
        return _without_sources(ex.any_of(ex.Attribute("key", pattern) for pattern in patterns), include_sources)

    @staticmethod
    def key_substring(text: str, include_sources: bool = False) -> AssetSelection:
        """The assets whose written keys hold this text."""
        return _without_sources(ex.Attribute("key", f"*{text}*"), include_sources)

    @staticmethod
    def groups(*names: str, include_sources: bool = False) -> AssetSelection:
        """The assets of these groups."""
        return _without_sources(ex.any_of(ex.Attribute("group", name) for name in names), include_sources)

    @staticmethod
    def tag(key: str, value: str, include_sources: bool = False) -> AssetSelection:
        """The assets that have this tag with this value."""
        return _without_sources(ex.Attribute("tag", f"{key}={value}"), include_sources)

    @staticmethod
    def tag_string(text: str, include_sources: bool = False) -> AssetSelection:
        """The assets that have the tag written `name=value`, or `name` with any value."""
        return _without_sources(ex.Attribute("tag", text), include_sources)

    @staticmethod
    def owner(owner: str) -> AssetSelection:
        """The assets of this owner."""
        return AssetSelection(ex.Attribute("owner", owner))

    @staticmethod
    def kind(kind: str, include_sources: bool = False) -> AssetSelection:
        """The assets of this kind."""
        return _without_sources(ex.Attribute("kind", kind), include_sources)

    @staticmethod
    def all_asset_checks() -> AssetSelection:
        """The checks of every asset, without the assets."""
        return AssetSelection(ex.Function("checks", ex.All(include_sources=True)))

    @staticmethod
    def checks(*checks: Any) -> AssetSelection:
        """These checks, without their assets: keys, or the decorated functions."""
        keys = [key for each in checks for key in (getattr(each, "check_keys", None) or [each])]
        return AssetSelection(ex.any_of(ex.Checks(str(key)) for key in keys))

    @staticmethod
    def checks_for_assets(*assets: Any) -> AssetSelection:
        """The checks of these assets, without the assets."""
        return AssetSelection(ex.Function("checks", AssetSelection.assets(*assets).expression))

    @staticmethod
    def from_string(text: str) -> AssetSelection:
        """The selection that is written so.

        Raises:
            SelectionError: It cannot be understood; the message points at the character.
        """
        return AssetSelection(parse(text))

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
                return AssetSelection(ex.any_of(parse(item) for item in items))
            return AssetSelection.assets(*items)
        return AssetSelection.assets(value)

    # What to make of it.

    def upstream(self, depth: int | None = None, include_self: bool = True) -> AssetSelection:
        """These and what they depend on, over at most `depth` steps; without them where `include_self` is False."""
        reached = ex.Traversal(self.expression, up=depth, is_up=True)
        return AssetSelection(reached if include_self else ex.Minus(reached, self.expression))

    def downstream(
        self, depth: int | None = None, include_self: bool = True, include_asset_checks: bool = True
    ) -> AssetSelection:
        """These and what depends on them, over at most `depth` steps."""
        reached = ex.Traversal(self.expression, down=depth, is_down=True)
        return AssetSelection(reached if include_self else ex.Minus(reached, self.expression))

    def upstream_source_assets(self) -> AssetSelection:
        """The external assets that these depend on, directly or not."""
        return AssetSelection(ex.And((ex.Traversal(self.expression, is_up=True), ex.Attribute("status", "external"))))

    def roots(self) -> AssetSelection:
        """Those of these that depend on none of the others."""
        return AssetSelection(ex.Function("roots", self.expression))

    def sources(self) -> AssetSelection:
        """As `roots`."""
        return self.roots()

    def sinks(self) -> AssetSelection:
        """Those of these that none of the others depends on."""
        return AssetSelection(ex.Function("sinks", self.expression))

    def materializable(self) -> AssetSelection:
        """Those of these that the project computes."""
        return AssetSelection(ex.Minus(self.expression, ex.Attribute("status", "external")))

    def without_checks(self) -> AssetSelection:
        """These, without their checks."""
        return AssetSelection(ex.Minus(self.expression, ex.Function("checks", self.expression)))

    def required_multi_asset_neighbors(self) -> AssetSelection:
        """These, with all that the same functions make in any case."""
        return AssetSelection(ex.Function("neighbors", self.expression))

    def _with(self, other: object, join: Callable[[ex.Expression], ex.Expression]) -> AssetSelection:
        return AssetSelection(join(other.expression)) if isinstance(other, AssetSelection) else NotImplemented

    def __or__(self, other: object) -> AssetSelection:
        return self._with(other, lambda other: ex.Or((self.expression, other)))

    def __and__(self, other: object) -> AssetSelection:
        return self._with(other, lambda other: ex.And((self.expression, other)))

    def __sub__(self, other: object) -> AssetSelection:
        return self._with(other, lambda other: ex.Minus(self.expression, other))

    def __invert__(self) -> AssetSelection:
        return AssetSelection(ex.Not(self.expression))

    def __repr__(self) -> str:
        return f"<selection {self}>"

    def to_selection_str(self) -> str:
        """As it is written."""
        return str(self)


def select(context: ex.SelectionContext, terms: Iterable[str | AssetSelection]) -> list[AssetKey]:
    """The assets that any of the terms selects, upstream before downstream.

    Raises:
        SelectionError: There is no term, one cannot be understood, or nothing is selected.
    """
    operands = [AssetSelection.from_coercible(term).expression for term in terms]
    if not operands:
        raise SelectionError("no assets were named", hint=f"name {SYNTAX}")
    selection = ex.any_of(operands)
    found = selection.resolve(context)
    if not found:
        raise SelectionError(f"{str(selection)!r} selects no asset", hint="see `assettui asset ls`")
    return context.graph.sort(found)


def select_with_checks(
    context: ex.SelectionContext, terms: Iterable[str | AssetSelection]
) -> tuple[list[AssetKey], tuple[AssetCheckKey, ...] | None]:
    """The assets that any of the terms selects, upstream before downstream, and the checks; None for all of these assets.

    Raises:
        SelectionError: There is no term, one cannot be understood, or neither assets nor checks are selected.
    """
    operands = [AssetSelection.from_coercible(term).expression for term in terms]
    if not operands:
        raise SelectionError("no assets were named", hint=f"name {SYNTAX}")
    selection = ex.any_of(operands)
    assets = selection.resolve(context)
    graph = context.graph
    checks = selection.resolve_checks(context) if graph.checks else frozenset[AssetCheckKey]()
    if not assets and not checks:
        raise SelectionError(f"{str(selection)!r} selects no asset", hint="see `assettui asset ls`")
    usual = frozenset(check.key for key in assets for check in graph.checks_of.get(key, ()))
    return graph.sort(assets), None if checks == usual else tuple(key for key in graph.checks if key in checks)


def _keys_of(item: Any) -> list[AssetKey]:
    keys = getattr(item, "keys", None)
    if keys is not None and not isinstance(item, str | AssetKey):
        return list(keys)
    key = getattr(item, "key", None)
    return [key] if isinstance(key, AssetKey) else [AssetKey.from_coercible(item)]


def _without_sources(expression: ex.Expression, include_sources: bool) -> AssetSelection:
    return AssetSelection(expression if include_sources else ex.Minus(expression, ex.Attribute("status", "external")))
