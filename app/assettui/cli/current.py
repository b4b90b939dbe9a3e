"""The project as its files say now, for commands that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.cli.output import IMPORTING, tell, telling_after
from assettui.model.timing import local
from assettui.service.catalog import Catalog, catalog
from assettui.service.loading import ProjectBroken, ensure_loaded

if TYPE_CHECKING:
    from assettui.service.session import Session


def bring_up_to_date(session: Session) -> None:
    """Have the project loaded as its files are now; where they cannot be, the last good one stays, with a word about it.

    Raises:
        ProjectBroken: They cannot be loaded, and never could.
    """
    broken: ProjectBroken | None = None
    try:
        with telling_after(IMPORTING):
            ensure_loaded(session)
    except ProjectBroken as error:
        broken = error
    with session.reading() as connection:
        known = session.state(connection).known
    if broken is not None:
        if known is None or known.snapshot is None:
            raise broken
        tell(f"warning: this is the catalog of {local(known.loaded_us or 0)}: {broken}")
        return
    for warning in known.snapshot.warnings if known is not None and known.snapshot is not None else ():
        tell(f"warning: {warning}")


def current_catalog(session: Session) -> Catalog:
    """The catalog of the project, brought up to date."""
    bring_up_to_date(session)
    return catalog(session)
