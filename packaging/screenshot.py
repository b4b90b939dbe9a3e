"""Takes the picture of the README: the flights example, built for real, as the catalog shows it.

Run as `python packaging/screenshot.py`; writes `packaging/catalog.svg`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from assettui.model.keys import AssetKey
from assettui.project.locate import locate
from assettui.service.catalog import AssetRow, catalog
from assettui.service.session import Session
from assettui.store.folder import StoreFolder
from assettui.tui.app import AssettuiApp
from assettui.tui.asset_list import AssetList

SIZE = (164, 24)
SHOWN = AssetKey("marts/delays_by_airline")


class Onlooker:
    """A process that has nothing to lead, since all is built."""

    def begin(self) -> None:
        """Nothing to begin."""

    def wait_until_begun(self) -> None:
        """Nothing to wait for."""

    def take(self) -> bool:
        """It leads already."""
        return True

    def is_held(self) -> bool:
        """It leads."""
        return True

    def failure(self) -> BaseException | None:
        """Nothing went wrong."""
        return None


def build(folder: Path, *more: str) -> None:
    """Build the example, or a part of it again."""
    command = [sys.executable, "-m", "assettui", *more]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


async def picture(session: Session) -> str:
    """The catalog as SVG."""
    app = AssettuiApp(session, Onlooker(), catalog(session))
    async with app.run_test(size=SIZE) as pilot:
        assets = app.query_one(AssetList)
        assets.cursor = [row.key if isinstance(row, AssetRow) else None for row in assets.rows].index(SHOWN)
        await pilot.pause(1)
        return app.export_screenshot(title="assettui demo")


def main() -> None:
    """Take it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        build(folder, "demo", "flights", "--dir", "flights", "--no-ui")
        build(folder / "flights", "materialize", "raw/weather", "--partition", "2013-07-04")
        project = locate(folder / "flights")
        svg = asyncio.run(picture(Session(project, StoreFolder.at(project.store_path))))
    (Path(__file__).parent / "catalog.svg").write_text(svg + "\n")


if __name__ == "__main__":
    main()
