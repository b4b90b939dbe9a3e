"""Going from screen to screen: to the numbered ones and back, to one thing by its name, to what explains this one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from textual import work
from textual.app import SystemCommand

from assettui.core.masking import without_secrets
from assettui.model.errors import AssettuiError
from assettui.model.instigator import InstigatorKind
from assettui.tui import asset_tabs
from assettui.tui.asking import AskingApp
from assettui.tui.main_screen import MainScreen
from assettui.tui.questions import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.screen import Screen

    from assettui.model.backfill import BackfillRecord
    from assettui.model.keys import AssetKey
    from assettui.model.run import RunRecord, RunRequest
    from assettui.project.screen_memory import ProjectMemory
    from assettui.service.runs import PlannedRun
    from assettui.service.session import Session
    from assettui.tui.asset_tabs import TabbedScreen

MOST_BACK: Final = 50
"""So far one can go back."""
CATALOG: Final = "catalog"
"""The numbered screen that lies below all others."""


class NavigatingApp(AskingApp):
    """See above. A screen is imported when it is opened.

    Args:
        session: The store.
        theme: The colors.
        left: How the screens of the project were left.
        is_dark: Whether the terminal's background was dark the last time.
    """

    def __init__(self, session: Session, theme: str, left: ProjectMemory, *, is_dark: bool | None = None) -> None:
        super().__init__(session, theme, is_dark=is_dark)
        self.configs = dict(left.configs)
        """What the launchpad was told the last time, by job or assets."""
        self.filters = dict(left.filters)
        """What the lists of numbered screens are narrowed to, by the name of the screen: each comes and goes with its key."""
        self._came_from: list[str] = []
        """The numbered screens that were shown before, the last one last."""

    def key_in_catalog(self) -> AssetKey | None:
        """The asset that the cursor of the catalog is on."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A main screen's own key does nothing on it."""
        if action == "main_screen":
            return not (isinstance(self.screen, MainScreen) and parameters[0] == self.screen.NAME)
        return True

    def action_main_screen(self, name: str) -> None:
        """Show a main screen, whatever lies above it."""
        here = self.root_name
        if here and here != name:
            self._came_from = [*self._came_from[-MOST_BACK:], here]
        self._show_main_screen(name)

    @property
    def root_name(self) -> str:
        """The name of the numbered screen that is shown, or that what is shown was reached from."""
        return self.screen.root_name() if isinstance(self.screen, MainScreen) else ""

    def action_leave_screen(self) -> None:
        """Leave the screen that is on top."""
        if isinstance(self.screen, MainScreen):
            self.screen.action_back()

    def go_back(self) -> None:
        """Show the numbered screen that was shown before this one."""
        if self._came_from:
            self._show_main_screen(self._came_from.pop())
        elif self.root_name != CATALOG:
            self._show_main_screen(CATALOG)

    def _show_main_screen(self, name: str) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if name != CATALOG:
            self.push_screen(self._main_screen(name))

    def _main_screen(self, name: str) -> MainScreen:
        """The numbered screen of that name: it alone is imported, since the first frame needs none of them."""
        match name:
            case "lineage":
                from assettui.tui.lineage import LineageScreen

                return LineageScreen(self.key_in_catalog())
            case "projects":
                from assettui.tui.projects import ProjectsScreen

                return ProjectsScreen(current=str(self.session.project.root))
            case "runs":
                from assettui.tui.runs import RunsScreen

                return RunsScreen()
            case "partitions":
                from assettui.tui.grid import GridScreen

                return GridScreen()
            case "automation":
                from assettui.tui.automation import AutomationScreen

                return AutomationScreen()
            case "health":
                from assettui.tui.health import HealthScreen

                return HealthScreen()
            case "backfills":
                from assettui.tui.backfills import BackfillsScreen

                return BackfillsScreen()
            case _:
                from assettui.tui.sql import SqlScreen

                return SqlScreen()

    def open_run(self, run_id: str) -> None:
        """Open one run above the screen."""
        from assettui.tui.run import RunScreen

        self.push_screen(RunScreen(run_id))

    def open_backfill(self, backfill_id: str) -> None:
        """Open one backfill above the screen."""
        from assettui.tui.backfills import BackfillScreen

        self.push_screen(BackfillScreen(backfill_id))

    def open_instigator(self, name: str) -> None:
        """Open a schedule or sensor above the screen; of an automation, its conditions."""
        snapshot = self.catalog.snapshot
        found = next((each for each in snapshot.instigators if each.name == name), None) if snapshot else None
        if found is not None and found.kind is InstigatorKind.AUTOMATION:
            from assettui.tui.conditions import ConditionsScreen

            self.push_screen(ConditionsScreen(name))
        else:
            from assettui.tui.instigator import InstigatorScreen

            self.push_screen(InstigatorScreen(name))

    @work(thread=True, group="find", exclusive=True)
    def action_go_to(self) -> None:
        """Go to anything by its name."""
        from assettui.tui.going import fetched

        try:
            found = fetched(self)
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
        else:
            self.call_from_thread(self._show_places, *found)

    def _show_places(self, runs: Sequence[RunRecord], found_backfills: Sequence[BackfillRecord]) -> None:
        from assettui.tui.finder import Finder
        from assettui.tui.going import places

        self.push_screen(Finder("Go to", places(self, runs, found_backfills)))

    def open_launchpad(self, request: RunRequest) -> None:
        """Show what is going to run, to be configured first; as it was configured the last time."""
        from assettui.tui.launchpad import LaunchpadScreen

        self.push_screen(LaunchpadScreen(request, self.configs.get(_launched(request), "")))

    def start_planned(self, planned: PlannedRun, config: str) -> None:
        """Start what the launchpad has shown, and remember its configuration, but no secrets."""
        snapshot = self.catalog.snapshot
        if snapshot is not None and not without_secrets(planned.plan, snapshot.config_schemas).has_secrets:
            self.configs[_launched(planned.request)] = config
        self.start_run(planned)

    def compare_runs(self, run_id: str, other: str | None = None) -> None:
        """Show how a run differs from another, or from the one before that was of the same."""
        from assettui.tui.run_comparison import RunComparisonScreen

        self.push_screen(RunComparisonScreen(run_id, other))

    def open_asset(self, key: AssetKey) -> None:
        """Open one asset above the screen: why it stands as it does."""
        from assettui.tui.asset import AssetScreen

        self.push_screen(AssetScreen(key))

    def open_preview(self, key: AssetKey, partition: str | None = None, version: int | None = None) -> None:
        """Show what the value of an asset holds, or of a partition of it: the current one, or a version that is kept."""
        from assettui.tui.preview import PreviewScreen

        self.push_screen(PreviewScreen(key, partition, version))

    def open_sql(self, sql: str) -> None:
        """Open the prompt for SQL above the screen, with a statement in it that is asked at once."""
        from assettui.tui.sql import SqlScreen

        self.push_screen(SqlScreen(sql))

    def open_difference(self, key: AssetKey, sides: Sequence[str] = (), partition: str | None = None) -> None:
        """Show how two versions of a value differ, or two partitions; see `comparison`."""
        from assettui.tui.difference import DifferenceScreen

        self.push_screen(DifferenceScreen(key, sides, partition))

    def switch_tab(self, tab: str, key: AssetKey, partition: str | None) -> None:
        """Show another tab of an asset in the place of the one that is on top."""
        self.replace_screen(_tab(tab)(key, partition))

    def replace_screen(self, screen: MainScreen) -> None:
        """Show a screen in the place of the one that is on top."""
        cast("Any", self).switch_screen(screen)

    def open_partitions(self, key: AssetKey) -> None:
        """Open the partitions of one asset above the screen."""
        from assettui.tui.grid import GridScreen

        self.push_screen(GridScreen(key))

    def read(self, title: str, text: str) -> None:
        self.push_screen(Reading(title, text))

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from assettui.tui.help import key_window

        self.push_screen(key_window(self.screen))

    def action_help_page(self) -> None:
        """Read about this screen; where a page is read already, choose another."""
        from assettui.tui.help import page_window, topics_window

        if isinstance(self.screen, Reading):
            self.push_screen(topics_window(self.push_screen))
        else:
            self.push_screen(page_window(self.root_name))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every key's action, for the palette."""
        from assettui.tui.key_bar import own_bindings

        for active in own_bindings(screen):
            binding = active.binding
            if active.enabled:
                callback: Callable[[], Any] = partial(self.run_action, binding.action, default_namespace=active.node)
                yield SystemCommand(binding.description, f"key {self.get_key_display(binding)}", callback)
        yield SystemCommand("Theme", "Choose another set of colors", self.action_change_theme)


