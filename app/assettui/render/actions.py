"""What can be done, screen by screen: the one table from which keys, the footer, the help and the palette come.

A key stands here alone, so that what the help says is what the key does. `test_actions` looks that every action has its
method, and that no key of a screen hides one of the app's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.keys import closest

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(Struct, frozen=True):
    """Something that can be done."""

    keys: str
    """Any of these, by Textual's names, with commas between."""
    name: str
    """The method `action_…` of the screen or widget, and its arguments."""
    title: str
    """In a word or two, for the footer, the help and the palette."""
    is_in_footer: bool = True
    shown_key: str | None = None
    """How the key is written, where not as Textual does."""


def _quiet(keys: str, name: str, title: str, shown_key: str | None = None) -> Action:
    """An action that the footer has no room for."""
    return Action(keys, name, title, False, shown_key)


_BACK = Action("escape", "back", "Back")
_PREVIEW = Action("v,V", "preview", "Preview")
_TABS = (Action("tab", "tab(1)", "Next tab"), _quiet("shift+tab", "tab(-1)", "Tab before"))
_COPY_ID, _COPY_NAME, _COPY_KEY = (_quiet("y", "copy", f"Copy {what}") for what in ("id", "name", "key"))
_ZOOM = (
    Action("plus,equals_sign", "zoom(-1)", "Zoom in", True, "+"),
    Action("minus", "zoom(1)", "Zoom out", True, "-"),
)
_UP_AND_DOWN = (_quiet("up,k", "scroll(-1)", "Up"), _quiet("down,j", "scroll(1)", "Down"))
_UP_AND_DOWN_BY_PAGES = (
    *_UP_AND_DOWN,
    _quiet("pagedown", "scroll(20)", "Page down"),
    _quiet("pageup", "scroll(-20)", "Page up"),
)
_OF_PARTITIONS = (
    Action("v", "visual", "Select"),
    _quiet("C", "calendar", "As calendars/as lines"),
    Action("b", "backfill", "Backfill"),
    Action("x", "only('missing')", "Missing"),
    Action("f", "only('failed')", "Failed"),
    _quiet("i", "invert", "Invert"),
    _quiet("a", "select_all", "Select all"),
    *_ZOOM,
    Action("g", "go_to", "Go to"),
    _quiet("n", "next_problem", "Next failure"),
    _quiet("A", "add_key", "Add a key"),
    _quiet("D", "remove_key", "Remove the key"),
    _quiet("w", "why", "Why"),
    _quiet("V", "preview", "Preview"),
    _quiet("d", "compare", "Compare the ends of what is selected"),
    _quiet("escape", "clear", "Clear"),
    _COPY_KEY,
)
_OF_BACKFILLS = (
    Action("p", "ask('pause')", "Pause"),
    Action("r", "ask('resume')", "Resume"),
    Action("c", "ask('cancel')", "Cancel"),
    Action("t", "ask('retry')", "Retry failed"),
)
_OF_RUNS = (
    Action("c", "cancel", "Cancel"),
    Action("t", "retry(True)", "Retry failed"),
    _quiet("T", "retry(False)", "Run again"),
    _COPY_ID,
)
_FILTER = _quiet("slash", "filter", "Filter", "/")
_OF_LISTED_RUNS = (
    Action("slash", "filter", "Filter", True, "/"),
    Action("space", "mark", "Mark", True, "␣"),
    _quiet("equals_sign", "compare", "Compare the two marked, or with the run before", "="),
)
_OF_INSTIGATORS = (Action("space", "turn", "On/off", True, "␣"), Action("t", "tick", "Tick now"))

