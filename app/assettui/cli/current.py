"""The project as its files say now, for commands that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.cli.output import tell
from assettui.model.timing import local
from assettui.service.catalog import Catalog, catalog
from assettui.service.loading import ProjectBroken, ensure_loaded

if TYPE_CHECKING:
    from assettui.service.session import Session


def current_catalog(session: Session) -> Catalog:
    """The catalog as the files say now; where they cannot be loaded, the last good one, and a word about it."""
    try:
        ensure_loaded(session)
    except ProjectBroken as error:
        found = catalog(session)
        if found.snapshot is None:
            raise
        tell(f"warning: this is the catalog of {local(found.loaded_us or 0)}: {error}")
        return found
    found = catalog(session)
    for warning in found.snapshot.warnings if found.snapshot else ():
        tell(f"warning: {warning}")
    return found