def _tab(name: str) -> type[TabbedScreen]:
    """The screen of a tab of an asset: it alone is imported."""
    match name:
        case asset_tabs.PREVIEW:
            from assettui.tui.preview import PreviewScreen as Tab
        case asset_tabs.PROFILE:
            from assettui.tui.profile import ProfileScreen as Tab
        case asset_tabs.PARTITIONS:
            from assettui.tui.grid import AssetPartitionsScreen as Tab
        case asset_tabs.CHECKS:
            from assettui.tui.asset_checks import AssetChecksScreen as Tab
        case asset_tabs.AUTOMATION:
            from assettui.tui.asset_automation import AssetAutomationScreen as Tab
        case asset_tabs.RUNS:
            from assettui.tui.runs import AssetRunsScreen as Tab
        case asset_tabs.HISTORY:
            from assettui.tui.history import HistoryScreen as Tab
        case asset_tabs.VERSIONS:
            from assettui.tui.versions import VersionsScreen as Tab
        case asset_tabs.LINEAGE:
            from assettui.tui.lineage import AssetLineageScreen as Tab
        case asset_tabs.CODE:
            from assettui.tui.code import CodeScreen as Tab
        case _:
            from assettui.tui.asset import AssetScreen as Tab
    return Tab


def _launched(request: RunRequest) -> str:
    """What a launchpad is of, as it is remembered."""
    return f"job {request.job}" if request.job is not None else " ".join(map(str, request.assets or ()))