ACTIONS: dict[str, tuple[Action, ...]] = {
    "everywhere": (
        _quiet("0", "main_screen('projects')", "Projects"),
        _quiet("1", "main_screen('catalog')", "Catalog"),
        _quiet("2", "main_screen('lineage')", "Lineage"),
        _quiet("3", "main_screen('partitions')", "Partitions"),
        _quiet("4", "main_screen('runs')", "Runs"),
        _quiet("5", "main_screen('automation')", "Automation"),
        _quiet("6", "main_screen('health')", "Health"),
        _quiet("7", "main_screen('sql')", "Data"),
        _quiet("B", "main_screen('backfills')", "Backfills"),
        _quiet("colon", "go_to", "Go to …", ":"),
        _quiet("L", "lead", "Lead"),
        _quiet("escape", "leave_screen", "Back to where you came from"),
        _quiet("exclamation_mark", "messages", "Messages", "!"),
        Action("question_mark", "help", "Keys", True, "?"),
        _quiet("f1", "help_page", "Help: about this screen"),
        Action("q,ctrl+q,ctrl+c", "leave", "Quit", True, "q"),
        _quiet("ctrl+z", "suspend_process", "Stop, until `fg`"),
        _quiet("ctrl+l", "repaint", "Draw everything again"),
    ),
    "alone": (
        _quiet("exclamation_mark", "messages", "Messages", "!"),
        Action("question_mark", "help", "Keys", True, "?"),
        Action("q,ctrl+q,ctrl+c", "leave", "Quit", True, "q"),
        _quiet("ctrl+l", "repaint", "Draw everything again"),
    ),
    "projects": (
        _FILTER,
        Action("r", "refresh", "Ask again"),
        Action("d", "forget", "Forget"),
        _quiet("y", "copy", "Copy the folder"),
    ),
    "catalog": (
        Action("m", "materialize", "Build"),
        Action("M", "materialize_upstream", "+Upstream"),
        Action("space", "select", "Select", True, "␣"),
        _quiet("a", "select_all", "Select all"),
        Action("b", "backfill", "Backfill"),
        _quiet("p", "partitions", "Partitions"),
        Action("slash", "filter", "Filter", True, "/"),
        _quiet("tab", "switch_focus", "Details"),
        _quiet("escape", "clear", "Clear"),
        Action("w", "why", "Why"),
        _PREVIEW,
        _quiet("t", "traceback", "What is wrong with the project"),
        _quiet("r", "open_run", "Open its run"),
        _quiet("o", "order(1)", "Order by the next column"),
        _quiet("O", "reverse", "The other way round"),
        _quiet("C", "choose_columns", "Choose columns"),
        _quiet("i", "toggle_pane", "Details on/off"),
        _quiet("ctrl+r", "launchpad", "Build with configuration …"),
        _COPY_KEY,
    ),
    "asset_list": (
        _quiet("g", "screen.group_by", "Group by group, prefix, owner, kind, nothing"),
        _quiet("left,h", "screen.fold(True)", "Fold the group"),
        _quiet("right,l", "screen.fold(False)", "Open the group"),
        _quiet("z", "screen.fold_all", "Fold all groups, or none"),
        _quiet("home", "move_to(0)", "First"),
    ),
    "asset": (
        _BACK,
        Action("R", "refresh", "Refresh"),
        Action("c", "check", "Check"),
        Action("r", "open_run", "Its run"),
        _quiet("e", "expect", "As it should be"),
        _PREVIEW,
        *_UP_AND_DOWN_BY_PAGES,
        _COPY_KEY,
        *_TABS,
    ),
    "lineage": (
        Action("f", "focus", "Focus"),
        Action("plus,equals_sign", "more(1)", "More", True, "+"),
        Action("minus", "more(-1)", "Less", True, "-"),
        Action("z", "fold", "Fold"),
        Action("slash", "search", "Find", True, "/"),
        _quiet("m", "materialize", "Build"),
        _quiet("a", "all", "All assets"),
        _quiet("Z", "fold_all", "Fold all groups, or none"),
        _quiet("c", "columns", "The way of a column"),
        _quiet("d", "boxes", "Boxes/lines"),
        _quiet("w", "why", "Why"),
        _quiet("v", "preview", "Preview"),
        _quiet("n", "find(1)", "Next found"),
        _quiet("N", "find(-1)", "Found before"),
        _COPY_NAME,
        _quiet("escape", "back", "Back"),
    ),
    "lineage_view": (
        Action("enter", "choose", "Open"),
        _quiet("left,h", "walk(-1)", "Upstream"),
        _quiet("right,l", "walk(1)", "Downstream"),
        _quiet("up,k", "beside(-1)", "The one above"),
        _quiet("down,j", "beside(1)", "The one below"),
        _quiet("shift+left", "pan(-1,0)", "Move the window left"),
        _quiet("shift+right", "pan(1,0)", "Move the window right"),
        _quiet("shift+up,pageup", "pan(0,-1)", "Move the window up"),
        _quiet("shift+down,pagedown", "pan(0,1)", "Move the window down"),
        _quiet("home,g", "end(0)", "First"),
        _quiet("end,G", "end(-1)", "Last"),
    ),
    "lineage_tab": (_BACK, *_TABS),
    "health": (
        _FILTER,
        Action("m", "mend", "Mend"),
        Action("e", "expect", "As it should be"),
        Action("w", "why", "Why"),
        _PREVIEW,
        _quiet("y", "copy", "Copy the command"),
    ),
    "filter": (
        Action("enter", "submit", "Keep the filter"),
        Action("escape", "screen.clear", "Undo it"),
        Action("tab", "complete", "Complete"),
        _quiet("up", "screen.move(-1)", "Up"),
        _quiet("down", "screen.move(1)", "Down"),
    ),
    "partitions": (*_OF_PARTITIONS, _quiet("tab", "next_axis", "Other axis")),
    "asset_partitions": (*_OF_PARTITIONS, *_TABS),
    "value": (
        Action("escape", "back", "Stop/back"),
        Action("slash", "filter", "Filter", True, "/"),
        Action("s", "sort", "Sort"),
        Action("c", "choose_columns", "Columns"),
        Action("r", "sample", "By chance"),
        Action("e", "export", "Export"),
        _quiet("x", "everything", "All rows, as they are stored"),
        _quiet("y", "copy", "Copy the cell"),
        _quiet("Y", "copy_row", "Copy the row"),
        _quiet("ctrl+y", "copy_table", "Copy what is in sight"),
    ),
    "preview": (_BACK, Action("p", "profile", "Profile"), _quiet("S", "sql", "Ask by SQL"), *_TABS),
    "sql": (
        _BACK,
        Action("tab", "switch_focus", "Statement/result"),
        _quiet("f2", "switch_engine", "By polars/by DuckDB"),
    ),
    "prompt": (
        Action("enter", "submit", "Ask"),
        _quiet("shift+enter,alt+enter,ctrl+j", "new_line", "New line"),
        Action("tab", "complete", "Complete", True),
        _quiet("ctrl+n", "suggest(1)", "Next suggestion"),
        _quiet("ctrl+p", "suggest(-1)", "Suggestion before"),
        _quiet("up", "up", "Up; the statement before"),
        _quiet("down", "down", "Down; the next statement"),
        _quiet("pageup", "screen.page(-1)", "Page up, in the result"),
        _quiet("pagedown", "screen.page(1)", "Page down, in the result"),
        Action("escape", "screen.leave_prompt", "Leave"),
    ),
    "cells": (
        _quiet("left,h", "move(0,-1)", "Left"),
        _quiet("right,l", "move(0,1)", "Right"),
        _quiet("up,k", "move(-1,0)", "Up"),
        _quiet("down,j", "move(1,0)", "Down"),
        _quiet("pageup,ctrl+b", "page(-1)", "Page up"),
        _quiet("pagedown,ctrl+f", "page(1)", "Page down"),
        _quiet("g,ctrl+home", "row(0)", "First row"),
        _quiet("G,ctrl+end", "row(-1)", "Last row"),
        _quiet("home,circumflex_accent", "column(0)", "First column"),
        _quiet("end,dollar_sign", "column(-1)", "Last column"),
        Action("enter", "choose", "Whole cell"),
    ),
    "tree": (
        _quiet("up,k", "cursor_up", "Up"),
        _quiet("down,j", "cursor_down", "Down"),
        _quiet("pageup", "page_up", "Page up"),
        _quiet("pagedown", "page_down", "Page down"),
        _quiet("g,home", "scroll_home", "First line"),
        _quiet("G,end", "scroll_end", "Last line"),
        Action("enter", "toggle_node", "Open/close"),
        _quiet("h,left", "cursor_parent", "What it is in"),
    ),
    "profile": (_BACK, _quiet("y", "copy", "Copy the name"), *_TABS),
    "history": (
        _BACK,
        Action("c", "choose_series", "Plot"),
        Action("o", "over", "Over partitions"),
        _PREVIEW,
        Action("r", "open_run", "Open its run"),
        _quiet("left,h", "step(-1)", "Older"),
        _quiet("right,l", "step(1)", "Newer"),
        _quiet("z", "toggle_chart", "Chart on/off"),
        _quiet("y", "copy", "Copy the data version"),
        *_TABS,
    ),
    "code": (
        _BACK,
        Action("E", "edit", "Edit"),
        *_UP_AND_DOWN_BY_PAGES,
        _quiet("left,h", "scroll_across(-10)", "Left"),
        _quiet("right,l", "scroll_across(10)", "Right"),
        _quiet("y", "copy", "Copy the code"),
        *_TABS,
    ),
    "versions": (
        _BACK,
        _PREVIEW,
        Action("d", "compare", "Compare"),
        Action("R", "rollback", "Roll back to it"),
        Action("r", "open_run", "Open its run"),
        _quiet("y", "copy", "Copy the data version"),
        *_TABS,
    ),
    "difference": (
        _BACK,
        *_UP_AND_DOWN_BY_PAGES,
    ),
    "finder": (
        Action("enter", "submit", "Choose"),
        Action("escape", "screen.cancel", "Leave it"),
        _quiet("up,ctrl+p", "screen.move(-1)", "Up"),
        _quiet("down,ctrl+n", "screen.move(1)", "Down"),
        _quiet("pageup", "screen.page(-1)", "Page up"),
        _quiet("pagedown", "screen.page(1)", "Page down"),
    ),
    "condition": (
        Action("enter", "submit", "Ask"),
        Action("escape", "leave", "Leave it"),
    ),
    "columns": (
        Action("enter", "screen.accept", "Show these"),
        Action("escape", "screen.cancel", "Leave it"),
        Action("a", "screen.all", "All/none"),
    ),
    "calendar": (
        _quiet("left,h", "day(-7)", "The week before"),
        _quiet("right,l", "day(7)", "The next week"),
        _quiet("up,k", "day(-1)", "The day before"),
        _quiet("down,j", "day(1)", "The next day"),
        _quiet("shift+left,ctrl+left", "day(-28)", "Four weeks before"),
        _quiet("shift+right,ctrl+right", "day(28)", "Four weeks later"),
        _quiet("pageup,left_square_bracket", "asset(-1)", "The asset above"),
        _quiet("pagedown,right_square_bracket", "asset(1)", "The asset below"),
    ),
    "grid": (
        _quiet("left,h", "move(0,-1)", "Left"),
        _quiet("right,l", "move(0,1)", "Right"),
        _quiet("up,k", "move(-1,0)", "Up"),
        _quiet("down,j", "move(1,0)", "Down"),
        _quiet("pageup", "page(-1,0)", "Page up"),
        _quiet("pagedown", "page(1,0)", "Page down"),
        _quiet("shift+left,ctrl+left", "page(0,-1)", "Page left"),
        _quiet("shift+right,ctrl+right", "page(0,1)", "Page right"),
        _quiet("home,circumflex_accent", "edge(-1)", "First column"),
        _quiet("end,dollar_sign", "edge(1)", "Last column"),
        Action("enter", "choose", "Open"),
    ),
    "runs": (*_OF_RUNS, *_OF_LISTED_RUNS),
    "asset_runs": (*_OF_RUNS, *_OF_LISTED_RUNS, *_TABS),
    "run": (
        _BACK,
        _quiet("e", "tab('events')", "Events"),  # the line of tabs names these three
        _quiet("o", "tab('stdout')", "stdout"),
        _quiet("r", "tab('stderr')", "stderr"),
        _quiet("x", "tab('error')", "Error"),
        _quiet("tab", "switch_focus", "Steps/log"),
        Action("slash", "search", "Search", True, "/"),
        _quiet("n", "find(1)", "Next found"),
        _quiet("N", "find(-1)", "Found before"),
        _quiet("ampersand", "narrow", "Only lines that match, or all", "&"),
        _quiet("s", "only_step", "Events of this step, or of all"),
        _quiet("f", "level", "Events: all, from warnings on, errors"),
        _quiet("at", "go_to_time", "Go to a time", "@"),
        _quiet("w", "wrap", "Wrap long lines"),
        _quiet("v", "preview", "Preview"),
        _quiet("E", "edit", "Edit where it failed"),
        _quiet("Y", "copy_error", "Copy the error"),
        _quiet("equals_sign", "compare", "Compare with the run before", "="),
        *_OF_RUNS,
    ),
    "launchpad": (
        Action("ctrl+s", "launch", "Start it"),
        Action("tab", "complete", "Complete, or next field"),
        Action("f2", "skeleton", "All there is"),
        _BACK,
    ),
    "config_text": (_quiet("escape", "screen.back", "Back"),),
    "run_comparison": (_BACK, _quiet("y", "copy", "Copy the line")),
    "search": (
        Action("enter", "submit", "Find"),
        Action("escape", "screen.end_search", "Stop searching"),
    ),
    "automation": (
        *_OF_INSTIGATORS,
        Action("e", "edit_cursor", "Edit cursor"),
        Action("u", "timeline", "Timeline"),
        _FILTER,
        _COPY_NAME,
        _quiet("escape", "leave_input", "Close"),
    ),
    "instigator": (_BACK, *_OF_INSTIGATORS, Action("enter", "open_run", "Open its run"), _FILTER, _COPY_NAME),
    "asset_automation": (_BACK, *_OF_INSTIGATORS, _FILTER, _COPY_NAME, *_TABS),
    "asset_checks": (
        _BACK,
        Action("c", "check", "Check again"),
        _quiet("C", "check_all", "Check all again"),
        _quiet("r", "open_run", "Its run"),
        _quiet("pagedown", "scroll(20)", "Page down"),
        _quiet("pageup", "scroll(-20)", "Page up"),
        _COPY_KEY,
        *_TABS,
    ),
    "conditions": (
        _BACK,
        Action("t", "tick", "Tick now"),
        Action("h", "ticks", "Past ticks"),
        _FILTER,
        _quiet("tab", "switch_focus", "List/tree"),
        _COPY_KEY,
    ),
    "timeline": (
        _BACK,
        *_ZOOM,
        Action("left,h", "pan(-1)", "Earlier"),
        Action("right,l", "pan(1)", "Later"),
        Action("n", "now", "Now"),
        Action("enter", "open_run", "Open the last run"),
        _quiet("tab", "switch_focus", "Jobs/their runs"),
    ),
    "backfills": (*_OF_BACKFILLS, _FILTER, Action("space", "mark", "Mark", True, "␣"), _COPY_ID),
    "backfill": (_BACK, *_OF_BACKFILLS, Action("enter", "open_failure", "Open a failed run"), _COPY_ID),
    "plan": (
        Action("enter", "start", "Start"),
        Action("escape,q", "cancel", "Close"),
        Action("u", "toggle_upstream", "With upstream"),
        Action("a", "which('all')", "All"),
        Action("x", "which('missing')", "Missing"),
        Action("f", "which('failed')", "Failed"),
        Action("s", "which('stale')", "Stale"),
        *_UP_AND_DOWN,
    ),
    "window": (
        _quiet("f1", "help_page", "All pages of help"),
        Action("escape,q", "answer(False)", "Close"),
        *_UP_AND_DOWN_BY_PAGES,
    ),
    "question": (Action("enter,y", "answer(True)", "Yes"),),
    "list": (
        _quiet("up,k", "move(-1)", "Up"),
        _quiet("down,j", "move(1)", "Down"),
        _quiet("pageup,ctrl+b", "page(-1)", "Page up"),
        _quiet("pagedown,ctrl+f", "page(1)", "Page down"),
        _quiet("home,g", "move_to(0)", "First"),
        _quiet("end,G", "move_to(-1)", "Last"),
        Action("enter", "choose", "Open"),
    ),
    "log": (
        *_UP_AND_DOWN,
        _quiet("pageup", "scroll_page(-1)", "Page up"),
        _quiet("pagedown", "scroll_page(1)", "Page down"),
        _quiet("left,h", "pan(-20)", "Left"),
        _quiet("right,l", "pan(20)", "Right"),
        _quiet("home,g", "top", "First"),
        _quiet("end,G", "bottom", "Last"),
    ),
}
SCREENS = tuple(
    (action.keys, action.name.split("'")[1], action.title)
    for action in ACTIONS["everywhere"]
    if action.keys.isdigit() and action.keys != "0"
)
"""The numbered screens: key, name and title of each."""
OURS = {(action.name, action.title) for actions in ACTIONS.values() for action in actions}
"""What tells a binding of ours from those that Textual's widgets bring along."""


