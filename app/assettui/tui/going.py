"""All that one can go to by its name: assets, runs, jobs, schedules and sensors, backfills, screens, and what can be done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from assettui.model.run import RunRequest
from assettui.render.actions import SCREENS
from assettui.render.appearance import GREY, RUN_STYLES
from assettui.render.assets import style, word
from assettui.render.runs import subject
from assettui.service import backfills
from assettui.service.runs import run_page
from assettui.tui.finder import Candidate
from assettui.tui.help import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assettui.model.backfill import BackfillRecord
    from assettui.model.run import RunRecord
    from assettui.service.catalog import Catalog
    from assettui.tui.navigation import NavigatingApp

RUNS, BACKFILLS = 200, 50
"""So many of the newest can be gone to by name."""


def places(
    app: NavigatingApp, found_runs: Sequence[RunRecord], found_backfills: Sequence[BackfillRecord]
) -> list[Candidate]:
    """All that there is, in the order in which it is listed before anything is typed."""
    return [
        *_screens(app),
        *_assets(app, app.catalog),
        *_automation(app, app.catalog),
        *commands(app.screen),
        *(
            Candidate(
                f"{run.run_id[:8]} {subject(run)}", "run", *RUN_STYLES[run.status], run.status.value,
                partial(app.open_run, run.run_id),
            )
            for run in found_runs
        ),
        *(
            Candidate(
                f"{each.backfill_id[:8]} backfill", "backfill", " ", "", each.status.value,
                partial(app.open_backfill, each.backfill_id),
            )
            for each in found_backfills
        ),
    ]  # fmt: skip


def fetched(app: NavigatingApp) -> tuple[Sequence[RunRecord], Sequence[BackfillRecord]]:
    """The newest runs and backfills. Reads the store."""
    return (
        run_page(app.session, limit=RUNS).runs,
        backfills.page(app.session, limit=BACKFILLS).backfills,
    )


def _screens(app: NavigatingApp) -> Iterator[Candidate]:
    for key, name, title in (*SCREENS, ("B", "backfills", "Backfills"), ("0", "projects", "Projects")):
        yield Candidate(title, "screen", "▸", GREY, f"key {key}", partial(app.action_main_screen, name))


def _assets(app: NavigatingApp, catalog: Catalog) -> Iterator[Candidate]:
    for row in catalog.rows:
        glyph, color = style(row)
        yield Candidate(
            str(row.key), "asset", glyph, color, f"{word(row)}  {row.asset.group}", partial(app.open_asset, row.key)
        )


def _automation(app: NavigatingApp, catalog: Catalog) -> Iterator[Candidate]:
    snapshot = catalog.snapshot
    if snapshot is None:
        return
    for each in snapshot.instigators:
        yield Candidate(each.name, each.kind.value, " ", "", "", partial(app.open_instigator, each.name))
    for job in snapshot.jobs:
        yield Candidate(
            job.name, "job", " ", "", job.description or "", partial(app.open_launchpad, RunRequest(job=job.name))
        )
