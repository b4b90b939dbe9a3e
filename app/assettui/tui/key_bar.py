"""The line at the bottom of every main screen: the six keys that matter most of those that do something now.

How to see all of them, and how to leave, stands there at every width. At 80 columns all of it has room; below, the
least wanted are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.widget import Widget

from assettui.render.actions import OURS
from assettui.tui.line_input import is_typed_into

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.binding import ActiveBinding, Binding
    from textual.dom import DOMNode
    from textual.screen import Screen

    from assettui.tui.app import AssettuiApp

_ALWAYS = ("help", "leave")
_GAP = 2
MOST = 6
"""So many keys of the place are shown."""


class _Key(NamedTuple):
    """One of them."""

    shown: str
    title: str
    action: str
    node: DOMNode
    """Whose action it is."""

    @property
    def width(self) -> int:
        return len(self.shown) + 1 + len(self.title)


class KeyBar(Widget):
    """Follows the keys of its screen. A click is as good as the key."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key"}
    DEFAULT_CSS = """
    KeyBar { height: 1; dock: bottom; padding: 0 1; color: $footer-foreground; background: $footer-background; }
    KeyBar > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
    """

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    def on_mount(self) -> None:
        """Show every change of what can be done."""

        def show(screen: Screen[object]) -> None:
            self.refresh()

        self.screen.bindings_updated_signal.subscribe(self, show)  # pyright: ignore[reportUnknownMemberType] - any screen

    def render(self) -> Text:
        text, look = Text(no_wrap=True, end=""), self.get_component_rich_style("key-bar--key", partial=True)
        for start, key in self._placed():
            text.pad_right(start - text.cell_len)
            text.append(key.shown, look)
            text.append(f" {key.title}")
        return text

    async def on_click(self, event: events.Click) -> None:
        """Do what the key does that was clicked."""
        at = event.x - self.styles.padding.left
        for start, key in self._placed():
            if start <= at < start + key.width:
                await self.app.run_action(key.action, key.node)

    def _placed(self) -> Iterator[tuple[int, _Key]]:
        """The keys that there is room for, each with the column in which it begins."""
        keys = self._keys()
        always = sorted((key for key in keys if key.action in _ALWAYS), key=lambda key: _ALWAYS.index(key.action))
        room = self.content_size.width - sum(_GAP + key.width for key in always)
        at = 0
        for key in [key for key in keys if key not in always][:MOST]:
            if at + key.width > room:
                break
            yield at, key
            at += key.width + _GAP
        at = max(at, self.content_size.width - sum(_GAP + key.width for key in always) + _GAP)
        for key in always:
            yield at, key
            at += key.width + _GAP

    def _keys(self) -> list[_Key]:
        """Those that do something now, and not what is typed into an input."""
        is_typing = is_typed_into(self.screen.focused)
        found: dict[str, _Key] = {}
        for active in own_bindings(self.screen):
            binding = active.binding
            if binding.show and active.enabled and not (is_typing and _is_typed(binding)):
                key = _Key(self.app.get_key_display(binding), binding.description, binding.action, active.node)
                found.setdefault(binding.action, key)
        return list(found.values())


def own_bindings(screen: Screen[object]) -> list[ActiveBinding]:
    """The bindings that work now, without those that Textual's widgets bring along."""
    found = screen.active_bindings.values()
    return [active for active in found if (active.binding.action, active.binding.description) in OURS]


def _is_typed(binding: Binding) -> bool:
    return len(binding.key_display or binding.key) == 1
