"""The keys of screens and widgets, from the one table of what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from assettui.render.actions import ACTIONS, name_of

if TYPE_CHECKING:
    from textual.binding import BindingType


def bindings(place: str) -> list[BindingType]:
    """The keys of a screen or a widget, for its `BINDINGS`. By their ids they are given others, where the user says so."""
    return [
        Binding(
            each.keys,
            each.name,
            each.title,
            show=each.is_in_footer,
            key_display=each.shown_key,
            id=name_of(place, each),
        )
        for each in ACTIONS[place]
    ]