def name_of(place: str, action: Action) -> str:
    """What an action is called in settings: its place and its title, as `catalog.build`."""
    words = "".join(letter if letter.isalnum() else " " for letter in action.title.lower()).split()
    return f"{place}.{'_'.join(words)}"


def keymap(changed: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The keys of all actions that have other ones than in the table, by name; and what is wrong with what is asked for.

    A key that is given to an action is taken from others of the same place.

    Args:
        changed: By the name of the action, its keys, with commas between.
    """
    names = [name_of(place, action) for place, actions in ACTIONS.items() for action in actions]
    wrong = [
        f"no key is for {name!r}" + (f": did you mean {near!r}?" if (near := closest(name, names)) else "")
        for name in changed
        if name not in names
    ]
    found: dict[str, str] = {}
    for place, actions in ACTIONS.items():
        own = {name_of(place, action): action.keys.split(",") for action in actions}
        wanted = {
            name: [key.strip() for key in changed[name].split(",") if key.strip()] for name in own if name in changed
        }
        taken = {key: name for name, keys in wanted.items() for key in keys}
        for name, keys in own.items():
            left = wanted.get(name) or [key for key in keys if key not in taken]
            if not left:
                wrong.append(f"{name} has no key left: {taken[keys[0]]} has taken it")
            elif left != keys:
                found[name] = ",".join(left)
    return found, wrong
