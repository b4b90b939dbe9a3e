"""The keys of a screen, from the very table that makes them work."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import App
from textual.screen import Screen

from assettui.render.appearance import GREY
from assettui.tui.actions import OURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import ActiveBinding, Binding

_GLYPHS = (
    "● fresh   ◔ partial   ◐ stale   ✗ failed   ○ never built\n▶ running   ◇ external\n"
    "partitions: █ there   ▒ stale   ✗ failed   ▶ running   ◌ queued   · never built   ▁▄█ how much of many is there"
)


def keys_of(screen: Screen[object]) -> Text:
    """Every key of ours that does something now, with what it does."""
    key_display: Callable[[Binding], str] = cast("App[object]", screen.app).get_key_display
    seen: dict[str, list[str]] = {}
    for active in sorted(own_bindings(screen), key=lambda active: not isinstance(active.node, App | Screen)):
        binding = active.binding
        seen.setdefault(binding.description, []).append(binding.key_display or key_display(binding))
    text = Text()
    for description, keys in seen.items():
        text.append(f"{' '.join(dict.fromkeys(keys)):>16}", style="bold")
        text.append(f"  {description}\n")
    text.append(f"{'ctrl+p':>16}", style="bold")
    text.append("  Everything, by name\n")
    text.append(f"\n{_GLYPHS}", style=GREY)
    return text


def own_bindings(screen: Screen[object]) -> list[ActiveBinding]:
    """The bindings that work now, without those that Textual's widgets bring along."""
    found = screen.active_bindings.values()
    return [active for active in found if (active.binding.action, active.binding.description) in OURS]
