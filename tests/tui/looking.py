"""An app that looks at a store, led by nobody in earnest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assettui.project.screen_memory import CatalogMemory, ProjectMemory, ScreenMemory
from assettui.project.user_settings import UserSettings
from assettui.service.asset_tree import Grouping
from assettui.service.catalog import catalog
from assettui.tui.app import AssettuiApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.service.session import Session


@dataclass
class Leading:
    """A process that leads, and does nothing."""

    holds: bool = True
    wrong: BaseException | None = None
    taken: int = 0

    def begin(self) -> None: ...

    def wait_until_begun(self) -> None: ...

    def take(self) -> bool:
        self.taken += 1
        self.holds = True
        return True

    def is_held(self) -> bool:
        return self.holds

    def failure(self) -> BaseException | None:
        return self.wrong


FLAT = CatalogMemory(Grouping.NOTHING)
DARK = UserSettings(theme="dark")


def app(
    on: Session,
    leading: Leading | None = None,
    build: Sequence[str] = (),
    memory: CatalogMemory = FLAT,
    settings: UserSettings = DARK,
) -> AssettuiApp:
    """The screens on a store that is there; the catalog without lines of groups, unless it is remembered otherwise."""
    left = ScreenMemory().having(on.project.id, ProjectMemory(catalog=memory))
    return AssettuiApp(on, leading or Leading(), catalog(on), build, left, settings)
