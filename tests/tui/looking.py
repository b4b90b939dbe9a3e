"""An app that looks at a store, led by nobody in earnest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


def app(on: Session, leading: Leading | None = None, build: Sequence[str] = ()) -> AssettuiApp:
    """The screens on a store that is there."""
    return AssettuiApp(on, leading or Leading(), catalog(on), build)
