"""The launchpad: what is going to run, with its configuration, tags and partition, and what it would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Static, TextArea

from assettui.model.errors import AssettuiError
from assettui.model.text import clean_lines
from assettui.render.appearance import GREEN, RED
from assettui.render.lines import Line, line, lines_of
from assettui.render.run_plan import plan_lines, plan_title, resource_lines
from assettui.service.launchpad import Typed, completions, config_tree, planned, resource_rows, skeleton
from assettui.tui.actions import bindings
from assettui.tui.background import is_canceled
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Newest
from assettui.tui.line_input import SteadyInput, TypedInto
from assettui.tui.main_screen import MainScreen
from assettui.tui.rule import Rule

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunRequest
    from assettui.service.runs import PlannedRun

RESTS_S = 0.25
"""The plan is worked out when nothing was typed for so long."""


class ConfigText(TextArea, TypedInto):
    """Configuration in YAML, that is being typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("config_text")


class LaunchpadScreen(MainScreen):
    """What is going to run.

    Args:
        request: The job, or the assets.
        config: What it was configured with the last time.
    """

    TITLE_SHOWN = "launchpad"
    AUTO_FOCUS = "ConfigText"
    DEFAULT_CSS = """
    LaunchpadScreen #body { height: 1fr; layout: vertical; }
    LaunchpadScreen.-wide #body { layout: horizontal; }
    LaunchpadScreen #typed { width: 1fr; height: 1fr; }
    LaunchpadScreen #does { width: 1fr; height: 1fr; }
    LaunchpadScreen ConfigText, LaunchpadScreen ConfigText:focus { height: 1fr; border: none; padding: 0 1; background: $background; }
    LaunchpadScreen Input, LaunchpadScreen Input:focus { height: 1; border: none; padding: 0; background: $boost; width: 1fr; }
    LaunchpadScreen .label { width: 12; padding: 0 1; color: $text-muted; }
    LaunchpadScreen Horizontal.field { height: 1; }
    LaunchpadScreen #plan { height: 1fr; padding: 0 1; }
    LaunchpadScreen #resources { height: auto; max-height: 50%; padding: 0 1; }
    LaunchpadScreen.-bare #resources, LaunchpadScreen.-bare #resources-title { display: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - typed so by Textual
    BINDINGS: ClassVar[list[BindingType]] = bindings("launchpad")

    @dataclass
    class Planned(Newest):
        """What it would do, or why it could not be run."""

        planned: PlannedRun | None
        error: AssettuiError | None

    def __init__(self, request: RunRequest, config: str = "") -> None:
        super().__init__()
        self._request = request
        self._first_config = config
        self._resting: Timer | None = None
        self._planned: PlannedRun | None = None
        self._is_launching = False
        """Whether it is started as soon as it is planned."""

    def crumb(self) -> str:
        """What it is of."""
        job, assets = self._request.job, self._request.assets or ()
        return f"launchpad: {f'job {job}' if job else ', '.join(map(str, assets[:3]))}"

    def contents(self) -> ComposeResult:
        with Vertical(id="body"):
            with Vertical(id="typed"):
                yield ConfigText(self._first_config, language=None, show_line_numbers=True, tab_behavior="focus")
                for name, hint in (("tags", "name=value …"), ("partition", "a key, or A...B")):
                    with Horizontal(classes="field"):
                        yield Static(name, classes="label", markup=False)
                        yield SteadyInput(id=name, placeholder=hint, compact=True)
            with Vertical(id="does"):
                yield Rule("#plan", id="plan-title")
                with VerticalScroll(id="plan", can_focus=False):
                    yield Static(id="says")
                yield Rule("#resources", id="resources-title")
                with VerticalScroll(id="resources", can_focus=False):
                    yield Static(id="resource-lines")

    def on_mount(self) -> None:
        self.query_one(ConfigText).cursor_blink = False
        self.query_one("#plan-title", Rule).say("what it does", "")
        snapshot = self.app.catalog.snapshot
        self.set_class(snapshot is None or not snapshot.resources, "-bare")
        self._show_resources({})
        self._plan()

    def _typed(self) -> Typed:
        return Typed(
            self._request,
            self.query_one(ConfigText).text,
            self.query_one("#tags", Input).value,
            self.query_one("#partition", Input).value,
        )

    def config_text(self) -> str:
        """What is typed as configuration."""
        return self.query_one(ConfigText).text

    @on(TextArea.Changed)
    @on(Input.Changed)
    def rest(self) -> None:
        """Work the plan out when nothing is typed any more."""
        self._is_launching = False
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(RESTS_S, self._plan)

    def _plan(self) -> None:
        self.plan(self._typed())

    @work(thread=True, exclusive=True, group="plan")
    def plan(self, typed: Typed) -> None:
        """Work out what it would do, away from the screen."""
        found: PlannedRun | None = None
        wrong: AssettuiError | None = None
        try:
            found = planned(self.app.session, typed)
        except AssettuiError as error:
            wrong = error
        if not is_canceled():
            self.post_message(self.Planned(found, wrong))

    @on(Planned)
    def show(self, message: Planned) -> None:
        """Show what it would do, or why it could not be run."""
        self._planned = message.planned
        is_launching, self._is_launching = self._is_launching, False
        if is_launching and message.planned is not None:
            self.app.start_planned(message.planned, self.config_text())
            self.action_back()
            return
        if is_launching:
            self.app.tell("it cannot be run so: what is wrong stands beside it")
        lines: list[Line] = []
        if message.planned is not None:
            plan = message.planned.plan
            lines = [line(plan_title(plan, self.app.catalog), "bold"), *plan_lines(plan)]
            self._show_resources(plan.config)
        if message.error is not None:
            lines = [*lines_of(clean_lines(str(message.error)), RED)]
        self.query_one("#says", Static).update(text_of(lines))
        state = line("can be run: ctrl+s starts it", GREEN) if message.error is None else line("cannot be run so", RED)
        self.head(text_of([state]))

    def _show_resources(self, config: JsonObject) -> None:
        """Show what the resources are with this configuration."""
        snapshot = self.app.catalog.snapshot
        if snapshot is not None and snapshot.resources:
            rows = resource_rows(snapshot, config)
            self.query_one("#resources-title", Rule).say("resources", f"{len(rows):,}")
            self.query_one("#resource-lines", Static).update(text_of(resource_lines(rows)))

    def _tree(self) -> JsonObject:
        snapshot = self.app.catalog.snapshot
        if snapshot is None:
            return {}
        plan = self._planned.plan if self._planned is not None else None
        steps = (
            list(plan.configurable())
            if plan is not None
            else [name.partition(".")[2] for name in snapshot.config_schemas]
        )
        return config_tree(snapshot, steps)

    # Keys.

    def action_launch(self) -> None:
        """Start what is typed now: it is planned first, whatever was planned before."""
        if self._resting is not None:
            self._resting.stop()
        self._is_launching = True
        self._plan()

    def action_skeleton(self) -> None:
        """Write all that may be configured, with its defaults."""
        text = skeleton(self._tree())
        if text:
            self.query_one(ConfigText).load_text(text)
        else:
            self.app.tell("nothing of it can be configured")

    def action_complete(self) -> None:
        """Complete the name that is typed; where there are several, tell them; where there is none, go to the next field."""
        box = self.query_one(ConfigText)
        if self.focused is not box:
            self.focus_next()
            return
        (row, column) = box.cursor_location
        typed, names = completions(self._tree(), box.text, row, column)
        if len(names) == 1:
            box.insert(f"{names[0][len(typed) :]}: ")
        elif names:
            self.app.tell("  ".join(names[:20]))
        else:
            self.focus_next()

    def copied(self) -> str:
        """The configuration."""
        return self.config_text()
